"""The right answers of 04_multihead, from its solutions. Written by `make exercises`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def split_heads(x: np.ndarray, n_head: int) -> np.ndarray:
    """Return ``x`` with the numbers of each position divided among heads."""
    *before, T, D = x.shape
    return x.reshape(*before, T, n_head, D // n_head).swapaxes(-2, -3)


def merge_heads(heads: np.ndarray) -> np.ndarray:
    """Return the heads of each position side by side."""
    *before, H, T, Dh = heads.shape
    return heads.swapaxes(-2, -3).reshape(*before, T, H * Dh)


def split_strides(B: int, T: int, H: int, Dh: int) -> tuple[int, int, int, int]:
    """Return the strides of an array (B, H, T, Dh) that a split has made."""
    return T * H * Dh, Dh, H * Dh, 1


def head_outputs(out: np.ndarray, w_o: np.ndarray) -> np.ndarray:
    """Return what each head alone adds to the result of the layer."""
    H, Dh = out.shape[1], out.shape[3]
    columns = [w_o[:, h * Dh : (h + 1) * Dh] for h in range(H)]  # (D, Dh) each
    return np.stack([out[:, h] @ columns[h].T for h in range(H)], axis=1)


def multi_head_attention(
    x: np.ndarray, w_qkv: np.ndarray, w_o: np.ndarray, n_head: int
) -> np.ndarray:
    """Return what causal multi-head attention gives back for each position."""
    B, T, D = x.shape
    qkv = (x @ w_qkv.T).reshape(B, T, 3, n_head, -1)  # (B, T, 3, H, Dh)
    q, k, v = qkv.transpose(2, 0, 3, 1, 4)  # (B, H, T, Dh) each
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])  # (B, H, T, T)
    scores = np.where(np.tri(T, dtype=bool), scores, -np.inf)
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = e / e.sum(axis=-1, keepdims=True)
    out = (weights @ v).swapaxes(1, 2)  # (B, T, H, Dh)
    return out.reshape(B, T, -1) @ w_o.T


def is_right_split(split: Callable[[np.ndarray, int], np.ndarray]) -> bool:
    """Return whether ``split`` takes each number to its head, and to its place in it."""
    B, T, H, Dh = 2, 5, 3, 4
    x = np.arange(B * T * H * Dh).reshape(B, T, H * Dh)
    heads = split(x, H)
    if heads.shape != (B, H, T, Dh):
        return False
    expected = np.stack([x[..., h * Dh : (h + 1) * Dh] for h in range(H)], axis=1)
    return np.array_equal(heads, expected)
