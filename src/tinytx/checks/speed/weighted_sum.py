"""The check of ``weighted_sum(pieces)``: softmax times values, of pieces that come once."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Property
from .parts import Array, Pieces

NONE = -np.inf


def _given(scores: list[list[float]], values: list[list[float]], widths: list[int]) -> tuple:
    return (Pieces(np.array(scores, dtype=float), np.array(values, dtype=float), widths),)


def _case(
    N: int, widths: list[int], D: int, seed: int, scale: float = 2.0, masked: float = 0.0
) -> tuple:
    S = sum(widths)
    scores, values = draw(N, S, seed=seed, scale=scale), draw(S, D, seed=seed + 1)
    scores[np.random.default_rng(seed).random((N, S)) < masked] = NONE
    return (Pieces(scores, values, widths),)


def _first_masked() -> tuple:
    scores = draw(3, 7, seed=70)
    scores[:2, :3], scores[2], scores[0, 5] = NONE, NONE, NONE
    return (Pieces(scores, draw(7, 2, seed=71), [2, 1, 3, 1]),)


# One piece of one and of two scores; two pieces whose second has the larger score, the smaller one,
# the same; three, where the largest comes first, between, last; values of two numbers; several
# rows, of which each has its largest elsewhere. Scores far above and below zero, in all pieces, in
# the first, in the last, and not quite so far below; rows of which one lies far above the other.
# Masked: one score; the first piece, the last one, all of one row. Then drawn ones: equal widths,
# widths all different, sizes all equal; scores of hundreds; half of them masked; one long row.
CASES = [
    _given([[3]], [[2]], [1]),
    _given([[0, 1]], [[1], [5]], [2]),
    _given([[0, 1]], [[1], [5]], [1, 1]),
    _given([[1, 0]], [[1], [5]], [1, 1]),
    _given([[1, 1]], [[1], [5]], [1, 1]),
    _given([[0, 1, 2]], [[1], [5], [2]], [1, 1, 1]),
    _given([[1, 0, 2]], [[1], [5], [2]], [1, 2]),
    _given([[2, 0, 1]], [[1], [5], [2]], [2, 1]),
    _given([[0, 2, 1]], [[1], [5], [2]], [1, 1, 1]),
    _given([[0, 1]], [[1, 4], [5, 3]], [1, 1]),
    _given([[0, 1], [1, 0]], [[1], [5]], [1, 1]),
    _given([[0, 2], [1, 0]], [[1, 4], [5, 3]], [1, 1]),
    _given([[-2, -1]], [[1], [5]], [1, 1]),
    _given([[1000, 1001]], [[1], [5]], [1, 1]),
    _given([[-1000, -1001]], [[1], [5]], [1, 1]),
    _given([[-800, -801]], [[1], [5]], [1, 1]),
    _given([[1000, 0]], [[1], [5]], [1, 1]),
    _given([[0, 1000]], [[1], [5]], [1, 1]),
    _given([[999, 998], [-999, -998]], [[1], [5]], [1, 1]),
    _given([[9999, -9999, 9998]], [[1], [5], [2]], [1, 1, 1]),
    _given([[NONE, 1, 0]], [[1], [5], [2]], [2, 1]),
    _given([[NONE, 1]], [[1], [5]], [1, 1]),
    _given([[1, NONE]], [[1], [5]], [1, 1]),
    _given([[NONE, -10000]], [[1], [5]], [1, 1]),
    _given([[NONE, 1, 2]], [[1], [5], [2]], [1, 1, 1]),
    _given([[NONE, NONE]], [[1], [5]], [1, 1]),
    _given([[NONE, NONE], [0, 1]], [[1], [5]], [1, 1]),
    _case(2, [2, 2], 2, seed=10),
    _case(3, [3, 3, 3], 3, seed=20),
    _case(4, [1, 5, 2, 3], 6, seed=30),
    _case(5, [4, 1, 2], 3, seed=40, scale=300.0),
    _case(3, [2, 6, 1], 4, seed=50, masked=0.5),
    _first_masked(),
    _case(1, [40, 1, 24, 3], 5, seed=80, scale=4.0),
]


def _between(got: Array, pieces: Pieces) -> bool:
    """Return whether each row lies between the least and the largest of the values it sees."""
    seen = (pieces._scores > NONE)[:, :, None]
    low = np.where(seen, pieces._values, np.inf).min(axis=1)
    high = np.where(seen, pieces._values, -np.inf).max(axis=1)
    slack = 1e-4 * (1 + np.abs(pieces._values).max())
    inside = (low - slack <= got) & (got <= high + slack)
    return bool((inside | ~seen.any(axis=1)).all())


check = Check.of(
    __file__,
    "weighted_sum(pieces)",
    CASES,
    "Attention in pieces",
    properties=(
        Property(
            "a weighted sum with weights that add up to 1 lies between the least and the largest of"
            " the values",
            _between,
        ),
    ),
    errors={
        "^RuntimeError.*they come once": "A second `for` over the pieces gets nothing. What has to"
        " be known of the earlier pieces, go on with it in the one loop.",
        "^TypeError.*subscriptable|^TypeError.*len": "The pieces come one after the other in a"
        " `for`; nobody knows how many there will be.",
        "^ValueError.*(concatenat|broadcast|operands|inhomogeneous|stack)": "Pieces may have"
        " different widths. What you carry from one to the next has a row for each row of scores,"
        " and not a column for each score.",
    },
)
