"""Rotary positions: nothing is added to a token's vector, but each query and each key is turned.

The numbers of a head are taken as pairs, and each pair as a point in a plane that is turned around
zero by an angle that grows with the position. The dot product of a query at ``t`` and a key at
``s`` then depends on where they stand through ``t - s`` alone: turn both further, and it stays.

Which numbers are a pair is a convention. Here ``i`` goes with ``i + Dh / 2``, the first half with
the second, as in GPT-NeoX and in Llama's weights at Hugging Face. The paper pairs neighbours,
``2i`` with ``2i + 1``: the same model with the rows of ``q_proj`` and ``k_proj`` in another order,
so weights of one kind give rubbish in the other (:func:`halves_from_pairs`). Source: Su et al.
2021 (RoFormer), section 3.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from ..config import GPTConfig, check_config
from .cache import window
from .module import Module
from .positions import check_start
from .shapes import check_dims, check_dtype, check_float, check_last, check_shape, is_whole

SLOW, FAST = 1, 4  # turns within the original context: Llama 3.1's


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
    check_float("cos", cos)
    half = cos.shape[-1]
    check_last("x", x, 2 * half, "twice that of cos")
    if x.shape[-2:-1] != cos.shape[-2:-1]:
        raise ValueError(f"x has shape {x.shape} and cos {cos.shape}: they differ in positions")
    check_dtype("x", x, cos.dtype, "cos")
    check_shape("sin", sin, cos.shape)
    check_rows(x, cos)
    first, second = x[..., :half], x[..., half:]
    y = np.empty_like(x)
    y[..., :half] = first * cos - second * sin
    y[..., half:] = second * cos + first * sin
    return y, RotateSaved(x.shape, turns)


def check_rows(x: np.ndarray, cos: np.ndarray) -> None:
    """Refuse angles for each row of the batch that are not of as many rows as ``x`` has."""
    if cos.ndim > 2 and (x.ndim != cos.ndim or len(cos) not in (1, len(x))):
        raise ValueError(f"x has shape {x.shape} and cos {cos.shape}: they differ in rows")


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


def rotary_rates(
    d_head: int, base: float = 10_000.0, factor: float = 1.0, original: int | None = None
) -> np.ndarray:
    """Return by how many radians a position each pair turns, (Dh / 2,) in float64.

    Pair ``i`` turns by ``base**(-2i / Dh)``: the first by one, each other more slowly than the one
    before. A larger base makes these slower, and a slow pair comes round again only far away.

    To be divided by ``factor`` is the same as to divide the positions (Chen et al. 2023): twice as
    many with a factor of 2 turn as far as all did, and a neighbour is half a step away. With
    ``original``, a number of positions, pairs that turn :data:`FAST` times in them or more keep
    their rate and so tell neighbours apart as before; those that turn less than :data:`SLOW` times
    are divided by the whole factor, and those between get a mean of both. Source: Llama 3.1,
    ``apply_scaling`` of meta-llama/llama-models.

    >>> rotary_rates(4, 100.0), rotary_rates(4, 100.0, 2.0)
    (array([1. , 0.1]), array([0.5 , 0.05]))
    >>> rotary_rates(4, 100.0, 2.0, original=60)  # 9.5 turns, and 0.95
    array([1.  , 0.05])

    Raises
    ------
    ValueError
        If ``d_head`` is no even number of at least 2, or ``base`` not above 0.
    """
    if not is_whole(d_head) or d_head < 2 or d_head % 2:
        raise ValueError(f"d_head is {d_head!r} and must be even, at least 2: pairs are turned")
    if not 0 < base < math.inf:
        raise ValueError(f"base is {base!r} and must be a number above 0")
    pair = np.arange(0, d_head, 2)
    own = np.exp(pair * (-math.log(base) / d_head))
    if original is None:
        return own / factor
    turns = original * own / (2 * math.pi)
    kept = np.clip((turns - SLOW) / (FAST - SLOW), 0, 1)
    return kept * own + (1 - kept) * own / factor


@lru_cache(maxsize=4)
def rotary_table(
    context_length: int,
    d_head: int,
    base: float = 10_000.0,
    dtype: DTypeLike = np.float32,
    factor: float = 1.0,
    original: int | None = None,
) -> Turns:
    """Return the turns of all positions, (context_length, Dh / 2) each, not to be written to.

    At position ``t`` a pair is turned by ``t`` times its rate: see :func:`rotary_rates`. All blocks
    share the table: it is computed once.

    >>> rotary_table(2, 4, 100.0, np.float64).sin.round(4)
    array([[0.    , 0.    ],
           [0.8415, 0.0998]])
    """
    t = np.arange(context_length)[:, None]
    angle = t * rotary_rates(d_head, base, factor, original)  # (context_length, Dh / 2)
    turns = Turns(np.cos(angle).astype(dtype), np.sin(angle).astype(dtype))
    for table in turns:
        table.flags.writeable = False  # every caller shares it
    return turns


def halves_from_pairs(weight: Any, n_head: int) -> Any:
    """Return the rows of a projection to queries or keys in the order that turns halves, as here.

    For weights of a model that turns neighbours, ``2i`` with ``2i + 1``, as the paper, or takes two
    neighbours for one complex number, as Llama's first release: it is the same model then. Values
    and outputs are not turned, and stay.

    Parameters
    ----------
    weight
        (n_head * Dh, ...), an array or a tensor: a weight, its bias, or with one head the weight of
        a norm of queries or keys.
    n_head
        How many heads it makes: for keys ``n_kv_head``, if there are fewer.

    Raises
    ------
    ValueError
        If the rows do not split into so many heads of even width.

    >>> halves_from_pairs(np.array([0, 1, 2, 3, 10, 11, 12, 13]), n_head=2)
    array([ 0,  2,  1,  3, 10, 12, 11, 13])
    """
    return _reordered(weight, n_head, (-1, 2))


def pairs_from_halves(weight: Any, n_head: int) -> Any:
    """Return the rows in the order that turns neighbours: what :func:`halves_from_pairs` undoes.

    >>> pairs_from_halves(np.array([0, 2, 1, 3]), n_head=1)
    array([0, 1, 2, 3])
    """
    return _reordered(weight, n_head, (2, -1))


def _reordered(weight: Any, n_head: int, pairs: tuple[int, int]) -> Any:
    """Return the rows of each head, which are a table of the shape ``pairs``, by its columns."""
    rows = weight.shape[0]
    if not is_whole(n_head) or n_head < 1 or rows % (2 * n_head):
        raise ValueError(
            f"weight has {rows} rows, and must have n_head {n_head!r} times an even number of them"
        )
    order = np.arange(rows).reshape(n_head, *pairs).swapaxes(1, 2).reshape(-1)
    return weight[order]


class Rotary(Module):
    """Turns queries, or keys, by their positions. Nothing of it is in the state dict."""

    def __init__(self, config: GPTConfig, dtype: DTypeLike = np.float32):
        check_config(config)
        sizes = config.context_length, config.d_head, config.rotary_base
        slower = config.rotary_factor, config.rotary_original
        self.table = rotary_table(*sizes, np.dtype(dtype), *slower)

    def forward(self, x: np.ndarray, start: int | np.ndarray = 0) -> np.ndarray:
        """Turn (B, H, T, Dh), whose positions count from ``start``, one number or (B,).

        ``start`` + T must not go beyond the table: ``ValueError``.
        """
        check_dims("x", x, 4, "(B, H, T, Dh)")
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
