"""The wrong answers to ``split_heads(x, n_head)`` that the check knows.

What each does, and why it is wrong, the catalogue in ``splitting.py`` says.
"""

# ruff: noqa: D103

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...manual import split_heads as of_a_batch
from .reference import split_heads as reference

Array = np.ndarray
Split = Callable[[Array, int], Array]


def cut(x: Array, n_head: int) -> Array:
    """Return (..., T, H, Dh)."""
    return x.reshape(*x.shape[:-1], n_head, -1)


def refilled(x: Array, shape: tuple[int, ...], n_head: int) -> Array:
    """Return the numbers of ``x``, in the order in which they come, as heads of ``shape``."""
    *before, T, D = shape
    return x.reshape(*before, n_head, T, D // n_head)


def plain(x: Array, n_head: int) -> Array:
    return refilled(x, x.shape, n_head)


def plain_after_transpose(x: Array, n_head: int) -> Array:
    return refilled(x.swapaxes(-1, -2), x.shape, n_head)


def every_other(x: Array, n_head: int) -> Array:
    *before, T, D = x.shape
    return np.moveaxis(x.reshape(*before, T, D // n_head, n_head), -1, -3)


def swapping(a: int, b: int) -> Split:
    """Return a split that swaps two other axes of (..., T, H, Dh)."""
    return lambda x, n_head: cut(x, n_head).swapaxes(a, b)


def all_axes(x: Array, n_head: int) -> Array:
    return cut(x, n_head).T


def numbers_first(x: Array, n_head: int) -> Array:
    return reference(x, n_head).swapaxes(-1, -2)


def by_width(x: Array, n_head: int) -> Array:
    return reference(x, x.shape[-1] // n_head)


def positions_shared(x: Array, n_head: int) -> Array:
    *before, T, D = x.shape
    return x.reshape(*before, n_head, T // n_head, D)


def repeated(x: Array, n_head: int) -> Array:
    return np.stack([x] * n_head, axis=-3)


def heads_first(x: Array, n_head: int) -> Array:
    return np.stack(np.split(x, n_head, axis=-1))


def as_list(x: Array, n_head: int) -> list[Array]:
    return np.split(x, n_head, axis=-1)


def with_one_axis_before(x: Array, n_head: int) -> Array:
    return of_a_batch(x, n_head)


def without_axes_before(x: Array, n_head: int) -> Array:
    T, D = x.shape
    return x.reshape(T, n_head, D // n_head).swapaxes(0, 1)


def with_a_batch_always(x: Array, n_head: int) -> Array:
    return of_a_batch(x.reshape(-1, *x.shape[-2:]), n_head)


def reshapes_input(x: Array, n_head: int) -> Array:
    x.shape = (*x.shape[:-1], n_head, x.shape[-1] // n_head)
    return x.swapaxes(-2, -3)
