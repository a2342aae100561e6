"""Rotary positions: nothing is added to a token's vector, but each query and each key is turned.

A pair is a number of a head's first half and the one at the same place of its second, as in
GPT-NeoX and in Llama's weights at Hugging Face. Source: Su et al. 2021 (RoFormer), section 3.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from ..config import GPTConfig, check_config
from ..manual import rotary as manual
from .cache import window
from .positions import FixedTable, check_start


class Turns(NamedTuple):
    """By which angle each pair is turned at each position, as in the NumPy engine."""

    cos: Tensor  # (..., T, Dh / 2)
    sin: Tensor  # (..., T, Dh / 2)


def rotate(x: Tensor, turns: Turns) -> Tensor:
    """Return ``x`` (B, H, T, Dh) with each pair ``(x[i], x[i + Dh / 2])`` turned by its angle.

    ``turns`` has cosines and sines, (T, Dh / 2), or (B, 1, T, Dh / 2) if the rows of the batch have
    come unequally far.
    """
    cos, sin = turns
    first, second = x.chunk(2, -1)
    return torch.cat([first * cos - second * sin, second * cos + first * sin], -1)


class Rotary(FixedTable):
    """Turns queries, or keys, by their positions. Nothing of it is in the state dict."""

    def __init__(
        self,
        config: GPTConfig,
        dtype: torch.dtype | None = None,
        device: torch.device | str | None = None,
    ):
        super().__init__()
        check_config(config)
        self.sizes = config.context_length, config.d_head, config.rotary_base
        self.slower = config.rotary_factor, config.rotary_original
        self.register_buffer("table", self.make(dtype, device), persistent=False)

    def forward(self, x: Tensor, start: int | Tensor = 0) -> Tensor:
        """Turn (B, H, T, Dh), whose positions count from ``start``, one number or (B,).

        ``start`` + T must not go beyond the table: ``ValueError``, where that can be seen.
        """
        return rotate(x, self.turns(start, x.shape[0], x.shape[-2]))

    def turns(self, start: int | Tensor, B: int, T: int) -> Turns:
        """Return the turns of T positions, (T, Dh / 2), or (B, 1, T, Dh / 2) for B starts."""
        if not isinstance(start, Tensor):  # of those, an accelerator is not asked in each block
            check_start(start, B, T, len(self.table))
        table = self.table[window(start, T)]
        cos, sin = (table if table.ndim == 2 else table[:, None]).chunk(2, -1)
        return Turns(cos, sin)

    def make(self, dtype: torch.dtype | None, device: torch.device | str | None) -> Tensor:
        """Return cosines and sines side by side, (context_length, Dh): the NumPy engine's."""
        dtype = torch.get_default_dtype() if dtype is None else dtype
        device = torch.get_default_device() if device is None else torch.device(device)
        if device.type == "meta":
            return torch.empty(*self.sizes[:2], dtype=dtype, device=device)
        turns = manual.rotary_table(*self.sizes, np.dtype(float), *self.slower)
        return torch.from_numpy(np.concatenate(turns, -1)).to(device, dtype)


def share_tables(model: nn.Module) -> None:
    """Let every :class:`Rotary` within ``model`` have the first one's table: all are equal."""
    tables = [module for module in model.modules() if isinstance(module, Rotary)]
    for module in tables:
        module.table = tables[0].table
