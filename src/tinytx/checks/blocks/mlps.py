"""The wrong answers to ``mlp(x, up_weight, up_bias, down_weight, down_bias)`` the check knows.

What each does, and why it is wrong, the catalogue in ``mlp.py`` says.
"""

# ruff: noqa: D103

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .bends import relu, sigmoid
from .reference import layernorm
from .reference import mlp as reference

Array = np.ndarray
MLP = Callable[[Array, Array, Array, Array, Array], Array]
Map = Callable[[Array], Array]


def same(x: Array) -> Array:
    return x


def bending(middle: Map = relu, end: Map = same, start: Map = same) -> MLP:
    """Return an MLP with activations at the start, between its layers and at the end."""

    def mlp(x: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
        return end(middle(start(x) @ w1.T + b1) @ w2.T + b2)

    return mlp


def turning(up: Map, down: Map) -> MLP:
    """Return an MLP that multiplies by ``up(up_weight)`` and ``down(down_weight)``."""

    def mlp(x: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
        return relu(x @ up(w1) + b1) @ down(w2) + b2

    return mlp


def transposed(weight: Array) -> Array:
    return weight.T


def reshaped(weight: Array) -> Array:
    return weight.reshape(weight.shape[::-1])


def given(up: float, down: float) -> MLP:
    """Return an MLP whose biases are multiplied by ``up`` and ``down``."""
    return lambda x, w1, b1, w2, b2: reference(x, w1, up * b1, w2, down * b2)


def bias_after(x: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    return (relu(x @ w1.T) + b1) @ w2.T + b2


def with_input(x: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    return x + reference(x, w1, b1, w2, b2)


def down_first(x: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    return relu(x @ w2 + b1) @ w1 + b2


def no_down(x: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    return relu(x @ w1.T + b1)


def normed(x: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    ones = np.ones(x.shape[-1])
    return reference(layernorm(x, ones, 0 * ones), w1, b1, w2, b2)


def position_by_position(x: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    """Start each position's sum with the bias itself, not with a copy of it."""
    out = np.empty_like(x)
    for at in np.ndindex(x.shape[:-1]):
        hidden = b1
        hidden += w1 @ x[at]
        out[at] = w2 @ relu(hidden) + b2
    return out


def left(x: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    return w2 @ relu(w1 @ x + b1) + b2


def silu(z: Array) -> Array:
    return z * sigmoid(z)


def leaky(z: Array) -> Array:
    return np.where(z > 0, z, 0.01 * z)


def negative(z: Array) -> Array:
    return np.minimum(z, 0)


OTHER_BENDS = (sigmoid, np.tanh, np.abs, silu, leaky, np.square)
