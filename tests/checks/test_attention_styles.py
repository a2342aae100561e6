"""Wrong answers of chapter 03 in other styles than the solution's: loops, PyTorch, letters.

The catalogues hold the same mistakes in the authors' words; here nothing is shared with them.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from .attention_parts import check_of, plain


def softmax_loop(x):
    total = sum(math.exp(number - x.max()) for number in x.flat)
    return np.array([math.exp(number - x.max()) / total for number in x.flat]).reshape(x.shape)


def softmax_rows(x):
    return np.array([np.exp(row - np.max(row)) / np.exp(row - np.max(row)).sum() for row in x])


def softmax_torch(x):
    return torch.softmax(torch.from_numpy(x), 0)


def softmax_largest(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.max(-1, keepdims=True)


def softmax_length(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / np.linalg.norm(e, axis=-1, keepdims=True)


def softmax_limits(x):
    e = np.exp(np.clip(x, -700, 700))
    return e / e.sum(-1, keepdims=True)


def softmax_slices(x):
    for at in np.ndindex(x.shape[:-1]):
        x[at] -= x[at].max()
    return np.exp(x) / np.exp(x).sum(-1, keepdims=True)


def causal_rows(T, S):
    mask = np.zeros((T, S), dtype=bool)
    for i in range(T):
        mask[i, : i + 1] = True
    return mask


def causal_ones(T, S):
    mask = np.zeros((T, S))
    for i in range(T):
        for j in range(S):
            mask[i, j] = 1 if j <= i + S - T else 0
    return mask


def causal_before(T, S):
    return np.array([[j < i + S - T for j in range(S)] for i in range(T)])


def causal_behind(T, S):
    return np.hstack([np.tri(T, dtype=bool), np.ones((T, S - T), dtype=bool)])


def causal_cut(T, S):
    return np.tril(np.ones((S, S), dtype=bool))[:T]


def causal_batch(T, S):
    return torch.ones(1, T, S, dtype=torch.bool).tril(S - T)


def scores_dot(q, k):
    return np.dot(q, k.transpose(0, 1, 3, 2)) / math.sqrt(q.shape[-1])


def scores_torch(q, k):
    return torch.from_numpy(q) @ torch.from_numpy(k) / math.sqrt(q.shape[-1])


def scores_heads(q, k):
    return torch.from_numpy(q) @ torch.from_numpy(k).transpose(1, 2) / math.sqrt(q.shape[-1])


def scores_loop(q, k):
    out = np.zeros((*q.shape[:3], k.shape[2]))
    for b, h in np.ndindex(q.shape[:2]):
        out[b, h] = q[b, h] @ k[b, h].T / math.sqrt(len(k[b, h]))
    return out


def scores_own(q, k):
    return np.einsum("bhtd,bhtd->bht", q, k) / math.sqrt(q.shape[-1])


def scores_fourth(q, k):
    return np.einsum("bhtd,bhsd->bhts", q / q.shape[-1] ** 0.25, k)


def masked_half(scores, mask):
    return plain(np.where(mask, scores, np.finfo(np.float16).min.astype(float)))


def masked_lowest(scores, mask):
    return plain(np.where(mask, scores, np.finfo(np.float64).min))


def masked_again(scores, mask):
    weights = plain(scores) * mask
    return weights / np.maximum(weights.sum(-1, keepdims=True), 1e-12)


def masked_guard(scores, mask):
    e = np.exp(scores) * mask
    return e / (e.sum(-1, keepdims=True) + 1e-9)


def masked_torch(scores, mask):
    return torch.from_numpy(scores).masked_fill(torch.from_numpy(mask.copy()), -1e9).softmax(-1)


def masked_heads(scores, mask):
    return plain(np.where(mask, scores, -1e9), axis=1)


def masked_flat(scores, mask):
    e = np.exp(np.where(mask, scores, -np.inf) - scores.max(-1, keepdims=True))
    return e / e.sum(-1)


def masked_turned(scores, mask):
    return plain(np.where(mask.T, scores, -np.inf))


def masked_logs(scores, mask):
    return plain(scores + np.log(mask + 1e-9))


def attend(q, k, v, mask, root=True, hide=None, axis=-1):
    scores = np.einsum("bhtd,bhsd->bhts", q, k) / (math.sqrt(q.shape[-1]) if root else 1)
    if mask is not None:
        scores = hide(scores, mask) if hide else np.where(mask, scores, -1e9)
    weights = plain(scores, axis)
    return (weights if mask is None or hide else weights * mask) @ v


def attention_heads(q, k, v, mask=None):
    return attend(q, k, v, mask, hide=lambda s, m: np.where(m, s, -1e9), axis=1)


def attention_sum(q, k, v, mask=None):
    scores = q @ k.swapaxes(2, 3) / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    e = np.exp(scores - scores.max(-1, keepdims=True))
    return e / np.sum(e) @ v


def attention_raw(q, k, v, mask=None):
    scores = q @ k.swapaxes(2, 3) / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    return np.exp(scores) / np.exp(scores).sum(-1, keepdims=True) @ v


def attention_triangle(q, k, v, mask=None):
    q, k, v = map(torch.from_numpy, (q, k, v))
    scores = q @ k.mT / q.shape[-1] ** 0.5
    T, S = scores.shape[2:]
    return scores.masked_fill(torch.ones(T, S).tril() == 0, -torch.inf).softmax(-1) @ v


def attention_scaled(q, k, v, mask=None):
    return attend(q / math.sqrt(q.shape[-1]), k, v, mask)


ONE = {
    softmax_loop: "all numbers together are normalized, not each row",
    softmax_rows: "what x holds along its first axis is taken for a row",
    softmax_torch: "the exponentials are normalized over the wrong axis",
    softmax_largest: "the exponentials are not normalized",
    softmax_length: "the exponentials are not normalized",
    softmax_limits: "large numbers are clipped",
    softmax_slices: "the input is overwritten",
    causal_rows: "the queries are taken for the first T positions",
    causal_ones: "the mask holds numbers, not True and False",
    causal_before: "a position cannot see itself",
    causal_behind: "the columns of the earlier keys stand on the right",
    causal_cut: "the queries are taken for the first T positions",
    causal_batch: "the mask has an axis for the batch",
    scores_dot: "every matrix is multiplied with every other",
    scores_torch: "k is not transposed",
    scores_heads: "two other axes of k are swapped",
    scores_loop: "the number under the root is the size of another axis",
    scores_own: "each query meets only the key at its own position",
    scores_fourth: "it is divided by another power of Dh",
    masked_half: "the number in the hidden places is not low enough",
    masked_lowest: "a row with nothing to attend to spreads its weight over hidden keys",
    masked_again: "the hidden scores are taken out too late",
    masked_guard: "large scores overflow",
    masked_torch: "the mask is read the wrong way round",
    masked_heads: "the weights are normalized over the batch or the heads",
    masked_turned: "the mask is transposed",
    masked_logs: "the number in the hidden places is not low enough",
    attention_heads: "the softmax runs over the heads",
    attention_sum: "all weights of the array are normalized together",
    attention_raw: "nothing is subtracted before exp",
    attention_triangle: "it is causal although no mask says so",
    attention_scaled: "the scale is Dh, not its root",
}


@pytest.mark.parametrize("fn", ONE, ids=lambda fn: fn.__name__)
def test_a_slip_in_another_style_is_refused_and_named(fn):
    result = check_of(fn).run(fn)
    assert (result.status, result.mistakes) == ("wrong", (ONE[fn],)), str(result)
