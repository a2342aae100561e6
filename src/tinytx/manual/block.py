"""One block: positions read from each other (attention), then each thinks alone (MLP).

Pre-norm (GPT-2) normalizes what goes into each part and leaves the sum alone: no norm lies on the
gradient's way along the sums. Post-norm (Vaswani et al. 2017) normalizes the sum.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from ..config import GPTConfig, check_config
from .attention import Attention
from .cache import Remember
from .dropout import Dropout
from .experts import make_mlp
from .module import Module
from .norm import make_norm


class Block(Module):
    """Attention and MLP, each with its norm, and each added to what came in."""

    def __init__(self, config: GPTConfig, rng: np.random.Generator, dtype: DTypeLike = np.float32):
        check_config(config)
        self.pre_norm = config.norm == "pre"
        self.ln_1 = make_norm(config, dtype)
        self.attn = Attention(config, rng, dtype)
        self.drop_1 = Dropout(config.dropout, rng)
        self.ln_2 = make_norm(config, dtype)
        self.mlp = make_mlp(config, rng, dtype)
        self.drop_2 = Dropout(config.dropout, rng)

    def forward(
        self, x: np.ndarray, mask: np.ndarray | None = None, remember: Remember | None = None
    ) -> np.ndarray:
        """Map (B, T, D) to (B, T, D); ``mask`` and ``remember`` are the attention's."""
        if self.pre_norm:
            x = x + self.drop_1.forward(self.attn.forward(self.ln_1.forward(x), mask, remember))
            return x + self.drop_2.forward(self.mlp.forward(self.ln_2.forward(x)))
        x = self.ln_1.forward(x + self.drop_1.forward(self.attn.forward(x, mask, remember)))
        return self.ln_2.forward(x + self.drop_2.forward(self.mlp.forward(x)))

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """Return the gradient of the input: each sum sends it down both of its branches."""
        if self.pre_norm:
            dx = dy + self.ln_2.backward(self.mlp.backward(self.drop_2.backward(dy)))
            return dx + self.ln_1.backward(self.attn.backward(self.drop_1.backward(dx)))
        dx = self.ln_2.backward(dy)
        dx = self.ln_1.backward(dx + self.mlp.backward(self.drop_2.backward(dx)))
        return dx + self.attn.backward(self.drop_1.backward(dx))
