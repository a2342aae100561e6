"""The wrong answers to ``causal_mask(T, S)`` that the check knows.

What each does, and why it is wrong, the catalogue in ``causal.py`` says.
"""

# ruff: noqa: D103

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .reference import causal_mask as reference

Array = np.ndarray
Mask = Callable[[int, int], Array]


def lower(shift: Callable[[int, int], int]) -> Mask:
    """Return a lower triangle whose diagonal lies ``shift(T, S)`` further right."""
    return lambda T, S: np.tri(T, S, shift(T, S), dtype=bool)


def as_numbers(dtype: type, aligned: bool) -> Mask:
    """Return 1 and 0; unless ``aligned``, the queries are the first positions."""
    return lambda T, S: np.tri(T, S, (S - T) * aligned, dtype=dtype)


def to_add(hidden: float, aligned: bool) -> Mask:
    """Return 0 and ``hidden``, to be added to the scores."""
    return lambda T, S: np.where(np.tri(T, S, (S - T) * aligned, dtype=bool), 0.0, hidden)


def inverted(T: int, S: int) -> Array:
    return ~reference(T, S)


def inverted_from_first(T: int, S: int) -> Array:
    return np.triu(np.ones((T, S), dtype=bool), 1)


def upper(T: int, S: int) -> Array:
    return np.triu(np.ones((T, S), dtype=bool), S - T)


def upper_from_first(T: int, S: int) -> Array:
    return np.triu(np.ones((T, S), dtype=bool))


def turned(T: int, S: int) -> Array:
    return reference(T, S).T


def keys_first(T: int, S: int) -> Array:
    return np.tri(S, T, dtype=bool)


def square(T: int, S: int) -> Array:
    return np.tri(T, dtype=bool)


def square_of_keys(T: int, S: int) -> Array:
    return np.tri(S, dtype=bool)


def open_to_all(T: int, S: int) -> Array:
    return np.ones((T, S), dtype=bool)


def itself_alone(T: int, S: int) -> Array:
    return np.eye(T, S, S - T, dtype=bool)


def itself_alone_from_first(T: int, S: int) -> Array:
    return np.eye(T, S, dtype=bool)


def with_batch(T: int, S: int) -> Array:
    return reference(T, S)[None, None]
