"""The embedding: an id picks a row of a table. Backwards, a row collects from all who picked it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from .module import normal
from .shapes import check_device, check_ids


def embedding(ids: Tensor, weight: Tensor) -> Tensor:
    """Return ``weight[ids]``: ids (...), a table (V, D), vectors (..., D).

    Raises
    ------
    ValueError
        If ids are on another device than the table, or an id is not an integer or, where that can
        be seen, out of range.
    """
    check_ids("ids", ids, len(weight))
    check_device("ids", ids, weight.device, "weight")
    return functional.embedding(ids, weight)


class Embedding(nn.Module):
    """A table of vectors, one for each id: ``weight`` (V, D)."""

    def __init__(
        self,
        size: int,
        d_model: int,
        generator: torch.Generator | None = None,
        *,
        std: float = 0.02,
        dtype: torch.dtype | None = None,
        device: torch.device | str | None = None,
    ):
        super().__init__()
        self.weight = normal((size, d_model), std, generator, dtype, device)

    def forward(self, ids: Tensor) -> Tensor:
        """Map ids (...) to vectors (..., D)."""
        return embedding(ids, self.weight)
