"""Where each token stands: a vector for each position, added to the token's own.

Attention sees a set. Without these vectors "dog bites man" and "man bites dog" are the same to it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from .cache import window
from .embedding import EmbeddingSaved, embedding_backward
from .module import Module, Parameter
from .shapes import check_dims, check_dtype, check_floats, check_ids, check_last, check_shape


class PositionsSaved(NamedTuple):
    """What :func:`positions_backward` needs."""

    shape: tuple[int, int, int]  # (B, T, D)
    context_length: int
    at: np.ndarray | None = None  # (B, T), the position of each token


def positions_forward(
    x: np.ndarray, weight: np.ndarray, at: np.ndarray | None = None
) -> tuple[np.ndarray, PositionsSaved]:
    """Return ``x + weight[:T]``: position ``t`` gets row ``t``, in every sequence of the batch.

    Several documents in a row each begin at 0 again: then ``at`` says where a token stands.

    Parameters
    ----------
    x
        (B, T, D).
    weight
        (context_length, D), learned or from :func:`sinusoidal_table`.
    at
        (B, T), rows of the table; None: 0 … T - 1.

    Raises
    ------
    ValueError
        If the sequence is longer than the table, or a shape or dtype does not fit.
    """
    _check(x, weight)
    if at is not None:
        check_shape("at", at, x.shape[:2])
        check_ids("at", at, len(weight))
    rows = weight[: x.shape[1]] if at is None else weight[at]
    return x + rows, PositionsSaved(x.shape, len(weight), at)


def positions_backward(dy: np.ndarray, saved: PositionsSaved) -> tuple[np.ndarray, np.ndarray]:
    """Return ``dx`` and ``dweight``: the sum over the batch, zero for positions that were unused.

    ``dx`` is ``dy`` itself, not a copy.
    """
    shape, context_length, at = saved
    check_shape("dy", dy, shape)
    _, T, D = shape
    if at is not None:
        # y = x + weight[at], an embedding of the places
        return dy, embedding_backward(dy, EmbeddingSaved(at, (context_length, D)))
    # y = x + weight[:T]
    dweight = np.zeros((context_length, D), dy.dtype)
    dweight[:T] = dy.sum(axis=0)
    return dy, dweight


def sinusoidal_table(
    context_length: int, d_model: int, dtype: DTypeLike = np.float32
) -> np.ndarray:
    """Return the fixed table (context_length, D) of Vaswani et al. 2017, section 3.5.

    Column ``2i`` is ``sin(t / 10000**(2i / D))`` and column ``2i + 1`` its cosine: hands of clocks
    that turn slower and slower. A shift by ``k`` positions is the same rotation of each hand
    wherever it starts, so "k back" looks alike everywhere. An odd ``d_model`` ends on a sine.

    >>> sinusoidal_table(2, 4, np.float64).round(4)
    array([[0.    , 1.    , 0.    , 1.    ],
           [0.8415, 0.5403, 0.01  , 1.    ]])
    """
    t = np.arange(context_length)[:, None]
    pair = np.arange(0, d_model, 2)
    angle = t * np.exp(pair * (-math.log(10_000) / d_model))  # (context_length, ceil(D / 2))
    table = np.empty((context_length, d_model))
    table[:, 0::2] = np.sin(angle)
    table[:, 1::2] = np.cos(angle[:, : d_model // 2])
    return table.astype(dtype)


class LearnedPositions(Module):
    """Positions learned like any other weight (GPT-2): ``weight`` (context_length, D)."""

    def __init__(
        self,
        context_length: int,
        d_model: int,
        rng: np.random.Generator,
        *,
        std: float = 0.02,
        dtype: DTypeLike = np.float32,
    ):
        self.weight = Parameter.normal((context_length, d_model), std, rng, dtype)

    def forward(self, x: np.ndarray, start: int | np.ndarray = 0) -> np.ndarray:
        """Add the positions from ``start`` on, one number or (B,), to (B, T, D).

        ``start`` + T must not go beyond the table: ``ValueError``. A ``start`` (B, T) says where
        each token stands.
        """
        if np.any(start) and np.ndim(start) < 2:
            return _later(x, self.weight.data, start)  # with a KV cache: no backward
        at = np.asarray(start) if np.ndim(start) == 2 else None
        y, saved = positions_forward(x, self.weight.data, at)
        self.keep(saved)
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """Add to the table's gradient and hand ``dy`` on."""
        dx, dweight = positions_backward(dy, self.take())
        self.weight.grad += dweight
        return dx


class SinusoidalPositions(Module):
    """Positions that are computed, not learned. Nothing of it is in the state dict."""

    def __init__(self, context_length: int, d_model: int, dtype: DTypeLike = np.float32):
        self.table = sinusoidal_table(context_length, d_model, dtype)

    def forward(self, x: np.ndarray, start: int | np.ndarray = 0) -> np.ndarray:
        """Add the positions from ``start`` on, one number or (B,), to (B, T, D).

        ``start`` + T must not go beyond the table: ``ValueError``. A ``start`` (B, T) says where
        each token stands.
        """
        if np.any(start) and np.ndim(start) < 2:
            return _later(x, self.table, start)  # with a KV cache: no backward
        at = np.asarray(start) if np.ndim(start) == 2 else None
        y, saved = positions_forward(x, self.table, at)
        self.keep(saved)
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """Hand ``dy`` on: the table is fixed."""
        check_shape("dy", dy, self.take().shape)
        return dy


def _check(x: np.ndarray, weight: np.ndarray) -> None:
    check_floats("weight", weight, 2, "(context_length, D)")
    check_dims("x", x, 3, "(B, T, D)")
    check_last("x", x, weight.shape[1], "the weight's D")
    check_dtype("x", x, weight.dtype, "weight")
    T = x.shape[1]
    if len(weight) < T:
        raise ValueError(f"x has {T} positions and must have at most context_length {len(weight)}")


def _later(x: np.ndarray, weight: np.ndarray, start: int | np.ndarray) -> np.ndarray:
    """Return ``x`` plus the rows from ``start`` on."""
    _check(x, weight)
    B, T = x.shape[:2]
    check_start(start, B, T, len(weight))
    return x + weight[window(start, T)]


def check_start(start: int | np.ndarray, B: int, T: int, length: int) -> None:
    """Refuse ``start`` unless rows ``start`` to ``start + T - 1`` are all in a table of ``length``.

    It is one number, or one for each of B rows. NumPy would cut a slice that is too long, and
    spread what is left over all positions.
    """
    first = np.asarray(start)
    if first.dtype.kind not in "iu" or first.shape not in ((), (B,)):
        said = f"has shape {first.shape}" if first.ndim else f"is {start!r}"
        raise ValueError(f"start {said} and must be an int, or an array of {B} integers")
    low, high = first.min(), first.max()
    if low < 0 or high + T > length:
        said = "holds" if first.ndim else "is"
        raise ValueError(
            f"start {said} {low if low < 0 else high} and must be from 0 to {length - T}: "
            f"x has {T} positions and the table {length}"
        )
