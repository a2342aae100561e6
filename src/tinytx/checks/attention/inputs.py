"""What ``attention`` is tried on, in the order of the argument list: q, k, v and often a mask."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from .reference import causal_mask


def _heads(*rows: list[float]) -> np.ndarray:
    """Return ``rows`` as those of one head, (1, 1, T, Dh)."""
    return np.array([[rows]], dtype=float)


# One query reads two keys, with values that are easy to tell apart; the root of Dh is 2.
Q = np.array([[[[2.0, 0.0, 1.0, 1.0]]]])
K = np.array([[[[1.0, 0.0, 0.0, 0.0], [0.0, 2.0, 4.0, 2.0]]]])
V = np.array([[[[4.0, 0.0, 8.0, 1.0], [0.0, 2.0, 0.0, 1.0]]]])
FIRST = np.array([[True, False]])

# Two positions, with as many numbers each: here most wrong transposes run.
Q2 = np.array([[[[1.0, 0.0], [2.0, 1.0]]]])
K2 = np.array([[[[3.0, 1.0], [0.0, 2.0]]]])
V2 = np.array([[[[1.0, 0.0], [5.0, 2.0]]]])

PADDING = np.array([[True, True, False, True, True, True], [True, True, True, True, False, False]])
BIG = (draw(2, 3, 4, 5, seed=1), draw(2, 3, 6, 5, seed=2), draw(2, 3, 6, 5, seed=3))

# One number for each query and key. Two queries, of which one scores far below the other; and a
# visible key with the lowest score that the task allows, far below a hidden one.
APART = (_heads([0], [3000]), _heads([-1], [-1]), _heads([1], [7]))
LOW = (_heads([1000]), _heads([-300], [0]), _heads([1], [7]), FIRST)

CASES = [
    APART,
    LOW,
    (Q, K, V),
    (Q, K, V, FIRST),
    (Q, K, V, np.array([[False, False]])),
    (np.array([[[[40.0, 0.0]]]]), np.array([[[[30.0, 1.0], [-1.0, 0.0]]]]),
     np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), np.array([[False, True]])),
    (np.array([[[[1000.0, 0.0]]]]), np.array([[[[2.0, 0.0], [-1.0, 0.0]]]]),
     np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), np.array([[False, True]])),
    (np.array([[[[1.0, 2.0]], [[0.0, 3.0]]]]), np.array([[[[2.0, 0.0], [0.0, 1.0]],
     [[1.0, 1.0], [3.0, 0.0]]]]), np.array([[[[1.0, 0.0], [0.0, 4.0]], [[2.0, 5.0], [3.0, 0.0]]]])),
    (1e3 * Q, K, V),
    (Q2, K2, V2),
    (Q2, K2, V2, causal_mask(2, 2)),
    (draw(2, 2, 2, 2, seed=7), draw(2, 2, 2, 2, seed=8), draw(2, 2, 2, 2, seed=9)),
    BIG,
    (*BIG, causal_mask(4, 6)),
    (*BIG, PADDING[:, None, None, :]),
]  # fmt: skip
