"""Activation checkpointing: keep a block's input alone, and compute the rest once more when needed.

PyTorch does it: ``torch.utils.checkpoint`` runs a function without keeping what autograd wants, and
runs it again when the backward comes there, with the generators put back to where they were. What
that takes is written out in ``manual/checkpointing.py``. Source: Chen et al. 2016.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from .block import Block


class CheckpointedBlock(Block):
    """A block that keeps its input in training; see ``GPT.use_checkpointing``."""

    def forward(self, x: Tensor, mask: Tensor | None = None, **options: Any) -> Tensor:
        """Map (B, T, D) to (B, T, D), as ``Block.forward`` does, and forget how.

        Whoever asks for the weights, or brings a KV cache, wants something to be left behind.
        """
        wanted = [options.get(name) for name in ("weights", "remember")]
        if not (self.training and torch.is_grad_enabled() and wanted == [None, None]):
            return super().forward(x, mask, **options)
        draws: dict[str, Any] = {"use_reentrant": False, "preserve_rng_state": self.drop_1.p > 0}
        return checkpoint(super().forward, x, mask, **draws, **options)


def use_checkpointing(block: Block, on: bool) -> None:
    """Let ``block`` keep its input alone, or all that its backward needs again.

    It stays the same object with the same parameters, and only its class is another.
    """
    block.__class__ = CheckpointedBlock if on else Block
