"""The check of ``mean_loss(sums, counts)``: one mean over ranks, and what it asks of gradients."""

from __future__ import annotations

import numpy as np

from ..check import Check
from ..values import nearly
from ..verdict import Property

Array = np.ndarray
Found = tuple[float, Array]


def _case(sums: list, counts: list) -> tuple[Array, Array]:
    return np.array(sums, dtype=float), np.array(counts)


def _drawn(R: int, K: int, seed: int, least: int = 1) -> tuple[Array, Array]:
    """Return a case of drawn counts, and mean losses between 1 and 9."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(least, 40, size=(R, K))
    return np.round(counts * rng.uniform(1, 9, size=(R, K)), 2), counts


# One rank with one micro-batch; with two, equal and not. Two ranks, equal; unequal, the same mean,
# another mean. Micro-batches without a token, on each rank, a whole rank without, all but one.
# Unequal within each rank and equal in sum. As many micro-batches as ranks; then drawn ones, more
# ranks than micro-batches and fewer.
CASES = [
    _case([[6]], [[3]]),
    _case([[6, 2]], [[2, 2]]),
    _case([[6, 2]], [[3, 1]]),
    _case([[9, 2]], [[3, 1]]),
    _case([[4], [2]], [[2], [2]]),
    _case([[9], [2]], [[3], [1]]),
    _case([[2], [9]], [[1], [3]]),
    _case([[8], [0]], [[4], [0]]),
    _case([[0], [8]], [[0], [4]]),
    _case([[6, 0], [2, 3]], [[2, 0], [1, 1]]),
    _case([[0, 0], [2, 9]], [[0, 0], [1, 3]]),
    _case([[9, 2], [4, 6]], [[3, 1], [2, 2]]),
    _case([[9, 2], [1, 4]], [[3, 1], [1, 3]]),
    _case([[9], [2], [4]], [[3], [1], [4]]),
    _case([[9], [0], [4]], [[3], [0], [4]]),
    _case([[9, 2, 1], [8, 6, 3]], [[3, 1, 1], [5, 2, 4]]),
    _case([[0, 0, 0], [0, 5, 0]], [[0, 0, 0], [0, 2, 0]]),
    _drawn(3, 3, seed=1),
    _drawn(2, 5, seed=2),
    _drawn(4, 2, seed=3, least=0),
    _drawn(7, 3, seed=4),
    _drawn(8, 1, seed=5),
    _drawn(1, 6, seed=6),
    (np.array([[0.0, 90_000.0]]), np.array([[30_000, 70_000]])),
]


def _consistent(got: Found, sums: Array, counts: Array) -> bool:
    """Return whether means that are treated as their gradients are give the loss."""
    means = sums / np.maximum(counts, 1)
    return bool(np.isclose((got[1] * means).sum(axis=1).mean(), got[0], rtol=1e-4))


check = Check.of(
    __file__,
    "mean_loss(sums, counts)",
    CASES,
    "One sum over many ranks",
    properties=(
        Property(
            "the loss is made of the micro-batches' means as the gradient is of theirs: with the"
            " factors, added up on each rank, averaged over ranks",
            _consistent,
        ),
    ),
    equal=nearly,
    errors={
        "^ZeroDivisionError": "A micro-batch, and a whole rank, may have no token. The tokens of"
        " all are never none.",
        "^(ValueError|UFuncTypeError).*": "sums and counts are (R, K), and the counts are whole"
        " numbers: a result that is not one cannot be written into them.",
    },
)
