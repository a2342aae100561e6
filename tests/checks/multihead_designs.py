"""Right answers to the exercises of chapter 04, designed in other ways than the package's."""

from __future__ import annotations

import functools
import itertools
import math

import numpy as np
import torch
from numpy.lib.stride_tricks import as_strided, sliding_window_view
from torch.nn.functional import scaled_dot_product_attention


def split_loop(x, n_head):
    *before, T, D = x.shape
    out = np.zeros((*before, n_head, T, D // n_head))
    for h in range(n_head):
        out[..., h, :, :] = x[..., h * (D // n_head) : (h + 1) * (D // n_head)]
    return out


def split_stack(x, n_head):
    return np.stack(np.split(x, n_head, axis=-1), axis=-3)


def split_moveaxis(x, n_head):
    return np.moveaxis(x.reshape(*x.shape[:-1], n_head, -1), -2, -3)


def split_strided(x, n_head):
    Dh = x.shape[-1] // n_head
    *steps, row, step = x.strides
    shape = (*x.shape[:-2], n_head, x.shape[-2], Dh)
    return as_strided(x, shape, (*steps, Dh * step, row, step))


def split_torch(x, n_head):
    return torch.from_numpy(x).unflatten(-1, (n_head, -1)).transpose(-2, -3)


def split_turned(x, n_head):
    """Cut the columns as rows of the transpose, where a head's lie together."""
    *before, T, D = x.shape
    return x.swapaxes(-1, -2).reshape(*before, n_head, D // n_head, T).swapaxes(-1, -2)


def merge_concatenate(heads):
    return np.concatenate([heads[..., h, :, :] for h in range(heads.shape[-3])], axis=-1)


def merge_loop(heads):
    *before, H, T, Dh = heads.shape
    out = np.empty((*before, T, H * Dh))
    for h in range(H):
        out[..., h * Dh : (h + 1) * Dh] = heads[..., h, :, :]
    return out


def merge_einsum(heads):
    moved = np.einsum("...htd->...thd", heads)
    return moved.reshape(*moved.shape[:-2], -1)


def merge_torch(heads):
    return torch.from_numpy(heads).transpose(-2, -3).flatten(-2)


def merge_identity(heads):
    """Each head is written to its place by a matrix of ones and zeros."""
    H, Dh = heads.shape[-3], heads.shape[-1]
    places = np.eye(H * Dh).reshape(H, Dh, H * Dh)
    return np.einsum("...htd,hdo->...to", heads, places)


def strides_by_hand(B, T, H, Dh):
    return T * H * Dh, Dh, H * Dh, 1


def strides_of_array(B, T, H, Dh):
    x = np.zeros((B, T, H * Dh), dtype=np.int8).reshape(B, T, H, Dh).swapaxes(1, 2)
    return x.strides


def strides_torch(B, T, H, Dh):
    return torch.empty(B, T, H * Dh).view(B, T, H, Dh).transpose(1, 2).stride()


def strides_by_neighbours(B, T, H, Dh):
    """Look where the neighbours of the first entry stand."""
    places = np.arange(B * T * H * Dh).reshape(B, T, H, Dh).transpose(0, 2, 1, 3)
    ones = np.eye(4, dtype=int)
    return tuple(places[tuple(at)] for at in ones)


def outputs_slices(out, w_o):
    H, Dh = out.shape[1], out.shape[3]
    return np.stack([out[:, h] @ w_o[:, h * Dh : (h + 1) * Dh].T for h in range(H)], axis=1)


def outputs_matmul(out, w_o):
    _, H, _, Dh = out.shape
    return out @ w_o.T.reshape(H, Dh, -1)


def outputs_masked(out, w_o):
    """The whole layer, on copies in which all other heads are zero."""
    B, H, T, Dh = out.shape
    parts = []
    for h in range(H):
        alone = np.zeros_like(out)
        alone[:, h] = out[:, h]
        parts.append(alone.swapaxes(1, 2).reshape(B, T, H * Dh) @ w_o.T)
    return np.stack(parts, axis=1)


def outputs_torch(out, w_o):
    out, w_o = torch.from_numpy(out), torch.from_numpy(w_o)
    return torch.einsum("bhtd,ohd->bhto", out, w_o.unflatten(1, (out.shape[1], -1)))


def outputs_difference(out, w_o):
    """What is missing when the head is."""
    parts = np.empty((*out.shape[:3], len(w_o)))
    whole = merge_concatenate(out) @ w_o.T
    for h in range(out.shape[1]):
        without = out.copy()
        without[:, h] = 0
        parts[:, h] = whole - merge_concatenate(without) @ w_o.T
    return parts


def layer_loop(x, w_qkv, w_o, n_head):
    (B, T), width = x.shape[:2], len(w_qkv) // 3
    Dh, out = width // n_head, np.zeros(x.shape)
    w_q, w_k, w_v = w_qkv[:width], w_qkv[width : 2 * width], w_qkv[2 * width :]
    for b, h, t in itertools.product(range(B), range(n_head), range(T)):
        rows = slice(h * Dh, (h + 1) * Dh)
        q = w_q[rows] @ x[b, t]
        scores = np.array([q @ (w_k[rows] @ x[b, s]) / math.sqrt(Dh) for s in range(t + 1)])
        e = np.exp(scores - scores.max())
        read = (e / e.sum()) @ (x[b, : t + 1] @ w_v[rows].T)
        out[b, t] += w_o[:, rows] @ read
    return out


def layer_separate(x, w_qkv, w_o, n_head):
    q, k, v = (split_stack(x @ w.T, n_head) for w in np.split(w_qkv, 3))
    scores = q @ np.transpose(k, (0, 1, 3, 2)) / np.sqrt(q.shape[-1])
    hidden = np.triu(np.ones(scores.shape[-2:], dtype=bool), 1)
    scores[..., hidden] = -np.inf
    e = np.exp(scores - scores.max(-1, keepdims=True))
    return merge_concatenate(e / e.sum(-1, keepdims=True) @ v) @ w_o.T


def layer_einsum(x, w_qkv, w_o, n_head):
    (T, D), Dh = x.shape[1:], len(w_qkv) // (3 * n_head)
    w = w_qkv.reshape(3, n_head, Dh, D)
    q, k, v = np.einsum("btc,phdc->pbhtd", x, w)
    scores = np.einsum("bhtd,bhsd->bhts", q, k) * Dh**-0.5
    scores = np.where(np.tri(T, dtype=bool), scores, -np.inf)
    e = np.exp(scores - scores.max(-1, keepdims=True))
    weights = e / e.sum(-1, keepdims=True)
    return np.einsum("bhts,bhsd,ohd->bto", weights, v, w_o.reshape(D, n_head, Dh))


def layer_torch(x, w_qkv, w_o, n_head):
    x, w_qkv, w_o = map(torch.from_numpy, (x, w_qkv, w_o))
    q, k, v = (x @ w_qkv.T).unflatten(-1, (3, n_head, -1)).permute(2, 0, 3, 1, 4)
    out = scaled_dot_product_attention(q, k, v, is_causal=True)
    return out.transpose(1, 2).flatten(2) @ w_o.T


def layer_low(x, w_qkv, w_o, n_head):
    """Like many a model in the wild: a very low number in place of minus infinity."""
    q, k, v = (split_turned(part, n_head) for part in np.split(x @ w_qkv.T, 3, -1))
    T = x.shape[1]
    scores = q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1])
    weights = torch.softmax(torch.from_numpy(np.where(np.tri(T), scores, -1e9)), -1).numpy()
    return sum(outputs_matmul(weights @ v, w_o).swapaxes(0, 1))


def proof_entries(split):
    B, T, H, Dh = 2, 3, 4, 5
    x = np.random.default_rng(0).normal(size=(B, T, H * Dh))
    heads = split(x, H)
    return heads.shape == (B, H, T, Dh) and all(
        heads[b, h, t, d] == x[b, t, h * Dh + d]
        for b, h, t, d in itertools.product(range(B), range(H), range(T), range(Dh))
    )


def proof_names(split):
    names = [
        [[f"b{b}t{t}h{h}d{d}" for h in range(3) for d in range(2)] for t in range(4)]
        for b in range(2)
    ]
    heads = np.asarray(split(np.array(names), 3))
    if heads.shape != (2, 3, 4, 2):
        return False
    at = itertools.product(range(2), range(3), range(4), range(2))
    return all(heads[b, h, t, d] == f"b{b}t{t}h{h}d{d}" for b, h, t, d in at)


def proof_stack(split):
    x = np.random.default_rng(1).random((3, 4, 6))
    return np.array_equal(split(x, 2), split_stack(x, 2))


def proof_merged(split):
    """Undone by a right merge, with a look at the shape."""
    x = np.arange(2.0 * 3 * 20).reshape(2, 3, 20)
    heads = split(x, 4)
    return heads.shape == (2, 4, 3, 5) and (merge_loop(heads) == x).all()


def proof_torch(split):
    x = torch.randn(2, 5, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    expected = x.view(2, 5, 3, 2).transpose(1, 2)
    return expected.numpy().tolist() == split(x.numpy(), 3).tolist()


def split_columns(x, n_head):
    """Number by number, from the place where it belongs."""
    *before, T, D = x.shape
    Dh = D // n_head
    heads = np.full((*before, n_head, T, Dh), np.nan)
    for t, i in itertools.product(range(T), range(D)):
        heads[..., i // Dh, t, i % Dh] = x[..., t, i]
    return heads


def split_recursive(x, n_head):
    """The first axis is a batch as long as there are more than two axes."""
    if x.ndim > 2:
        return np.stack([split_recursive(part, n_head) for part in x])
    return np.stack(np.hsplit(x, n_head))


def split_lists(x, n_head):
    if x.ndim > 2:
        return np.array([split_lists(part, n_head) for part in x])
    rows, Dh = x.tolist(), x.shape[1] // n_head
    return np.array([[row[h * Dh : (h + 1) * Dh] for row in rows] for h in range(n_head)])


def split_take(x, n_head):
    columns = np.arange(x.shape[-1]).reshape(n_head, -1)
    return np.moveaxis(x[..., columns], -2, -3)


def split_window(x, n_head):
    Dh = x.shape[-1] // n_head
    windows = sliding_window_view(x, Dh, axis=-1)[..., ::Dh, :]
    return np.array(windows.swapaxes(-2, -3), copy=True)


def split_matrices(x, n_head):
    """Each head is read out by a matrix of ones and zeros."""
    ones = np.eye(x.shape[-1])
    return np.stack([x @ part for part in np.split(ones, n_head, axis=1)], axis=-3)


def merge_lists(heads):
    if heads.ndim > 3:
        return np.array([merge_lists(part) for part in heads])
    return np.array([[n for head in heads.tolist() for n in head[t]] for t in range(len(heads[0]))])


def merge_hstack(heads):
    """Fold the axes before into one, and unfold them at the end."""
    *before, H, T, Dh = heads.shape
    flat = heads.reshape(-1, H, T, Dh)
    return np.array([np.hstack(list(one)) for one in flat]).reshape(*before, T, H * Dh)


def merge_undone(heads):
    """Find where a split would have put each place, and go back."""
    *before, H, T, Dh = heads.shape
    places = split_stack(np.arange(T * H * Dh).reshape(T, H * Dh), H).ravel()
    merged = np.empty((*before, T * H * Dh))
    merged[..., places] = heads.reshape(*before, -1)
    return merged.reshape(*before, T, H * Dh)


def merge_reduced(heads):
    parts = [np.take(heads, h, axis=-3) for h in range(heads.shape[-3])]
    return functools.reduce(lambda a, b: np.append(a, b, axis=-1), parts)


def strides_products(B, T, H, Dh):
    """Sum the sizes of what lies inside one step, in the order of the memory."""
    steps = dict(zip("bthd", np.cumprod([1, Dh, H, T])[::-1].tolist(), strict=True))
    return tuple(steps[axis] for axis in "bhtd")


def strides_fractions(B, T, H, Dh):
    whole = B * T * H * Dh
    b, t, h = whole // B, whole // (B * T), whole // (B * T * H)
    return b, h, t, h // Dh


class Steps:
    """Counts how far a walk through the rows of x goes until an index has moved by one."""

    def __init__(self, *sizes):
        self.walk = list(itertools.product(*map(range, sizes)))

    def until(self, at):
        return self.walk.index(at)


def strides_walk(B, T, H, Dh):
    steps = Steps(2, T, H, Dh)
    b, t, h, d = (steps.until(tuple(row)) for row in np.eye(4, dtype=int).tolist())
    return b, h, t, d


def outputs_entries(out, w_o):
    B, H, T, Dh = out.shape
    parts = np.zeros((B, H, T, len(w_o)))
    for b, h, t, d in np.ndindex(B, H, T, Dh):
        parts[b, h, t] += out[b, h, t, d] * w_o[:, h * Dh + d]
    return parts


def outputs_diagonal(out, w_o):
    """The heads side by side, in a matrix whose row h holds head h and else zeros."""
    B, H, T, Dh = out.shape
    spread = np.einsum("bhtd,hg->bhtgd", out, np.eye(H)).reshape(B, H, T, H * Dh)
    return spread @ w_o.T


def outputs_tensordot(out, w_o):
    columns = np.hsplit(w_o, out.shape[1])
    parts = [np.tensordot(out[:, h], c, axes=(-1, -1)) for h, c in enumerate(columns)]
    return np.stack(parts, axis=1)


def outputs_linear(out, w_o):
    out, w_o = torch.from_numpy(out).float(), torch.from_numpy(w_o).float()
    pieces = zip(out.unbind(1), w_o.chunk(out.shape[1], dim=1), strict=True)
    return torch.stack([torch.nn.functional.linear(o, w) for o, w in pieces], dim=1)


def outputs_sequences(out, w_o):
    """Sequence by sequence, head by head, and a check of the sizes first."""
    H, Dh = out.shape[1], out.shape[3]
    if w_o.shape[1] != H * Dh:
        raise ValueError("w_o does not fit")
    w = {h: w_o[:, h * Dh : (h + 1) * Dh] for h in range(H)}
    return np.array([[(w[h] @ one[h].T).T for h in range(H)] for one in out])


class Head:
    """One head with weights of its own."""

    def __init__(self, w_q, w_k, w_v, w_o):
        self.w_q, self.w_k, self.w_v, self.w_o = w_q, w_k, w_v, w_o

    def __call__(self, x):
        q, k, v = x @ self.w_q.T, x @ self.w_k.T, x @ self.w_v.T
        later = np.triu(np.ones((x.shape[1],) * 2, dtype=bool), 1)
        scores = np.ma.array(q @ k.transpose(0, 2, 1) / len(self.w_q) ** 0.5)
        scores[:, later] = np.ma.masked
        e = np.exp(scores - scores.max(-1, keepdims=True)).filled(0)
        return e / e.sum(-1, keepdims=True) @ v @ self.w_o.T


def layer_objects(x, w_qkv, w_o, n_head):
    rows = [np.split(w, n_head) for w in np.split(w_qkv, 3)]
    heads = [Head(*w) for w in zip(*rows, np.split(w_o, n_head, axis=1), strict=True)]
    return sum(head(x) for head in heads)


def layer_growing(x, w_qkv, w_o, n_head):
    """Position by position, with the keys and values so far, as when a model writes."""
    B, T, _ = x.shape
    k_cache, v_cache, rows = [], [], []
    for t in range(T):
        q, k, v = (x[:, t] @ w_qkv.T).reshape(B, 3, n_head, -1).swapaxes(0, 1)
        k_cache.append(k)
        v_cache.append(v)
        keys, values = np.stack(k_cache, axis=2), np.stack(v_cache, axis=2)
        scores = np.einsum("bhd,bhsd->bhs", q, keys) / math.sqrt(q.shape[-1])
        e = np.exp(scores - scores.max(-1, keepdims=True))
        read = np.einsum("bhs,bhsd->bhd", e / e.sum(-1, keepdims=True), values)
        rows.append(read.reshape(B, -1) @ w_o.T)
    return np.stack(rows, axis=1)


def layer_online(x, w_qkv, w_o, n_head):
    """Softmax in one pass over the keys: a running maximum, sum and mean."""
    q, k, v = (split_stack(part, n_head) for part in np.split(x @ w_qkv.T, 3, -1))
    T, scale = x.shape[1], q.shape[-1] ** -0.5
    top = np.full((*q.shape[:3], 1), -np.inf)
    total, read = np.zeros_like(top), np.zeros_like(q)
    for s in range(T):
        score = (q * k[:, :, s : s + 1]).sum(-1, keepdims=True) * scale
        score[:, :, :s] = -np.inf
        new = np.maximum(top, score)
        old, weight = (np.exp(np.where(a == -np.inf, -np.inf, a - new)) for a in (top, score))
        old, weight = np.nan_to_num(old), np.nan_to_num(weight)
        total, read, top = total * old + weight, read * old + weight * v[:, :, s : s + 1], new
    return merge_concatenate(read / total) @ w_o.T


def layer_float32(x, w_qkv, w_o, n_head):
    x, w_qkv, w_o = (a.astype(np.float32) for a in (x, w_qkv, w_o))
    return layer_einsum(x, w_qkv, w_o, n_head)


def layer_module(x, w_qkv, w_o, n_head):
    width = len(w_qkv) // 3
    into, out = torch.nn.Linear(x.shape[-1], 3 * width), torch.nn.Linear(width, len(w_o))
    with torch.no_grad():
        for module, weight in ((into, w_qkv), (out, w_o)):
            module.double().weight.copy_(torch.from_numpy(weight))
            module.bias.zero_()
        q, k, v = into(torch.from_numpy(x)).chunk(3, dim=-1)
        q, k, v = (part.unflatten(-1, (n_head, -1)).transpose(1, 2) for part in (q, k, v))
        later = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)
        scores = (q @ k.mT / math.sqrt(q.shape[-1])).masked_fill(later, -torch.inf)
        return out((scores.softmax(-1) @ v).transpose(1, 2).flatten(2))


def proof_places(split):
    """Ask where each single one goes."""
    B, T, H, Dh = 2, 3, 2, 2
    for b, t, h, d in np.ndindex(B, T, H, Dh):
        x = np.zeros((B, T, H * Dh))
        x[b, t, h * Dh + d] = 1
        heads = split(x, H)
        if heads.shape != (B, H, T, Dh) or np.argwhere(heads).tolist() != [[b, h, t, d]]:
            return False
    return True


def proof_twice(split):
    """At two sizes, with a message where it fails."""
    for B, T, H, Dh in ((2, 3, 4, 5), (3, 2, 2, 4)):
        x = np.random.default_rng(H).standard_normal((B, T, H * Dh))
        try:
            np.testing.assert_array_equal(split(x, H), split_moveaxis(x, H))
        except AssertionError:
            return False
    return True


def proof_codes(split):
    """Numbers that say where they came from, read digit by digit."""
    b, t, h, d = np.indices((2, 4, 3, 2))
    heads = np.asarray(split((1000 * b + 100 * t + 10 * h + d).reshape(2, 4, 6), 3))
    if heads.shape != (2, 3, 4, 2):
        return False
    digits = [heads // 1000, heads // 10 % 10, heads // 100 % 10, heads % 10]
    return bool(np.all(np.array(digits) == np.indices(heads.shape)))


def proof_columns(split):
    x = np.random.default_rng(3).random((2, 4, 6))
    heads = split(x, 3)
    return (
        isinstance(heads, np.ndarray)
        and heads.shape == (2, 3, 4, 2)
        and all((heads[:, i // 2, :, i % 2] == x[:, :, i]).all() for i in range(6))
    )


RIGHT = {
    "split_heads": [
        split_loop, split_stack, split_moveaxis, split_strided, split_torch, split_turned,
        split_columns, split_recursive, split_lists, split_take, split_window, split_matrices,
    ],
    "merge_heads": [
        merge_concatenate, merge_loop, merge_einsum, merge_torch, merge_identity, merge_lists,
        merge_hstack, merge_undone, merge_reduced,
    ],
    "split_strides": [
        strides_by_hand, strides_of_array, strides_torch, strides_by_neighbours, strides_products,
        strides_fractions, strides_walk,
    ],
    "head_outputs": [
        outputs_slices, outputs_matmul, outputs_masked, outputs_torch, outputs_difference,
        outputs_entries, outputs_diagonal, outputs_tensordot, outputs_linear, outputs_sequences,
    ],
    "multi_head_attention": [
        layer_loop, layer_separate, layer_einsum, layer_torch, layer_low, layer_objects,
        layer_growing, layer_online, layer_float32, layer_module,
    ],
    "is_right_split": [
        proof_entries, proof_names, proof_stack, proof_merged, proof_torch, proof_places,
        proof_twice, proof_codes, proof_columns,
    ],
}  # fmt: skip
