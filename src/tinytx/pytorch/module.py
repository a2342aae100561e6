"""Fresh parameters: the same ones on every device and in every precision."""

from __future__ import annotations

import torch
from torch import nn

from .shapes import as_dtype, check_generator


def normal(
    shape: tuple[int, ...],
    std: float,
    generator: torch.Generator | None = None,
    dtype: torch.dtype | None = None,
    device: torch.device | str | None = None,
) -> nn.Parameter:
    """Draw a parameter from a normal distribution around zero.

    The draws are float64 on the CPU and converted, so one seed gives the same model everywhere.
    On the ``meta`` device, which has shapes and no numbers, nothing is drawn. Without a
    ``generator`` it is PyTorch's own that ``torch.manual_seed`` sets.
    """
    check_generator(generator)
    dtype = as_dtype(dtype)
    device = torch.get_default_device() if device is None else torch.device(device)
    if device.type == "meta":
        return nn.Parameter(torch.empty(shape, dtype=dtype, device=device))
    draws = torch.empty(shape, dtype=torch.float64, device="cpu").normal_(generator=generator)
    return nn.Parameter(draws.mul_(std).to(device, dtype))
