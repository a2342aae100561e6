"""What the model asks of its arguments, said in one line when it is not met.

Shapes, dtypes and devices are known everywhere, and cost nothing. Values are looked at where they
lie in the CPU's memory. Reading them back from a GPU would stop it each time, a compiled model has
no place for it, and a tensor within ``vmap`` or a fake one has none to read. There, an id out of
range is PyTorch's own error.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..manual.shapes import COUNTS, is_whole

INTEGERS = (torch.int64, torch.int32)


def check_float(name: str, value: Tensor) -> None:
    """Refuse ``value`` if it is not a tensor of floating-point numbers."""
    if not isinstance(value, Tensor) or not value.is_floating_point():
        kind = value.dtype if isinstance(value, Tensor) else type(value).__name__
        raise ValueError(f"{name} is {kind} and must be a tensor of floating-point numbers")


def check_dims(name: str, value: Tensor, count: int, dims: str) -> None:
    """Refuse ``value`` if it has not ``count`` dimensions, which are ``dims``, such as (B, T)."""
    if value.ndim != count:
        shape, said = tuple(value.shape), f"{COUNTS[count]} dimensions, {dims}"
        raise ValueError(f"{name} has shape {shape} and must have {said}")


def check_integers(name: str, ids: Tensor) -> None:
    """Refuse ``ids`` if it is not a tensor of integers that can pick rows."""
    if not isinstance(ids, Tensor) or ids.dtype not in INTEGERS:
        kind = ids.dtype if isinstance(ids, Tensor) else type(ids).__name__
        raise ValueError(f"{name} is {kind} and must be a tensor of int64 or int32")


def check_ids(name: str, ids: Tensor, size: int) -> None:
    """Refuse ``ids`` unless they are integers from 0 to ``size - 1``."""
    check_integers(name, ids)
    found = bounds(ids)
    if found is not None and (found[0] < 0 or found[1] >= size):
        wrong = ids[(ids < 0) | (ids >= size)][0]
        raise ValueError(f"{name} holds {wrong} and must be from 0 to {size - 1}")


def check_device(name: str, value: Tensor, device: torch.device, of: str) -> None:
    """Refuse ``value`` if it is not on the ``device`` of ``of``: PyTorch does not always say so.

    Ids on ``meta``, which holds no numbers, pick rows of a table on the CPU, and what comes out is
    whatever was in memory.
    """
    if value.device != device and device.type != "meta":
        way = f"give {name}.to({str(device)!r})"
        raise ValueError(f"{name} is on {value.device} and {of} on {device}: {way}")


def check_mask(name: str, mask: Tensor, goal: tuple[int, ...]) -> None:
    """Refuse ``mask`` unless it is boolean and broadcasts to ``goal``."""
    if not isinstance(mask, Tensor) or mask.dtype != torch.bool:
        kind = mask.dtype if isinstance(mask, Tensor) else type(mask).__name__
        raise ValueError(f"{name} is {kind} and must be bool: True where an entry counts")
    pairs = zip(tuple(mask.shape)[::-1], goal[::-1], strict=False)
    if mask.ndim > len(goal) or any(have not in (1, want) for have, want in pairs):
        raise ValueError(f"{name} has shape {tuple(mask.shape)} and must broadcast to {goal}")


def check_generator(generator: object) -> None:
    """Refuse what does not draw: a seed, or the generator of another library. None is PyTorch's."""
    if generator is None or isinstance(generator, torch.Generator):
        return
    kind = f"{type(generator).__module__}.{type(generator).__name__}".removeprefix("builtins.")
    said, seed = (repr(generator), generator) if is_whole(generator) else (f"a {kind}", 0)
    raise ValueError(
        f"generator is {said} and must be a torch.Generator: torch.Generator().manual_seed({seed})"
    )


def as_dtype(dtype: object) -> torch.dtype:
    """Return the dtype of weights that is meant: None is PyTorch's default, a name is refused."""
    if dtype is None:
        return torch.get_default_dtype()
    if not isinstance(dtype, torch.dtype) or not dtype.is_floating_point:
        raise ValueError(f"dtype is {dtype!r} and must be one of PyTorch's, such as torch.float32")
    return dtype


def bounds(values: Tensor) -> tuple[int, int] | None:
    """Return the least and the largest of ``values``, or None where they cannot be looked at.

    That is where it would cost more than next to nothing (not on the CPU, while being compiled),
    where there are none, and where PyTorch refuses to look: within ``torch.func.vmap``, for a fake
    tensor, while an operation is traced.
    """
    if values.device.type != "cpu" or torch.compiler.is_compiling() or not values.numel():
        return None
    try:
        low, high = torch.aminmax(values)
        return int(low), int(high)
    except RuntimeError:
        return None
