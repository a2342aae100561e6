"""Queries and keys of one new token, ready to be compared: ``Attention.prepare`` for T = 1.

Normalized by head, then turned, both at once and in place: calls are what a token costs. The two
products of a turn take three calls, with cosines and sines as wide as a head, which are picked once
for all blocks. A model that does neither has none of it.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class Turning:
    """The turns of a model's one table, made as wide as a head."""

    def __init__(self, table: Tensor):
        cos, sin = table.chunk(2, -1)
        # what the first half is multiplied by, then the second: x * cos + (x, halves swapped) * sin
        self.cos, self.sin = torch.cat([cos, cos], -1), torch.cat([-sin, sin], -1)

    def at(self, places: Any) -> tuple[Tensor, Tensor]:
        """Return cosines and sines at ``places``: (Dh,) for one number, else (B, 1, 1, Dh)."""
        if isinstance(places, int):
            return self.cos.select(0, places), self.sin.select(0, places)
        return self.cos[places, None, None], self.sin[places, None, None]


class Heads:
    """What one attention does to q and k."""

    def __init__(self, attn: Any, config: Any):
        self.weights, self.eps = None, config.norm_eps
        if config.qk_norm:
            q, k = attn.q_norm.weight.data, attn.k_norm.weight.data
            self.weights = torch.stack([q] * config.n_head + [k] * config.kv_heads)
            self.weights = self.weights[:, None]  # (H + K, 1, Dh), K heads having keys
        self.d_head = config.d_head

    def prepare(self, qk: Tensor, turns: tuple[Tensor, Tensor] | None) -> None:
        """Change q and k (B, H + K, 1, Dh)."""
        if self.weights is not None:
            qk.copy_(torch.rms_norm(qk, (self.d_head,), None, self.eps).mul_(self.weights))
        if turns is not None:
            cos, sin = turns
            swapped = qk.roll(self.d_head // 2, -1)
            qk.mul_(cos).addcmul_(swapped, sin)
