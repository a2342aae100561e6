"""The wrong answers to ``linear_gradients(dy, x, weight)`` that the check knows.

What each does, and why it is wrong, the catalogue in ``linear.py`` says.
"""

# ruff: noqa: D103

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Array = np.ndarray
Gradients = Callable[[Array, Array, Array], tuple[Array, ...]]


def rows(x: Array) -> Array:
    """Return (B, T, n) as (B * T, n)."""
    return x.reshape(-1, x.shape[-1])


def weight(dy: Array, x: Array) -> Array:
    return rows(dy).T @ rows(x)


def reshaped(dy: Array, x: Array) -> Array:
    return (rows(x).T @ rows(dy)).reshape(dy.shape[-1], -1)


def right(dy: Array, x: Array, w: Array) -> tuple[Array, Array, Array]:
    return dy @ w, weight(dy, x), dy.sum((0, 1))


def with_input(make: Callable[[Array, Array], Array]) -> Gradients:
    """Return gradients whose first is ``make(dy, weight)``."""
    return lambda dy, x, w: (make(dy, w), *right(dy, x, w)[1:])


def with_weight(make: Callable[[Array, Array], Array]) -> Gradients:
    """Return gradients whose second is ``make(dy, x)``."""
    return lambda dy, x, w: (dy @ w, make(dy, x), dy.sum((0, 1)))


def with_bias(make: Callable[[Array], Array]) -> Gradients:
    """Return gradients whose third is ``make(dy)``."""
    return lambda dy, x, w: (*right(dy, x, w)[:2], make(dy))


def averaged(count: Callable[[Array], int]) -> Gradients:
    """Return gradients of which the second and the third are divided by ``count(dy)``."""

    def linear_gradients(dy: Array, x: Array, w: Array) -> tuple[Array, ...]:
        dx, dweight, dbias = right(dy, x, w)
        return dx, dweight / count(dy), dbias / count(dy)

    return linear_gradients


def ordered(*places: int) -> Gradients:
    """Return the gradients of these places only, in this order."""

    def linear_gradients(dy: Array, x: Array, w: Array) -> tuple[Array, ...]:
        all_three = right(dy, x, w)
        return tuple(all_three[place] for place in places)

    return linear_gradients
