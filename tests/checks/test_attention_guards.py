"""Masks, maxima and guards as learners combine them, and what the check of chapter 03 says to each.

The catalogues hold the same mistakes in the authors' words; here nothing is shared with them.
"""

from __future__ import annotations

import numpy as np
import pytest

from tinytx.checks import attention


def divided(e):
    total = e.sum(-1, keepdims=True)
    return e / np.where(total == 0, 1, total)


def one_maximum(s, mask):
    s = np.where(mask, s, -np.inf)
    top = s.max()
    return divided(np.exp(s - (0 if np.isinf(top) else top)))


def one_maximum_small(s, mask):
    s = np.where(mask, s, -np.inf)
    e = np.exp(s - (s.max() if mask.any() else 0))
    return e / (e.sum(-1, keepdims=True) + 1e-9)


def one_maximum_nan(s, mask):
    s = np.where(mask, s, -np.inf)
    e = np.exp(s - s.max())
    return np.nan_to_num(e / e.sum(-1, keepdims=True))


def softmax(s):
    e = np.exp(s - s.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def low(value):
    return lambda s, mask: softmax(np.where(mask, s, value))


def low_emptied(value):
    def weights(s, mask):
        w = softmax(np.where(mask, s, value))
        w[~np.broadcast_to(mask, s.shape).any(-1)] = 0
        return w

    return weights


def low_times_mask(value):
    return lambda s, mask: softmax(np.where(mask, s, value)) * mask


ONE_MAXIMUM = "one maximum is taken for all rows"
LOW = "the number in the hidden places is not low enough"

WEIGHTS = {
    "one maximum": (one_maximum, ONE_MAXIMUM),
    "one maximum, 1e-9": (one_maximum_small, ONE_MAXIMUM),
    "one maximum, nan_to_num": (one_maximum_nan, ONE_MAXIMUM),
    "-100": (low(-100), LOW),
    "-1e4": (low(-1e4), LOW),
    "-1e5": (low(-1e5), LOW),
    "-1e4 emptied": (low_emptied(-1e4), LOW),
    "-1e4 times mask": (low_times_mask(-1e4), LOW),
}


def reads(weigh):
    """Return attention that makes its weights as ``weigh`` does."""

    def fn(q, k, v, mask=None):
        s = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])
        full = np.broadcast_to(True if mask is None else mask, s.shape)
        return weigh(s, full) @ v

    return fn


@pytest.mark.parametrize("case", WEIGHTS)
@pytest.mark.parametrize("whole", [False, True])
def test_a_slip_with_weights_is_refused_and_named(case, whole):
    fn, name = WEIGHTS[case]
    result = attention.attention.run(reads(fn)) if whole else attention.masked_weights.run(fn)
    assert (result.status, result.mistake) == ("wrong", name), str(result)


@pytest.mark.parametrize("value", [-100, -1e4, -1e5])
def test_the_example_of_a_low_number_is_a_visible_score_that_is_lower(value):
    for check, fn in (
        (attention.masked_weights, low(value)),
        (attention.attention, reads(low(value))),
    ):
        mask = check.cases[check.run(fn).case][-1]
        assert mask.tolist() == [[True, False]]


@pytest.mark.parametrize("guarded", [low_emptied, low_times_mask])
def test_a_number_below_all_scores_will_do(guarded):
    assert attention.masked_weights.run(guarded(-1e9)).status == "ok"
    assert attention.attention.run(reads(guarded(-1e9))).status == "ok"


def right(q, k, v, mask=None, root=True):
    s = q @ k.swapaxes(-1, -2) / (np.sqrt(q.shape[-1]) if root else 1)
    if mask is not None:
        s = np.where(mask, s, -np.inf)
    top = s.max(-1, keepdims=True)
    return divided(np.exp(s - np.where(np.isinf(top), 0, top))) @ v


def triangle(q, k):
    return np.tri(q.shape[2], k.shape[2], dtype=bool)


def late_root(q, k, v, mask=None):
    return right(q, k, v, mask, root=False) / np.sqrt(q.shape[-1])


def always_causal(q, k, v, mask=None):
    return right(q, k, v, triangle(q, k))


def causal_and_mask(q, k, v, mask=None):
    return right(q, k, v, triangle(q, k) if mask is None else triangle(q, k) & mask)


def causal_without(q, k, v, mask=None):
    return right(q, k, v, triangle(q, k) if mask is None else mask)


def none_in_where(q, k, v, mask=None):
    s = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])
    s = np.where(mask, s, -np.inf)
    top = s.max(-1, keepdims=True)
    return divided(np.exp(s - np.where(np.isinf(top), 0, top))) @ v


def none_inverted(q, k, v, mask=None):
    return right(q, k, v, ~(~mask))


READS = {
    late_root: "the division by the root comes after the softmax",
    always_causal: "it is causal although no mask says so",
    causal_and_mask: "it is causal although no mask says so",
    causal_without: "it is causal although no mask says so",
    none_in_where: "without a mask everything is hidden",
    none_inverted: "without a mask it fails",
}


@pytest.mark.parametrize("fn", READS, ids=lambda fn: fn.__name__)
def test_a_slip_with_attention_is_refused_and_named(fn):
    result = attention.attention.run(fn)
    assert (result.status, result.mistake) == ("wrong", READS[fn]), str(result)


def overflow_to_num(x):
    return np.nan_to_num(np.exp(x) / np.exp(x).sum(-1, keepdims=True))


def numbers(T, S):
    return np.tri(T, S, S - T)


def if_mask(q, k, v, mask=None):
    return right(q, k, v, mask if mask else None)


def if_mask_weights(scores, mask):
    return softmax(scores if mask else scores - 1e9)


def both(q, k, v, mask=None):
    return right(q, k, v, mask), q


SAYS = [
    (attention.softmax, overflow_to_num, "softmax: large numbers overflow"),
    (attention.causal_mask, numbers, "the mask holds numbers, not True and False"),
    (attention.attention, if_mask, "`mask is not None`"),
    (attention.masked_weights, if_mask_weights, "chooses between two values entry by entry?"),
    (attention.attention, both, "an array is asked for: return only the result"),
]


@pytest.mark.parametrize(("check", "fn", "words"), SAYS)
def test_a_slip_is_answered_with_words_that_help(check, fn, words):
    said = " ".join(str(check.run(fn)).split())
    assert said.startswith("[x]")
    assert words in said


def test_a_diagonal_in_the_right_place_is_not_questioned():
    assert "diagonal" not in attention.causal_mask.run(numbers).message
    first = attention.causal_mask.run(lambda T, S: np.tri(T, S))
    assert "diagonal" in first.message
