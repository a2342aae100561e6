"""The check of ``who_moves(mask, changed, j)``: what a mask alone says before anything runs."""

from __future__ import annotations

import numpy as np

from ..check import Check
from ..verdict import Property
from .answers import causal_mask

Array = np.ndarray

WHAT = ("query", "key", "value")
ODD = np.array([[False, True, False], [False, False, False], [True, True, False]])
NEIGHBOUR = np.array([[True, False, False], [True, True, False], [False, True, True]])
AHEAD = np.array([[True, True, True], [False, True, True], [False, False, True]])
PADDED = causal_mask(4, 4) & np.array([False, True, True, True])
BAND = causal_mask(6, 6) & ~np.tri(6, k=-2, dtype=bool)
DRAWN = np.random.default_rng(3).random((7, 7)) < 0.4

# One position, alone or hidden; two causal ones; three of which one reads nothing and one a single
# key, or itself and its neighbour; masks that look ahead, or at everything; padding on the left;
# itself and its neighbour again; seven drawn.
CASES = [
    *((np.array([[sees]]), what, 0) for sees in (True, False) for what in WHAT),
    *((causal_mask(2, 2), what, j) for what in WHAT for j in range(2)),
    *((ODD, what, j) for what in WHAT for j in range(3)),
    *((NEIGHBOUR, what, j) for what in WHAT for j in range(3)),
    *((AHEAD, what, j) for what in WHAT for j in range(3)),
    *((np.ones((3, 3), dtype=bool), what, 1) for what in WHAT),
    *((PADDED, what, j) for what in WHAT for j in (0, 1, 2)),
    *((BAND, what, j) for what in WHAT for j in (0, 3)),
    *((DRAWN, what, j) for what in WHAT for j in range(7)),
]


def _readers(found: list[int], mask: Array, changed: str, j: int) -> bool:
    return changed == "query" or all(mask[i, j] for i in found)


check = Check.of(
    __file__,
    "who_moves(mask, changed, j)",
    CASES,
    "Masks",
    properties=(
        Property(
            "positions are asked for, not yes or no for each of them",
            lambda found, *given: not any(isinstance(i, bool | np.bool) for i in found),
        ),
        Property(
            "each position may be listed once", lambda found, *given: len(set(found)) == len(found)
        ),
        Property(
            "nobody else uses the query of a position",
            lambda found, mask, changed, j: changed != "query" or set(found) <= {j},
        ),
        Property(
            "a position that may not attend to j notices neither its key nor its value", _readers
        ),
    ),
    errors={
        "^ValueError.*truth value": "A row of the mask holds a decision for each key. Which of them"
        " is yours, or how many of them are True?",
        "^IndexError": "The mask is (T, T): a row for each query, a column for each key.",
    },
    two=False,
)
