"""Tensor parallelism: one MLP on n ranks, each with a part of every matrix.

The first matrix is cut by columns, so that each rank makes some of the hidden numbers, whole; the
activation works on each hidden number alone and needs no exchange. The second matrix is cut by
rows: each rank adds up what its hidden numbers give, and the ranks' partial sums are summed *once*.
Cut the other way round, the first product would be a partial sum, and the activation of a sum is
not the sum of activations. Backward is the mirror: one sum, of the input's gradient. Source:
Shoeybi et al. 2019 (Megatron-LM), section 3.

A weight is stored (out, in), as the transpose of the matrix that x is multiplied by: columns of
that matrix are rows of the weight.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..config import GPTConfig
from ..manual.mlp import MLP
from ..manual.module import Module
from ..manual.shapes import is_whole
from .ring import ring_all_reduce


def split_mlp(state: Mapping[str, Any], n: int) -> list[dict[str, Any]]:
    """Return the state dict of an MLP as those of n MLPs whose outputs sum up to its own.

    Arrays and tensors alike; a gated MLP (``gate_proj``) too. What is added once, the bias of
    ``down_proj``, goes to the first; the others have zeros there.

    Raises
    ------
    ValueError
        If n does not divide d_ff.
    """
    d_ff = len(state["up_proj.weight"])
    if not is_whole(n) or n < 1 or d_ff % n:
        raise ValueError(f"n is {n!r} and must divide d_ff {d_ff}: each rank gets as many columns")
    width = d_ff // n
    parts: list[dict[str, Any]] = []
    for rank in range(n):
        mine = slice(rank * width, (rank + 1) * width)
        part = {name: value[mine] for name, value in state.items() if "down" not in name}
        part["down_proj.weight"] = state["down_proj.weight"][:, mine]
        if "down_proj.bias" in state:
            part["down_proj.bias"] = state["down_proj.bias"] * (rank == 0)
        parts.append(part)
    return parts


class ParallelMLP(Module):
    """An MLP of the NumPy engine on n ranks, that live in one process here.

    Each rank's part is an ``MLP`` with a narrower ``d_ff``. The sums go by the ring.
    """

    def __init__(self, mlp: Any, config: GPTConfig, n: int):
        dtype = mlp.up_proj.weight.data.dtype
        rng = np.random.default_rng(0)  # of weights that are overwritten
        states = split_mlp(mlp.state_dict(), n)
        narrow = replace(config, d_ff=config.d_ff // n)
        self.ranks = []
        for state in states:
            rank = MLP(narrow, rng, dtype)
            rank.load_state_dict(state)
            self.ranks.append(rank)
        for rank in self.ranks[1:]:
            rank.down_proj.bias = None  # added once

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Map (..., D) to (..., D): every rank reads all of x, and the outputs are summed."""
        return _summed([rank.forward(x) for rank in self.ranks])

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """Return the gradient of x: every rank gets all of dy, and what they send is summed."""
        # y = the sum of rank.forward(x) over the ranks
        return _summed([rank.backward(dy) for rank in self.ranks])

    def joined_grads(self) -> dict[str, np.ndarray]:
        """Return the gradients as those of the MLP that was split, by name."""
        grads = [{k: p.grad for k, p in rank.named_parameters()} for rank in self.ranks]
        joined = {}
        for name, first in grads[0].items():
            if name == "down_proj.bias":
                joined[name] = first
            else:
                axis = 1 if name == "down_proj.weight" else 0
                joined[name] = np.concatenate([grad[name] for grad in grads], axis)
        return joined


def _summed(partial: list[np.ndarray]) -> np.ndarray:
    """Return the sum of what the ranks hold, as one of them has it after an all-reduce."""
    return ring_all_reduce([each.reshape(-1) for each in partial])[0].reshape(partial[0].shape)
