"""The MLP: two linear layers with an activation between, applied to each position alone.

A gated one has a third beside the first, and what comes of it is multiplied in (Shazeer 2020).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from ..config import GPTConfig, check_config
from .activation import Activation, SwiGLU
from .linear import Linear
from .module import Module


class MLP(Module):
    """``down_proj(act(up_proj(x)))``: from D to F, which is usually 4 D, and back.

    With ``"swiglu"`` it is ``down_proj(silu(gate_proj(x)) * up_proj(x))``.
    """

    def __init__(self, config: GPTConfig, rng: np.random.Generator, dtype: DTypeLike = np.float32):
        check_config(config)
        D, F, bias = config.d_model, config.d_ff, config.bias
        self.up_proj = Linear(D, F, rng, bias=bias, std=config.init_std, dtype=dtype)
        self.gated = config.activation == "swiglu"
        if self.gated:
            self.gate_proj = Linear(D, F, rng, bias=bias, std=config.init_std, dtype=dtype)
        self.act: SwiGLU | Activation = SwiGLU() if self.gated else Activation(config.activation)
        self.down_proj = Linear(F, D, rng, bias=bias, std=config.residual_std, dtype=dtype)

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Map (..., D) to (..., D)."""
        if isinstance(self.act, SwiGLU):
            up = self.up_proj.forward(x)
            return self.down_proj.forward(self.act.forward(self.gate_proj.forward(x), up))
        return self.down_proj.forward(self.act.forward(self.up_proj.forward(x)))

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """Return the gradient of the input: the same three steps in reverse order."""
        if isinstance(self.act, SwiGLU):
            dgate, dup = self.act.backward(self.down_proj.backward(dy))
            return self.gate_proj.backward(dgate) + self.up_proj.backward(dup)
        return self.up_proj.backward(self.act.backward(self.down_proj.backward(dy)))
