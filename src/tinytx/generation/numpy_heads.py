"""Queries and keys of one new token, ready to be compared: ``Attention.prepare`` for T = 1.

Normalized by head, then turned, both at once and in place. A model that does neither has none of
it.
"""

from __future__ import annotations

from typing import Any

import numpy as np


class Heads:
    """The norm and the rotation of one attention.

    It also multiplies the queries by the scores' scale if they are normalized: what was done to the
    weights of their projection, a norm would undo.
    """

    def __init__(self, attn: Any, config: Any):
        self.weights, self.eps = None, config.norm_eps
        if config.qk_norm:
            queries = attn.q_norm.weight.data * config.score_scale
            heads = [queries] * config.n_head + [attn.k_norm.weight.data] * config.kv_heads
            self.weights = np.stack(heads)  # (H + K, Dh), K being how many heads have keys
        self.half = config.d_head // 2
        self.table = attn.q_rotary.table if config.positions == "rotary" else None

    def prepare(self, qk: np.ndarray, places: Any) -> None:
        """Change q and k (B, H + K, Dh) at ``places``, one number or (B,)."""
        if self.weights is not None:
            square = np.add.reduce(qk * qk, -1, keepdims=True)  # np.mean takes twice as long
            qk /= np.sqrt(square / qk.shape[-1] + self.eps)
            qk *= self.weights
        if self.table is not None:
            cos, sin = (table[places] for table in self.table)  # (Dh / 2), or (B, Dh / 2)
            if cos.ndim == 2:
                cos, sin = cos[:, None], sin[:, None]
            first, second = qk[..., : self.half], qk[..., self.half :]  # views
            turned = first * cos - second * sin
            second *= cos
            second += first * sin
            first[:] = turned
