"""Activation checkpointing: keep a block's input alone, and compute the rest once more when needed.

A block keeps a dozen arrays for its backward, most of them wider than its input. Thrown away and
made again, block by block, no more than one block's are there at a time: what grows with depth is
one (B, T, D) a block. The price is a second forward, where forward and backward are three.
(Files that a run goes on from are called checkpoints as well: they have nothing to do with this.)
Source: Chen et al. 2016, sublinear memory; here a segment is a block.

At D128 H4 T128 B8, float32, a training step of 2, 6 and 12 blocks is at its fullest with 34, 84 and
160 MB, and with 23, 25 and 28 MB of inputs alone; it takes 1.3 to 1.5 times as long on one core. In
PyTorch 21, 55 and 105 MB become 12, 14 and 17 MB, for 1.3 to 1.4 times the time.

The second forward must be the first one over again, dropout included: so the generator's state is
kept too, a few numbers, and put back for as long as it takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from .block import Block


class CheckpointedSaved(NamedTuple):
    """What a checkpointed block needs for its backward."""

    x: np.ndarray  # (B, T, D)
    given: tuple[Any, ...]  # what else the forward was given: the mask, one for all blocks
    draws: Mapping[str, Any]  # the generator's state before the forward


class CheckpointedBlock(Block):
    """A block that keeps its input in training; see ``GPT.use_checkpointing``."""

    def forward(self, x: np.ndarray, *given: Any) -> np.ndarray:
        """Map (B, T, D) to (B, T, D), as ``Block.forward`` does, and forget how."""
        if not self.training:
            return super().forward(x, *given)
        saved = CheckpointedSaved(x, given, self.drop_1.rng.bit_generator.state)
        y = super().forward(x, *given)
        for _, module in self._modules():
            module.clear_saved()
        self.keep(saved)
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """Run the forward again, then the backward that belongs to it."""
        x, given, draws = self.take()
        generator, asked = self.drop_1.rng.bit_generator, getattr(self.mlp, "dbalance", 0.0)
        now, generator.state = generator.state, draws
        super().forward(x, *given)
        generator.state = now
        if asked:  # of a mixture of experts, whose forward forgets it
            self.mlp.dbalance = asked
        return super().backward(dy)


def use_checkpointing(block: Block, on: bool) -> None:
    """Let ``block`` keep its input alone, or all that its backward needs again.

    It stays the same object with the same parameters, and only its class is another.
    """
    block.__class__ = CheckpointedBlock if on else Block
