"""The wrong answers to ``merge_heads(heads)`` that the check knows.

What each does, and why it is wrong, the catalogue in ``merging.py`` says.
"""

# ruff: noqa: D103

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...manual import merge_heads as of_a_batch

Array = np.ndarray
Merge = Callable[[Array], Array]


def sizes(heads: Array) -> tuple[list[int], int, int, int]:
    *before, H, T, Dh = heads.shape
    return before, H, T, Dh


def plain(heads: Array) -> Array:
    before, H, T, Dh = sizes(heads)
    return heads.reshape(*before, T, H * Dh)


def after_swapping(a: int, b: int) -> Merge:
    """Return a merge that swaps two other axes before it reshapes."""

    def merge(heads: Array) -> Array:
        before, H, T, Dh = sizes(heads)
        return heads.swapaxes(a, b).reshape(*before, T, H * Dh)

    return merge


def turned(heads: Array) -> Array:
    before, H, T, Dh = sizes(heads)
    return heads.T.reshape(*before, T, H * Dh)


def dealt(heads: Array) -> Array:
    before, H, T, Dh = sizes(heads)
    return np.moveaxis(heads, -3, -1).reshape(*before, T, H * Dh)


def not_flattened(heads: Array) -> Array:
    return heads.swapaxes(-2, -3)


def total(heads: Array) -> Array:
    return heads.sum(axis=-3)


def mean(heads: Array) -> Array:
    return heads.mean(axis=-3)


def stacked(heads: Array) -> Array:
    before, H, T, Dh = sizes(heads)
    return heads.reshape(*before, H * T, Dh)


def columns_as_rows(heads: Array) -> Array:
    before, H, T, Dh = sizes(heads)
    return heads.swapaxes(-1, -2).reshape(*before, H * Dh, T)


def along_first_axis(heads: Array) -> Array:
    return np.concatenate(list(heads), axis=-1)


def with_one_axis_before(heads: Array) -> Array:
    return of_a_batch(heads)


def without_axes_before(heads: Array) -> Array:
    H, T, Dh = heads.shape
    return heads.swapaxes(0, 1).reshape(T, H * Dh)


def with_a_batch_always(heads: Array) -> Array:
    return of_a_batch(heads.reshape(-1, *heads.shape[-3:]))


def one_row(heads: Array) -> Array:
    before, H, T, Dh = sizes(heads)
    return heads.swapaxes(-2, -3).reshape(*before, T * H * Dh)


def reshapes_input(heads: Array) -> Array:
    before, H, T, Dh = sizes(heads)
    merged = heads.swapaxes(-2, -3).reshape(*before, T, H * Dh)
    heads.shape = merged.shape
    heads[...] = merged
    return heads
