"""The check of ``filtered(logits, top_k, top_p)``: two filters, in order, row by row."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Property
from .parts import likeliest_stays

Array = np.ndarray


def _logits(*rows: list[float]) -> Array:
    """Return the logarithms of probabilities, to two decimals, so that they can be pasted."""
    return np.round(np.log(rows), 2)


ROW = _logits([0.1, 0.4, 0.2, 0.3])
TWO = _logits([0.1, 0.4, 0.2, 0.3], [0.7, 0.05, 0.05, 0.2])
RARE = _logits([0.01, 0.9, 0.09])
EQUAL = np.zeros((1, 4))
TIES = np.array([[1.0, 2.0, 0.0, 2.0, 2.0], [3.0, 0.0, 3.0, 3.0, 3.0]])
FAR = np.array([[10_000.0, 9_999.0, -10_000.0, 9_998.0], [-10_000.0, -9_999.0, -9_998.0, -9_997.0]])

# Each filter alone and off; one that leaves one token; k larger than V; equals, at the edge of k
# and of p, and a share that is p exactly; both, where the order counts; rows that are far apart;
# usual ones, wide and high.
CASES = [
    (ROW, None, None),
    (ROW, 2, None),
    (ROW, 1, None),
    (ROW, 9, None),
    (ROW, None, 0.5),
    (ROW, None, 0.6),
    (ROW, None, 0.01),
    (ROW, None, 0.25),
    (ROW, None, 0.95),
    (ROW, None, 1.0),
    (RARE, None, 1.0),
    (RARE, None, 0.95),
    (ROW, 3, 0.65),
    (ROW, 2, 0.5),
    (ROW, 3, 0.85),
    (ROW, 3, 0.4),
    (ROW, 1, 0.95),
    (EQUAL, 2, None),
    (EQUAL, None, 0.5),
    (EQUAL, None, 0.25),
    (EQUAL, 3, 0.5),
    (TWO, 2, None),
    (TWO, None, 0.6),
    (TWO, None, 0.8),
    (TWO, 3, 0.72),
    (TIES, 2, None),
    (TIES, 3, None),
    (TIES, None, 0.55),
    (np.tile([[1.0, 0.0]], 9), 5, None),
    (np.tile([[0.0, 1.0]], 10), None, 0.5),
    (FAR, 2, None),
    (FAR, None, 0.8),
    (FAR, 3, 0.7),
    (draw(3, 5, seed=1), 3, None),
    (draw(3, 5, seed=2, scale=2.0), None, 0.8),
    (draw(5, 5, seed=3), 4, 0.7),
    (draw(5, 3, seed=4), 2, 0.9),
    (draw(4, 40, seed=5, scale=2.0), 12, 0.9),
    (draw(2, 300, seed=6, scale=3.0), 20, None),
    (draw(2, 300, seed=7, scale=3.0), None, 0.9),
]


def _sums(got: Array, logits: Array, top_k: int | None, top_p: float | None) -> bool:
    return bool(np.isclose(got.sum(axis=-1), 1, atol=1e-4).all() and (got >= 0).all())


def _few(got: Array, logits: Array, top_k: int | None, top_p: float | None) -> bool:
    return top_k is None or bool((np.count_nonzero(got, axis=-1) <= top_k).all())


def _first_of_equals(got: Array, logits: Array, top_k: int | None, top_p: float | None) -> bool:
    """Return False if all that is kept is as large as what is cut, and of equals not the first."""
    for row, kept in zip(logits, got > 0, strict=True):
        edge = row[kept].min(initial=np.inf)
        if (row[~kept] <= edge).all() and (np.diff(kept[row == edge].astype(int)) > 0).any():
            return False
    return True


check = Check.of(
    __file__,
    "filtered(logits, top_k, top_p)",
    CASES,
    "Top-k, top-p, min-p",
    properties=(
        Property("each row holds probabilities, which sum to one", _sums),
        Property("at most `top_k` tokens of a row are left", _few),
        Property("the likeliest token of each row stays the likeliest", likeliest_stays),
        Property("of equal logits the first stay", _first_of_equals),
    ),
    errors={
        "^TypeError.*NoneType": "None switches a filter off: then there is nothing to compare"
        " with.",
        "^(IndexError|ValueError).*(bounds|kth)": "`top_k` may be larger than V: then all are"
        " kept.",
    },
    own=("sampling.distribution",),
)
