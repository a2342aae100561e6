"""What the probes of ``probes.py`` change, and how they compare: some of it right, most wrong."""

# ruff: noqa: D103

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .reference import ENOUGH

Array = np.ndarray
Change = Callable[[Array], Array]
Differs = Callable[[Array, Array], bool]


def random(T: int, D: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal((T, D))


def zeros(T: int, D: int) -> Array:
    return np.zeros((T, D))


def counting(T: int, D: int) -> Array:
    return np.arange(float(T * D)).reshape(T, D)


def redrawn(rows: Array) -> Array:
    """Return other rows, of which every number has changed."""
    return rows + random(*rows.shape, seed=1)


def shifted(rows: Array) -> Array:
    return rows + 1


def shifted_slightly(rows: Array) -> Array:
    return rows + 1e-3


def to_nan(rows: Array) -> Array:
    return np.full_like(rows, np.nan)


def in_column(number: int) -> Change:
    """Return a change of one number of each row."""

    def change(rows: Array) -> Array:
        other = rows.copy()
        other[:, number] = redrawn(rows)[:, number]
        return other

    return change


def any_entry(before: Array, after: Array) -> bool:
    return bool(np.abs(after - before).max() > ENOUGH)


def exactly(before: Array, after: Array) -> bool:
    return not np.array_equal(before, after)


def loosely(before: Array, after: Array) -> bool:
    return not np.allclose(before, after)


def every_entry(before: Array, after: Array) -> bool:
    return bool((np.abs(after - before) > ENOUGH).all())


def first_entry(before: Array, after: Array) -> bool:
    return bool(abs(after[..., 0] - before[..., 0]).max() > ENOUGH)


def sums(before: Array, after: Array) -> bool:
    return bool(abs(after.sum() - before.sum()) > ENOUGH)
