"""The wrong answers to ``layernorm(x, weight, bias, eps)`` that the check knows.

What each does, and why it is wrong, the catalogue in ``layernorm.py`` says.
"""

# ruff: noqa: D103

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Array = np.ndarray
Axis = int | tuple[int, ...] | None
Norm = Callable[..., Array]


def spread(x: Array, axis: Axis = -1) -> Array:
    """Return the variance, in two steps."""
    return ((x - x.mean(axis=axis, keepdims=True)) ** 2).mean(axis=axis, keepdims=True)


def over(axis: Axis) -> Norm:
    """Return a norm whose mean and variance run over ``axis``."""

    def layernorm(x: Array, weight: Array, bias: Array, eps: float = 1e-5) -> Array:
        centred = x - x.mean(axis=axis, keepdims=True)
        return centred / np.sqrt(spread(x, axis) + eps) * weight + bias

    return layernorm


def half_over(axis: Axis) -> Norm:
    """Return a norm whose variance alone runs over ``axis``."""
    return dividing(lambda x, eps: np.sqrt(spread(x, axis) + eps))


def dividing(by: Callable[[Array, float], Array]) -> Norm:
    """Return a norm that divides the centred rows by ``by(x, eps)``."""

    def layernorm(x: Array, weight: Array, bias: Array, eps: float = 1e-5) -> Array:
        return (x - x.mean(axis=-1, keepdims=True)) / by(x, eps) * weight + bias

    return layernorm


def ending(end: Callable[[Array, Array, Array], Array]) -> Norm:
    """Return a norm whose last step is ``end(normal, weight, bias)``."""

    def layernorm(x: Array, weight: Array, bias: Array, eps: float = 1e-5) -> Array:
        centred = x - x.mean(axis=-1, keepdims=True)
        return end(centred / np.sqrt(spread(x) + eps), weight, bias)

    return layernorm


def std(x: Array, ddof: int = 0) -> Array:
    return x.std(axis=-1, keepdims=True, ddof=ddof)


def sample(x: Array, eps: float) -> Array:
    """Return the root of the variance that is divided by one less."""
    return np.sqrt(std(x, 1) ** 2 + eps)


def gap_of_squares(x: Array, eps: float) -> Array:
    """Return the root of the mean square less the squared mean."""
    mean = x.mean(axis=-1, keepdims=True)
    return np.sqrt((x**2).mean(axis=-1, keepdims=True) - mean**2 + eps)


def safe(x: Array, eps: float) -> Array:
    """Return the standard deviation, and 1 where it is zero."""
    return np.where(std(x) == 0, 1, std(x))


def absolute(x: Array, eps: float) -> Array:
    """Return the mean size of the centred numbers."""
    return np.abs(x - x.mean(axis=-1, keepdims=True)).mean(axis=-1, keepdims=True) + eps


def length(x: Array, eps: float) -> Array:
    """Return the root of the sum of squares, not of their mean."""
    return np.sqrt(((x - x.mean(axis=-1, keepdims=True)) ** 2).sum(-1, keepdims=True) + eps)


def size(x: Array, eps: float) -> Array:
    """Return the root mean square of the numbers themselves."""
    return np.sqrt((x**2).mean(axis=-1, keepdims=True) + eps)


def rms(x: Array, weight: Array, bias: Array, eps: float = 1e-5) -> Array:
    return x / size(x, eps) * weight + bias


def uncentred(x: Array, weight: Array, bias: Array, eps: float = 1e-5) -> Array:
    return x / np.sqrt(spread(x) + eps) * weight + bias


def without_keepdims(x: Array, weight: Array, bias: Array, eps: float = 1e-5) -> Array:
    return (x - x.mean(axis=-1)) / np.sqrt(x.var(axis=-1) + eps) * weight + bias


def without_keepdims_of_variance(x: Array, weight: Array, bias: Array, eps: float = 1e-5) -> Array:
    centred = x - x.mean(axis=-1, keepdims=True)
    return centred / np.sqrt(x.var(axis=-1) + eps) * weight + bias


def centres_input(x: Array, weight: Array, bias: Array, eps: float = 1e-5) -> Array:
    x -= x.mean(axis=-1, keepdims=True)
    return x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + eps) * weight + bias


def overwrites_input(x: Array, weight: Array, bias: Array, eps: float = 1e-5) -> Array:
    x -= x.mean(axis=-1, keepdims=True)
    x /= np.sqrt((x**2).mean(axis=-1, keepdims=True) + eps)
    x *= weight
    x += bias
    return x
