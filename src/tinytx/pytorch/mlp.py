"""The MLP: two linear layers with an activation between, applied to each position alone.

A gated one has a third beside the first, and what comes of it is multiplied in (Shazeer 2020).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ..config import GPTConfig, check_config
from .activation import Activation, SwiGLU
from .linear import Linear


class MLP(nn.Module):
    """``down_proj(act(up_proj(x)))``: from D to F, which is usually 4 D, and back.

    With ``"swiglu"`` it is ``down_proj(silu(gate_proj(x)) * up_proj(x))``.
    """

    def __init__(self, config: GPTConfig, generator: torch.Generator | None = None, **place: Any):
        super().__init__()
        check_config(config)
        D, F, bias = config.d_model, config.d_ff, config.bias
        self.up_proj = Linear(D, F, generator, bias=bias, std=config.init_std, **place)
        self.gated = config.activation == "swiglu"
        if self.gated:
            self.gate_proj = Linear(D, F, generator, bias=bias, std=config.init_std, **place)
        self.act = SwiGLU() if self.gated else Activation(config.activation)
        self.down_proj = Linear(F, D, generator, bias=bias, std=config.residual_std, **place)

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., D) to (..., D)."""
        if self.gated:
            return self.down_proj(self.act(self.gate_proj(x), self.up_proj(x)))
        return self.down_proj(self.act(self.up_proj(x)))
