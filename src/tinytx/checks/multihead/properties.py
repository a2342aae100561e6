"""What holds for every right split and merge."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..verdict import Property

Array = np.ndarray


def _as_it_was(moved: Array, x: Array, *_: object) -> bool:
    return moved.dtype == x.dtype


def _same_numbers(moved: Array, x: Array, *_: object) -> bool:
    return bool(np.array_equal(np.sort(moved, axis=None), np.sort(x, axis=None)))


MOVES = (
    Property("the result has to be in float64, as what comes in: float32 rounds it", _as_it_was),
    Property("to split or to merge moves numbers and changes none of them", _same_numbers),
)


def rows_kept(says: str, rows: Callable[..., tuple[Array, Array]]) -> Property:
    """Return the property that two arrays have the same numbers in each row, in any order."""

    def test(*given: object) -> bool:
        ours, theirs = rows(*given)
        return bool(np.array_equal(np.sort(ours, axis=-1), np.sort(theirs, axis=-1)))

    return Property(says, test)
