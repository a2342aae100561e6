"""The checks of chapter 10: right answers pass, each mistake is named, no answer is given away."""

from __future__ import annotations

import inspect
import re
from typing import ClassVar

import numpy as np
import pytest

from tinytx.checks import looking_inside
from tinytx.checks.looking_inside import answers
from tinytx.checks.looking_inside.parts import Layer, attention
from tinytx.inspect import ablate, attribute, capture, induction_scores, logit_lens, patch
from tinytx.inspect.lens import stream
from tinytx.manual import GPT, GPTConfig
from tinytx.manual.norm import EPS

from .contract import Contract
from .looking_inside_designs import (
    RIGHT,
    ablated_sums,
    attributed_looped,
    lens_looped,
    restored_recursive,
    score_looped,
    share_looped,
)
from .made import shown

IDS = np.array([[3, 0, 4, 1, 3, 0, 4, 1], [2, 6, 5, 0, 2, 6, 5, 0]])


class TestLookingInside(Contract):
    chapter = looking_inside.chapter
    right = RIGHT
    unknown: ClassVar[dict[str, list]] = {
        "share_at": [
            lambda weights, where: np.full(weights.shape[1], 0.3),
            lambda weights, where: share_looped(weights, where) ** 2 / 3 + 0.1,
            lambda weights, where: share_looped(weights, where) + 1.7,
        ],
        "induction_score": [
            lambda weights, n: np.full(weights.shape[1], 0.3),
            lambda weights, n: score_looped(weights, n) ** 2 / 3 + 0.1,
            lambda weights, n: score_looped(weights, n) + 1.7,
        ],
        "ablated": [
            lambda out, *rest: ablated_sums(np.tanh(out), *rest) ** 2 + 0.3,
            lambda *given: np.cos(ablated_sums(*given)),
        ],
        "lens": [
            lambda *given: np.cos(lens_looped(*given)),
            lambda stream, *rest: lens_looped(np.tanh(stream / 3), *rest) ** 2 + 0.3,
        ],
        "attributed": [
            lambda *given: np.cos(attributed_looped(*given)),
            lambda *given: attributed_looped(*given) ** 2 + 0.3,
        ],
        "restored": [
            lambda *given: np.cos(restored_recursive(*given)),
            lambda *given: restored_recursive(*given) ** 2 / 3 + 0.1,
        ],
    }


@pytest.fixture(scope="module")
def model():
    """Two blocks of two heads, with weights and biases that are nothing special."""
    config = GPTConfig(
        vocab_size=7,
        context_length=8,
        n_layer=2,
        n_head=2,
        d_model=6,
        d_ff=12,
        norm="pre",
        tie_weights=False,
    )
    made, rng = GPT(config, np.random.default_rng(0), np.float64), np.random.default_rng(1)
    state = {n: rng.normal(size=w.shape, scale=0.5) for n, w in made.state_dict().items()}
    made.load_state_dict(state)
    return made.eval()


@pytest.fixture(scope="module")
def seen(model):
    with capture(model) as found:
        model(IDS)
    return found


def test_the_answers_are_what_the_package_says_of_heads(model, seen):
    scores = np.stack(
        [answers.induction_score(seen[f"blocks.{i}.attn.weights"], 4) for i in range(2)]
    )
    np.testing.assert_allclose(scores, induction_scores(model, IDS), rtol=1e-12)


@pytest.mark.parametrize("how", ["zero", "mean"])
def test_the_answers_are_what_the_package_says_of_ablation(model, seen, how):
    o_proj = model.blocks[0].attn.o_proj
    mine = answers.ablated(
        seen["blocks.0.attn.out"], o_proj.weight.data, o_proj.bias.data, [1], how
    )
    with ablate(model, [(0, 1)], how, None if how == "zero" else IDS), capture(model) as found:
        model(IDS)
    np.testing.assert_allclose(mine, found["blocks.0.attn"], rtol=1e-12, atol=1e-12)
    assert np.abs(mine - seen["blocks.0.attn"]).max() > 0.01


def test_the_answers_are_what_the_package_says_of_the_stream(model, seen):
    norm, head = (model.ln_f.weight.data, model.ln_f.bias.data, EPS), model.lm_head.weight.data
    mine = answers.lens(np.stack(stream(seen, 2)), *norm, head)
    np.testing.assert_allclose(mine, logit_lens(model, IDS), rtol=1e-10, atol=1e-10)
    theirs = attribute(model, IDS, target=5)
    blocks = [seen[f"blocks.{i}.{part}"][0, -1] for i in range(2) for part in ("attn", "mlp")]
    parts = np.stack([seen["drop"][0, -1], *blocks])
    shares = answers.attributed(parts, *norm, head[5])
    assert shares.sum() == pytest.approx(theirs.total[0], rel=1e-10)
    assert shares[-1] == pytest.approx(theirs["ln_f.bias"][0], rel=1e-10)
    assert shares[2] == pytest.approx(theirs["blocks.0.mlp"][0], rel=1e-10)


