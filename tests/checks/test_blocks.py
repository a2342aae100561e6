"""The checks of chapter 05: right answers pass, each mistake is named, no answer is given away."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
import pytest

from tinytx.checks import blocks
from tinytx.checks.blocks import boxes
from tinytx.checks.blocks.inputs import Config, Part
from tinytx.inspect.sizes import parameters
from tinytx.manual.activation import gelu_forward
from tinytx.manual.norm import layernorm_forward

from .blocks_designs import (
    RIGHT,
    count_shapes,
    gelu_factored,
    mlp_einsum,
    norm_var,
    stream_index,
    wiring_by_scale,
)
from .contract import Contract


class TestBlocks(Contract):
    chapter = blocks.chapter
    right = RIGHT
    unknown: ClassVar[dict[str, list]] = {
        "layernorm": [
            lambda x, weight, bias, eps=1e-5: np.zeros_like(x),
            lambda x, weight, bias, eps=1e-5: 2 * norm_var(x, weight, bias, eps),
            lambda x, weight, bias, eps=1e-5: norm_var(x, weight**2, bias, eps),
            lambda x, weight, bias, eps=1e-5: norm_var(x, weight, bias, 2 * eps),
        ],
        "gelu": [
            lambda x: np.zeros_like(x),
            lambda x: gelu_factored(x / 2),
            lambda x: 0.9 * gelu_factored(x),
            lambda x: gelu_factored(x) - 1,
        ],
        "mlp": [
            lambda x, w1, b1, w2, b2: np.zeros_like(x),
            lambda x, w1, b1, w2, b2: 2 * mlp_einsum(x, w1, b1, w2, b2),
            lambda x, w1, b1, w2, b2: mlp_einsum(x, w1, b1, w2, 3 * b2),
        ],
        "pre_norm": [
            lambda x, parts, norms, ln_f: np.zeros_like(x),
            lambda x, parts, norms, ln_f: ln_f(x),
            lambda x, parts, norms, ln_f: stream_index(2 * x, parts, norms, ln_f),
        ],
        "count_parameters": [
            lambda config: count_shapes(config) | {"mlp": 1},
            lambda config: count_shapes(config) | {"mlp": -1},
            lambda config: count_shapes(config) | {"total": 1},
            lambda config: {"embedding": 1},
        ],
        "wiring": [
            lambda block, T, D: ["norm", "sum"],
            lambda block, T, D: ["norm"],
            lambda block, T, D: ["sum", "sum"],
            lambda block, T, D: wiring_by_scale(block, T, D)[:1],
        ],
    }


def test_a_part_is_shown_as_it_can_be_pasted():
    text = " ".join(str(blocks.pre_norm.run(lambda x, parts, norms, ln_f: 0 * x)).split())
    shown = "np.array([[1., 3.]]), [lambda x: x + 1], [lambda x: 2 * x], lambda x: -x)"
    assert f"pre_norm({shown}" in text
    assert eval(repr(Part("x + 1")))(2) == Part("x + 1")(2) == 3


def test_a_configuration_is_shown_as_it_can_be_pasted():
    from tinytx.config import GPTConfig

    for (config,) in blocks.count_parameters.cases:
        assert eval(repr(config), {"GPTConfig": GPTConfig}).to_dict() == config.to_dict()
        assert len(repr(config)) <= 120  # a longer one would be cut where it is shown
    assert "n_head" in repr(Config(vocab_size=8, context_length=5, n_layer=1, n_head=2, d_model=6))


def test_epsilon_is_optional():
    assert any(len(args) == 3 for args in blocks.layernorm.cases)
    assert any(len(args) == 4 for args in blocks.layernorm.cases)


def test_the_largest_cases_have_all_sizes_different():
    (B, T, D), weight = (a.shape for a in blocks.layernorm.cases[-1][:2])
    assert len({B, T, D}) == 3
    assert weight == (D,)
    (B, T, D), (F, _) = (a.shape for a in blocks.mlp.cases[-1][:2])
    assert len({B, T, D, F}) == 4


KINDS = {"pre": ["norm", "sum"], "post": ["sum", "norm"], "unnormed": ["sum"], "bare": ["norm"]}
KINDS |= {"lambda x: 3 * x": ["sum"], "lambda x: -2 * x": ["sum"]}


@pytest.mark.parametrize("number", range(len(blocks.wiring.cases)))
def test_every_box_can_be_told_within_the_margin_that_the_task_promises(number):
    """Designs on numbers of their own, one of them without a seed, find what its name says."""
    box, T, D = blocks.wiring.cases[number]
    kind = KINDS[box.__name__.rpartition("_")[2]]
    for design in RIGHT["wiring"]:
        assert design(box, T, D) == kind, design.__name__


def test_a_norm_in_a_box_has_the_weights_that_its_name_promises():
    x = np.random.default_rng(0).standard_normal((4, 6))
    fresh, trained = boxes.post(x), boxes.trained_post(x)
    np.testing.assert_allclose(fresh.mean(-1), 0, atol=1e-12)
    np.testing.assert_allclose(fresh.std(-1), 1, atol=1e-3)
    assert np.abs(trained.mean(-1)).min() > 10


def test_an_answer_that_is_no_list_is_told_so():
    assert "a str came back and a list is asked for" in str(
        blocks.wiring.run(lambda block, T, D: "norm")
    )


def _turned(block, T, D):
    kind = wiring_by_scale(block, T, D)
    return kind[::-1] if T == 1 else kind


def _by_the_mean(block, T, D):
    x = np.random.default_rng(0).standard_normal((T, D))
    out = block(x.copy())
    if np.allclose(out.mean(-1), 0, atol=1e-3):
        return ["sum", "norm"]
    return ["norm", "sum"] if np.allclose((out - x).mean(-1), 0, atol=1e-3) else ["sum"]


def _by_a_thousand(block, T, D):
    x = np.random.default_rng(0).standard_normal((T, D))
    here, there = block(x.copy()), block(1000 * x)
    if np.abs(there).max() < 10 * np.abs(here).max():
        return ["norm"] if np.allclose(there, here, rtol=0.01) else ["sum", "norm"]
    return ["norm", "sum"] if np.allclose(there - here, 999 * x, rtol=0.01) else ["sum"]


@pytest.mark.parametrize(
    ("design", "says"),
    [
        (_by_the_mean, "the block has a norm, and the answer none"),
        (_by_a_thousand, "the block has a norm, and the answer none"),
        (_turned, "both words are right, and their order is not"),
    ],
)
def test_a_design_that_is_misled_is_told_which_claim_does_not_fit_the_block(design, says):
    text = " ".join(str(blocks.wiring.run(design)).split())
    assert f"the answer does not fit the block: {says} Input: wiring(" in text


SLIPS = [
    ("layernorm", lambda x, w, b, eps=1e-5: x - x.mean(2), "always means the last one?"),
    ("layernorm", lambda x, w, b, eps=1e-5: x - np.zeros((3, 7)), "Print the shapes that meet"),
    ("layernorm", lambda x, w, b, eps=1e-5: unpacked(x), "one axis only"),
    ("gelu", lambda x: 0.5 * x * (1 + math.tanh(x)), "The functions of `math` take single numbers"),
    ("gelu", lambda x: x + 0.044715 * x ^ 3, "In Python a power is `**`"),
    ("gelu", lambda x: x if x > 3 else 0 * x, "`np.where` chooses in an array."),
    ("mlp", lambda x, w1, b1, w2, b2: np.max(x @ w1.T, 0) @ w2.T, "is another function."),
    ("mlp", lambda x, w1, b1, w2, b2: max(x @ w1.T + b1, 0) @ w2.T, "entry by entry."),
    ("mlp", lambda x, w1, b1, w2, b2: x * w1 + b1, "Write down the two shapes that meet here."),
    ("mlp", lambda x, w1, b1, w2, b2: unpacked(x), "Some inputs have one axis only"),
    ("pre_norm", lambda x, parts, norms, ln_f: parts[1](x), "There may be one part, or none."),
    ("pre_norm", lambda x, parts, norms, ln_f: parts(x), "take one out before you call it."),
    ("pre_norm", lambda x, parts, norms, ln_f: parts[0](norms[0]), "call each with an array."),
    ("count_parameters", lambda config: config.width, "The fields of a configuration are in the"),
    ("wiring", lambda block, T, D: block(np.ones((T, D)))[1][D], "takes and gives one array"),
]


def unpacked(x):
    B, _, _ = x.shape
    return B


@pytest.mark.parametrize("number", range(len(SLIPS)))
def test_an_error_is_answered_with_words_that_help(number):
    name, fn, says = SLIPS[number]
    assert says in " ".join(str(blocks.chapter.checks[name].run(fn)).split())


def test_every_hint_has_an_answer_that_gets_it():
    hints = sum(len(check.errors) for check in blocks.chapter.checks.values())
    assert hints == len(SLIPS)


def test_the_mean_is_blamed_only_where_it_is_at_fault():
    wrong = blocks.layernorm.run(lambda x, w, b, eps=1e-5: norm_var(x, w, b, eps) + x.mean())
    assert "the row has mean 3." in wrong.message
    for fault in (lambda x, w, b, eps=1e-5: norm_var(x, w**2, b, eps), mean_of_the_bias):
        assert blocks.layernorm.run(fault).stage == "values"


def mean_of_the_bias(x, weight, bias, eps=1e-5):
    return norm_var(x, weight, bias.mean(), eps)


def test_what_is_the_package_s_own_is_right_and_not_the_learner_s():
    for check, fn in (
        (blocks.layernorm, lambda *given: layernorm_forward(*given)[0]),
        (blocks.gelu, lambda x: gelu_forward(x)[0]),
        (blocks.count_parameters, parameters),
    ):
        assert check.run(fn).status == "borrowed"


def test_a_missing_key_is_told():
    text = blocks.count_parameters.run(lambda config: {"embedding": config.d_model}).message
    assert "the keys have to be embedding, positions, attention, mlp, norms, head" in text
