"""Activations: what makes the MLP more than one linear layer.

ReLU and its square, and GELU in both forms: exact, ``x * Phi(x)``, and GPT-2's by a tanh. SiLU is
``x * sigmoid(x)``; in SwiGLU it says how much passes of something else.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


def relu(x: Tensor) -> Tensor:
    """Return ``max(x, 0)``."""
    return functional.relu(x)


def relu2(x: Tensor) -> Tensor:
    """Return ``max(x, 0)**2``. Source: So et al. 2021 (Primer), section 3."""
    return functional.relu(x).square()


def gelu(x: Tensor) -> Tensor:
    """Return ``0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x**3)))``, GPT-2's form of GELU."""
    return functional.gelu(x, approximate="tanh")


def gelu_exact(x: Tensor) -> Tensor:
    """Return ``x * Phi(x)``: the input times the chance that a standard normal lies below it."""
    return functional.gelu(x)


def silu(x: Tensor) -> Tensor:
    """Return ``x * sigmoid(x)``. Source: Elfwing et al. 2017."""
    return functional.silu(x)


def swiglu(gate: Tensor, up: Tensor) -> Tensor:
    """Return ``silu(gate) * up``, both (..., F). Source: Shazeer 2020, equation 6."""
    return silu(gate) * up


FUNCTIONS = {"gelu": gelu, "gelu_exact": gelu_exact, "relu": relu, "relu2": relu2}


class Activation(nn.Module):
    """One of the activations by its name in the configuration; it has no parameters."""

    def __init__(self, name: str):
        super().__init__()
        if name not in FUNCTIONS:
            raise ValueError(f"activation is {name!r} and must be one of {', '.join(FUNCTIONS)}")
        self._forward = FUNCTIONS[name]

    def forward(self, x: Tensor) -> Tensor:
        """Apply it to every entry of (...)."""
        return self._forward(x)


class SwiGLU(nn.Module):
    """The gate of a gated MLP: it has two inputs and no parameters."""

    def forward(self, gate: Tensor, up: Tensor) -> Tensor:
        """Multiply ``up`` (..., F) by how far ``gate`` (..., F) is open."""
        return swiglu(gate, up)
