"""The check of ``nearest(weight, id, n)``: which tokens are alike, by the cosine."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Property

Array = np.ndarray

_PARALLEL = np.array([[2.0, 0.0], [5.0, 0.0], [1.0, 3.0]])  # two rows of one direction


def _circle() -> Array:
    """Return 258 rows in as many directions, that of the last at one end."""
    angle = 0.01 * ((np.arange(258) + 1) * 5 % 258)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


# No two other rows are equally like the row that is asked about, nor nearly so. A row of the same
# direction, before and after; one of the opposite; the same row twice, also one whose cosine with
# itself is rounded to more than 1; rows shorter than 1; an id that is too large for `is`; and so
# many neighbours that to find them is not yet to have them in order.
CASES = [
    (np.array([[1.0, 0.0], [9.0, 12.0], [3.0, 1.0]]), 0, 1),
    (np.array([[1.0, 1.0], [3.0, 0.0], [6.0, 2.0]]), 1, 1),
    (np.array([[1.0, 2.0], [-5.0, 1.0], [2.0, 0.0]]), 2, 1),
    (_PARALLEL, 1, 1),
    (_PARALLEL, 0, 1),
    (np.array([[2.0, 0.0], [1.0, 3.0], [-3.0, 0.0]]), 0, 2),
    (np.array([[1.0, -4.0], [2.0, 1.0], [-1.0, 3.0], [1.0, 3.0]]), 1, 3),
    (np.array([[1.0, 2.0], [30.0, -10.0], [1.0, 2.0]]), 0, 1),
    (np.array([[1.0, 5.0], [2.0, -1.0], [1.0, 5.0]]), 0, 1),
    (np.array([[1.0, 5.0], [2.0, -1.0], [1.0, 5.0]]), 2, 1),
    (np.array([[0.0, 0.5], [2.0, 1.0], [0.25, 0.25]]), 1, 2),
    (np.array([[0.5, 0.0], [2.0, 2.0], [0.25, 0.125]]), 0, 1),
    (np.array([[1.0, 0.0], [-3.0, 1.0], [-1.0, 2.0], [2.0, 1.0]]), 0, 3),
    (draw(7, 5, seed=1), 3, 4),
    (draw(6, 6, seed=2), 5, 2),
    (draw(12, 4, seed=3), 4, 11),
    (_circle(), 257, 3),
    (_circle(), 257, 257),
]

check = Check.of(
    __file__,
    "nearest(weight, id, n)",
    CASES,
    "What training writes into the rows",
    properties=(
        Property(
            "the token that is asked about is no neighbour of itself",
            lambda found, weight, id, n: id not in found,
            lambda found, weight, id, n: (
                f"id {id}" if id <= 256 else "two integers above 256 may be equal and not `is`"
            ),
        ),
        Property(
            "no id may come twice",
            lambda found, weight, id, n: len(set(found)) == len(found),
        ),
    ),
    errors={
        "^ValueError.*(broadcast|matmul)": "Print the shape of your lengths: one for each row, and"
        " still as many axes as the table, if they are to divide it.",
    },
    own=("nearest",),
)
