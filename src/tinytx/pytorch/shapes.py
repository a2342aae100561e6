"""What the model asks of its arguments, said in one line when it is not met.

Shapes and dtypes are known on every device, and cost nothing. Values are looked at where they lie
in the CPU's memory: reading them back from a GPU would stop it each time, and a compiled model
has no place for it. There, an id out of range is PyTorch's own error.
"""

from __future__ import annotations

import torch
from torch import Tensor

INTEGERS = (torch.int64, torch.int32)


def check_float(name: str, value: Tensor) -> None:
    """Refuse ``value`` if it is not a tensor of floating-point numbers."""
    if not isinstance(value, Tensor) or not value.is_floating_point():
        kind = value.dtype if isinstance(value, Tensor) else type(value).__name__
        raise ValueError(f"{name} is {kind} and must be a tensor of floating-point numbers")


def check_integers(name: str, ids: Tensor) -> None:
    """Refuse ``ids`` if it is not a tensor of integers that can pick rows."""
    if not isinstance(ids, Tensor) or ids.dtype not in INTEGERS:
        kind = ids.dtype if isinstance(ids, Tensor) else type(ids).__name__
        raise ValueError(f"{name} is {kind} and must be a tensor of int64 or int32")


def check_ids(name: str, ids: Tensor, size: int) -> None:
    """Refuse ``ids`` unless they are integers from 0 to ``size - 1``."""
    check_integers(name, ids)
    if readable(ids) and ids.numel() and (ids.min() < 0 or ids.max() >= size):
        wrong = ids[(ids < 0) | (ids >= size)][0]
        raise ValueError(f"{name} holds {wrong} and must be from 0 to {size - 1}")


def check_mask(name: str, mask: Tensor, goal: tuple[int, ...]) -> None:
    """Refuse ``mask`` unless it is boolean and broadcasts to ``goal``."""
    if not isinstance(mask, Tensor) or mask.dtype != torch.bool:
        kind = mask.dtype if isinstance(mask, Tensor) else type(mask).__name__
        raise ValueError(f"{name} is {kind} and must be bool: True where an entry counts")
    pairs = zip(tuple(mask.shape)[::-1], goal[::-1], strict=False)
    if mask.ndim > len(goal) or any(have not in (1, want) for have, want in pairs):
        raise ValueError(f"{name} has shape {tuple(mask.shape)} and must broadcast to {goal}")


def readable(values: Tensor) -> bool:
    """Whether looking at ``values`` costs next to nothing: on the CPU, and not being compiled."""
    return values.device.type == "cpu" and not torch.compiler.is_compiling()
