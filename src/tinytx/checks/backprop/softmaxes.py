"""The wrong answers to ``softmax_gradient(dp, p)`` that the check knows.

What each does, and why it is wrong, the catalogue in ``softmax.py`` says.
"""

# ruff: noqa: D103

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Array = np.ndarray
Gradient = Callable[[Array, Array], Array]


def softmax(x: Array) -> Array:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def weighted(dp: Array, p: Array) -> Array:
    """Return the weighted sum of each row, (..., 1)."""
    return (p * dp).sum(axis=-1, keepdims=True)


def times(bracket: Callable[[Array, Array], Array]) -> Gradient:
    """Return ``p`` times ``bracket(dp, p)``."""
    return lambda dp, p: p * bracket(dp, p)


def into_dp(dp: Array, p: Array) -> Array:
    dp -= weighted(dp, p)
    return p * dp


def into_p(dp: Array, p: Array) -> Array:
    p *= dp - weighted(dp, p)
    return p
