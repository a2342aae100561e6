"""Right answers to the exercises of chapter 03, designed in other ways than the package's."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch.nn.functional import scaled_dot_product_attention


def softmax_loop(x):
    out = np.empty_like(x)
    for at in np.ndindex(x.shape[:-1]):
        e = [math.exp(number - max(x[at])) for number in x[at]]
        out[at] = np.array(e) / sum(e)
    return out


def softmax_log(x):
    top = np.max(x, axis=-1, keepdims=True)
    return np.exp(x - top - np.log(np.sum(np.exp(x - top), axis=-1, keepdims=True)))


def softmax_torch(x):
    return torch.softmax(torch.from_numpy(x), dim=-1).numpy()


def softmax_narrow(x):
    e = np.exp((x - x.max(-1, keepdims=True)).astype(np.float32))
    return e / e.sum(-1, keepdims=True)


def softmax_apply(x):
    def row(numbers):
        e = np.exp(numbers - numbers.max())
        return e / e.sum()

    return np.apply_along_axis(row, -1, x)


def softmax_pairs(x):
    """One over the sum of exp of differences: nothing is subtracted by name."""
    with np.errstate(over="ignore"):
        return 1 / np.exp(x[..., None, :] - x[..., :, None]).sum(-1)


def softmax_guard(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / (e.sum(-1, keepdims=True) + 1e-9)


def causal_loop(T, S):
    mask = np.zeros((T, S), dtype=bool)
    for i in range(T):
        mask[i, : S - T + i + 1] = True
    return mask


def causal_compare(T, S):
    return np.arange(S) <= np.arange(S - T, S)[:, None]


def causal_rows(T, S):
    return np.tril(np.ones((S, S), dtype=bool))[-T:]


def causal_torch(T, S):
    return torch.ones(T, S, dtype=torch.bool).tril(S - T)


def causal_lists(T, S):
    return np.array([[j - i <= S - T for j in range(S)] for i in range(T)])


def causal_triu(T, S):
    return np.triu(np.ones((T, S)), k=S - T + 1) == 0


def scores_einsum(q, k):
    return np.einsum("bhtd,bhsd->bhts", q, k) / np.sqrt(q.shape[-1])


def scores_loop(q, k):
    (B, H, T, Dh), S = q.shape, k.shape[2]
    out = np.zeros((B, H, T, S))
    for b, h, t, s in np.ndindex(out.shape):
        out[b, h, t, s] = sum(q[b, h, t, d] * k[b, h, s, d] for d in range(Dh)) / Dh**0.5
    return out


def scores_torch(q, k):
    q, k = torch.from_numpy(q), torch.from_numpy(k)
    return q @ k.mT * q.shape[-1] ** -0.5


def scores_both(q, k):
    root = q.shape[-1] ** 0.25
    return (q / root) @ np.transpose(k / root, (0, 1, 3, 2))


def scores_sum(q, k):
    return (q[:, :, :, None, :] * k[:, :, None, :, :]).sum(-1) / math.sqrt(k.shape[3])


def masked_infinity(scores, mask):
    hidden = np.where(mask, scores, -np.inf)
    top = hidden.max(-1, keepdims=True)
    e = np.exp(hidden - np.where(np.isfinite(top), top, 0))
    total = e.sum(-1, keepdims=True)
    return e / np.where(total > 0, total, 1)


def masked_log(scores, mask):
    with np.errstate(divide="ignore"):
        hidden = scores + np.log(mask)
    with np.errstate(invalid="ignore"):
        e = np.exp(hidden - hidden.max(-1, keepdims=True))
        return np.nan_to_num(e / e.sum(-1, keepdims=True))


def masked_loop(scores, mask):
    mask = np.broadcast_to(mask, scores.shape)
    out = np.zeros_like(scores)
    for at in np.ndindex(scores.shape[:-1]):
        row = mask[at]
        if row.any():
            e = np.exp(scores[at][row] - scores[at][row].max())
            out[at][row] = e / e.sum()
    return out


def masked_torch(scores, mask):
    hidden = torch.from_numpy(scores).masked_fill(~torch.from_numpy(mask.copy()), -torch.inf)
    return torch.softmax(hidden, -1).nan_to_num(0.0)


def masked_low(scores, mask):
    hidden = np.where(mask, scores, -1e30)
    e = np.exp(hidden - hidden.max(-1, keepdims=True)) * mask
    return e / np.maximum(e.sum(-1, keepdims=True), 1e-30)


def masked_array(scores, mask):
    hidden = np.ma.array(scores, mask=~np.broadcast_to(mask, scores.shape))
    e = np.ma.exp(hidden - hidden.max(-1, keepdims=True))
    return (e / e.sum(-1, keepdims=True)).filled(0.0)


def attention_composed(q, k, v, mask=None):
    if mask is None:
        mask = np.ones((q.shape[2], k.shape[2]), dtype=bool)
    return masked_infinity(scores_einsum(q, k), mask) @ v


def attention_loop(q, k, v, mask=None):
    scores = scores_einsum(q, k)
    mask = np.broadcast_to(np.array(True) if mask is None else mask, scores.shape)
    out = np.zeros_like(q)
    for b, h, t in np.ndindex(q.shape[:3]):
        seen = mask[b, h, t]
        if seen.any():
            out[b, h, t] = softmax_log(scores[b, h, t, seen]) @ v[b, h, seen]
    return out


def attention_einsum(q, k, v, mask=True):
    mask = True if mask is None else mask
    weights = masked_low(scores_einsum(q, k), np.asarray(mask))
    return np.einsum("bhts,bhsd->bhtd", weights, v)


def attention_fused(q, k, v, mask=None):
    q, k, v = map(torch.from_numpy, (q, k, v))
    mask = None if mask is None else torch.from_numpy(mask.copy())
    return scaled_dot_product_attention(q, k, v, attn_mask=mask).nan_to_num(0.0)


def attention_online(q, k, v, mask=None):
    """One key after another, with a running maximum, sum and result."""
    (B, H, T, Dh), S = q.shape, k.shape[2]
    seen = np.broadcast_to(True if mask is None else mask, (B, H, T, S))
    top = np.full((B, H, T, 1), -1e300)
    total, out = np.zeros((B, H, T, 1)), np.zeros((B, H, T, Dh))
    for s in range(S):
        score = (q * k[:, :, s : s + 1]).sum(-1, keepdims=True) / math.sqrt(Dh)
        score = np.where(seen[..., s : s + 1], score, -1e300)
        new = np.maximum(top, score)
        keep, add = np.exp(top - new), np.exp(score - new) * seen[..., s : s + 1]
        total, out, top = total * keep + add, out * keep + add * v[:, :, s : s + 1], new
    return out / np.where(total == 0, 1, total)


def probe_one_by_one(attend, T, D):
    x = np.random.default_rng(7).normal(size=(T, D))
    before = np.array(attend(x.copy()))
    seen = set()
    for j in range(1, T):
        other = x.copy()
        other[j] = np.random.default_rng(j).normal(size=D)
        moved = np.abs(np.array(attend(other)) - before).max(axis=1) > 1e-9
        seen |= {i for i in range(j) if moved[i]}
    return sorted(seen)


def probe_unseeded(attend, T, D):
    rng = np.random.default_rng()
    return [i for i in range(T) if _differs(attend, rng.normal(size=(2, T, D)), i)]


def _differs(attend, pair, i):
    x, other = pair
    other[: i + 1] = x[: i + 1]
    a, b = np.array(attend(x)), np.array(attend(other))
    return not np.allclose(a[i], b[i], rtol=0, atol=1e-9)


def probe_torch(attend, T, D):
    x = torch.randn(T, D, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    before = torch.tensor(attend(x.numpy().copy()))
    leaks = torch.zeros(T, dtype=torch.bool)
    for j in range(T):
        other = x.clone()
        other[j] = -other[j] + 0.5
        after = torch.tensor(attend(other.numpy()))
        leaks[:j] |= (after - before)[:j].abs().amax(1) > 1e-9
    return leaks.nonzero().flatten().tolist()


def probe_counting_up(attend, T, D):
    x = np.arange(T * D, dtype=float).reshape(T, D) / 10
    seen = []
    for i in range(T - 1):
        tails = [np.concatenate([x[: i + 1], x[i + 1 :] * c]) for c in (1, -1, 3)]
        rows = [np.array(attend(tail))[i] for tail in tails]
        if np.ptp(rows, axis=0).max() > 1e-9:
            seen.append(i)
    return seen


RIGHT = {
    "softmax": [
        softmax_loop, softmax_log, softmax_torch, softmax_narrow, softmax_apply, softmax_pairs,
        softmax_guard,
    ],
    "causal_mask": [
        causal_loop, causal_compare, causal_rows, causal_torch, causal_lists, causal_triu,
    ],
    "scaled_scores": [scores_einsum, scores_loop, scores_torch, scores_both, scores_sum],
    "masked_weights": [
        masked_infinity, masked_log, masked_loop, masked_torch, masked_low, masked_array,
    ],
    "attention": [
        attention_composed, attention_loop, attention_einsum, attention_fused, attention_online,
    ],
    "sees_the_future": [probe_one_by_one, probe_unseeded, probe_torch, probe_counting_up],
}  # fmt: skip
