"""Rotary positions: nothing is added to a token's vector, but each query and each key is turned.

The numbers of a head are taken as pairs, and each pair as a point in a plane that is turned around
zero by an angle that grows with the position. The dot product of a query at ``t`` and a key at
``s`` then depends on where they stand through ``t - s`` alone: turn both further, and it stays.

Which numbers are a pair is a convention. Here ``i`` goes with ``i + Dh / 2``, the first half with
the second, as in GPT-NeoX and in Llama's weights at Hugging Face. The paper pairs neighbours,
``2i`` with ``2i + 1``: the same model with the rows of ``q_proj`` and ``k_proj`` in another order,
so weights of one kind give rubbish in the other. Source: Su et al. 2021 (RoFormer), section 3.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from ..config import GPTConfig, check_config
from .cache import window
from .module import Module
from .positions import check_start
from .shapes import check_dtype, check_last, check_shape


class Turns(NamedTuple):
    """By which angle each pair is turned at each position; fixed, so neither has a gradient."""

    cos: np.ndarray  # (..., T, Dh / 2)
    sin: np.ndarray  # (..., T, Dh / 2)


class RotateSaved(NamedTuple):
    """What :func:`rotate_backward` needs."""

    shape: tuple[int, ...]  # (B, H, T, Dh)
    turns: Turns


def rotate_forward(x: np.ndarray, turns: Turns) -> tuple[np.ndarray, RotateSaved]:
    """Return ``x`` with each pair ``(x[i], x[i + Dh / 2])`` turned by its angle.

    Parameters
    ----------
    x
        (B, H, T, Dh), queries or keys.
    turns
        Cosines and sines, (T, Dh / 2), or (B, 1, T, Dh / 2) if the rows of the batch have come
        unequally far.

    Raises
    ------
    ValueError
        If a shape or a dtype does not fit.

    >>> quarter = Turns(np.array([[0.0]]), np.array([[1.0]]))
    >>> rotate_forward(np.array([[2.0, 1.0]]), quarter)[0]
    array([[-1.,  2.]])
    """
    cos, sin = turns
    half = cos.shape[-1]
    check_last("x", x, 2 * half, "twice that of cos")
    check_dtype("x", x, cos.dtype, "cos")
    check_shape("sin", sin, cos.shape)
    first, second = x[..., :half], x[..., half:]
    y = np.empty_like(x)
    y[..., :half] = first * cos - second * sin
    y[..., half:] = second * cos + first * sin
    return y, RotateSaved(x.shape, turns)


def rotate_backward(dy: np.ndarray, saved: RotateSaved) -> np.ndarray:
    """Return ``dx``: ``dy`` turned back. The transpose of a rotation is the opposite rotation."""
    shape, (cos, sin) = saved
    check_shape("dy", dy, shape)
    half = cos.shape[-1]
    dfirst, dsecond = dy[..., :half], dy[..., half:]
    dx = np.empty_like(dy)
    # y[first] = first * cos - second * sin, y[second] = second * cos + first * sin
    dx[..., :half] = dfirst * cos + dsecond * sin
    dx[..., half:] = dsecond * cos - dfirst * sin
    return dx


@lru_cache(maxsize=4)
def rotary_table(
    context_length: int, d_head: int, base: float = 10_000.0, dtype: DTypeLike = np.float32
) -> Turns:
    """Return the turns of all positions, (context_length, Dh / 2) each, not to be written to.

    Pair ``i`` turns by ``base**(-2i / Dh)`` radians a position: the first by one, each other more
    slowly than the one before. A larger base makes these slower, and a slow pair comes round again
    only far away. All blocks share the table: it is computed once.

    >>> rotary_table(2, 4, 100.0, np.float64).sin.round(4)
    array([[0.    , 0.    ],
           [0.8415, 0.0998]])
    """
    t = np.arange(context_length)[:, None]
    pair = np.arange(0, d_head, 2)
    angle = t * np.exp(pair * (-math.log(base) / d_head))  # (context_length, Dh / 2)
    turns = Turns(np.cos(angle).astype(dtype), np.sin(angle).astype(dtype))
    for table in turns:
        table.flags.writeable = False  # every caller shares it
    return turns


class Rotary(Module):
    """Turns queries, or keys, by their positions. Nothing of it is in the state dict."""

    def __init__(self, config: GPTConfig, dtype: DTypeLike = np.float32):
        check_config(config)
        length = config.context_length
        self.table = rotary_table(length, config.d_head, config.rotary_base, np.dtype(dtype))

    def forward(self, x: np.ndarray, start: int | np.ndarray = 0) -> np.ndarray:
        """Turn (B, H, T, Dh), whose positions count from ``start``, one number or (B,).

        ``start`` + T must not go beyond the table: ``ValueError``.
        """
        y, saved = rotate_forward(x, self.turns(start, x.shape[0], x.shape[-2]))
        self.keep(saved)
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """Return the gradient of the input."""
        return rotate_backward(dy, self.take())

    def turns(self, start: int | np.ndarray, B: int, T: int) -> Turns:
        """Return the turns of T positions, (T, Dh / 2), or (B, 1, T, Dh / 2) for B starts."""
        check_start(start, B, T, len(self.table.cos))
        where = window(start, T)
        cos, sin = (table[where] for table in self.table)
        return Turns(cos, sin) if isinstance(where, slice) else Turns(cos[:, None], sin[:, None])
