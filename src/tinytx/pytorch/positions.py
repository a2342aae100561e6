"""Where each token stands: a vector for each position, added to the token's own."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ..manual import positions as manual
from .cache import window
from .module import normal
from .shapes import INTEGERS, bounds, check_dims


def positions(x: Tensor, weight: Tensor, start: int | Tensor = 0) -> Tensor:
    """Return ``x`` (B, T, D) plus rows ``start`` to ``start + T - 1`` of ``weight``.

    ``start`` is how many positions a KV cache holds: one number, or one for each row, (B,). Where
    several documents share a row it is (B, T), and says where each token stands.

    Raises
    ------
    ValueError
        If the sequence is longer than the table or, where that can be seen, ``start`` puts its end
        beyond it.
    """
    check_dims("x", x, 3, "(B, T, D)")
    B, T, _ = x.shape
    if len(weight) < T:
        raise ValueError(f"x has {T} positions and must have at most context_length {len(weight)}")
    if isinstance(start, Tensor) and start.ndim == 2:
        return x + weight[start]
    check_start(start, B, T, len(weight))
    return x + weight[window(start, T)]


def sinusoidal_table(
    context_length: int,
    d_model: int,
    dtype: torch.dtype | None = None,
    device: torch.device | str | None = None,
) -> Tensor:
    """Return the fixed table (context_length, D) of Vaswani et al. 2017, section 3.5.

    It is the NumPy engine's, converted: a sine computed elsewhere may differ in its last digit.
    """
    dtype = torch.get_default_dtype() if dtype is None else dtype
    device = torch.get_default_device() if device is None else torch.device(device)
    if device.type == "meta":
        return torch.empty(context_length, d_model, dtype=dtype, device=device)
    table = torch.from_numpy(manual.sinusoidal_table(context_length, d_model, float))
    return table.to(device, dtype)


class LearnedPositions(nn.Module):
    """Positions learned like any other weight (GPT-2): ``weight`` (context_length, D)."""

    def __init__(
        self,
        context_length: int,
        d_model: int,
        generator: torch.Generator | None = None,
        *,
        std: float = 0.02,
        dtype: torch.dtype | None = None,
        device: torch.device | str | None = None,
    ):
        super().__init__()
        self.weight = normal((context_length, d_model), std, generator, dtype, device)

    def forward(self, x: Tensor, start: int | Tensor = 0) -> Tensor:
        """Add the positions from ``start`` on to (B, T, D)."""
        return positions(x, self.weight, start)


class FixedTable(nn.Module):
    """A module around a ``table`` that is computed, not learned, and not in the state dict."""

    table: Tensor

    def make(self, dtype: torch.dtype | None, device: torch.device | str | None) -> Tensor:
        """Return the table, computed anew."""
        raise NotImplementedError(f"{type(self).__name__} has no make")

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> nn.Module:
        """Compute the table anew when its dtype or device changes.

        A conversion would keep the digits that float32 had lost, and from the ``meta`` device,
        which holds no numbers, there is nothing to convert.
        """
        before = self.table
        super()._apply(fn, recurse)
        now, self.table = self.table, before
        self.follow(now)
        return self

    def follow(self, weight: Tensor) -> None:
        """Compute the table anew if its dtype or device is not that of ``weight``."""
        if (weight.dtype, weight.device) != (self.table.dtype, self.table.device):
            self.table = self.make(weight.dtype, weight.device)


class SinusoidalPositions(FixedTable):
    """Positions that are computed, not learned. Nothing of it is in the state dict."""

    def __init__(
        self,
        context_length: int,
        d_model: int,
        dtype: torch.dtype | None = None,
        device: torch.device | str | None = None,
    ):
        super().__init__()
        self.sizes = context_length, d_model
        self.register_buffer("table", self.make(dtype, device), persistent=False)

    def forward(self, x: Tensor, start: int | Tensor = 0) -> Tensor:
        """Add the positions from ``start`` on to (B, T, D)."""
        return positions(x, self.table, start)

    def make(self, dtype: torch.dtype | None, device: torch.device | str | None) -> Tensor:
        """Return the table, computed anew."""
        return sinusoidal_table(*self.sizes, dtype, device)


def check_start(start: int | Tensor, B: int, T: int, length: int) -> None:
    """Refuse ``start`` if rows ``start`` to ``start + T - 1`` are not all in a table of ``length``.

    A slice that is too long would be cut, and what is left spread over all positions.
    """
    found: tuple[int, int] | None
    if isinstance(start, int):
        found = start, start
    elif not isinstance(start, Tensor):
        raise ValueError(f"start is {start!r} and must be an int, or a tensor of {B} integers")
    elif start.dtype not in INTEGERS or start.shape != (B,):
        raise ValueError(
            f"start is {start.dtype} {tuple(start.shape)} and must be an int, "
            f"or a tensor of {B} integers"
        )
    else:
        found = bounds(start)
    if found is None:
        return
    low, high = found
    if low < 0 or high + T > length:
        said = "is" if isinstance(start, int) else "holds"
        raise ValueError(
            f"start {said} {low if low < 0 else high} and must be from 0 to {length - T}: "
            f"x has {T} positions and the table {length}"
        )
