"""The check of ``recomputed(...)``: a backward that computes again what was thrown away."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check

Array = np.ndarray


def _given(x: list, weights: list, k: int, p: float, seed: int, dy: list) -> tuple:
    return (
        np.array(x, dtype=float),
        np.array(weights, dtype=float),
        k,
        p,
        seed,
        np.array(dy, dtype=float),
    )


def _case(N: int, D: int, L: int, k: int, p: float, seed: int, scale: float = 1.0) -> tuple:
    weights = draw(L, D, D, seed=seed + 1, scale=scale / D**0.5)
    return draw(N, D, seed=seed), weights, k, p, seed, draw(N, D, seed=seed + 2)


# One layer; two in one segment, in two; three in one, in a segment and a rest, in three; each of
# one number, then of two. With dropout: one layer of some numbers, two layers in one segment and in
# two. Then drawn ones: segments that end with the layers, and that do not, one more than there are
# layers; few and many dropped; sizes all equal, all different; steep layers; many layers.
CASES = [
    _given([[1]], [[[0.5]]], 1, 0.0, 0, [[2]]),
    _given([[1]], [[[0.5]], [[2]]], 2, 0.0, 0, [[2]]),
    _given([[1]], [[[0.5]], [[2]]], 1, 0.0, 0, [[2]]),
    _given([[1]], [[[0.5]], [[2]], [[-1]]], 3, 0.0, 0, [[2]]),
    _given([[1]], [[[0.5]], [[2]], [[-1]]], 2, 0.0, 0, [[2]]),
    _given([[1]], [[[0.5]], [[2]], [[-1]]], 1, 0.0, 0, [[2]]),
    _given([[1, 2]], [[[0.5, 1], [0, -1]]], 1, 0.0, 0, [[2, 1]]),
    _given([[1, 2]], [[[0.5, 1], [0, -1]]], 1, 0.5, 1, [[2, 1]]),
    _given([[1, 2]], [[[0.5, 1], [0, -1]], [[1, 1], [0.5, 0]]], 1, 0.0, 0, [[2, 1]]),
    _given([[1, 2], [0, 1]], [[[0.5, 1], [0, -1]]], 2, 0.25, 3, [[2, 1], [1, 1]]),
    _given([[1, 2], [0, 1]], [[[0.5, 1], [0, -1]], [[1, 1], [0.5, 0]]], 2, 0.25, 5,
           [[2, 1], [1, 1]]),
    _given([[1, 2], [0, 1]], [[[0.5, 1], [0, -1]], [[1, 1], [0.5, 0]]], 1, 0.25, 5,
           [[2, 1], [1, 1]]),
    _case(2, 2, 2, 2, 0.2, seed=10),
    _case(3, 3, 3, 3, 0.3, seed=20),
    _case(4, 3, 5, 2, 0.0, seed=30),
    _case(4, 3, 5, 2, 0.1, seed=40),
    _case(3, 5, 6, 3, 0.25, seed=50),
    _case(5, 4, 7, 3, 0.4, seed=60),
    _case(2, 4, 4, 9, 0.2, seed=70),
    _case(4, 2, 6, 1, 0.15, seed=80),
    _case(3, 6, 4, 2, 0.3, seed=90, scale=3.0),
    _case(6, 5, 12, 5, 0.1, seed=100, scale=1.5),
    _case(2, 3, 3, 2, 0.005, seed=0),
]  # fmt: skip

check = Check.of(
    __file__,
    "recomputed(x, weights, k, p, seed, dy)",
    CASES,
    "Memory for time",
    errors={
        "^IndexError": "How many inputs are kept, and which of them belongs to the segment that"
        " begins at layer `start`? The last segment may be shorter than k.",
        "^ValueError.*(matmul|broadcast|operands|reshape)": "Write down the shapes that meet. All"
        " layers map (N, D) to (N, D).",
        "^TypeError.*state": "`rng.bit_generator.state` is a dictionary: keep it, and put it back.",
    },
)
