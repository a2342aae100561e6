"""What ``multi_head_attention`` is tried on: x, w_qkv, w_o and the number of heads."""

from __future__ import annotations

import numpy as np

from ..arrays import draw

Args = tuple[np.ndarray, np.ndarray, np.ndarray, int]


def column(*numbers: float) -> np.ndarray:
    """Return one row for each number: a sequence, or a weight, of width 1.

    >>> column(2, 3)
    array([[2.],
           [3.]])
    """
    return np.array(numbers, dtype=float)[:, None]


def narrow(x: list[float], w_qkv: list[float], w_o: list[float], n_head: int) -> Args:
    """Return arguments for one sequence of positions that are one number each."""
    return column(*x)[None], column(*w_qkv), np.array([w_o], dtype=float), n_head


def wide(B: int, T: int, D: int, H: int, Dh: int, seed: int) -> Args:
    """Return drawn arguments of the sizes given."""
    x, w_qkv, w_o = draw(B, T, D, seed=seed), draw(3 * H * Dh, D, seed=seed + 1), draw(D, H * Dh)
    return x, w_qkv, w_o, H


# One position needs no softmax. Then two positions: one head, two heads, x of two numbers, so that
# queries and keys differ, a head of four numbers, whose root is 2, and two of two. Then scores that
# are large, or low, in steps, the largest first or last, two that are low and 2 apart, and a small
# weight for a large value. At the end drawn weights: all sizes two; w_qkv or w_o square, which
# lets either untransposed run; all sizes different; T equal to H, which lets a mask for positions
# hide heads; a longer text, and one that is longer than a window of 64.
CASES = [
    narrow([2], [1, 3, 5], [4], 1),
    (np.array([[[1.0, 2.0]]]),
     np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 0.0], [0.0, 1.0], [3.0, 0.0], [1.0, 2.0]]),
     np.array([[1.0, 2.0], [0.0, 3.0]]), 2),
    narrow([1, 2], [1, 0.5, 3], [2], 1),
    narrow([1, 2], [1, 0.5, -0.5, 1, 3, 2], [1, 2], 2),
    (np.array([[[1.0, 0.0], [0.0, 1.0]]]), np.array([[1.0, 2.0], [3.0, 1.0], [1.0, 4.0]]),
     np.array([[1.0], [2.0]]), 1),
    narrow([1, 2], [1, 0, 1, 0.5, 0.5, 1, 0, 2, 1, 2, 3, 4], [1, 0, 2, 1], 1),
    narrow([1, 2], [1, 0, 1, 0.5, 0.5, 1, 0, 2, 1, 2, 3, 4], [1, 0, 2, 1], 2),
    narrow([1, 60], [1, 1, 1], [1], 1),
    narrow([60, 30], [1, 1, 1], [1], 1),
    narrow([11, 1], [-1, 1, 1_000], [1], 1),
    (np.array([[[1.0, 0.0], [0.0, 1.0]]]), np.array([[1.0, 1000.0], [1.0, 1.0], [2.0, 4.0]]),
     np.array([[1.0], [3.0]]), 1),
    (np.array([[[1.0, 0.0], [0.0, 1.0]]]), np.array([[1.0, 1.0], [1.0, 1000.0], [2.0, 4.0]]),
     np.array([[1.0], [3.0]]), 1),
    narrow([4, 1], [-1, 1, 1], [1], 1),
    narrow([13, 1], [-1, 1, 1], [1], 1),
    narrow([100, 1], [-1, 1, 1], [1], 1),
    narrow([400, 1], [-1, 1, 1], [1], 1),
    (np.array([[[1.0, 0.0], [0.0, 1.0]]]),
     np.array([[-800.0, -800.0], [1.0, 1.0], [0.0, 0.0], [0.0, 0.0], [400.0, 400.0], [0.0, 4.0],
               [0.0, 0.0], [0.0, 0.0], [2.0, 4.0], [1.0, 0.0], [0.0, 3.0], [1.0, 1.0]]),
     np.array([[1.0, 0.0, 2.0, 0.0], [0.0, 1.0, 0.0, 1.0]]), 1),
    wide(2, 2, 4, 2, 2, seed=40),
    wide(2, 3, 6, 2, 1, seed=70),
    wide(3, 4, 6, 2, 3, seed=10),
    wide(2, 5, 7, 3, 4, seed=20),
    wide(1, 3, 2, 3, 5, seed=30),
    wide(1, 7, 4, 2, 1, seed=50),
    wide(1, 70, 2, 2, 1, seed=60),
]  # fmt: skip
