"""Weights as whole numbers: a quarter of float32's bytes with eight bits, an eighth with four.

A row of a matrix is what one output, or one token, looks like. Each has a scale of its own, its
largest entry over 127, and every weight is the nearest multiple of that: none moves by more than
half of it. One scale for a whole matrix would let one large weight make all of them coarse; here it
makes coarse its own row, and with a scale for each *group* of a row no more than that group.

This is rounding of a model that is trained. It writes and is evaluated; it has no backward, for a
whole number cannot move a little. The model of the tales, 2.9 MB, has a loss of 0.13314 nats per
token of 40 stories: 0.13311 with eight bits (0.26 of the bytes), 0.1350 with four in groups of 32
(0.16), 0.1364 with four in rows, 0.194 with three in groups, and with two it knows nothing.

What is multiplied is still float: NumPy has no fast product of whole numbers, so each weight is
made a float for every product. A token at a time through ``GPT.forward`` takes 1.3 times as long at
that size, and 0.8 times at L6 H6 D384, where 42 MB of floats have to be read from memory. But the
decoder of :mod:`tinytx.generation` reads those in half the time of either, and stays with floats.
Sources: rows, Dettmers et al. 2022 (LLM.int8()), sections 2.1 and 3.1; groups, Dettmers and
Zettlemoyer 2023.
"""

from __future__ import annotations

import copy
import math
from typing import Any, TypeVar

import numpy as np

from .embedding import Embedding
from .linear import Linear
from .module import Module, Parameter
from .shapes import (
    check_count,
    check_dtype,
    check_float,
    check_ids,
    check_last,
    check_shape,
    is_whole,
)

INT8 = "model has weights of int8 and must have floats: take the one that it was rounded from"
CAST = 2**16  # weights made floats at a time: 256 KiB of float32, which stay in the cache
Model = TypeVar("Model", bound=Module)