def test_the_answers_are_what_the_package_says_of_patching(model, seen):
    clean, corrupted = seen["drop"]
    mask = np.tri(len(clean), dtype=bool)
    layers = [lambda x, block=block: block(x[None], mask)[0] for block in model.blocks]

    def difference(x):
        logits = model.lm_head(model.ln_f(x[None]))[0, -1]
        return logits[1] - logits[5]

    mine = answers.restored(layers, difference, clean, corrupted)
    high, low = (row[-1, 1] - row[-1, 5] for row in seen["logits"])
    for i, t in ((0, 2), (1, 7), (0, 7)):

        def put(x, i=i, t=t):
            x = x.copy()
            x[:, t] = seen[f"blocks.{i}"][0, t]
            return x

        with patch(model, {f"blocks.{i}": put}):
            logits = model(IDS[1:])[0, -1]
        assert mine[i, t] == pytest.approx((logits[1] - logits[5] - low) / (high - low), rel=1e-8)


@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 3, 5), (4, 2, 9)])
def test_weights_are_causal_and_their_rows_sum_to_one(shape):
    weights = attention(*shape, seed=3)
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-12)
    assert not np.triu(weights, 1).any()
    np.testing.assert_allclose(weights, weights.round(2), atol=1e-12)


@pytest.mark.parametrize("name", ["share_at", "induction_score"])
def test_the_rows_of_all_weights_sum_to_one(name):
    for weights, _ in looking_inside.chapter.checks[name].cases:
        np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-12)
        assert (weights >= 0).all()


def test_an_answer_of_zeros_is_not_called_a_swap():
    """In a causal model the swapped map has zeros where a score would be read."""
    result = looking_inside.induction_score.run(lambda weights, n: np.zeros(weights.shape[1]))
    assert result.status == "wrong"
    assert not {m.name for m in looking_inside.induction_score.mistakes} & set(result.mistakes)


def test_a_round_is_shorter_than_the_text():
    rounds = [(n, weights.shape[-1]) for weights, n in looking_inside.induction_score.cases]
    assert all(2 <= n < T for n, T in rounds)
    assert {np.sign(T - 2 * n) for n, T in rounds} == {-1, 0, 1}
    assert any(3 * n < T and T % n for n, T in rounds)


def test_layers_are_shown_as_they_can_be_pasted_and_leave_what_they_are_given():
    for layers, read, clean, corrupted in looking_inside.restored.cases:
        for layer in layers:
            x = clean.copy()
            y = layer(x)
            assert not np.may_share_memory(x, y)
            assert (x == clean).all()
            assert len(y) == len(x)
            np.testing.assert_array_equal(eval(repr(layer), {"np": np})(x), y)
            clean, corrupted = y, layer(corrupted)
        assert abs(read(clean) - read(corrupted)) > 0.05
    text = looking_inside.restored.run(lambda *given: np.zeros((1, 1))).message
    assert "(lambda x: " in text or "[lambda x: " in text


def test_layers_may_change_the_width():
    widths = [
        {clean.shape[1], *(layer(clean).shape[1] for layer in layers[:1])}
        for layers, _, clean, _ in looking_inside.restored.cases
    ]
    assert any(len(width) > 1 for width in widths)
    assert Layer("x[:, :-1]")(np.ones((2, 3))).shape == (2, 2)


def test_what_is_restored_goes_below_zero_and_above_one():
    grids = [want.value for want in looking_inside.restored.expected]
    assert min(grid.min() for grid in grids) < -0.5
    assert max(grid.max() for grid in grids) > 1.5


def test_as_the_task_says_the_last_row_of_the_lens_with_bugs_is_right():
    for args in looking_inside.lens.cases:
        mine, right = shown("10_looking_inside", "lens")(*args), answers.lens(*args)
        np.testing.assert_allclose(mine[-1], right[-1], rtol=1e-12)
        assert np.abs(mine[:-1] - right[:-1]).max() > 1e-3


def test_as_the_task_says_the_loop_with_bugs_raises_no_error():
    for layers, read, clean, corrupted in looking_inside.restored.cases:
        grid = shown("10_looking_inside", "restored")(layers, read, clean.copy(), corrupted.copy())
        assert np.isfinite(grid).all()


def test_the_signatures_are_those_of_the_answers():
    for check in looking_inside.chapter.checks.values():
        names = re.findall(r"\w+", check.signature.partition("(")[2])
        assert names == list(inspect.signature(check.reference).parameters)


@pytest.mark.parametrize(
    ("mean", "name"),
    [
        ("out[:, h].mean()", "over the texts, the positions and the numbers of the head"),
        ("out[:, h].mean(axis=(0, 1))", "over the positions too"),
        ("out[:, h].mean(axis=(0, 2))[:, None]", "over the numbers of the head too"),
        ("given[:, heads].mean()", "all heads that are off get one number"),
        ("given.mean()", "the mean of the whole array, of all heads"),
        ("given.mean(axis=1)", "over the heads, not over the texts"),
    ],
)
def test_a_mean_over_too_much_is_named_by_what_it_is_over(mean, name):
    text = f"""def ablated(given, w_o, b_o, heads, how):
        out = given.copy()
        B, H, T, Dh = out.shape
        for h in dict.fromkeys(heads):
            out[:, h] = 0 if how == "zero" else {mean}
        return out.transpose(0, 2, 1, 3).reshape(B, T, H * Dh) @ w_o.T + b_o"""
    space = {}
    exec(text, space)
    assert name in looking_inside.ablated.run(space["ablated"]).mistake
