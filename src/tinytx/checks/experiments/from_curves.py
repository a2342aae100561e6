"""The check of ``from_curves(curves, last)``: a final loss for each seed, and its two bugs."""

from __future__ import annotations

import numpy as np

from ..check import Check
from .parts import Array, losses


def _case(S: int, K: int, last: int, seed: int) -> tuple[Array, int]:
    """Return curves that fall, with a part that is the same for both runs of a seed."""
    rng = np.random.default_rng(seed)
    ends = losses(2, S, seed=seed)[:, :, None]
    falls = np.exp(-np.arange(K) / 2)
    return np.round(ends + falls + 0.2 * rng.normal(size=(2, S, K)), 2), last


def _curves(a: list[list[float]], b: list[list[float]]) -> Array:
    return np.array([a, b])


# Two seeds and one measurement; two, of which the last counts, or both; the best one in front; one
# that is the best for one arm alone; arm 1 below and above; three that count, of which one is far
# off; all of them; three seeds; all sizes different; long curves.
CASES = [
    (_curves([[2.0], [3.0]], [[3.0], [7.0]]), 1),
    (_curves([[2.0, 3.0], [4.0, 3.5]], [[2.0, 1.0], [3.0, 2.5]]), 1),
    (_curves([[2.0, 4.0], [5.0, 3.0]], [[3.0, 5.0], [8.0, 4.0]]), 2),
    (_curves([[1.0, 4.0, 3.0], [2.0, 3.0, 5.0]], [[4.0, 2.0, 6.0], [9.0, 1.0, 5.0]]), 2),
    (_curves([[6.0, 4.0, 3.0], [7.0, 3.0, 5.0]], [[9.0, 2.0, 6.0], [8.0, 7.0, 1.0]]), 1),
    (_curves([[6.0, 4.0, 3.0], [7.0, 3.0, 5.0]], [[9.0, 2.0, 6.0], [8.0, 7.0, 1.0]]), 3),
    (_curves([[3.0, 2.0], [5.0, 4.0], [4.0, 2.0]], [[4.0, 1.0], [9.0, 7.0], [2.0, 1.5]]), 1),
    _case(3, 2, 2, seed=1),
    _case(2, 4, 3, seed=2),
    _case(3, 3, 2, seed=3),
    _case(4, 4, 1, seed=4),
    _case(5, 4, 4, seed=5),
    _case(5, 8, 3, seed=6),
    _case(4, 20, 7, seed=7),
    _case(9, 12, 5, seed=8),
    (_curves([[2.0], [4.0], [3.0]], [[4.0], [1.0], [3.5]]), 1),
    (1 + 1e-6 * _case(3, 2, 2, seed=10)[0], 2),
    _case(12, 3, 2, seed=9),
]

check = Check.of(
    __file__,
    "from_curves(curves, last)",
    CASES,
    "How sure",
    errors={
        "^ValueError.*(unpack|broadcast)": "Both arms are in one array: (arm, seed, measurement).",
        "^IndexError": "The three axes are arm, seed, measurement; the last of these is time.",
    },
)
