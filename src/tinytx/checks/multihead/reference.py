"""The right answers of chapter 04, the package's own wherever it has one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...manual import attention as own
from ...manual.masks import causal_mask

__all__ = [
    "head_outputs",
    "is_right_split",
    "merge_heads",
    "multi_head_attention",
    "split_heads",
    "split_strides",
]

Array = np.ndarray


def split_heads(x: Array, n_head: int) -> Array:
    """Return (..., T, H * Dh) as (..., H, T, Dh)."""
    *before, T, D = x.shape
    heads = own.split_heads(x.reshape(-1, T, D), n_head)
    return heads.reshape(*before, *heads.shape[1:])


def merge_heads(heads: Array) -> Array:
    """Return (..., H, T, Dh) as (..., T, H * Dh)."""
    *before, H, T, Dh = heads.shape
    merged = own.merge_heads(heads.reshape(-1, H, T, Dh))
    return merged.reshape(*before, T, H * Dh)


def split_strides(B: int, T: int, H: int, Dh: int) -> tuple[int, ...]:
    """Return the strides, in numbers, of what a split of a (B, T, H * Dh) array gives."""
    split = own.split_heads(np.empty((B, T, H * Dh)), H)
    return tuple(step // split.itemsize for step in split.strides)


def head_outputs(out: Array, w_o: Array) -> Array:
    """Return what each head adds to the layer's result, (B, H, T, D)."""
    H, Dh = out.shape[1], out.shape[3]
    columns = w_o.reshape(-1, H, Dh)  # (D, H, Dh)
    return np.einsum("bhtd,ohd->bhto", out, columns)


def multi_head_attention(x: Array, w_qkv: Array, w_o: Array, n_head: int) -> Array:
    """Return causal multi-head attention of ``x``, (B, T, D)."""
    parts = np.split(x @ w_qkv.T, 3, axis=-1)  # three times (B, T, H * Dh)
    q, k, v = (own.split_heads(part, n_head) for part in parts)
    out, _ = own.attention_forward(q, k, v, causal_mask(x.shape[1]))  # (B, H, T, Dh)
    return own.merge_heads(out) @ w_o.T


def is_right_split(split: Callable[[Array, int], Array]) -> bool:
    """Return whether ``split`` does what :func:`split_heads` does, for one batch of each."""
    B, T, H, Dh = 2, 5, 3, 4
    x = np.arange(B * T * H * Dh, dtype=float).reshape(B, T, H * Dh)
    return bool(np.array_equal(split(x.copy(), H), own.split_heads(x, H)))
