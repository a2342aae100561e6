"""The MLP of the PyTorch decoder, and a mixture of them, for one position of each row.

Both have products of a model's linear layers made for them, and know nothing of how those are cut.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ..pytorch.activation import swiglu
from ..pytorch.experts import Experts, choose

Product = Callable[..., Any]  # of linear layers side by side, whose `of` maps (B, in) to (B, out)


class PlainMLP:
    """What all positions go through."""

    def __init__(self, mlp: Any, product: Product):
        gate = (mlp.gate_proj,) if mlp.gated else ()
        self.up, self.down = product(*gate, mlp.up_proj), product(mlp.down_proj)
        self.act = _swiglu if mlp.gated else mlp.act._forward

    def of(self, x: Tensor) -> Tensor:
        """Map (B, D) to (B, D)."""
        return self.down.of(self.act(self.up.of(x)))

    def add_to(self, stream: Tensor, x: Tensor) -> None:
        """Add the result for ``x`` (B, D) to ``stream`` (B, D)."""
        self.down.add_to(stream, self.act(self.up.of(x)))


class Mixture:
    """A few of many, others for each row: only the weights of those are read."""

    def __init__(self, mlp: Any, product: Product):
        self.k, self.router = mlp.k, product(mlp.router)
        self.experts = [PlainMLP(each, product) for each in mlp.experts]

    def add_to(self, stream: Tensor, x: Tensor) -> None:
        """Add the result for ``x`` (B, D) to ``stream`` (B, D)."""
        scores = self.router.of(x)  # (B, E)
        scores = scores.to(torch.promote_types(scores.dtype, torch.float32))
        chosen = choose(scores, self.k)
        gates = scores.masked_fill(~chosen, -float("inf")).softmax(-1)
        if len(x) == 1:
            for e, gate in enumerate(gates[0].tolist()):
                if gate:
                    stream.add_(self.experts[e].of(x), alpha=gate)
            return
        gates = gates.to(x.dtype)
        for e, asked in enumerate(chosen.any(0).tolist()):
            if asked:
                rows = chosen[:, e].nonzero()[:, 0]
                answer = self.experts[e].of(x[rows])
                stream.index_add_(0, rows, answer * gates[rows, e, None])


def make_mlp(mlp: Any, product: Product) -> PlainMLP | Mixture:
    """Return what a block's ``mlp`` is here."""
    return Mixture(mlp, product) if isinstance(mlp, Experts) else PlainMLP(mlp, product)


def _swiglu(x: Tensor) -> Tensor:
    """Apply the gate, the first half of (B, 2 F), to the second."""
    return swiglu(*x.chunk(2, -1))
