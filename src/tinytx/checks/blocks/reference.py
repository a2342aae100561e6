"""The right answers of chapter 05, the package's own wherever it has one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...inspect.sizes import parameters as count_parameters
from ...manual.activation import gelu_forward, relu_forward
from ...manual.linear import linear_forward
from ...manual.norm import EPS, layernorm_forward

__all__ = ["count_parameters", "gelu", "layernorm", "mlp", "pre_norm", "wiring"]

Array = np.ndarray
Map = Callable[[Array], Array]

FAR = 1e6  # beside this shift, what a block adds is small
ALIKE = 1e-3  # of the largest number: what epsilon and rounding may do


def layernorm(x: Array, weight: Array, bias: Array, eps: float = EPS) -> Array:
    """Return each row of ``x`` at mean 0 and variance 1, times ``weight``, plus ``bias``."""
    return layernorm_forward(x, weight, bias, eps)[0]


def gelu(x: Array) -> Array:
    """Return GELU of each number, by the formula with a tanh."""
    return gelu_forward(x)[0]


def mlp(x: Array, up_weight: Array, up_bias: Array, down_weight: Array, down_bias: Array) -> Array:
    """Return ReLU between two linear layers, (..., D)."""
    hidden = relu_forward(linear_forward(x, up_weight, up_bias)[0])[0]
    return linear_forward(hidden, down_weight, down_bias)[0]


def pre_norm(x: Array, parts: list[Map], norms: list[Map], ln_f: Map) -> Array:
    """Return ``ln_f`` of the stream to which each part has added what it made of its norm."""
    for part, norm in zip(parts, norms, strict=True):
        x = x + part(norm(x))
    return ln_f(x)


def wiring(block: Map, T: int, D: int) -> list[str]:
    """Return what ``block`` does, in order: "norm", "sum", or both.

    A norm in front does not see a shift. So the shift comes out as it went in, where there is a
    sum, and not at all, where there is none. A norm behind the sum keeps all outputs small.
    """
    x = np.random.default_rng(0).standard_normal((T, D))
    here, there = np.array(block(x.copy())), np.array(block(x + FAR))
    enough = ALIKE * np.abs(here).max()
    if np.abs(there - here).max() < enough:
        return ["norm"]
    if np.abs(there - FAR - here).max() < enough:
        return ["norm", "sum"]
    bounded = np.abs(block(x + 2 * FAR)).max() < 1.5 * np.abs(there).max()
    return ["sum", "norm"] if bounded else ["sum"]
