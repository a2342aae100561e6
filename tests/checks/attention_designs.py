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


def softmax_online(x):
    """One number after another, with a running maximum and a running sum."""
    top, total = np.full(x.shape[:-1], -np.inf), np.zeros(x.shape[:-1])
    for s in range(x.shape[-1]):
        new = np.maximum(top, x[..., s])
        total, top = total * np.exp(top - new) + np.exp(x[..., s] - new), new
    return np.exp(x - top[..., None]) / total[..., None]


def softmax_logaddexp(x):
    return np.exp(x - np.logaddexp.reduce(x, axis=-1, keepdims=True))


def softmax_moved(x):
    """The last axis comes first, so that nothing needs keepdims."""
    rows = np.moveaxis(x, -1, 0)
    e = np.exp(rows - rows.max(0))
    return np.moveaxis(e / e.sum(0), 0, -1)


def softmax_flat(x):
    rows = x.reshape(-1, x.shape[-1])
    e = np.exp(rows - rows.max(1)[:, None])
    return (e / e.sum(1)[:, None]).reshape(x.shape)


def softmax_recursive(x):
    if x.ndim > 1:
        return np.stack([softmax_recursive(part) for part in x])
    e = np.exp(x - max(x))
    return e / sum(e)


class Softmax:
    """A callable object, as modules are."""

    __name__ = "Softmax"

    def __init__(self, axis=-1):
        self.axis = axis

    def __call__(self, x):
        assert x.shape[self.axis] >= 1
        e = np.exp(np.subtract(x, x.max(self.axis, keepdims=True)))
        return e * np.reciprocal(e.sum(self.axis, keepdims=True))


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


def causal_outer(T, S):
    return np.greater_equal.outer(np.arange(S - T, S), np.arange(S))


def causal_parts(T, S):
    earlier = np.full((T, S - T), True)
    return np.hstack([earlier, np.tri(T, dtype=bool)])


def causal_cumulated(T, S):
    """In each row a one stands where the future begins, and all that follows counts it."""
    future = np.zeros((T, S + 1), dtype=int)
    future[np.arange(T), np.arange(S - T + 1, S + 1)] = 1
    return future.cumsum(axis=1)[:, :S] == 0


def causal_recursive(T, S):
    if T == 0:
        return np.zeros((0, S), dtype=bool)
    return np.vstack([causal_recursive(T - 1, S - 1) @ np.eye(S - 1, S, dtype=bool), [[True] * S]])


def causal_indices(T, S):
    mask = np.zeros((T, S), dtype=bool)
    mask[np.tril_indices(T, S - T, S)] = True
    return mask


def causal_function(T, S):
    return np.fromfunction(lambda i, j: j <= i + S - T, (T, S))


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


def scores_heads(q, k):
    """A list of lists of matrices, one for each text and head."""
    pairs = [[a @ b.T for a, b in zip(*text, strict=True)] for text in zip(q, k, strict=True)]
    return np.array(pairs) * q.shape[-1] ** -0.5


def scores_columns(q, k):
    turned = np.moveaxis(k, 2, 3)
    return (
        np.stack([(q @ turned[..., [s]])[..., 0] for s in range(k.shape[2])], -1)
        / q.shape[3] ** 0.5
    )


def scores_tensordot(q, k):
    """Every head against every other, of which those on the diagonal are kept."""
    every = np.tensordot(q, k, axes=(3, 3))  # (B, H, T, B, H, S)
    B, H = np.ogrid[: q.shape[0], : q.shape[1]]
    return every.transpose(0, 3, 1, 4, 2, 5)[B, B, H, H] / np.sqrt(q.shape[-1])


def scores_merged(q, k):
    (B, H, T, Dh), S = q.shape, k.shape[2]
    flat = np.matmul(q.reshape(B * H, T, Dh), k.reshape(B * H, S, Dh).transpose(0, 2, 1))
    return (flat / np.sqrt(Dh)).reshape(B, H, T, S)


