"""Right answers to the exercises of chapter 04, designed in other ways than the package's."""

from __future__ import annotations

import itertools
import math

import numpy as np
import torch
from numpy.lib.stride_tricks import as_strided
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


RIGHT = {
    "split_heads": [
        split_loop, split_stack, split_moveaxis, split_strided, split_torch, split_turned,
    ],
    "merge_heads": [merge_concatenate, merge_loop, merge_einsum, merge_torch, merge_identity],
    "split_strides": [strides_by_hand, strides_of_array, strides_torch, strides_by_neighbours],
    "head_outputs": [
        outputs_slices, outputs_matmul, outputs_masked, outputs_torch, outputs_difference,
    ],
    "multi_head_attention": [
        layer_loop, layer_separate, layer_einsum, layer_torch, layer_low,
    ],
    "is_right_split": [proof_entries, proof_names, proof_stack, proof_merged, proof_torch],
}  # fmt: skip
