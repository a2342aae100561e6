"""One block: positions read from each other (attention), then each thinks alone (MLP).

Pre-norm (GPT-2) normalizes what goes into each part and leaves the sum alone: no norm lies on the
gradient's way along the sums. Post-norm (Vaswani et al. 2017) normalizes the sum.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ..config import GPTConfig, check_config
from .attention import Attention
from .dropout import Dropout
from .experts import make_mlp
from .norm import make_norm


class Block(nn.Module):
    """Attention and MLP, each with its norm, and each added to what came in."""

    def __init__(self, config: GPTConfig, generator: torch.Generator | None = None, **place: Any):
        super().__init__()
        check_config(config)
        self.pre_norm = config.norm == "pre"
        self.ln_1 = make_norm(config, **place)
        self.attn = Attention(config, generator, **place)
        self.drop_1 = Dropout(config.dropout)
        self.ln_2 = make_norm(config, **place)
        self.mlp = make_mlp(config, generator, **place)
        self.drop_2 = Dropout(config.dropout)

    def forward(self, x: Tensor, mask: Tensor | None = None, **options: Any) -> Tensor:
        """Map (B, T, D) to (B, T, D); ``mask`` and ``options`` are the attention's."""
        if self.pre_norm:
            x = x + self.drop_1(self.attn(self.ln_1(x), mask, **options))
            return x + self.drop_2(self.mlp(self.ln_2(x)))
        x = self.ln_1(x + self.drop_1(self.attn(x, mask, **options)))
        return self.ln_2(x + self.drop_2(self.mlp(x)))
