"""The wrong answers to ``scaled_scores(q, k)`` that the check knows.

What each does, and why it is wrong, the catalogue in ``scores.py`` says.
"""

# ruff: noqa: D103

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from .reference import scaled_scores as reference
from .reference import softmax

Array = np.ndarray
Scores = Callable[[Array, Array], Array]


def dot(q: Array, k: Array) -> Array:
    return q @ k.swapaxes(-1, -2)


def times(factor: Callable[[Array, Array], float]) -> Scores:
    """Return dot products times ``factor(q, k)``."""
    return lambda q, k: dot(q, k) * factor(q, k)


def under_root(size: Callable[[Array, Array], int]) -> Scores:
    """Return dot products divided by the root of ``size(q, k)``."""
    return times(lambda q, k: 1 / math.sqrt(size(q, k)))


def with_keys(turn: Callable[[Array], Array]) -> Scores:
    """Return scaled products of ``q`` with keys turned in another way."""
    return lambda q, k: q @ turn(k) / math.sqrt(q.shape[-1])


def unscaled_with_keys(turn: Callable[[Array], Array]) -> Scores:
    """Return the same without the scale."""
    return lambda q, k: q @ turn(k)


def reshaped(k: Array) -> Array:
    B, H, S, Dh = k.shape
    return k.reshape(B, H, Dh, S)


def swapped(q: Array, k: Array) -> Array:
    return reference(k, q)


def swapped_unscaled(q: Array, k: Array) -> Array:
    return dot(k, q)


def elementwise(q: Array, k: Array) -> Array:
    return (q * k).sum(axis=-1) / math.sqrt(q.shape[-1])


def cosine(q: Array, k: Array) -> Array:
    lengths = np.linalg.norm(q, axis=-1)[..., :, None] * np.linalg.norm(k, axis=-1)[..., None, :]
    return dot(q, k) / lengths


def weights(q: Array, k: Array) -> Array:
    return softmax(reference(q, k))


def heads_summed(q: Array, k: Array) -> Array:
    return np.einsum("bhtd,bhsd->bts", q, k) / math.sqrt(q.shape[-1])


def scales_queries(q: Array, k: Array) -> Array:
    q /= math.sqrt(q.shape[-1])
    return dot(q, k)


def scales_keys(q: Array, k: Array) -> Array:
    k /= math.sqrt(q.shape[-1])
    return dot(q, k)


def scales_both(q: Array, k: Array) -> Array:
    q /= q.shape[-1] ** 0.25
    k /= k.shape[-1] ** 0.25
    return dot(q, k)