def quantize_rows(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the nearest whole numbers from -127 to 127, and what each row is multiplied by.

    Halves go to the even neighbour. -128 is left out: a row and its opposite have opposite numbers.

    Parameters
    ----------
    weight
        (rows, columns), float and finite.

    Returns
    -------
    integers
        (rows, columns), int8.
    scale
        (rows,), float32; 0 for a row of zeros, or of numbers below 1e-36.

    Raises
    ------
    ValueError
        If it is not a matrix of finite floats within float32.

    >>> integers, scale = quantize_rows(np.array([[0.5, -1.0], [0.0, 0.0]]))
    >>> integers
    array([[  64, -127],
           [   0,    0]], dtype=int8)
    >>> dequantize_rows(integers, scale).round(3)
    array([[ 0.504, -1.   ],
           [ 0.   ,  0.   ]], dtype=float32)
    """
    _check_weight(weight)
    integers, scale = quantize_groups(weight, 8, weight.shape[1])
    return integers, scale[:, 0]


def dequantize_rows(integers: np.ndarray, scale: np.ndarray, dtype: Any = np.float32) -> np.ndarray:
    """Return the numbers that (rows, columns) int8 and (rows,) float32 stand for."""
    return integers.astype(dtype) * scale.astype(dtype)[:, None]


def quantize_groups(weight: np.ndarray, bits: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return whole numbers of ``bits`` bits, and a scale for each ``size`` of them in a row.

    Parameters
    ----------
    weight
        (rows, columns), float and finite.
    bits
        From 2 to 8: the largest number is ``2**(bits - 1) - 1``.
    size
        How many columns share a scale; it divides their number.

    Returns
    -------
    integers
        (rows, columns), int8, whatever ``bits`` is: nothing is packed.
    scale
        (rows, columns / size), float32; 0 for a group of zeros.

    Raises
    ------
    ValueError
        If an argument is of another kind or out of range.

    >>> integers, scale = quantize_groups(np.array([[7.0, 2.6, 0.1, 0.07]]), 4, 2)
    >>> integers
    array([[7, 3, 7, 5]], dtype=int8)
    >>> dequantize_groups(integers, scale).round(3)
    array([[7.   , 3.   , 0.1  , 0.071]], dtype=float32)
    """
    _check_weight(weight)
    check_groups(weight.shape[1], bits, size)
    most = 2 ** (bits - 1) - 1
    groups = weight.reshape(len(weight), -1, size).astype(np.float64)  # (rows, groups, size)
    with np.errstate(over="ignore", invalid="ignore"):
        scale = (np.abs(groups).max(-1) / most).astype(np.float32)
        if not np.isfinite(scale * np.float32(most)).all():
            raise ValueError("weight holds nan, infinity or more than float32 can: look for them")
    scale[scale < np.finfo(np.float32).tiny] = 0  # below it there are not enough digits to divide
    steps = groups / np.where(scale == 0, np.inf, scale.astype(np.float64))[..., None]
    integers = np.rint(steps).clip(-most, most).astype(np.int8)
    return integers.reshape(weight.shape), scale


def dequantize_groups(
    integers: np.ndarray, scale: np.ndarray, dtype: Any = np.float32
) -> np.ndarray:
    """Return the numbers that (rows, columns) int8 and (rows, groups) float32 stand for."""
    groups = integers.reshape(*scale.shape, -1).astype(dtype)
    return (groups * scale.astype(dtype)[..., None]).reshape(integers.shape)


class Int8Parameter(Parameter):
    """A matrix as ``integers`` (rows, columns) and ``scale`` (rows,), which cannot be trained.

    Whoever asks for ``data`` gets floats made anew, to read: a state dict then holds those.
    """

    __slots__ = ("dtype", "integers", "scale")

    def __init__(self, weight: np.ndarray):
        self.integers, self.scale = quantize_rows(weight)
        self.dtype = weight.dtype

    @property
    def data(self) -> np.ndarray:  # type: ignore[override]
        """The numbers that it stands for, in the dtype of the weight that was rounded."""
        found = dequantize_rows(self.integers, self.scale, self.dtype)
        found.flags.writeable = False  # writing there would change nothing
        return found

    @property
    def grad(self) -> np.ndarray:  # type: ignore[override]
        """None there is: refused."""
        raise RuntimeError(
            "weights of int8 have no gradient: train the model that they were rounded from"
        )

    def __getstate__(self) -> tuple[None, dict[str, Any]]:
        """Return what a copy or a pickle holds: what it is made of, in one place each."""
        return None, {name: getattr(self, name) for name in Int8Parameter.__slots__}

    def __repr__(self) -> str:
        return f"Int8Parameter(shape={self.integers.shape}, dtype={self.dtype})"


class Int8Linear(Linear):
    """A linear layer of whole numbers: ``y = (x @ integers.T) * scale + bias``.

    The scale belongs to a row, and so to an output: it can wait until the products are summed up.
    """

    weight: Int8Parameter

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Map (..., in) to (..., out), making floats of some rows at a time."""
        integers, scale = self.weight.integers, self.weight.scale
        out, d_in = integers.shape
        check_last("x", x, d_in, "the weight's in")
        check_dtype("x", x, self.weight.dtype, "weight")
        rows = x.reshape(-1, d_in)
        y = np.empty((len(rows), out), x.dtype)
        step = max(1, CAST // d_in)
        for start in range(0, out, step):
            part = integers[start : start + step].astype(x.dtype)  # (step, in)
            y[:, start : start + step] = rows @ part.T
        y *= scale
        if self.bias is not None:
            check_shape("bias", self.bias.data, (out,))
            y += self.bias.data
        return y.reshape(*x.shape[:-1], out)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """Refuse."""
        raise RuntimeError("Int8Linear has no backward: train the model that it was rounded from")


class Int8Embedding(Embedding):
    """A table of whole numbers, of which the rows that are asked for become floats."""

    weight: Int8Parameter

    def forward(self, ids: np.ndarray) -> np.ndarray:
        """Map ids (...) to vectors (..., D)."""
        integers, scale, dtype = self.weight.integers, self.weight.scale, self.weight.dtype
        check_ids("ids", ids, len(integers))
        return integers.take(ids, axis=0).astype(dtype) * scale.astype(dtype)[ids][..., None]

    def backward(self, dx: np.ndarray) -> None:
        """Refuse."""
        raise RuntimeError(
            "Int8Embedding has no backward: train the model that it was rounded from"
        )


KINDS = {Linear: Int8Linear, Embedding: Int8Embedding}


def quantized(model: Model) -> Model:
    """Return ``model`` in evaluation mode with every matrix in int8; it itself stays as it is.

    The class is the same, and so is what is tied. Biases, norms and other vectors stay floats.
    ``generate`` is faster with floats and makes them of what it gets: it writes the same text, and
    takes the memory of both.

    >>> from tinytx.manual import GPT, GPTConfig
    >>> config = GPTConfig(vocab_size=8, context_length=5, n_layer=1, n_head=2, d_model=6)
    >>> model = quantized(GPT(config, np.random.default_rng(0)))
    >>> model.blocks[0].attn.q_proj.weight, model.lm_head.weight is model.tok_emb.weight
    (Int8Parameter(shape=(6, 6), dtype=float32), True)
    """
    matrices = (p for p in model.parameters() if p.data.ndim == 2)
    # copy.deepcopy asks here whether it has a copy already: so no float matrix is copied
    instead: dict[int, Any] = {id(p): Int8Parameter(p.data) for p in matrices}
    twin = copy.deepcopy(model, instead)
    for module in twin.modules():
        module.__class__ = KINDS.get(type(module), type(module))
    twin.clear_saved()
    return twin.eval()


def rounded(model: Model, bits: int = 8, size: int | None = None) -> Model:
    """Return a copy of ``model`` in floats, with each matrix as ``bits`` bits would give it back.

    Parameters
    ----------
    model
        It stays as it is.
    bits, size
        As for :func:`quantize_groups`; ``size`` None is a whole row.

    Raises
    ------
    ValueError
        If the weights are int8 already, or an argument is of another kind or out of range.
    """
    check_floats(model)
    twin = copy.deepcopy(model)
    for p in twin.parameters():
        if p.data.ndim == 2:
            groups = quantize_groups(p.data, bits, p.data.shape[1] if size is None else size)
            p.data[...] = dequantize_groups(*groups, p.data.dtype)
    return twin


def weight_bytes(model: Module, bits: int = 8, size: int | None = None) -> int:
    """Return how many bytes the weights take if matrices have ``bits`` bits and float32 scales.

    Of n weights in groups of ``size`` that is ``n * bits / 8 + 4 * n / size``; 32 in a group add a
    bit to each weight. What is no matrix has its own dtype. ``ValueError`` for bits below 1, groups
    that do not fill a row, or a model of PyTorch.
    """
    if not isinstance(model, Module):
        raise ValueError(f"model is a {type(model).__name__} and must be one of the NumPy engine")
    check_count("bits", bits)
    total = 0.0
    for p in model.parameters():
        if p.data.ndim == 2:
            each = p.data.shape[1] if size is None else size
            _check_size(p.data.shape[1], each)
            groups = p.data.size // each
            total += p.data.size * bits / 8 + 4 * groups
        else:
            total += p.data.nbytes
    return math.ceil(total)


def check_floats(model: Module) -> None:
    """Refuse a model whose matrices are whole numbers already."""
    if any(isinstance(p, Int8Parameter) for p in model.parameters()):
        raise ValueError(INT8)


def _check_weight(weight: np.ndarray) -> None:
    check_float("weight", weight)
    if weight.ndim != 2 or not weight.size:
        raise ValueError(f"weight has shape {weight.shape} and must be a matrix, (rows, columns)")


def check_groups(columns: int, bits: object, size: object) -> None:
    """Refuse numbers of bits that int8 has no room for, and groups that do not fill a row."""
    if not is_whole(bits) or not 2 <= bits <= 8:
        raise ValueError(f"bits is {bits!r} and must be an integer from 2 to 8")
    _check_size(columns, size)


def _check_size(columns: int, size: object) -> None:
    if not is_whole(size) or size < 1 or columns % size:
        raise ValueError(
            f"size is {size!r} and must be an integer that divides the {columns} columns"
        )
