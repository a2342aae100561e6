"""The right answers of chapter 03, the package's own wherever it has one."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ...manual.attention import attention_forward
from ...manual.masks import causal_mask
from ...manual.softmax import softmax_forward

__all__ = [
    "attention",
    "causal_mask",
    "masked_weights",
    "scaled_scores",
    "sees_the_future",
    "softmax",
]

Array = np.ndarray
ENOUGH = 1e-9  # a change by less is rounding


def softmax(x: Array) -> Array:
    """Return the softmax of the last axis of ``x``."""
    return softmax_forward(x)[0]


def scaled_scores(q: Array, k: Array) -> Array:
    """Return how well each query fits each key, (B, H, T, S)."""
    return q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1])


def masked_weights(scores: Array, mask: Array) -> Array:
    """Return the softmax of ``scores`` over what each query may attend to."""
    return softmax_forward(scores, mask)[0]


def attention(q: Array, k: Array, v: Array, mask: Array | None = None) -> Array:
    """Return what each query reads, (B, H, T, Dh)."""
    return attention_forward(q, k, v, mask)[0]


def sees_the_future(attend: Callable[[Array], Array], T: int, D: int) -> list[int]:
    """Return the positions whose output depends on a later position.

    All later positions change at once, for each position that is asked about.
    """
    rng = np.random.default_rng(0)
    x = rng.standard_normal((T, D))
    before = np.array(attend(x.copy()))
    seen = []
    for i in range(T - 1):
        other = x.copy()
        other[i + 1 :] = rng.standard_normal((T - 1 - i, D))
        if np.abs(attend(other)[i] - before[i]).max() > ENOUGH:
            seen.append(i)
    return seen
