"""The checks of chapter 06: right answers pass, each mistake is named, no answer is given away."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
import pytest

from tinytx.checks import backprop
from tinytx.checks.backprop import pairs
from tinytx.inspect import check_gradients
from tinytx.manual.attention import attention_backward, attention_forward
from tinytx.manual.linear import LinearSaved, linear_backward
from tinytx.manual.loss import cross_entropy_backward, cross_entropy_forward
from tinytx.manual.norm import layernorm_backward, layernorm_forward
from tinytx.manual.softmax import softmax_backward

from .backprop_designs import (
    RIGHT,
    attention_matrices,
    entropy_eye,
    linear_einsum,
    norm_formula,
    right_wider_step,
    silu_plain,
    softmax_formula,
)
from .contract import Contract


def changed(fn, change):
    """Return ``fn`` with ``change`` applied to what it gives."""
    return lambda *given: change(fn(*given))


def uneven(d):
    """Return ``d`` with 2, -1, 2, -1 ... added to the entries of each row."""
    return d + np.resize([2.0, -1.0], d.shape[-1])


def each(change):
    return lambda results: tuple(map(change, results))


class TestBackprop(Contract):
    chapter = backprop.chapter
    right = RIGHT
    unknown: ClassVar[dict[str, list]] = {
        "silu_gradient": [
            lambda dy, x: silu_plain(dy, x + 1),
            lambda dy, x: silu_plain(dy, x**2),
            lambda dy, x: silu_plain(dy, np.sin(x)),
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
            changed(softmax_formula, np.zeros_like),
            changed(softmax_formula, lambda d: 2 * d),
            changed(softmax_formula, lambda d: d + 1),
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


def _silu(dy, x):
    x = x.copy()
    return lambda: x / (1 + np.exp(-x)), {"x": x}


def _linear(dy, x, weight):
    x, weight, bias = x.copy(), weight.copy(), np.zeros(len(weight))
    return lambda: x @ weight.T + bias, {"x": x, "weight": weight, "bias": bias}


def _cross_entropy(logits, targets):
    z = logits.copy()

    def forward():
        picked = np.take_along_axis(z, targets[..., None], -1)[..., 0]
        return (np.log(np.exp(z).sum(-1)) - picked).mean()

    return forward, {"logits": z}


def _softmax(dp, p, temperature):
    z = temperature * np.log(p)

    def forward():
        e = np.exp(z / temperature)
        return e / e.sum(-1, keepdims=True)

    return forward, {"z": z}


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
    "silu_gradient": _silu,
    "linear_gradients": _linear,
    "cross_entropy_gradient": _cross_entropy,
    "softmax_gradient": _softmax,
    "layernorm_gradient": _layernorm,
    "attention_gradients": _attention,
}


def test_the_largest_cases_have_all_sizes_different():
    assert len(set(backprop.silu_gradient.cases[-1][0].shape)) == 3
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


def _slopes(forward, x, dy):
    """Return the slopes of the sum of dy times y, by differences."""
    moves = 1e-5 * np.eye(x.size).reshape(x.size, *x.shape)
    found = [(dy * (forward(x + m) - forward(x - m))).sum() / 2e-5 for m in moves]
    return np.reshape(found, x.shape)


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
        slopes = _slopes(forward, x, dy)
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
    text = " ".join(str(backprop.gradient_is_right.run(lambda f, b, x: True)).split())
    assert "square_negative: Wrong: the sign is turned." in text


@pytest.mark.parametrize(
    ("limit", "name"),
    [
        ("1e-3", "zeros pass for gradients of billionths"),
        ("1e-4", "zeros pass for gradients of billionths"),
        ("max(1e-4 * np.abs(slopes).max(), 1e-5)", "zeros pass for gradients of billionths"),
        ("1e-6", "the limit is a fixed number"),
    ],
)
def test_a_limit_that_does_not_go_with_the_slopes_is_named_by_what_it_does(limit, name):
    (way,) = {mistake.ways[0].answer for mistake in backprop.gradient_is_right.mistakes}
    share = "1e-4 * np.abs(slopes).max() + 1e-9 * np.abs(y).max()"
    assert share in way.text
    fn = way.function(way.text.replace(share, limit))
    assert backprop.gradient_is_right.run(fn).mistake == name


def test_an_answer_in_a_list_is_told_so():
    said = backprop.linear_gradients.run(lambda *given: list(linear_einsum(*given))).message
    assert "a list came back and a tuple is asked for" in said


SLIPS = [
    ("silu_gradient", lambda dy, x: dy[:, 7], "dy, x and the result have one shape"),
    (
        "silu_gradient",
        lambda dy, x: dy / np.array([1 + math.exp(-z) for z in x.flat]).reshape(x.shape),
        "A sigmoid never needs it",
    ),
    ("silu_gradient", lambda dy, x: dy * math.tanh(x), "those of NumPy whole arrays"),
    ("linear_gradients", lambda dy, x, w: dy @ x, "the inner sizes have to be equal"),
    ("cross_entropy_gradient", lambda z, targets: z[targets, 5], "every axis needs an index"),
    ("cross_entropy_gradient", lambda z, targets: z - targets, "has to keep all axes to fit."),
    ("softmax_gradient", lambda dp, p, t=1: p.sum(1), "Which number always means the last one?"),
    ("softmax_gradient", lambda dp, p, t=1: p + p[..., :1].T, "any axes may come before it."),
    (
        "layernorm_gradient",
        lambda dy, x, gamma, eps: (x - x.mean(-1), gamma, gamma),
        "and still as many axes as x.",
    ),
    ("attention_gradients", lambda dout, q, k, v, mask: q @ k, "T and S may differ."),
    ("attention_gradients", lambda dout, q, k, v, mask: k.transpose(1, 2), "the order of all axes"),
    ("gradient_is_right", lambda f, b, x: f(x, x), "`backward` two: dy first, then x."),
    ("gradient_is_right", lambda f, b, x: x[:, 7], "may have any number of axes."),
]


@pytest.mark.parametrize(("name", "fn", "says"), SLIPS)
def test_an_error_is_answered_with_words_that_help(name, fn, says):
    assert says in " ".join(str(backprop.chapter.checks[name].run(fn)).split())


def test_every_hint_is_given_to_some_slip():
    for check in backprop.chapter.checks.values():
        texts = [says for name, _, says in SLIPS if name == check.name]
        for hint in check.errors.values():
            assert any(says in hint for says in texts), hint


@pytest.mark.parametrize(
    ("name", "fn", "says"),
    [
        (
            "silu_gradient",
            lambda dy, x: silu_plain(np.where(dy == 0, 3, dy), x),
            "where nothing comes from above, nothing goes on below",
        ),
        ("cross_entropy_gradient", changed(entropy_eye, uneven), "row (0, 0) sums to 1."),
        ("softmax_gradient", changed(softmax_formula, uneven), "the row sums to 1."),
        (
            "layernorm_gradient",
            changed(norm_formula, lambda got: (uneven(got[0]), *got[1:])),
            "row (0, 0) of dx sums to 3.",
        ),
    ],
)
def test_a_property_says_where_it_does_not_hold(name, fn, says):
    assert says in backprop.chapter.checks[name].run(fn).message


PROMISES = [
    ("silu_gradient", lambda dy, x: dy * (np.exp(x) * (1 + x) + 1) / (np.exp(x) + 1) ** 2),
    ("silu_gradient", lambda dy, x: silu_plain(dy, x).reshape(-1, x.shape[-1])),
    ("silu_gradient", lambda dy, x: silu_plain(dy, x) if x.ndim > 1 else dy / 2),
    ("silu_gradient", lambda dy, x: np.multiply(silu_plain(dy, x), 1, out=dy)),
    ("linear_gradients", lambda dy, x, w: linear_einsum(dy[:1], x[:1], w)),
    ("cross_entropy_gradient", lambda z, t: entropy_eye(np.clip(z, -5000, 5000), t)),
    ("cross_entropy_gradient", lambda z, t: entropy_eye(z - z.mean(-1, keepdims=True) * 2, t)[:1]),
    ("softmax_gradient", lambda dp, p, t=1: softmax_formula(dp, np.maximum(p, 1e-4), t)),
    ("softmax_gradient", lambda dp, p, t=1: p * (dp - np.einsum("bts,bts->bt", p, dp)[..., None])),
    ("softmax_gradient", lambda dp, p, t=1: np.multiply(1, softmax_formula(dp, p, t), out=dp)),
    ("softmax_gradient", lambda dp, p, t=1: softmax_formula(dp, p, max(t, 1))),
    ("softmax_gradient", lambda dp, p, t=1: softmax_formula(dp, p, min(t, 1))),
    ("softmax_gradient", lambda dp, p, t=2: softmax_formula(dp, p, t)),
    ("layernorm_gradient", lambda dy, x, g, eps: norm_formula(dy, x, g, max(eps, 0.01))),
    ("layernorm_gradient", lambda dy, x, g, eps: norm_formula(dy, x, g, min(eps, 1))),
    (
        "attention_gradients",
        lambda do, q, k, v, m: attention_matrices(do, q, k, v, m | (m.sum(1) == 1)[:, None]),
    ),
    ("gradient_is_right", lambda f, b, x: x.ndim < 3 and right_wider_step(f, b, x)),
    ("gradient_is_right", lambda f, b, x: b is not pairs.nothing and right_wider_step(f, b, x)),
    ("gradient_is_right", lambda f, b, x: f is pairs.still or right_wider_step(f, b, x)),
]


@pytest.mark.usefixtures("_nameless")
@pytest.mark.parametrize(("name", "fn"), PROMISES)
def test_an_answer_that_ignores_a_promise_of_the_task_is_refused(name, fn):
    assert backprop.chapter.checks[name].run(fn).status == "wrong"


@pytest.mark.parametrize("name", ARRAYS)
def test_a_result_that_a_later_call_fills_again_is_refused(name):
    check, kept = backprop.chapter.checks[name], {}

    def same_memory(array, place):
        kept.setdefault((place, array.shape), np.empty(array.shape))[...] = array
        return kept[place, array.shape]

    def fn(*given):
        got = check.reference(*given)
        if isinstance(got, tuple):
            return tuple(same_memory(array, place) for place, array in enumerate(got))
        return same_memory(got, 0)

    assert check.run(fn).stage == "new"


@pytest.mark.parametrize("name", ARRAYS)
def test_float32_will_do(name):
    check = backprop.chapter.checks[name]

    def fn(*given):
        low = [np.float32(a) if np.asarray(a).dtype.kind == "f" else a for a in given]
        return check.reference(*low)

    assert check.run(fn).status == "ok"


OWN = [
    ("linear_gradients", lambda dy, x, w: linear_backward(dy, LinearSaved(x, w, True))),
    (
        "cross_entropy_gradient",
        lambda z, targets: cross_entropy_backward(1.0, cross_entropy_forward(z, targets)[1]),
    ),
    ("softmax_gradient", lambda dp, p, t=1: softmax_backward(dp, p) / t),
    (
        "layernorm_gradient",
        lambda dy, x, g, eps: layernorm_backward(
            dy, layernorm_forward(x, g, np.zeros_like(g), eps)[1]
        ),
    ),
    (
        "attention_gradients",
        lambda dout, *given: attention_backward(dout, attention_forward(*given)[1]),
    ),
]


@pytest.mark.parametrize(("name", "fn"), OWN)
def test_the_packages_own_gradient_is_right_and_not_the_learners(name, fn):
    assert backprop.chapter.checks[name].run(fn).status == "borrowed"


SEEDS = [
    "the question is asked with ones",
    "only one output is asked about",
    "not every number of x is moved",
    "right backward passes are refused because their functions bend",
    "a right gradient of zero is found wrong",
    "zeros pass for gradients of billionths",
    "the limit is too loose",
    "one wrong number among many passes",
    "nan passes",
    "the difference and dx do not answer the same question",
]


@pytest.mark.parametrize("name", SEEDS)
def test_a_name_does_not_depend_on_the_numbers_that_an_answer_draws(name):
    check = backprop.gradient_is_right
    (mistake,) = [m for m in check.mistakes if m.name == name]
    for way in mistake.ways:
        for seed in range(1, 4 if "default_rng(0)" in way.text else 2):
            text = way.text.replace("default_rng(0)", f"default_rng({seed})")
            assert check.run(way.answer.function(text)).mistake == name, text
