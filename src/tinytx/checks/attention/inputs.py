"""What ``attention`` is tried on, in the order of the argument list: q, k, v and often a mask."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from .answers import causal_mask


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
# visible key with the lowest score that the task allows, next to a hidden one with the highest; and
# two visible keys with scores so low that they might be taken for hidden.
APART = (_heads([0], [3000]), _heads([-1], [-1]), _heads([1], [7]))
LOW = (_heads([1000]), _heads([-300], [5]), _heads([1], [7]), FIRST)
DEEP = (_heads([2]), _heads([-100_000], [-100_000.5]), _heads([1], [7]), np.array([[True, True]]))

# A key whose small weight counts, because its value is large; and a single key, hidden from one of
# three queries. And two queries of which each finds the other key far below its own: the largest
# score is the first, and the last.
SMALL = (_heads([1]), _heads([0], [12], [11], [1]), _heads([10_000], [1], [3], [0]))
SINGLE = (_heads([1], [2], [0]), _heads([3]), _heads([5]), np.array([[True], [False], [True]]))

ENDS = (_heads([1], [-1]), _heads([2500], [-2500]), _heads([1], [7]))

CASES = [
    APART,
    LOW,
    DEEP,
    SMALL,
    SINGLE,
    ENDS,
    (Q, K, V),
    (Q, K, V, FIRST),
    (Q, K, V, np.array([[False, False]])),
    (np.array([[[[40.0, 0.0]]]]), np.array([[[[30.0, 1.0], [-1.0, 0.0]]]]),
     np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), np.array([[False, True]])),
    (np.array([[[[1000.0, 0.0]]]]), np.array([[[[2.0, 0.0], [-1.0, 0.0]]]]),
     np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), np.array([[False, True]])),
    (np.array([[[[1.0, 2.0]], [[0.0, 3.0]]]]), np.array([[[[2.0, 0.0], [0.0, 1.0]],
     [[1.0, 1.0], [3.0, 0.0]]]]), np.array([[[[1.0, 0.0], [0.0, 4.0]], [[2.0, 5.0], [3.0, 0.0]]]])),
    (np.array([[[[1.0], [2.0]]], [[[2.0], [1.0]]]]), np.array([[[[2.0], [1.0]]], [[[0.0], [1.0]]]]),
     np.array([[[[1.0], [4.0]]], [[[3.0], [8.0]]]]),
     np.array([[[[True, False], [True, True]]], [[[True, True], [False, True]]]])),
    (np.array([[[[1.0]], [[2.0]]]]), np.array([[[[2.0], [1.0]], [[0.0], [1.0]]]]),
     np.array([[[[1.0], [4.0]], [[3.0], [8.0]]]]), np.array([[[[True, True]], [[False, True]]]])),
    (1e3 * Q, K, V),
    (Q2, K2, V2),
    (Q2, K2, V2, causal_mask(2, 2)),
    (draw(2, 2, 2, 2, seed=7), draw(2, 2, 2, 2, seed=8), draw(2, 2, 2, 2, seed=9)),
    (draw(1, 2, 3, 2, seed=4), draw(1, 2, 2, 2, seed=5), draw(1, 2, 2, 2, seed=6),
     np.array([[True], [False], [True]])),
    (draw(1, 2, 3, 2, seed=7), draw(1, 2, 2, 2, seed=8), draw(1, 2, 2, 2, seed=9),
     np.array([True, False])),
    (np.array([[[[2.0]]]]), np.array([[[[3.0]]]]), np.array([[[[5.0]]]])),
    (draw(3, 1, 2, 2, seed=14), draw(3, 1, 12, 2, seed=15), draw(3, 1, 12, 2, seed=16)),
    BIG,
    (*BIG, causal_mask(4, 6)),
    (*BIG, PADDING[:, None, None, :]),
    (*BIG, draw(2, 3, 4, 6, seed=10) > 0.3),
]  # fmt: skip
