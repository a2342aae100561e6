"""The checks of chapter 03: right answers pass, each mistake is named, no answer is given away."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest

from tinytx.checks import attention
from tinytx.manual.attention import attention_forward

from .attention_designs import (
    RIGHT,
    attention_composed,
    masked_infinity,
    moves_sets,
    probe_one_by_one,
    scores_einsum,
    softmax_log,
)
from .contract import Contract


class TestAttention(Contract):
    chapter = attention.chapter
    right = RIGHT
    unknown: ClassVar[dict[str, list]] = {
        "softmax": [
            lambda x: np.full_like(x, 1 / x.shape[-1]),
            lambda x: softmax_log(x / 3),
            lambda x: softmax_log(x)[..., ::-1],
            lambda x: softmax_log(x) + 0.1,
            lambda x: 2 * softmax_log(x) - 1 / x.shape[-1],
        ],
        "causal_mask": [
            lambda T, S: np.zeros((T, S), dtype=bool),
            lambda T, S: np.tri(T, S, S - T - 2, dtype=bool),
            lambda T, S: np.tri(T, S, S - T + 2, dtype=bool),
        ],
        "scaled_scores": [
            lambda q, k: scores_einsum(q, k) + 1,
            lambda q, k: 3 * scores_einsum(q, k),
            lambda q, k: -scores_einsum(q, k),
        ],
        "masked_weights": [
            lambda scores, mask: np.zeros_like(scores),
            lambda scores, mask: masked_infinity(2 * scores, mask),
            lambda scores, mask: masked_infinity(scores, mask)[..., ::-1],
            lambda scores, mask: 2 * masked_infinity(scores, mask) - mask / scores.shape[-1],
        ],
        "who_moves": [
            lambda mask, changed, j: sorted((2 + j % 2) * moves_sets(mask, changed, j)),
            lambda mask, changed, j: moves_sets(mask, changed, (j + 1) % len(mask)),
            lambda mask, changed, j: list(range(len(mask))),
        ],
        "attention": [
            lambda q, k, v, mask=None: np.zeros_like(q),
            lambda q, k, v, mask=None: 2 * attention_composed(q, k, v, mask),
            lambda q, k, v, mask=None: attention_composed(q, k, v[:, ::-1], mask),
        ],
        "sees_the_future": [
            lambda attend, T, D: list(range(T)),
            lambda attend, T, D: [0],
            lambda attend, T, D: [0, 0],
            lambda attend, T, D: probe_one_by_one(attend, T, D)[-1:],
            lambda attend, T, D: list(range(T - 1)),
        ],
    }


def test_float32_passes_where_the_inputs_are_float64():
    def narrow(q, k):
        return scores_einsum(q.astype(np.float32), k.astype(np.float32))

    assert attention.scaled_scores.run(narrow).status == "ok"
    halved = attention.scaled_scores.run(lambda q, k: scores_einsum(q, k).astype(np.float16))
    assert halved.stage == "type"
    assert "the array's dtype is float16 and float64 is asked for" in halved.message


def test_warnings_of_numpy_are_neither_shown_nor_counted_as_printing(capsys, recwarn):
    attention.softmax(lambda x: np.exp(x) / np.exp(x).sum(-1, keepdims=True))
    seen = capsys.readouterr()
    assert "[x] softmax: large numbers overflow" in seen.out
    assert "prints" not in seen.out
    assert seen.err == ""
    assert not recwarn.list


def test_a_case_of_a_probe_is_explained():
    text = attention.sees_the_future.run(lambda attend, T, D: []).message
    assert "\n    unmasked: Attention without a mask.\n" in text


def test_what_is_shown_can_be_pasted():
    text = attention.softmax.run(lambda x: np.exp(x)).message
    assert "softmax(np.array([0., 2.])) gives [1., 7.389]; 2 of 2 entries differ" in text


def test_a_mask_that_is_a_list_is_told_the_way_out():
    text = attention.causal_mask.run(lambda T, S: [[True] * S] * T).message
    assert "a list came back and an array is asked for: wrap it in np.array(...)" in text


def test_the_cases_have_one_with_all_sizes_different():
    for name in ("scaled_scores", "attention"):
        q, k = attention.chapter.checks[name].cases[-1][:2]
        B, H, T, Dh = q.shape
        assert len({B, H, T, k.shape[2], Dh}) == 5


@pytest.mark.parametrize("number", range(len(attention.who_moves.cases)))
def test_what_is_predicted_is_what_attention_does(number):
    mask, changed, j = attention.who_moves.cases[number]
    T, what = len(mask), ("query", "key", "value").index(changed)
    for seed in range(3):
        rng = np.random.default_rng(seed)
        given = rng.standard_normal((3, 1, 1, T, 5))
        before, _ = attention_forward(*given, mask)
        given[what, 0, 0, j] = rng.standard_normal(5)
        after, _ = attention_forward(*given, mask)
        moved = np.abs(after - before)[0, 0].max(axis=-1) > 1e-12
        assert np.flatnonzero(moved).tolist() == attention.who_moves.expected[number].value
