"""The check of ``reduce_scatter(held)``: half of an all-reduce, as a ring to the left."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Property

Array = np.ndarray


def _ones(*ranks: list[float]) -> tuple[Array]:
    """Return what ranks hold, a number in each chunk."""
    return (np.array(ranks, dtype=float)[:, :, None],)


# One rank: nothing to do. Two, with one number in a chunk and with two; three, of which each digit
# says whose number it is; all the same; numbers below 0 and zeros. Four, and as many numbers as
# ranks; then drawn ones.
CASES = [
    _ones([7]),
    (np.array([[[7.0, 8.0]]]),),
    _ones([1, 2], [30, 40]),
    _ones([1, 1], [1, 1]),
    _ones([-1, 2], [1, -2]),
    (np.array([[[1.0, 2.0], [3.0, 4.0]], [[50.0, 60.0], [70.0, 80.0]]]),),
    _ones([1, 2, 3], [10, 20, 30], [100, 200, 300]),
    _ones([1, 0, 0], [0, 0, 0], [0, 0, 0]),
    _ones([0, 1, 0], [0, 0, 0], [2, 0, 0]),
    _ones([1, 2, 3, 4], [10, 20, 30, 40], [100, 200, 300, 400], [1000, 2000, 3000, 4000]),
    (draw(3, 3, 3, seed=1),),
    (draw(4, 4, 4, seed=2),),
    (draw(2, 2, 5, seed=3),),
    (draw(5, 5, 2, seed=4, scale=100),),
    (draw(6, 6, 3, seed=5),),
    (draw(9, 9, 4, seed=6),),
]


def _whole(got: Array, held: Array) -> bool:
    ends = got[np.arange(len(held)), np.arange(len(held))]
    return bool(np.allclose(ends, held.sum(axis=0), rtol=1e-3, atol=1e-4))


check = Check.of(
    __file__,
    "reduce_scatter(held)",
    CASES,
    "One sum over many ranks",
    properties=(Property("in the end rank r has chunk r whole: the sum of all ranks'", _whole),),
    errors={
        "^IndexError": "Ranks and chunks are 0 to n - 1, and the ring closes: what goes on beyond"
        " an end begins at the other, which is what `% n` does.",
        "^ValueError.*(operands|broadcast|copy)": "`held[rank, chunk]` is one chunk, (C,). A whole"
        " rank is (n, C).",
    },
)