def scores_distance(q, k):
    """The dot product by way of lengths and distances."""
    far = ((q[..., :, None, :] - k[..., None, :, :]) ** 2).sum(-1)
    lengths = (q**2).sum(-1)[..., :, None] + (k**2).sum(-1)[..., None, :]
    return (lengths - far) / 2 / math.sqrt(q.shape[-1])


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


def masked_weighted(scores, mask):
    """The largest visible score by way of NumPy's own masked maximum."""
    mask = np.broadcast_to(mask, scores.shape)
    top = np.max(scores, axis=-1, keepdims=True, where=mask, initial=-1e9)
    e = np.where(mask, np.exp(np.where(mask, scores - top, 0)), 0.0)
    return np.divide(e, e.sum(-1, keepdims=True), out=np.zeros_like(e), where=mask)


def masked_emptied(scores, mask):
    hidden = scores.copy()
    np.copyto(hidden, -1e9, where=~mask)
    weights = softmax_log(hidden)
    weights[~np.broadcast_to(mask, scores.shape).any(-1)] = 0
    return weights


def masked_sorted(scores, mask):
    """Hidden keys go to the end of each row, and come back as zeros."""
    seen = np.broadcast_to(mask, scores.shape)
    out = np.zeros(scores.shape)
    for row, allowed, weights in zip(
        scores.reshape(-1, scores.shape[-1]),
        seen.reshape(-1, scores.shape[-1]),
        out.reshape(-1, scores.shape[-1]),
        strict=True,
    ):
        order = [i for i in np.argsort(-row) if allowed[i]]
        e = [math.exp(row[i] - row[order[0]]) for i in order]
        for i, number in zip(order, e, strict=True):
            weights[i] = number / math.fsum(e)
    return out


def masked_online(scores, mask):
    seen = np.broadcast_to(mask, scores.shape)
    top, total = np.full(scores.shape[:-1], -1e300), np.zeros(scores.shape[:-1])
    for s in range(scores.shape[-1]):
        score = np.where(seen[..., s], scores[..., s], -1e300)
        new = np.maximum(top, score)
        total = total * np.exp(top - new) + np.exp(score - new) * seen[..., s]
        top = new
    e = np.exp(np.where(seen, scores - top[..., None], -np.inf))
    return e / np.maximum(total, 1e-300)[..., None]


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
    mask = None if mask is None else torch.from_numpy(np.atleast_2d(mask).copy())
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


def attention_lists(q, k, v, mask=None):
    """Plain numbers in plain loops."""
    (B, H, T, Dh), S = q.shape, k.shape[2]
    seen = np.broadcast_to(True if mask is None else mask, (B, H, T, S)).tolist()
    out = np.zeros(q.shape)
    for b, h, t in np.ndindex(B, H, T):
        keys = [s for s in range(S) if seen[b][h][t][s]]
        scores = [sum(x * y for x, y in zip(q[b, h, t], k[b, h, s], strict=True)) for s in keys]
        e = [math.exp((score - max(scores)) / math.sqrt(Dh)) for score in scores]
        for s, number in zip(keys, e, strict=True):
            out[b, h, t] += number / sum(e) * v[b, h, s]
    return out


def attention_torch(q, k, v, mask=None):
    q, k, v = (torch.tensor(x) for x in (q, k, v))
    scores = torch.einsum("bhtd,bhsd->bhts", q, k) / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(torch.tensor(~mask), float("-inf"))
    return torch.matmul(scores.softmax(-1).nan_to_num(0.0), v)


def attention_late(q, k, v, mask=None):
    """The sum is divided by after the values are read."""
    scores = (q / np.sqrt(q.shape[-1])) @ k.transpose(0, 1, 3, 2)
    hidden = scores if mask is None else np.where(mask, scores, -1e300)
    e = np.exp(hidden - hidden.max(-1, keepdims=True))
    e = e if mask is None else e * mask
    total = e.sum(-1, keepdims=True)
    return e @ v / np.where(total == 0, 1, total)


