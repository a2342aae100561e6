"""The check of ``halves_from_pairs(weight, n_head)``: rows reordered, head by head."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Property

Array = np.ndarray


def _numbered(rows: int, columns: int = 1) -> Array:
    """Return a weight whose numbers tell where they stood."""
    return np.arange(1.0, 1 + rows * columns).reshape(rows, columns)


# Two rows, which stay; one head of four, in which the way there is the way back; two heads of two,
# which stay, and of four; heads of six and eight, which tell the two ways apart; as many heads as
# numbers in each; as many rows as columns, where columns can be moved for rows; rows that are equal
# in part; drawn ones, all sizes different.
CASES = [
    (_numbered(2), 1),
    (_numbered(4), 1),
    (_numbered(4), 2),
    (_numbered(6), 1),
    (_numbered(6), 3),
    (_numbered(8), 1),
    (_numbered(8), 2),
    (_numbered(12), 2),
    (_numbered(4, 2), 1),
    (_numbered(4, 4), 1),
    (_numbered(6, 2), 1),
    (_numbered(6, 6), 1),
    (np.array([[1.0, 0.0], [1.0, 2.0], [0.0, 2.0], [1.0, 0.0], [3.0, 2.0], [0.0, 0.0]]), 1),
    (draw(12, 12, seed=1), 2),
    (draw(16, 5, seed=2), 4),
    (draw(18, 7, seed=3), 3),
    (draw(24, 9, seed=4), 3),
    (draw(36, 4, seed=5), 6),
    (draw(40, 24, seed=6), 5),
    (draw(140, 2, seed=7), 2),
]


def _rounded(weight: Array) -> Array:
    """Return numbers that are the same whether they have been float32 or not."""
    return np.asarray(weight, dtype=np.float64).round(4)


def _same_rows(got: Array, weight: Array, n_head: int) -> bool:
    return sorted(_rounded(got).tolist()) == sorted(_rounded(weight).tolist())


def _own_heads(got: Array, weight: Array, n_head: int) -> bool:
    heads = (_rounded(w).reshape(n_head, -1, weight.shape[1]) for w in (got, weight))
    return all(sorted(a.tolist()) == sorted(b.tolist()) for a, b in zip(*heads, strict=True))


check = Check.of(
    __file__,
    "halves_from_pairs(weight, n_head)",
    CASES,
    "Two conventions, one mistake",
    properties=(
        Property("every row comes back, whole and once", _same_rows),
        Property("every row stays in its head", _own_heads),
    ),
    errors={
        "^ValueError.*reshape": "The sizes that you ask for have to multiply to as many numbers as"
        " there are: n_head heads of Dh / 2 pairs of two rows of D numbers.",
        "^ValueError.*axes don't match": "NumPy's `transpose` wants all axes in their new order. To"
        " let two change places, use `swapaxes`.",
        "^RuntimeError.*view": "`view` moves nothing, and the numbers of a row lie apart here. What"
        " copies them where it has to is `reshape`.",
        "^IndexError": "There are n_head heads of as many rows each as all rows divided by n_head.",
        "^TypeError.*float.*(integer|index)": "`/` gives a float, also where it comes out even:"
        " sizes of axes want `//`.",
    },
    new=False,
    own=("rotary.halves_from_pairs",),
)
