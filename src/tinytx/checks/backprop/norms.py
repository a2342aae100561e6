"""The wrong answers to ``layernorm_gradient(dy, x, gamma, eps)`` that the check knows.

What each does, and why it is wrong, the catalogue in ``layernorm.py`` says.
"""

# ruff: noqa: D103

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Array = np.ndarray
Three = tuple[Array, Array, Array]
Gradient = Callable[[Array, Array, Array, float], Three]


def mean(d: Array, axis: int | None = -1) -> Array:
    return d.mean(axis=axis, keepdims=True)


def total(d: Array) -> Array:
    return d.sum(axis=-1, keepdims=True)


def projected(d: Array, xhat: Array, axis: int | None = -1) -> Array:
    """Return ``d`` without its mean and without its part along ``xhat``."""
    return d - mean(d, axis) - xhat * mean(d * xhat, axis)


def deviation(x: Array, eps: float) -> Array:
    return np.sqrt(x.var(-1, keepdims=True) + eps)


def normal(x: Array, eps: float) -> tuple[Array, Array]:
    """Return xhat and one over the deviation."""
    r = 1 / deviation(x, eps)
    return (x - mean(x)) * r, r


def over_places(d: Array) -> Array:
    return d.sum((0, 1))


def deviating(make: Callable[[Array, float], Array]) -> Gradient:
    """Return gradients with another deviation."""

    def layernorm_gradient(dy: Array, x: Array, gamma: Array, eps: float) -> Three:
        r = 1 / make(x, eps)
        xhat = (x - mean(x)) * r
        return r * projected(dy * gamma, xhat), over_places(dy * xhat), over_places(dy)

    return layernorm_gradient


right = deviating(deviation)


def inner(make: Callable[[Array, Array, Array, Array], Array]) -> Gradient:
    """Return gradients whose first is ``make(dy * gamma, xhat, r, x)``."""

    def layernorm_gradient(dy: Array, x: Array, gamma: Array, eps: float) -> Three:
        _, dgamma, dbeta = right(dy, x, gamma, eps)
        return make(dy * gamma, *normal(x, eps), x), dgamma, dbeta

    return layernorm_gradient


def less(
    along: Callable[[Array, Array, Array, Array], Array], level: Callable[[Array], Array] = mean
) -> Gradient:
    """Return gradients whose first has ``level(dxhat)`` and ``along(...)`` taken out."""
    return inner(lambda d, xhat, r, x: r * (d - level(d) - along(d, xhat, r, x)))


def with_gamma(make: Callable[[Array, Array, Array, Array], Array]) -> Gradient:
    """Return gradients whose first is ``make(dy, gamma, r, xhat)``."""

    def layernorm_gradient(dy: Array, x: Array, gamma: Array, eps: float) -> Three:
        xhat, r = normal(x, eps)
        _, dgamma, dbeta = right(dy, x, gamma, eps)
        return make(dy, gamma, r, xhat), dgamma, dbeta

    return layernorm_gradient


def collected(collect: Callable[[Array], Array]) -> Gradient:
    """Return gradients whose second and third are collected over the places in another way."""

    def layernorm_gradient(dy: Array, x: Array, gamma: Array, eps: float) -> Three:
        dx, _, _ = right(dy, x, gamma, eps)
        return dx, collect(dy * normal(x, eps)[0]), collect(dy)

    return layernorm_gradient


def scaling(make: Callable[[Array, Array, Array, Array], Array]) -> Gradient:
    """Return gradients whose second is the sum of ``make(dy, xhat, r, x)``."""

    def layernorm_gradient(dy: Array, x: Array, gamma: Array, eps: float) -> Three:
        dx, _, dbeta = right(dy, x, gamma, eps)
        return dx, over_places(make(dy, *normal(x, eps), x)), dbeta

    return layernorm_gradient


def weighed_down(second: bool, third: bool) -> Gradient:
    """Return gradients of which the second, the third or both are multiplied by gamma."""

    def layernorm_gradient(dy: Array, x: Array, gamma: Array, eps: float) -> Three:
        dx, dgamma, dbeta = right(dy, x, gamma, eps)
        return dx, dgamma * (gamma if second else 1), dbeta * (gamma if third else 1)

    return layernorm_gradient


def centres_input(dy: Array, x: Array, gamma: Array, eps: float) -> Three:
    x -= mean(x)
    return right(dy, x, gamma, eps)


def normalizes_input(dy: Array, x: Array, gamma: Array, eps: float) -> Three:
    given = right(dy, x.copy(), gamma, eps)
    x[...] = normal(x, eps)[0]
    return given


def ordered(*places: int) -> Gradient:
    """Return the gradients in this order."""

    def layernorm_gradient(dy: Array, x: Array, gamma: Array, eps: float) -> Three:
        all_three = right(dy, x, gamma, eps)
        return tuple(all_three[place] for place in places)

    return layernorm_gradient
