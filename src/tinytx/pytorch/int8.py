"""Weights as whole numbers: a quarter of float32's bytes with eight bits, an eighth with four.

The twin of ``manual/int8.py``, which says why rows and groups have scales of their own: the same
numbers from tensors. And one thing more. A processor multiplies whole numbers faster than floats,
but both factors must be whole: with ``inputs`` each vector that comes into a linear layer is
rounded as well, at each call anew, with a scale of its own (Dettmers et al. 2022).

On one core, against floats: a token at a time takes 1.4 times as long at the size of the tales
model (2.5 with ``inputs``), where overhead counts, and 0.8 at L6 H6 D384, where weights have to be
read; 256 tokens at once take 1.1 there, and 0.6 with ``inputs``. The loss of the tales model is
0.1331 nats per token of 40 stories in all three ways.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..manual.int8 import INT8, check_groups
from .embedding import Embedding
from .linear import Linear
from .positions import LearnedPositions
from .shapes import check_float, check_ids

Model = TypeVar("Model", bound=nn.Module)


def quantize_rows(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Return int8 (rows, columns), from -127 to 127, and what each row is multiplied by, float32.

    Raises
    ------
    ValueError
        If it is not a matrix of finite floats within float32.

    >>> quantize_rows(torch.tensor([[0.5, -1.0], [0.0, 0.0]]))[0]
    tensor([[  64, -127],
            [   0,    0]], dtype=torch.int8)
    """
    _check_weight(weight)
    integers, scale = quantize_groups(weight, 8, weight.shape[1])
    return integers, scale[:, 0]


