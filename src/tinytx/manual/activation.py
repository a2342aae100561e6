"""Activations: what makes the MLP more than one linear layer.

ReLU and its square, and GELU in both forms: exact, ``x * Phi(x)``, and GPT-2's by a tanh. SiLU is
``x * sigmoid(x)``; in SwiGLU it says how much passes of something else.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .gaussian import gaussian
from .module import Module
from .shapes import check_dtype, check_float, check_shape

C = math.sqrt(2 / math.pi)
A = 0.044715


class GeluSaved(NamedTuple):
    """What :func:`gelu_backward` needs."""

    x: np.ndarray
    tanh: np.ndarray


class GeluExactSaved(NamedTuple):
    """What :func:`gelu_exact_backward` needs."""

    x: np.ndarray
    cdf: np.ndarray
    density: np.ndarray


class SiluSaved(NamedTuple):
    """What :func:`silu_backward` needs."""

    x: np.ndarray
    sigmoid: np.ndarray


class SwigluSaved(NamedTuple):
    """What :func:`swiglu_backward` needs."""

    on: np.ndarray
    up: np.ndarray
    silu: SiluSaved


def relu_forward(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return ``max(x, 0)``, and the same again as saved."""
    check_float("x", x)
    y = np.maximum(x, 0)
    return y, y


def relu_backward(dy: np.ndarray, saved: np.ndarray) -> np.ndarray:
    """Return ``dx``: ``dy`` where the unit was on. At exactly 0 it is 0, as in PyTorch."""
    y = saved
    check_shape("dy", dy, y.shape)
    # y = max(x, 0)
    return dy * (y > 0)


def relu2_forward(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return ``max(x, 0)**2``, and what was squared. Source: So et al. 2021 (Primer), section 3."""
    check_float("x", x)
    on = np.maximum(x, 0)
    return on * on, on


def relu2_backward(dy: np.ndarray, saved: np.ndarray) -> np.ndarray:
    """Return ``dx = 2 max(x, 0) dy``: unlike ReLU's, the slope has no jump at 0."""
    on = saved
    check_shape("dy", dy, on.shape)
    # y = on**2, and on = max(x, 0), whose slope is 1 wherever on is not 0
    return 2 * on * dy


def gelu_forward(x: np.ndarray) -> tuple[np.ndarray, GeluSaved]:
    """Return ``0.5 x (1 + tanh(C (x + A x**3)))``, GPT-2's form of GELU.

    Both constants are made for the chance ``Phi``, here ``0.5 (1 + tanh(...))``: ``C`` gives it the
    exact slope at zero, and of all ``A`` this one keeps its largest error smallest, at 1.8e-4. GELU
    itself is then within 5e-4 of the exact form; 0.0444 would bring it within 4e-4.
    Source: Hendrycks and Gimpel 2016, section 2; the constants: Page 1977.
    """
    check_float("x", x)
    # In place from here: seven arrays of (768, 512) become three.
    inner = x * x
    inner *= C * A
    inner += C
    inner *= x  # C (x + A x**3)
    tanh = np.tanh(inner, out=inner)
    y = tanh + 1
    y *= x
    y *= 0.5
    return y, GeluSaved(x, tanh)


def gelu_backward(dy: np.ndarray, saved: GeluSaved) -> np.ndarray:
    """Return ``dx = dy (0.5 (1 + tanh) + 0.5 x (1 - tanh**2) (C + 3 C A x**2))``."""
    x, tanh = saved
    check_shape("dy", dy, x.shape)
    # inner = C (x + A x**3)
    slope = x * x
    slope *= 3 * C * A
    slope += C
    # y = 0.5 x (1 + tanh(inner)), second factor: tanh' = 1 - tanh**2
    slope *= x
    slope *= 1 - tanh * tanh
    # first factor
    slope += tanh
    slope += 1
    slope *= 0.5
    slope *= dy
    return slope


def gelu_exact_forward(x: np.ndarray) -> tuple[np.ndarray, GeluExactSaved]:
    """Return ``x * Phi(x)``: the input times the chance that a standard normal lies below it."""
    check_float("x", x)
    cdf, density = gaussian(x)
    return x * cdf, GeluExactSaved(x, cdf, density)


def gelu_exact_backward(dy: np.ndarray, saved: GeluExactSaved) -> np.ndarray:
    """Return ``dx = dy (Phi(x) + x phi(x))``."""
    x, cdf, density = saved
    check_shape("dy", dy, x.shape)
    # y = x * cdf(x), and the derivative of the cdf is the density
    return dy * (cdf + x * density)


def silu_forward(x: np.ndarray) -> tuple[np.ndarray, SiluSaved]:
    """Return ``x * sigmoid(x)``. Source: Elfwing et al. 2017.

    ``exp`` gets numbers up to 0 alone: it cannot overflow.
    """
    check_float("x", x)
    small = np.exp(-abs(x))
    sigmoid = np.where(x < 0, small, 1) / (1 + small)
    return x * sigmoid, SiluSaved(x, sigmoid)


def silu_backward(dy: np.ndarray, saved: SiluSaved) -> np.ndarray:
    """Return ``dx = dy sigmoid (1 + x (1 - sigmoid))``."""
    x, sigmoid = saved
    check_shape("dy", dy, x.shape)
    # y = x * sigmoid(x), and sigmoid' = sigmoid (1 - sigmoid)
    return dy * (sigmoid + x * sigmoid * (1 - sigmoid))


def swiglu_forward(gate: np.ndarray, up: np.ndarray) -> tuple[np.ndarray, SwigluSaved]:
    """Return ``silu(gate) * up``, both (..., F). Source: Shazeer 2020, equation 6."""
    check_float("gate", gate)
    check_shape("up", up, gate.shape)
    check_dtype("up", up, gate.dtype, "gate")
    on, silu = silu_forward(gate)
    return on * up, SwigluSaved(on, up, silu)


def swiglu_backward(dy: np.ndarray, saved: SwigluSaved) -> tuple[np.ndarray, np.ndarray]:
    """Return ``dgate`` and ``dup``: each factor's is ``dy`` times the other."""
    on, up, silu = saved
    check_shape("dy", dy, up.shape)
    # y = on * up
    don, dup = dy * up, dy * on
    # on = silu(gate)
    return silu_backward(don, silu), dup


PAIRS: dict[str, tuple[Callable[..., Any], Callable[..., np.ndarray]]] = {
    "gelu": (gelu_forward, gelu_backward),
    "gelu_exact": (gelu_exact_forward, gelu_exact_backward),
    "relu": (relu_forward, relu_backward),
    "relu2": (relu2_forward, relu2_backward),
}


class Activation(Module):
    """One of the activations by its name in the configuration; it has no parameters."""

    def __init__(self, name: str):
        if name not in PAIRS:
            raise ValueError(f"activation is {name!r} and must be one of {', '.join(PAIRS)}")
        self._forward, self._backward = PAIRS[name]

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Apply it to every entry of (...)."""
        y, saved = self._forward(x)
        self.keep(saved)
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """Return the gradient of the input."""
        return self._backward(dy, self.take())


class SwiGLU(Module):
    """The gate of a gated MLP: it has two inputs and no parameters."""

    def forward(self, gate: np.ndarray, up: np.ndarray) -> np.ndarray:  # type: ignore[override]
        """Multiply ``up`` (..., F) by how far ``gate`` (..., F) is open."""
        y, saved = swiglu_forward(gate, up)
        self.keep(saved)
        return y

    def backward(self, dy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[override]
        """Return the gradients of both inputs."""
        return swiglu_backward(dy, self.take())
