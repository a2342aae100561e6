"""The wrong answers to ``softmax(x)`` that the check knows.

What each does, and why it is wrong, the catalogue in ``softmax.py`` says.
"""

# ruff: noqa: D103

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Array = np.ndarray
Softmax = Callable[[Array], Array]


def over(axis: int | None) -> Softmax:
    """Return a softmax over ``axis``, or over all numbers at once."""

    def softmax(x: Array) -> Array:
        e = np.exp(x - x.max(axis=axis, keepdims=True))
        return e / e.sum(axis=axis, keepdims=True)

    return softmax


def summed_over(axis: int | None) -> Softmax:
    """Return a softmax with the right maximum and the wrong sum."""

    def softmax(x: Array) -> Array:
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        return e / e.sum(axis=axis, keepdims=True)

    return softmax


def raw_over(axis: int | None) -> Softmax:
    """Return a softmax over ``axis`` that subtracts nothing."""
    return lambda x: np.exp(x) / np.exp(x).sum(axis=axis, keepdims=True)


def less(constant: Softmax) -> Softmax:
    """Return a softmax that subtracts ``constant(x)``."""

    def softmax(x: Array) -> Array:
        e = np.exp(x - constant(x))
        return e / e.sum(axis=-1, keepdims=True)

    return softmax


def largest(x: Array) -> Array:
    return x.max(axis=-1, keepdims=True)


def mean(x: Array) -> Array:
    return x.mean(axis=-1, keepdims=True)


def smallest(x: Array) -> Array:
    return x.min(axis=-1, keepdims=True)


def largest_size(x: Array) -> Array:
    return np.abs(x).max(axis=-1, keepdims=True)


def divided_by_largest(x: Array) -> Array:
    return raw_over(-1)(x / largest(x))


def exponentials(x: Array) -> Array:
    return np.exp(x - largest(x))


def raw_exponentials(x: Array) -> Array:
    return np.exp(x)


def log_softmax(x: Array) -> Array:
    return x - largest(x) - np.log(exponentials(x).sum(axis=-1, keepdims=True))


def without_exponential(x: Array) -> Array:
    return x / x.sum(axis=-1, keepdims=True)


def shifted_without_exponential(x: Array) -> Array:
    return without_exponential(x - largest(x))


def from_smallest_without_exponential(x: Array) -> Array:
    return without_exponential(x - smallest(x))


def clipped(x: Array) -> Array:
    return raw_over(-1)(np.clip(x, -500, 500))


def without_keepdims(maximum: bool, total: bool) -> Softmax:
    """Return a softmax whose maximum or whose sum keeps its axis only where it is asked to."""

    def softmax(x: Array) -> Array:
        e = np.exp(x - x.max(axis=-1, keepdims=maximum))
        return e / e.sum(axis=-1, keepdims=total)

    return softmax


def raw_without_keepdims(x: Array) -> Array:
    return np.exp(x) / np.exp(x).sum(axis=-1)


def nan_replaced(x: Array) -> Array:
    return np.nan_to_num(raw_over(-1)(x))


def infinity_replaced(x: Array) -> Array:
    e = np.nan_to_num(np.exp(x))
    return e / e.sum(axis=-1, keepdims=True)


def all_replaced(x: Array) -> Array:
    return np.nan_to_num(infinity_replaced(x))


def only_above(x: Array) -> Array:
    return exponentials(x) / np.exp(x).sum(axis=-1, keepdims=True)


def only_below(x: Array) -> Array:
    return np.exp(x) / exponentials(x).sum(axis=-1, keepdims=True)


def turned(x: Array) -> Array:
    return over(-1)(-x)


def turned_difference(x: Array) -> Array:
    return raw_over(-1)(largest(x) - x)


def raw_turned(x: Array) -> Array:
    return raw_over(-1)(-x)


def shifts_input(x: Array) -> Array:
    x -= largest(x)
    return raw_over(-1)(x)


def overwrites_input(x: Array) -> Array:
    x -= largest(x)
    np.exp(x, out=x)
    x /= x.sum(axis=-1, keepdims=True)
    return x