def attention_ones(q, k, v, mask=None):
    """The values get a column of ones, which collects the sum."""
    scores = scores_both(q, k)
    mask = np.ones(scores.shape, dtype=bool) if mask is None else mask
    hidden = np.where(mask, scores, -np.inf)
    e = np.exp(hidden - np.maximum(hidden.max(-1, keepdims=True), -1e9))
    read = e @ np.concatenate([v, np.ones((*v.shape[:-1], 1))], axis=-1)
    return read[..., :-1] / np.maximum(read[..., -1:], 1e-9)


def attention_narrow(q, k, v, mask=None):
    return attention_late(*(x.astype(np.float32) for x in (q, k, v)), mask)


class Attention:
    __name__ = "Attention"

    def __call__(self, q, k, v, mask=None):
        scores = scores_merged(q, k)
        return masked_emptied(scores, np.array(True) if mask is None else mask) @ v


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


def probe_stretched(attend, T, D):
    """Turned in sign, so that a LayerNorm sees it, and doubled, so that a square does."""
    x = np.random.default_rng(3).normal(size=(T, D))
    factors = [np.where(np.arange(T) > i, -2.0, 1.0)[:, None] for i in range(T)]
    rows = np.array([np.array(attend(x * factor)) for factor in factors])
    plain = np.array(attend(x.copy()))
    return np.flatnonzero([abs(rows[i, i] - plain[i]).sum() > 1e-9 for i in range(T)]).tolist()


