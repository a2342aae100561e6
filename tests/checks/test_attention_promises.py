"""What the tasks of chapter 03 promise or ask for: who ignores just one of it is refused."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
import torch

import tinytx.manual
from tinytx.checks import attention
from tinytx.checks.attention import answers
from tinytx.manual.attention import attention_forward
from tinytx.manual.softmax import softmax_forward

from .attention_designs import (
    attention_composed,
    causal_compare,
    masked_infinity,
    moves_sets,
    probe_one_by_one,
    scores_einsum,
    softmax_log,
)


def shifted(x, constant):
    e = np.exp(x - constant)
    return e / e.sum(-1, keepdims=True)


def softmax_positive(x):
    """Subtracts only where a number is above zero."""
    return shifted(x, np.maximum(x.max(-1, keepdims=True), 0))


def softmax_middle(x):
    return shifted(x, (x.max(-1, keepdims=True) + x.min(-1, keepdims=True)) / 2)


def softmax_floor(x):
    """Takes all numbers of a row below a limit for equal."""
    return softmax_log(np.maximum(x, x.max(-1, keepdims=True) - 1))


def softmax_squeezed(x):
    return softmax_log(x).squeeze()


def softmax_flat(x):
    rows = x.reshape(-1, x.shape[-1])
    return softmax_log(rows)


def softmax_half(x):
    return softmax_log(x).astype(np.float16)


def softmax_thousandth(x):
    return softmax_log(x) * np.where(np.arange(x.shape[-1]) == 3, 1.001, 1)


def softmax_buffer():
    buffers = {}

    def softmax(x):
        out = buffers.setdefault(x.shape, np.empty(x.shape))
        out[...] = softmax_log(x)
        return out

    return softmax


def causal_equal(T, S):
    return causal_compare(T, S) if T == S else np.ones((T, S), dtype=bool)


def causal_small(T, S):
    return causal_compare(T, S) if S < 10 else np.tri(T, S, dtype=bool)


def causal_bytes(T, S):
    """Counts positions in eight bits."""
    return np.arange(S).astype(np.uint8) <= np.arange(S - T, S).astype(np.uint8)[:, None]


def causal_buffer():
    whole = np.zeros((20, 20), dtype=bool)

    def mask(T, S):
        whole[:T, :S] = causal_compare(T, S)
        return whole[:T, :S]

    return mask


def scores_fewer(q, k):
    """Takes for granted that there are at least as many keys as queries."""
    out = scores_einsum(q, k)
    out[:, :, k.shape[2] :] = 0
    return out


def scores_one_text(q, k):
    return scores_einsum(q, np.broadcast_to(k[:1], k.shape))


def scores_one_head(q, k):
    return scores_einsum(q, np.broadcast_to(k[:, :1], k.shape))


def scores_keys_overwritten(q, k):
    k *= k.shape[-1] ** -0.5
    return np.einsum("bhtd,bhsd->bhts", q, k)


def masked_seen(scores, mask):
    """Leaves what is hidden a weight that nobody would see."""
    weights = masked_infinity(scores, mask)
    return np.where(mask, weights, 1e-8 * weights.any(-1, keepdims=True))


def masked_square(scores, mask):
    """Takes a mask of two axes for padding."""
    return masked_infinity(scores, mask[:, None, None] if mask.ndim == 2 else mask)


def masked_vector(scores, mask):
    """Takes a mask of one axis for one of the queries."""
    return masked_infinity(scores, mask[:, None] if mask.ndim == 1 else mask)


def masked_shifted(value):
    """Adds a number to the hidden scores, and empties rows with nothing to attend to."""

    def weights(scores, mask):
        low = softmax_log(scores + np.where(mask, 0, value))
        return np.where(mask.any(-1, keepdims=True), low, 0)

    return weights


def masked_given(scores, mask):
    out = masked_infinity(scores, mask)
    scores[...] = out
    return scores


def attention_seldom(q, k, v, mask=None):
    """Looks at the mask only where it has the axes of the scores."""
    return attention_composed(q, k, v, mask if np.ndim(mask) > 1 else None)


def attention_visible(q, k, v, mask=None):
    """A query that sees nothing reads the mean."""
    if mask is None:
        return attention_composed(q, k, v)
    seen = np.broadcast_to(mask, (*q.shape[:3], k.shape[2]))
    return attention_composed(q, k, v, seen | ~seen.any(-1, keepdims=True))


def attention_cut(q, k, v, mask=None):
    """Drops weights that seem too small to count."""
    mask = np.array(True) if mask is None else mask
    weights = masked_infinity(scores_einsum(q, k), mask)
    return np.where(weights < 1e-5, 0, weights) @ v


def attention_single(q, k, v, mask=None):
    """Reads a single key without a look at the mask."""
    if k.shape[2] == 1:
        return np.repeat(v, q.shape[2], axis=2)
    return attention_composed(q, k, v, mask)


def attention_view(q, k, v, mask=None):
    q[...] = attention_composed(q, k, v, mask)
    return q[:]


def probe_strict(attend, T, D):
    """Takes a change by less than the limit for a leak."""
    x = np.random.default_rng(0).normal(size=(2, T, D))
    out = []
    for i in range(T - 1):
        other = np.concatenate([x[0][: i + 1], x[1][i + 1 :]])
        gap = np.array(attend(other))[i] - np.array(attend(x[0].copy()))[i]
        out += [i] * bool(np.abs(gap).max() > 1e-13)
    return out


def probe_far(attend, T, D):
    """Tries the next position and the last, and none between."""
    x = np.random.default_rng(0).normal(size=(2, T, D))
    out = set()
    for i in range(T - 1):
        for j in (i + 1, T - 1):
            other = x[0].copy()
            other[j] = x[1][j]
            gap = np.array(attend(other))[i] - np.array(attend(x[0].copy()))[i]
            out |= {i} if np.abs(gap).max() > 1e-9 else set()
    return sorted(out)


def probe_alone(attend, T, D):
    return probe_one_by_one(attend, T, D) if T > 1 else [0]


def probe_backwards(attend, T, D):
    return probe_one_by_one(attend, T, D)[::-1]


def probe_twice(attend, T, D):
    return sorted(2 * probe_one_by_one(attend, T, D))


def moves_forwards(mask, changed, j):
    """Takes the mask for a causal one."""
    return [i for i in moves_sets(mask, changed, j) if i >= j]


def moves_somebody(mask, changed, j):
    """Takes for granted that everybody may attend to something."""
    found = moves_sets(mask, changed, j)
    return sorted({*found, j}) if changed == "query" and not mask[j].any() else found


def moves_arrays(mask, changed, j):
    return np.array(moves_sets(mask, changed, j))


def moves_overwritten(mask, changed, j):
    found = moves_sets(mask, changed, j)
    mask[:, j] = False
    return found


IGNORED = {
    "softmax": [
        softmax_positive, softmax_middle, softmax_floor, softmax_squeezed, softmax_flat,
        softmax_half, softmax_thousandth, softmax_buffer(),
    ],
    "causal_mask": [causal_equal, causal_small, causal_bytes, causal_buffer()],
    "scaled_scores": [scores_fewer, scores_one_text, scores_one_head, scores_keys_overwritten],
    "masked_weights": [
        masked_seen, masked_square, masked_vector, masked_given, masked_shifted(-100),
        masked_shifted(-1e4), masked_shifted(-304_000),
    ],
    "attention": [
        attention_seldom, attention_visible, attention_cut, attention_single, attention_view,
    ],
    "who_moves": [moves_forwards, moves_somebody, moves_arrays, moves_overwritten],
    "sees_the_future": [probe_strict, probe_far, probe_alone, probe_backwards, probe_twice],
}  # fmt: skip


@pytest.mark.usefixtures("_nameless")
@pytest.mark.parametrize(
    ("name", "fn"), [(name, fn) for name, fns in IGNORED.items() for fn in fns]
)
def test_who_ignores_one_promise_is_refused(name, fn):
    result = attention.chapter.checks[name].run(fn)
    assert result.status == "wrong", str(result)


def test_what_the_task_calls_rounding_is_none():
    assert attention.sees_the_future.run(probe_strict).mistake == "rounding is taken for a leak"


@pytest.mark.parametrize("name", ["softmax", "scaled_scores", "masked_weights", "attention"])
def test_float32_will_do(name):
    right = getattr(answers, name)

    def narrow(*args):
        small = (x.astype(np.float32) if x.dtype == np.float64 else x for x in args)
        return right(*small)

    assert attention.chapter.checks[name].run(narrow).status == "ok"


def softmax_exponents(x):
    return np.array([math.exp(n) for n in x.flat]).reshape(x.shape) / np.exp(x).sum(-1)[..., None]


def softmax_dim(x):
    return torch.softmax(torch.from_numpy(x), dim=1)


def softmax_transposed(x):
    return (np.exp(x).T / np.exp(x).sum(-1)).T


def softmax_negative(x):
    return 1.2 * softmax_log(x) - 0.2 / x.shape[-1]


def softmax_running(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / np.maximum(np.cumsum(e, -1), 1e-300)


def scores_queries(q, k):
    return q.swapaxes(-1, -2) @ k / np.sqrt(q.shape[-1])


def scores_queries_torch(q, k):
    return torch.from_numpy(q).mT @ torch.from_numpy(k) / np.sqrt(q.shape[-1])


def scores_square(q, k):
    out = np.zeros((*q.shape[:3], q.shape[2]))
    for t, s in np.ndindex(out.shape[2:]):
        out[:, :, t, s] = (q[:, :, t] * k[:, :, s]).sum(-1) / np.sqrt(q.shape[-1])
    return out


def scores_axes(q, k):
    return q @ k.transpose(-1, -2) / np.sqrt(q.shape[-1])


def masked_index(scores, mask):
    hidden = scores.copy()
    hidden[~mask] = -np.inf
    return softmax_log(hidden)


def masked_shape(scores, mask):
    return masked_infinity(scores, mask.reshape(scores.shape[-2:]))


def masked_rows(scores, mask):
    out, mask = np.zeros_like(scores), np.broadcast_to(mask, scores.shape)
    for at in np.ndindex(scores.shape[:-1]):
        out[at][mask[at]] = softmax_log(scores[at][mask[at]])
    return out


def masked_if(scores, mask):
    return softmax_log(scores if mask else scores - 1e9)


def attention_if(q, k, v, mask=None):
    return attention_composed(q, k, v, mask if mask else None)


def attention_fill(q, k, v, mask=None):
    q, k, v = map(torch.from_numpy, (q, k, v))
    scores = q @ k.mT
    return scores.masked_fill(mask, -1e9).softmax(-1) @ v


def attention_queries(q, k, v, mask=None):
    return softmax_log(q.swapaxes(-1, -2) @ k) @ v


def attention_queries_torch(q, k, v, mask=None):
    q, k, v = map(torch.from_numpy, (q, k, v))
    return (q.mT @ k).softmax(-1) @ v


def attention_axes(q, k, v, mask=None):
    return softmax_log(q @ k.transpose(-2, -1)) @ v


def attention_index(q, k, v, mask=None):
    scores = scores_einsum(q, k)
    if mask is not None:
        scores[~mask] = -np.inf
    return softmax_log(scores) @ v


def probe_integers(attend, T, D):
    return attend(np.arange(T * D).reshape(T, D)).tolist()


def probe_empty(attend, T, D):
    x = np.random.default_rng(0).normal(size=(T, D))
    return [i for i in range(T) if attend(x.copy())[i + 1 :].max() > 9]


def probe_lists(attend, T, D):
    return [i for i in range(T - 1) if attend(np.ones((T, D)).tolist())[i].max() > 9]


def probe_everybody(attend, T, D):
    return list(range(T - 1))


def moves_if(mask, changed, j):
    return [i for i in range(len(mask)) if mask[i]]


def moves_beyond(mask, changed, j):
    return [i for i in range(len(mask)) if mask[i + 1, j]]


def moves_twice(mask, changed, j):
    return sorted((2 + j % 2) * moves_sets(mask, changed, j))


HINTS = {
    softmax_exponents: "`math.exp` of 710 or more is an error",
    softmax_dim: "Which number always means the last one?",
    softmax_transposed: "Print the shape of your maximum or sum",
    softmax_negative: "no weight may be negative: -0.0",
    softmax_running: "have to sum to one: the row sums to 1.881",
    scores_queries: "Write down the two shapes that meet in your product",
    scores_queries_torch: "Write down the two shapes that meet in your product",
    scores_square: "There may be more keys than queries, and there may be fewer.",
    scores_axes: "There are four axes. Name the two that change places.",
    masked_index: "The mask need not have the shape of the scores.",
    masked_shape: "The mask need not have the shape of the scores.",
    masked_rows: "there is nothing of which to take the largest",
    masked_if: "chooses between two values entry by entry?",
    attention_if: "`mask is not None`",
    attention_fill: "`mask` may be None: then every query may attend to every key.",
    attention_queries: "Write down the two shapes that meet in this product.",
    attention_queries_torch: "Write down the two shapes that meet in this product.",
    attention_axes: "There are four axes. Name the two that change places.",
    attention_index: "The mask need not have the shape of the scores.",
    moves_if: "Which of them is yours, or how many of them are True?",
    moves_beyond: "a row for each query, a column for each key",
    moves_twice: "each position may be listed once",
    probe_integers: "Start from floats",
    probe_lists: "`attend` takes one array of shape (T, D), and gives one.",
    probe_empty: "the largest of no numbers is an error",
    probe_everybody: "it accuses a position that sees no later one: position 0 of `causal`",
}
NAMES = {
    "scores": "scaled_scores",
    "masked": "masked_weights",
    "probe": "sees_the_future",
    "moves": "who_moves",
}


def check_of(fn):
    name = fn.__name__.split("_")[0]
    return attention.chapter.checks[NAMES.get(name, name)]


@pytest.mark.parametrize("fn", HINTS, ids=lambda fn: fn.__name__)
def test_a_hint_is_given_to_whom_it_helps(fn):
    result = check_of(fn).run(fn)
    assert (result.status, result.mistakes) == ("wrong", ()), str(result)
    assert HINTS[fn] in " ".join(str(result).split())


def test_every_hint_to_an_error_is_tried():
    said = {fn: " ".join(str(check_of(fn).run(fn)).split()) for fn in HINTS}
    for check in attention.chapter.checks.values():
        for sign, hint in check.errors.items():
            assert any(hint in text for fn, text in said.items() if check_of(fn) is check), sign
            re.compile(sign)


OWN = {
    "softmax": lambda x: softmax_forward(x)[0],
    "causal_mask": lambda T, S: tinytx.manual.causal_mask(T, S),
    "masked_weights": lambda scores, mask: softmax_forward(scores, mask)[0],
    "attention": lambda q, k, v, mask=None: attention_forward(q, k, v, mask)[0],
}


@pytest.mark.parametrize("name", OWN)
def test_who_calls_the_function_of_the_course_has_not_written_it(name):
    assert attention.chapter.checks[name].run(OWN[name]).status == "borrowed"
