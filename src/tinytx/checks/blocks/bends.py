"""The wrong answers to ``gelu(x)`` that the check knows.

What each does, and why it is wrong, the catalogue in ``gelu.py`` says.
"""

# ruff: noqa: D103

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ...manual.activation import A, C, gelu_exact_forward, relu_forward

Array = np.ndarray
Gelu = Callable[[Array], Array]


def of(inner: Gelu) -> Gelu:
    """Return the formula with another argument of the tanh."""
    return lambda x: 0.5 * x * (1 + np.tanh(inner(x)))


def factor(c: float) -> Gelu:
    """Return the formula with another factor before the bracket."""
    return of(lambda x: c * (x + A * x**3))


def small(a: float) -> Gelu:
    """Return the formula with another factor before the cube."""
    return of(lambda x: C * (x + a * x**3))


def after(end: Callable[[Array, Array], Array]) -> Gelu:
    """Return ``end(x, tanh)``."""
    return lambda x: end(x, np.tanh(C * (x + A * x**3)))


def sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def times_sigmoid(c: float) -> Gelu:
    """Return ``x * sigmoid(c * x)``."""
    return lambda x: x * sigmoid(c * x)


def exact(x: Array) -> Array:
    return gelu_exact_forward(x)[0]


def relu(x: Array) -> Array:
    return relu_forward(x)[0]


def by_exponentials(x: Array) -> Array:
    z = C * (x + A * x**3)
    return 0.5 * x * (1 + (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)))


def by_one_exponential(x: Array) -> Array:
    e = np.exp(2 * C * (x + A * x**3))
    return 0.5 * x * (1 + (e - 1) / (e + 1))


def overwrites_input(x: Array) -> Array:
    x *= 0.5 * (1 + np.tanh(C * (x + A * x**3)))
    return x


def halves_input(x: Array) -> Array:
    inner = C * (x + A * x**3)
    x *= 0.5
    return x * (1 + np.tanh(inner))


WITHOUT_ROOT = 2 / math.pi
UPSIDE_DOWN = math.sqrt(math.pi / 2)
OTHER_ROOTS = (1 / math.sqrt(2 * math.pi), math.sqrt(2) / math.pi, math.sqrt(2 * math.pi))
