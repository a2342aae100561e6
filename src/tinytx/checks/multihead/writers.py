"""The wrong answers to ``head_outputs(out, w_o)`` that the check knows.

What each does, and why it is wrong, the catalogue in ``writing.py`` says.
"""

# ruff: noqa: D103

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...manual import merge_heads
from .reference import head_outputs as reference

Array = np.ndarray
Write = Callable[[Array, Array], Array]
Cut = Callable[[Array, int, int, int], Array]


def through(cut: Cut) -> Write:
    """Return outputs whose head h goes through the matrix ``cut(w_o, h, H, Dh)``."""

    def write(out: Array, w_o: Array) -> Array:
        H, Dh = out.shape[1], out.shape[3]
        return np.stack([out[:, h] @ cut(w_o, h, H, Dh) for h in range(H)], axis=1)

    return write


def rows(w_o: Array, h: int, H: int, Dh: int) -> Array:
    return w_o[h * Dh : (h + 1) * Dh]


def square_of_rows(w_o: Array, h: int, H: int, Dh: int) -> Array:
    return w_o[h * Dh : (h + 1) * Dh, :Dh].T


def not_transposed(w_o: Array, h: int, H: int, Dh: int) -> Array:
    return w_o[:, h * Dh : (h + 1) * Dh]


def reshaped(w_o: Array, h: int, H: int, Dh: int) -> Array:
    return w_o.reshape(H, Dh, -1)[h]


def reshaped_then_turned(w_o: Array, h: int, H: int, Dh: int) -> Array:
    return w_o.reshape(H, -1, Dh)[h].T


def every_other(w_o: Array, h: int, H: int, Dh: int) -> Array:
    return w_o[:, h::H].T


def first_block(w_o: Array, h: int, H: int, Dh: int) -> Array:
    return w_o[:, :Dh].T


def one_column_on(w_o: Array, h: int, H: int, Dh: int) -> Array:
    return w_o[:, h : h + Dh].T


def summed(out: Array, w_o: Array) -> Array:
    return merge_heads(out) @ w_o.T


def whole_for_each(out: Array, w_o: Array) -> Array:
    return np.repeat(summed(out, w_o)[:, None], out.shape[1], axis=1)


def shared_out(out: Array, w_o: Array) -> Array:
    return whole_for_each(out, w_o) / out.shape[1]


def averaged(out: Array, w_o: Array) -> Array:
    return reference(out, w_o) / out.shape[1]


def positions_first(out: Array, w_o: Array) -> Array:
    return reference(out, w_o).swapaxes(1, 2)


def heads_first(out: Array, w_o: Array) -> Array:
    return reference(out, w_o).swapaxes(0, 1)


def merged_plainly(out: Array, w_o: Array) -> Array:
    """Return each head's part of a row that was merged without a transpose."""
    B, H, T, Dh = out.shape
    side_by_side = out.reshape(B, T, H, Dh)
    return reference(side_by_side.swapaxes(1, 2), w_o)


def without_head(out: Array, w_o: Array) -> Array:
    """Return the layer's result when head h is missing."""
    return summed(out, w_o)[:, None] - reference(out, w_o)


def up_to_head(out: Array, w_o: Array) -> Array:
    return np.cumsum(reference(out, w_o), axis=1)


def zeroes_others(out: Array, w_o: Array) -> Array:
    """Zero the other heads in ``out`` itself, so that later heads find zeros."""
    H, parts = out.shape[1], []
    for h in range(H):
        out[:, [other for other in range(H) if other != h]] = 0
        parts.append(summed(out, w_o))
    return np.stack(parts, axis=1)


def clears_each(out: Array, w_o: Array) -> Array:
    """Return the right parts, and leave zeros in ``out``."""
    parts = reference(out, w_o)
    out[...] = 0
    return parts
