"""What the model asks of a KV cache; its description, ``Cache``, is the same for both engines."""

from __future__ import annotations

from typing import overload

import torch
from torch import Tensor

from ..manual.cache import Cache, Remember

__all__ = ["Cache", "Remember", "furthest", "window"]


@overload
def window(start: int, T: int) -> slice: ...
@overload
def window(start: Tensor, T: int) -> Tensor: ...
@overload
def window(start: int | Tensor, T: int) -> slice | Tensor: ...
def window(start: int | Tensor, T: int) -> slice | Tensor:
    """Return what picks rows ``start`` to ``start + T - 1`` of a table.

    One ``start`` gives a slice, a ``start`` for each row of the batch gives indices (B, T).
    """
    if isinstance(start, int):
        return slice(start, start + T)
    return start[:, None] + torch.arange(T, device=start.device)


def furthest(start: int | Tensor) -> int:
    """Return the largest ``start``."""
    return start if isinstance(start, int) else int(start.max())
