"""The checks of chapter 06: right answers pass, each mistake is named, no answer is given away."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest

from tinytx.checks import backprop
from tinytx.checks.backprop import checkers
from tinytx.inspect import check_gradients

from .backprop_designs import (
    RIGHT,
    attention_matrices,
    embedding_at,
    entropy_eye,
    linear_einsum,
    norm_formula,
    softmax_formula,
)
from .contract import Contract


def changed(fn, change):
    """Return ``fn`` with ``change`` applied to what it gives."""
    return lambda *given: change(fn(*given))


def each(change):
    return lambda results: tuple(map(change, results))


class TestBackprop(Contract):
    chapter = backprop.chapter
    right = RIGHT
    unknown: ClassVar[dict[str, list]] = {
        "embedding_gradient": [
            changed(embedding_at, np.zeros_like),
            changed(embedding_at, lambda table: 2 * table),
            changed(embedding_at, lambda table: table[::-1].copy()),
        ],
        "linear_gradients": [
            changed(linear_einsum, each(np.zeros_like)),
            changed(linear_einsum, each(np.negative)),
            changed(linear_einsum, lambda got: (2 * got[0], got[1], got[2])),
        ],
        "cross_entropy_gradient": [
            changed(entropy_eye, np.zeros_like),
            changed(entropy_eye, lambda d: 2 * d),
            changed(entropy_eye, lambda d: d**2),
            lambda logits, targets: entropy_eye(logits / 2, targets),
        ],
        "softmax_gradient": [
            lambda dp, p: np.zeros_like(dp),
            lambda dp, p: 2 * softmax_formula(dp, p),
            lambda dp, p: dp,
        ],
        "layernorm_gradient": [
            changed(norm_formula, each(np.zeros_like)),
            changed(norm_formula, each(np.negative)),
            changed(norm_formula, lambda got: (got[0], got[1] + 1, got[2])),
            lambda dy, x, gamma, eps: norm_formula(dy, x, gamma, 2 * eps),
        ],
        "attention_gradients": [
            changed(attention_matrices, each(np.zeros_like)),
            changed(attention_matrices, each(np.negative)),
            changed(attention_matrices, lambda got: (got[0], 3 * got[1], got[2])),
        ],
        "gradient_is_right": [
            lambda forward, backward, x: x.size > 2,
            lambda forward, backward, x: bool(x.sum() > 0),
            lambda forward, backward, x: forward(x.copy()).shape == x.shape,
        ],
    }


ARRAYS = [name for name in backprop.chapter.checks if name != "gradient_is_right"]


@pytest.mark.parametrize("name", ARRAYS)
def test_the_references_are_the_slopes_of_the_functions(name):
    """By differences on the largest case, which know nothing of the derivations."""
    check = backprop.chapter.checks[name]
    args = check.cases[-1]
    forward, tensors = FORWARD[name](*args)
    got = check.reference(*args)
    got = got if isinstance(got, tuple) else (got,)
    above = args[0] if name != "cross_entropy_gradient" else np.array(1.0)

    # One number, the sum of the case's own dy times y: its gradients are what the answer gives.
    report = check_gradients(
        lambda: np.array((above * forward()).sum()),
        lambda dy: {name: dy * d for name, d in zip(tensors, got, strict=True)},
        tensors,
        tolerance=1e-6,
    )
    assert report.passed, str(report)


def _embedding(dx, ids, vocab_size):
    table = np.zeros((vocab_size, dx.shape[-1]))
    return lambda: table[ids], {"table": table}


def _linear(dy, x, weight):
    x, weight, bias = x.copy(), weight.copy(), np.zeros(len(weight))
    return lambda: x @ weight.T + bias, {"x": x, "weight": weight, "bias": bias}


def _cross_entropy(logits, targets):
    z = logits.copy()

    def forward():
        picked = np.take_along_axis(z, targets[..., None], -1)[..., 0]
        return (np.log(np.exp(z).sum(-1)) - picked).mean()

    return forward, {"logits": z}


def _softmax(dp, p):
    z = np.log(p)
    return lambda: np.exp(z) / np.exp(z).sum(-1, keepdims=True), {"z": z}


def _layernorm(dy, x, gamma, eps):
    x, gamma, beta = x.copy(), gamma.copy(), np.zeros_like(gamma)

    def forward():
        centred = x - x.mean(-1, keepdims=True)
        return centred / np.sqrt(x.var(-1, keepdims=True) + eps) * gamma + beta

    return forward, {"x": x, "gamma": gamma, "beta": beta}


def _attention(dout, q, k, v, mask):
    q, k, v = q.copy(), k.copy(), v.copy()

    def forward():
        e = np.exp(q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])) * mask
        return e / e.sum(-1, keepdims=True) @ v

    return forward, {"q": q, "k": k, "v": v}


FORWARD = {
    "embedding_gradient": _embedding,
    "linear_gradients": _linear,
    "cross_entropy_gradient": _cross_entropy,
    "softmax_gradient": _softmax,
    "layernorm_gradient": _layernorm,
    "attention_gradients": _attention,
}


def test_the_largest_cases_have_all_sizes_different():
    dx, ids, vocab_size = backprop.embedding_gradient.cases[-1]
    assert len({*dx.shape, vocab_size}) == 4
    assert len(np.unique(ids)) < ids.size
    dy, _, weight = backprop.linear_gradients.cases[-1]
    assert len({*dy.shape, *weight.shape}) == 4
    for check in (backprop.cross_entropy_gradient, backprop.layernorm_gradient):
        assert len(set(check.cases[-1][0].shape)) == 3
    assert any(
        len({*q.shape, k.shape[2]}) == 5 for _, q, k, _, _ in backprop.attention_gradients.cases
    )


def test_every_query_of_a_case_may_attend_to_something():
    for _, q, k, _, mask in backprop.attention_gradients.cases:
        assert mask.shape == (q.shape[2], k.shape[2])
        assert mask.any(axis=1).all()


GIVEN = backprop.gradient_is_right.cases


@pytest.mark.parametrize("number", range(len(GIVEN)))
def test_every_backward_pass_is_what_its_description_says(number):
    """The right ones are right; the wrong ones are off by more than the task promises."""
    forward, backward, x = GIVEN[number]
    rng = np.random.default_rng(11)
    y = np.array(forward(x.copy()))
    for _ in range(20):
        dy = rng.standard_normal(y.shape)
        dx = np.array(backward(dy.copy(), x.copy()))
        found = [
            (dy * checkers.two_sided(forward, x, at, 1e-5)).sum() for at in np.ndindex(x.shape)
        ]
        slopes = np.reshape(found, x.shape)
        errors = np.abs(dx - slopes)
        largest = np.abs(slopes).max()
        if backprop.gradient_is_right.expected[number].value:
            assert backward.__doc__.startswith(("Right", "Zeros"))
            assert errors.max() <= 1e-5 * largest + 1e-9 * np.abs(y).max()
        else:
            assert backward.__doc__.startswith(("Wrong", "Zeros"))
            assert not errors.max() <= 1e-3 * largest


def test_designs_that_draw_anew_pass_again_and_again():
    for _ in range(5):
        assert backprop.gradient_is_right.run(RIGHT["gradient_is_right"][0]).status == "ok"


def test_the_words_say_which_backward_pass_it_was():
    text = " ".join(str(backprop.gradient_is_right.run(checkers.always)).split())
    assert "square_negative: Wrong: the sign is turned." in text


def test_an_answer_in_a_list_is_told_so():
    said = str(backprop.linear_gradients.run(lambda *given: list(linear_einsum(*given))))
    assert "a list came back and a tuple is asked for" in said


SLIPS = {
    "embedding_gradient": (
        lambda dx, ids, V: np.add.at(np.zeros((V - 1, dx.shape[-1])), ids + 1, dx),
        "How many rows does your table have?",
    ),
    "linear_gradients": (lambda dy, x, w: dy @ x, "the inner sizes have to be equal"),
    "cross_entropy_gradient": (lambda z, targets: z[targets, 5], "every axis needs an index"),
    "softmax_gradient": (lambda dp, p: p.sum(1), "Which number always means the last one?"),
    "layernorm_gradient": (
        lambda dy, x, gamma, eps: (x - x.mean(-1), gamma, gamma),
        "and still as many axes as x.",
    ),
    "attention_gradients": (lambda dout, q, k, v, mask: q @ k, "T and S may differ."),
    "gradient_is_right": (lambda f, b, x: f(x, x), "`backward` two: dy first, then x."),
}


@pytest.mark.parametrize("name", SLIPS)
def test_an_error_is_answered_with_words_that_help(name):
    fn, says = SLIPS[name]
    assert says in " ".join(str(backprop.chapter.checks[name].run(fn)).split())
