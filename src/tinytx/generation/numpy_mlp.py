"""The MLP of the NumPy decoder, and a mixture of them, for one position of each row.

Both have products of a model's linear layers made for them, and know nothing of where those lie.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..manual.activation import swiglu_forward
from ..manual.experts import Experts, choose
from ..manual.softmax import softmax_forward

Product = Callable[..., Any]  # of linear layers side by side, whose `of` maps (B, in) to (B, out)


class PlainMLP:
    """What all positions go through."""

    def __init__(self, mlp: Any, product: Product):
        gate = (mlp.gate_proj,) if mlp.gated else ()
        self.up, self.down = product(*gate, mlp.up_proj), product(mlp.down_proj)
        self.act = _swiglu if mlp.gated else mlp.act._forward

    def of(self, x: np.ndarray) -> np.ndarray:
        """Map (B, D) to (B, D)."""
        x, _ = self.act(self.up.of(x))
        return self.down.of(x)


class Mixture:
    """A few of many, others for each row: only the weights of those are read."""

    def __init__(self, mlp: Any, product: Product):
        self.k, self.router = mlp.k, product(mlp.router)
        self.experts = [PlainMLP(each, product) for each in mlp.experts]

    def of(self, x: np.ndarray) -> np.ndarray:
        """Map (B, D) to (B, D)."""
        scores = self.router.of(x)  # (B, E)
        chosen = choose(scores, self.k)
        gates, _ = softmax_forward(scores, chosen)
        y = np.zeros_like(x)
        for e in np.flatnonzero(chosen.any(0)):
            rows = np.flatnonzero(chosen[:, e]) if len(x) > 1 else slice(None)  # a view
            y[rows] += gates[rows, e, None] * self.experts[e].of(x[rows])
        return y


def make_mlp(mlp: Any, product: Product) -> PlainMLP | Mixture:
    """Return what a block's ``mlp`` is here."""
    return Mixture(mlp, product) if isinstance(mlp, Experts) else PlainMLP(mlp, product)


def _swiglu(x: np.ndarray) -> tuple[np.ndarray, Any]:
    """Apply the gate, the first half of (B, 2 F), to the second."""
    return swiglu_forward(*np.split(x, 2, -1))