def probe_pairwise(attend, T, D):
    """A matrix of who sees whom, one pair at a time, of which the upper triangle counts."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=(T, D))
    sees = np.zeros((T, T), dtype=bool)
    for t, s in zip(*np.triu_indices(T, 1), strict=True):
        other = x.copy()
        other[s] = rng.normal(size=D)
        gap = np.array(attend(other))[t] - np.array(attend(x.copy()))[t]
        sees[t, s] = np.linalg.norm(gap) > 1e-9
    return [t for t in range(T) if sees[t].any()]


def probe_many(attend, T, D):
    """Several draws for each position, of which one is enough."""
    found = []
    for i in range(T):
        for seed in range(3):
            rng = np.random.default_rng(seed)
            head, tails = rng.normal(size=(i + 1, D)), rng.normal(size=(2, T - i - 1, D))
            a, b = (np.array(attend(np.vstack([head, tail])))[i] for tail in tails)
            if not np.allclose(a, b, rtol=0, atol=1e-9):
                found.append(i)
                break
    return found


def probe_recursive(attend, T, D):
    x = np.random.default_rng(2).normal(size=(T, D))
    before = np.array(attend(x.copy()))

    def later(i):
        if i == T - 1:
            return []
        other = x.copy()
        other[i + 1 :] = 0
        moved = np.max(np.abs(np.array(attend(other))[i] - before[i])) > 1e-9
        return [i] * bool(moved) + later(i + 1)

    return later(0)


def moves_loop(mask, changed, j):
    found = []
    for i, row in enumerate(mask.tolist()):
        if changed == "value":
            moves = row[j]
        else:
            moves = sum(row) > 1 and (i == j if changed == "query" else row[j])
        if moves:
            found.append(i)
    return found


def moves_measured(mask, changed, j):
    """Attention with random numbers, before the change and after it."""
    drawn = np.random.default_rng(0).normal(size=(3, len(mask), 4))
    numbers = dict(zip(("query", "key", "value"), drawn, strict=True))

    def read():
        scores = np.where(mask, numbers["query"] @ numbers["key"].T, -np.inf)
        e = np.exp(scores)
        return e / np.maximum(e.sum(axis=1, keepdims=True), 1e-9) @ numbers["value"]

    before = read()
    numbers[changed][j] += [1.0, -2.0, 0.5, 3.0]
    return np.flatnonzero(np.abs(read() - before).max(axis=1) > 1e-12).tolist()


def moves_sets(mask, changed, j):
    T = range(len(mask))
    readers = {i for i in T if mask[i, j]}
    choosers = {i for i in T if np.count_nonzero(mask[i]) >= 2}
    return sorted({"value": readers, "key": readers & choosers, "query": choosers & {j}}[changed])


def moves_lists(mask, changed, j):
    attends = [np.flatnonzero(row).tolist() for row in mask]
    if changed == "query":
        return [j] if len(attends[j]) > 1 else []
    enough = 2 if changed == "key" else 1
    return [i for i, keys in enumerate(attends) if j in keys and len(keys) >= enough]


def moves_product(mask, changed, j):
    """A changed score counts where the row has another one."""
    others = mask.astype(int).sum(1) - mask[:, j]
    scores = np.zeros(mask.shape, dtype=bool)
    if changed == "query":
        scores[j] = mask[j] & (mask[j].sum() > 1)
    elif changed == "key":
        scores[:, j] = mask[:, j] & (others > 0)
    else:
        scores[:, j] = mask[:, j]
    return [int(i) for i in np.argwhere(scores.any(axis=1))[:, 0]]


def moves_torch(mask, changed, j):
    mask = torch.from_numpy(mask)
    chooses = mask.sum(-1).ge(2)
    reads = mask[:, j].clone()
    if changed == "query":
        reads = torch.arange(len(mask)) == j
    if changed != "value":
        reads &= chooses
    return reads.nonzero().flatten().tolist()


def moves_match(mask, changed, j):
    match changed:
        case "value":
            return list(map(int, np.nonzero(mask.T[j])[0]))
        case "key":
            return [i for i in moves_match(mask, "value", j) if sum(mask[i]) != 1]
        case "query":
            return [] if mask[j].sum() <= 1 else [j]


def moves_jacobian(mask, changed, j):
    """Which entries of the softmax's Jacobian are not zero, at equal weights."""
    found = []
    for i, row in enumerate(mask):
        w = row / max(row.sum(), 1)
        slopes = np.diag(w) - np.outer(w, w)  # of each weight by each score
        touched = np.full(len(row), i == j) if changed == "query" else np.arange(len(row)) == j
        by_score = (np.abs(slopes[:, touched]) > 1e-12).any()
        if (w[j] > 0) if changed == "value" else by_score:
            found.append(i)
    return found


RIGHT = {
    "softmax": [
        softmax_loop, softmax_log, softmax_torch, softmax_narrow, softmax_apply, softmax_pairs,
        softmax_guard, softmax_online, softmax_logaddexp, softmax_moved, softmax_flat,
        softmax_recursive, Softmax(),
    ],
    "causal_mask": [
        causal_loop, causal_compare, causal_rows, causal_torch, causal_lists, causal_triu,
        causal_outer, causal_parts, causal_cumulated, causal_recursive, causal_indices,
        causal_function,
    ],
    "scaled_scores": [
        scores_einsum, scores_loop, scores_torch, scores_both, scores_sum, scores_heads,
        scores_columns, scores_tensordot, scores_merged, scores_distance,
    ],
    "masked_weights": [
        masked_infinity, masked_log, masked_loop, masked_torch, masked_low, masked_array,
        masked_weighted, masked_emptied, masked_sorted, masked_online,
    ],
    "who_moves": [
        moves_loop, moves_measured, moves_sets, moves_lists, moves_product, moves_torch,
        moves_match, moves_jacobian,
    ],
    "attention": [
        attention_composed, attention_loop, attention_einsum, attention_fused, attention_online,
        attention_lists, attention_torch, attention_late, attention_ones, attention_narrow,
        Attention(),
    ],
    "sees_the_future": [
        probe_one_by_one, probe_unseeded, probe_torch, probe_counting_up, probe_stretched,
        probe_pairwise, probe_many, probe_recursive,
    ],
}  # fmt: skip