def dequantize_rows(integers: Tensor, scale: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """Return the numbers that (rows, columns) int8 and (rows,) float32 stand for."""
    return integers.to(dtype) * scale.to(dtype)[:, None]


def quantize_groups(weight: Tensor, bits: int, size: int) -> tuple[Tensor, Tensor]:
    """Return whole numbers of ``bits`` bits, from 2 to 8, and a scale for each ``size`` of a row.

    These are (rows, columns) int8, whatever ``bits`` is, and (rows, columns / size) float32.

    Raises
    ------
    ValueError
        If an argument is of another kind or out of range.
    """
    _check_weight(weight)
    check_groups(weight.shape[1], bits, size)
    most = 2 ** (bits - 1) - 1
    groups = weight.detach().reshape(len(weight), -1, size).double()  # (rows, groups, size)
    scale = (groups.abs().amax(-1) / most).float()
    if not (scale * most).isfinite().all():
        raise ValueError("weight holds nan, infinity or more than float32 can: look for them")
    scale[scale < torch.finfo(scale.dtype).tiny] = 0  # too few digits to divide by
    steps = groups / torch.where(scale == 0, torch.inf, scale.double())[..., None]
    integers = steps.round().clamp(-most, most).to(torch.int8)
    return integers.reshape(weight.shape), scale


def dequantize_groups(
    integers: Tensor, scale: Tensor, dtype: torch.dtype = torch.float32
) -> Tensor:
    """Return the numbers that (rows, columns) int8 and (rows, groups) float32 stand for."""
    groups = integers.reshape(*scale.shape, -1).to(dtype)
    return (groups * scale.to(dtype)[..., None]).reshape(integers.shape)


class Int8Weight(nn.Module):
    """A layer whose ``weight`` is whole numbers and a scale for each row, in two buffers.

    A state dict has the weight in their place, in floats: a plain model can load it.
    """

    integers: Tensor  # (rows, columns), int8
    scale: Tensor  # (rows,), float32 whatever the model is converted to
    dtype: torch.dtype  # of the model

    @property
    def weight(self) -> Tensor:
        """The numbers that it stands for, made anew."""
        return dequantize_rows(self.integers, self.scale, self.dtype)

    @weight.setter
    def weight(self, weight: Tensor) -> None:
        """Take no other: a GPT ties its head again after each conversion, and that is tied here."""
        if not torch.equal(weight, self.weight):
            raise ValueError("weight is int8 here: quantize a model that has the new one")

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        destination[prefix + "weight"] = self.weight

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> nn.Module:
        """Follow a conversion, but for the scale's dtype."""
        self.dtype = fn(self.scale.to(self.dtype)).dtype
        scale = self.scale
        super()._apply(fn, recurse)
        self.scale = scale.to(self.scale.device)
        return self


class Int8Linear(Int8Weight, Linear):  # type: ignore[misc]  # its weight is made anew
    """A linear layer of whole numbers: ``y = (x @ integers.T) * scale + bias``."""

    inputs = False  # whether x is rounded as well

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., in) to (..., out)."""
        product = self._whole_product(x) if self.inputs else self._product(x)
        kind = x.device.type
        narrow = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else x.dtype
        return (product if self.bias is None else product + self.bias).to(narrow)

    def _product(self, x: Tensor) -> Tensor:
        """Make floats of the weight."""
        return functional.linear(x, self.integers.to(x.dtype)) * self.scale

    def _whole_product(self, x: Tensor) -> Tensor:
        """Make whole numbers of each vector, add up in int32, and scale by input and by output."""
        rows = x.reshape(-1, x.shape[-1])  # (N, in)
        scale = rows.abs().amax(-1, keepdim=True).to(self.scale.dtype) / 127  # (N, 1)
        steps = rows / torch.where(scale == 0, 1.0, scale)
        whole = steps.round().to(torch.int8)
        if x.device.type == "cpu":
            sums = torch._int_mm(whole, self.integers.T)  # (N, out), int32
        else:  # which have conditions on the sizes: the same numbers, as floats
            sums = whole.to(self.scale.dtype) @ self.integers.to(self.scale.dtype).T
        return (sums * scale * self.scale).reshape(*x.shape[:-1], len(self.integers))


class Int8Embedding(Int8Weight, Embedding):  # type: ignore[misc]  # and here
    """A table of whole numbers, of which the rows that are asked for become floats."""

    def forward(self, ids: Tensor) -> Tensor:
        """Map ids (...) to vectors (..., D)."""
        check_ids("ids", ids, len(self.integers))
        return self.integers[ids].to(self.dtype) * self.scale[ids].to(self.dtype)[..., None]


class Int8Positions(Int8Weight, LearnedPositions):  # type: ignore[misc]  # and here
    """Learned positions as whole numbers."""


KINDS = {Linear: Int8Linear, Embedding: Int8Embedding, LearnedPositions: Int8Positions}


def quantized(model: Model, inputs: bool = False) -> Model:
    """Return ``model`` in evaluation mode with every matrix in int8; it itself stays as it is.

    Parameters
    ----------
    model
        A GPT of this engine, or a part of one.
    inputs
        Whether linear layers round what comes in as well, and multiply whole numbers.
    """
    twin = copy.deepcopy(model).requires_grad_(False)
    made: dict[int, tuple[Tensor, Tensor]] = {}  # what is tied stays so
    for module in list(twin.modules()):
        if type(module) in KINDS:
            weight = module._parameters.pop("weight")
            assert weight is not None, "each of these kinds has one"
            pair = made.setdefault(id(weight), quantize_rows(weight))
            module.__class__ = KINDS[type(module)]
            assert isinstance(module, Int8Weight)
            module.dtype = weight.dtype
            for name, value in zip(("integers", "scale"), pair, strict=True):
                module.register_buffer(name, value, persistent=False)
            if isinstance(module, Int8Linear):
                module.inputs = inputs
    return twin.eval()


def check_floats(model: nn.Module) -> None:
    """Refuse a model whose matrices are whole numbers already."""
    if any(isinstance(module, Int8Weight) for module in model.modules()):
        raise ValueError(INT8)


def _check_weight(weight: Tensor) -> None:
    check_float("weight", weight)
    if weight.ndim != 2 or not weight.numel():
        raise ValueError(
            f"weight has shape {tuple(weight.shape)} and must be a matrix, (rows, columns)"
        )
