"""Sharded optimizer states (ZeRO, stage 1): each rank remembers Adam's means of 1/n of the weights.

Under plain data parallelism every rank keeps the same two means of every weight, and makes the same
step: n times the memory for nothing. Adam works on each number alone. So the vector of all weights
is cut into n chunks; the gradients are summed so that each rank gets its chunk's (reduce-scatter);
it makes the step for that chunk; and the new weights go round (all-gather). What is sent is the
same as for an all-reduce of the gradients. Source: Rajbhandari et al. 2020, section 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..manual.module import Module, Parameter
from ..manual.optim import AdamW, Optimizer
from .ring import all_gather, owned, reduce_scatter


class ShardedOptimizer:
    """One rank's part of an optimizer: of one chunk of all the weights, side by side.

    Only for optimizers that treat each number alone: SGD, Adam, AdamW, not Muon. All weights have
    the same options; a recipe that lets biases be (no decay) needs a shard of each group.

    Parameters
    ----------
    model
        This rank's copy of the model.
    rank, size
        Which of how many.
    kind, options
        The optimizer and what it is given.
    """

    def __init__(
        self,
        model: Module,
        rank: int,
        size: int,
        kind: type[Optimizer] = AdamW,
        **options: Any,
    ):
        if not 0 <= rank < size:
            raise ValueError(f"rank is {rank} and must be from 0 to {size - 1}, one below size")
        self.model, self.rank, self.size = model, rank, size
        chunk = np.array_split(flat(model, "data"), size)[owned(rank, size)]
        self.shard = Parameter(chunk.copy())
        self.optimizer = kind([self.shard], **options)

    def numbers(self) -> int:
        """Return how many numbers the optimizer remembers between steps."""
        return sum(value.size for name, value in self.optimizer.state_dict().items() if "." in name)

    def step(self, grad: np.ndarray) -> np.ndarray:
        """Return the new weights of this rank's chunk, from the summed gradient of it."""
        self.shard.grad[:] = grad
        self.optimizer.step()
        return self.shard.data.copy()


def sharded_step(ranks: Sequence[ShardedOptimizer]) -> None:
    """Let all ranks make one step together, each having the gradient of its own rows.

    The gradients are *summed*: whoever wants the mean over all rows divides each rank's loss by the
    number of all rows, as the loss of a micro-batch in gradient accumulation. ``ValueError``
    if they are not all ranks, in their order.
    """
    if (found := [rank.rank for rank in ranks]) != list(range(ranks[0].size)):
        raise ValueError(f"ranks has {found} and must have {ranks[0].size}, in order from 0 on")
    grads = reduce_scatter([flat(rank.model, "grad") for rank in ranks])
    chunks = [rank.step(grad) for rank, grad in zip(ranks, grads, strict=True)]
    for rank, weights in zip(ranks, all_gather(chunks), strict=True):
        put_flat(rank.model, weights)


def flat(model: Module, what: str) -> np.ndarray:
    """Return all weights (``"data"``) or gradients (``"grad"``) side by side, (N,)."""
    return np.concatenate([getattr(one, what).reshape(-1) for one in model.parameters()])


def put_flat(model: Module, weights: np.ndarray) -> None:
    """Put weights that lie side by side, (N,), into the model."""
    start = 0
    for one in model.parameters():
        one.data[...] = weights[start : start + one.data.size].reshape(one.data.shape)
        start += one.data.size
