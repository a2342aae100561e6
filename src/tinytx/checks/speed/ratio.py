"""The check of ``ratio(old, new)``: compared within a round, summed up over rounds."""

from __future__ import annotations

import numpy as np

from ..check import Check
from ..verdict import Property

Array = np.ndarray


def _times(rounds: int, n: int, m: int, factor: float, seed: int) -> tuple[Array, Array]:
    """Return seconds of both variants: slow rounds slow both, and calls are disturbed upwards."""
    rng = np.random.default_rng(seed)
    slow = np.exp(rng.normal(0, 0.6, (rounds, 1)))

    def calls(number: int, seconds: float) -> Array:
        disturbed = 1 + rng.exponential(0.4, (rounds, number)) + 0.1 * rng.random((rounds, 1))
        return np.round(seconds * slow * disturbed, 3)

    return calls(n, factor), calls(m, 1.0)


def _given(old: list[list[float]], new: list[list[float]]) -> tuple[Array, Array]:
    return np.array(old), np.array(new)


# Two rounds of one call each: the same ratio, another one, one below 1. A slow round; several calls
# of one or both variants, as many and not, the best first, last and between; three and four rounds,
# in order of the ratios and not; ratios that times in order would not have; one round far off.
CASES = [
    _given([[4.0], [6.0]], [[2.0], [3.0]]),
    _given([[4.0], [9.0]], [[2.0], [1.0]]),
    _given([[1.0], [2.0]], [[4.0], [5.0]]),
    _given([[2.0], [30.0]], [[1.0], [10.0]]),
    _given([[4.0, 7.0], [9.0, 6.0]], [[2.0], [1.0]]),
    _given([[4.0], [9.0]], [[5.0, 2.0], [1.0, 3.0]]),
    _given([[4.0], [9.0]], [[2.0, 3.0, 5.0], [7.0, 1.0, 3.0]]),
    _given([[5.0, 4.0, 7.0], [9.0, 8.0, 6.0]], [[3.0, 2.0, 4.0], [1.0, 5.0, 6.0]]),
    _given([[4.0], [9.0], [3.0]], [[1.0], [1.0], [2.0]]),
    _given([[8.0], [2.0], [9.0], [5.0]], [[1.0], [2.0], [3.0], [1.0]]),
    _given([[8.0, 9.0], [2.0, 3.0], [9.0, 7.0]], [[1.0, 4.0], [2.0, 1.0], [3.0, 5.0]]),
    _given([[4.0], [4.0], [90.0]], [[2.0], [1.0], [1.0]]),
    _times(5, 3, 3, 2.0, seed=1),
    _times(7, 2, 5, 1.3, seed=2),
    _times(8, 4, 1, 0.7, seed=3),
    _times(12, 1, 1, 30.0, seed=4),
    _times(21, 6, 3, 1.05, seed=5),
]


def _in_order(got: Array, old: Array, new: Array) -> bool:
    return bool((np.diff(got) >= -1e-6).all())


def _between(got: Array, old: Array, new: Array) -> bool:
    each = old.min(axis=1) / new.min(axis=1)
    slack = 1e-4 * each.max()
    return bool(((each.min() - slack <= got) & (got <= each.max() + slack)).all())


check = Check.of(
    __file__,
    "ratio(old, new)",
    CASES,
    "The ladder",
    properties=(
        Property("the first quartile, the median and the third quartile come in order", _in_order),
        Property(
            "all three lie between the least and the largest ratio that a round has", _between
        ),
    ),
    errors={
        "^ValueError.*(broadcast|operands)": "The two variants may have been called at different"
        " numbers of times a round. What is left of each round before you divide?",
        "^AxisError|^IndexError": "Both arrays are (R, calls): a row for each round.",
    },
    own=("timing.ratio",),
)
