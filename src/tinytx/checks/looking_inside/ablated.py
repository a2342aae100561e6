"""The check of ``ablated(out, w_o, b_o, heads, how)``: attention with heads switched off."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check

Array = np.ndarray


def _case(B: int, H: int, T: int, Dh: int, D: int, heads: list[int], how: str, seed: int) -> tuple:
    out = draw(B, H, T, Dh, seed=seed, scale=3.0) + 1.0  # a mean that is not 0
    return out.round(1), draw(D, H * Dh, seed=seed + 100), draw(D, seed=seed + 200), heads, how


ONES = np.ones((1, 1, 1, 1))

# One head; two, of which either is off, both, or none; two texts, two positions, each alone; heads
# of two numbers; heads in no order, and one that is named twice; all sizes different; all equal.
CASES = [
    (ONES, np.array([[2.0]]), np.array([1.0]), [0], "zero"),
    (ONES, np.array([[2.0]]), np.array([1.0]), [], "zero"),
    (3 * ONES, np.array([[2.0]]), np.array([1.0]), [0], "mean"),
    (3 * ONES, np.array([[2.0]]), np.array([0.0]), [], "mean"),
    _case(1, 2, 1, 1, 1, [0], "zero", seed=1),
    _case(1, 2, 1, 1, 1, [1], "zero", seed=2),
    _case(1, 2, 1, 1, 2, [0, 1], "zero", seed=3),
    _case(1, 2, 1, 1, 1, [1, 1], "zero", seed=18),
    _case(2, 1, 1, 1, 1, [0], "mean", seed=4),
    _case(2, 2, 1, 1, 1, [1], "mean", seed=5),
    _case(2, 2, 1, 1, 1, [0], "mean", seed=6),
    _case(2, 1, 2, 1, 1, [0], "mean", seed=7),
    _case(1, 1, 2, 1, 2, [0], "mean", seed=8),
    _case(1, 1, 2, 2, 1, [], "zero", seed=9),
    _case(1, 2, 1, 2, 1, [1], "zero", seed=10),
    _case(1, 2, 1, 2, 1, [0], "zero", seed=15),
    _case(1, 2, 2, 1, 2, [0], "zero", seed=11),
    _case(2, 2, 2, 1, 1, [0], "mean", seed=12),
    _case(2, 1, 1, 2, 1, [0], "mean", seed=16),
    _case(1, 3, 1, 1, 1, [2, 0], "zero", seed=13),
    _case(2, 3, 1, 1, 1, [2, 0], "mean", seed=14),
    _case(3, 4, 5, 2, 7, [1, 3], "zero", seed=20),
    _case(3, 4, 5, 2, 7, [3, 0], "mean", seed=21),
    _case(3, 4, 5, 2, 7, [], "mean", seed=22),
    _case(2, 3, 4, 5, 6, [0, 1, 2], "mean", seed=23),
    _case(2, 3, 4, 5, 6, [2, 2], "zero", seed=24),
    _case(3, 3, 3, 3, 9, [1], "zero", seed=25),
    _case(3, 3, 3, 3, 9, [2, 1], "mean", seed=26),
    _case(4, 2, 9, 3, 6, [0], "mean", seed=27),
    _case(5, 6, 2, 4, 10, [5, 2, 4], "zero", seed=28),
    _case(2, 11, 2, 2, 3, [9, 10], "zero", seed=29),
]

check = Check.of(
    __file__,
    "ablated(out, w_o, b_o, heads, how)",
    CASES,
    "Switching off",
    errors={
        "^ValueError.*matmul": "`w_o` has a row for each of D numbers that come out, and a column"
        " for each of the H · Dh that go in.",
        "^ValueError.*reshape": "Behind each other stand H heads of Dh numbers each, for every"
        " text and every position.",
        "^(TypeError|IndexError).*ind(ices|ex)": "`heads` is a list, and may be empty.",
    },
)
