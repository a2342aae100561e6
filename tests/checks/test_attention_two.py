"""Wrong answers of chapter 03 with two slips at once: both are named, and no third."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from .attention_parts import check_of, plain


def softmax_log(x):
    return np.log(np.exp(x) / np.exp(x).sum(-1, keepdims=True))


def softmax_all(x):
    e = np.exp(x)
    return e / np.sum(e)


def softmax_axis(x):
    return np.exp(x) / np.exp(x).sum(axis=0)


def softmax_scaled(x):
    y = x / np.sqrt(x.shape[-1])
    e = np.exp(y - np.abs(y).max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_negative(x):
    return plain(-x, axis=0)


def softmax_smallest(x):
    return np.exp(x - np.min(x)) / np.exp(x - np.min(x)).sum()


def softmax_columns(x):
    e = np.exp(x - x.min(axis=0))
    return e / e.sum(axis=0)


def softmax_mean(x):
    e = np.exp(x - x.mean(-1, keepdims=True))
    return e / e.sum(-2, keepdims=True)


def causal_future(T, S):
    return np.triu(np.ones((T, S)), k=1)


def causal_triu(T, S):
    return torch.triu(torch.ones(T, S), diagonal=1).bool()


def causal_minus(T, S):
    return np.tri(T, S, -1, dtype=bool)


def causal_rows(T, S):
    mask = np.zeros((T, S), dtype=bool)
    for i in range(T):
        for j in range(i):
            mask[i, j] = True
    return mask


def causal_window(T, S):
    gap = np.arange(T)[:, None] - np.arange(S)[None, :]
    return (gap >= 0) & (gap <= 1)


def causal_marks(T, S):
    return (np.arange(S)[None] > np.arange(S - T, S)[:, None]).astype(int)


def causal_strict(T, S):
    return np.tril(np.ones((T, S)), k=-1)


def causal_ahead(T, S):
    return np.tril(np.ones((T, S)), k=1)


def causal_low(T, S):
    return np.where(np.tril(np.ones((T, S)), S - T), -1e9, 0.0)


def scores_weights(q, k):
    return plain(q @ k.swapaxes(-1, -2))


def scores_turned(q, k):
    return k @ q.swapaxes(-1, -2) / math.sqrt(q.shape[1] * q.shape[3])


def scores_swapped(q, k):
    return q @ k.swapaxes(1, 2)


def scores_T(q, k):  # noqa: N802
    return q @ k.T


def scores_last(q, k):
    s = np.einsum("bhtd,bhsd->bhts", q, k) / q.shape[-1]
    s[:, :, -1] = 0
    return s


def scores_letters(q, k):
    return np.einsum("bhtd,bhsd->bts", q, k)


def scores_own(q, k):
    return (q * k).sum(-1)


def masked_inverted(scores, mask):
    e = np.exp(np.where(mask, -np.inf, scores))
    return e / e.sum(-1, keepdims=True)


def masked_sums(scores, mask):
    hidden = np.where(mask, scores, -1e4)
    e = np.exp(hidden - hidden.max(-1, keepdims=True))
    return e / e.sum(-2, keepdims=True)


def masked_other(scores, mask):
    hidden = np.where(mask, -1e9, scores)
    e = np.exp(hidden - hidden.max(-1, keepdims=True))
    return e / e.sum()


def masked_columns(scores, mask):
    return plain(np.where(mask, -1e9, scores), axis=-2)


def masked_bare(scores, mask):
    hidden = scores + mask
    return np.exp(hidden - hidden.max(-1, keepdims=True))


def read(q, k, v, mask, root=True, low=-1e9):
    scores = q @ k.swapaxes(-1, -2) / (math.sqrt(q.shape[-1]) if root else 1)
    return plain(scores if mask is None else np.where(mask, scores, low)) @ v


def attention_bare(q, k, v, mask=None):
    return read(q, k, v, mask, root=False)


def attention_nan(q, k, v, mask=None):
    return read(q, k, v, mask, root=False, low=-np.inf)


def attention_none(q, k, v, mask=None):
    scores = q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1])
    return plain(scores + (1 - mask) * -1e9) @ v


def attention_inverted(q, k, v, mask=None):
    q, k, v = map(torch.from_numpy, (q, k, v))
    scores = q @ k.mT / q.shape[-1] ** 0.5
    if mask is not None:
        scores = scores.masked_fill(torch.from_numpy(mask.copy()), -torch.inf)
    return scores.softmax(-1) @ v


def attention_heads(q, k, v, mask=None):
    q, k, v = map(torch.from_numpy, (q, k, v))
    return (q @ k.transpose(1, 2) / q.shape[-1] ** 0.5).softmax(-1) @ v


def attention_residual(q, k, v, mask=None):
    return q + read(q, k, v, None)


def attention_moved(q, k, v, mask=None):
    return read(q, k, v, mask).transpose(0, 2, 1, 3)


def attention_torch(q, k, v, mask=None):
    q, k, v = map(torch.from_numpy, (q, k, v))
    scores = q @ k.mT
    if mask is not None:
        scores = scores.masked_fill(torch.from_numpy(mask.copy()) == 0, -1e4)
    return scores.softmax(-1) @ v


UNSCALED = "the division by the root is missing"
FIRST = "the queries are taken for the first T positions"
NUMBERS = "the mask holds numbers, not True and False"
NUMBERS_FIRST = "the mask holds numbers, and takes the queries for the first T positions"
HIDDEN = "a query with nothing to attend to reads hidden values"
WRONG_AXIS = "the exponentials are normalized over the wrong axis"
NOT_LARGEST = "what is subtracted is not the largest number of the row"

TWO = {
    softmax_log: {"large numbers overflow", "it is the logarithm of the softmax"},
    softmax_all: {"all numbers together are normalized, not each row", "large numbers overflow"},
    softmax_axis: {WRONG_AXIS, "large numbers overflow"},
    softmax_scaled: {
        NOT_LARGEST,
        "the numbers are multiplied or divided before the exponential",
    },
    softmax_negative: {WRONG_AXIS, "the sign is turned round"},
    softmax_smallest: {"all numbers together are normalized, not each row", NOT_LARGEST},
    softmax_columns: {WRONG_AXIS, NOT_LARGEST},
    softmax_mean: {WRONG_AXIS, NOT_LARGEST},
    causal_future: {"True and False are swapped", NUMBERS_FIRST},
    causal_triu: {"True and False are swapped", FIRST},
    causal_window: {"only the nearest earlier positions are seen", FIRST},
    causal_marks: {"True and False are swapped", NUMBERS},
    causal_minus: {"a position cannot see itself", FIRST},
    causal_strict: {"a position cannot see itself", NUMBERS_FIRST},
    causal_ahead: {"each position sees one step ahead", NUMBERS_FIRST},
    causal_low: {"True and False are swapped", "the mask is one to be added to the scores"},
    scores_weights: {UNSCALED, "the softmax is already taken"},
    scores_turned: {
        "the root is that of the whole width, H · Dh",
        "queries and keys have changed places",
    },
    scores_swapped: {UNSCALED, "two other axes of k are swapped"},
    scores_T: {UNSCALED, "all four axes of k are turned round"},
    scores_last: {
        "it is divided by Dh itself",
        "a text, a head, a position or a number is left out",
    },
    scores_letters: {UNSCALED, "the heads are added up"},
    scores_own: {UNSCALED, "each query meets only the key at its own position"},
    masked_inverted: {"the mask is read the wrong way round", "large scores overflow"},
    masked_sums: {
        "the number in the hidden places is not low enough",
        "the weights are normalized over the queries",
    },
    masked_other: {
        "the mask is read the wrong way round",
        "all weights of the array are normalized together",
    },
    masked_columns: {
        "the mask is read the wrong way round",
        "the weights are normalized over the queries",
    },
    masked_bare: {
        "the mask is added to the scores as a number",
        "the weights are not normalized",
    },
    attention_bare: {"the scale is missing", HIDDEN},
    attention_nan: {"the scale is missing", "a query with nothing to attend to reads nan"},
    attention_none: {"without a mask it fails", HIDDEN},
    attention_inverted: {
        "the mask is read the wrong way round",
        "a query with nothing to attend to reads nan",
    },
    attention_heads: {"k is not transposed as it should be", "the mask has no effect"},
    attention_residual: {"the query is added to what it reads", "the mask has no effect"},
    attention_moved: {"the heads are moved in the result", HIDDEN},
    attention_torch: {
        "the scale is missing",
        "the number in the hidden places is not low enough",
    },
}


@pytest.mark.parametrize("fn", TWO, ids=lambda fn: fn.__name__)
def test_both_slips_are_named(fn):
    result = check_of(fn).run(fn)
    assert (result.status, set(result.mistakes)) == ("wrong", TWO[fn]), str(result)


def test_what_one_slip_does_in_a_line_that_is_there_is_not_called_two():
    """A row that looks at `range(i)`, not at `range(S)`, is `causal_minus`, which has no `j`."""
    result = check_of(causal_rows).run(causal_rows)
    assert result.mistakes == ("one quantity stands where another one belongs",)
