"""The check of ``standard_error(losses, n)``: a mean, its error, and the error to expect."""

from __future__ import annotations

import numpy as np

from ..check import Check
from ..verdict import Property
from .parts import Array, losses

# Two seeds and one arm; more seeds to come, fewer, as many, one; three seeds, whose median is not
# their mean; arms that deviate more and less; as many arms as seeds; losses far from zero; an arm
# without any spread; all sizes different; many.
CASES = [
    (np.array([[1.0, 5.0]]), 4),
    (np.array([[1.0, 5.0]]), 2),
    (np.array([[2.0, 5.0]]), 1),
    (np.array([[1.0, 2.0, 6.0]]), 12),
    (np.array([[4.0, 1.0, 2.0, 9.0]]), 9),
    (np.array([[1.0, 3.0], [2.0, 8.0]]), 3),
    (np.array([[1.0, 3.0, 4.0], [2.0, 8.0, 3.0]]), 5),
    (np.array([[3.0, 3.0], [2.0, 4.0]]), 7),
    (losses(3, 3, seed=1), 8),
    (losses(2, 5, seed=2), 3),
    (losses(4, 3, seed=3), 16),
    (losses(5, 7, seed=4) + 50.0, 4),
    (losses(3, 10, seed=5, spread=0.02), 1000),
    (losses(6, 5, seed=6), 5),
    (losses(2, 40, seed=7), 10),
]


def _between(got: Array, losses: Array, n: int) -> bool:
    low, high = losses.min(axis=1) - 1e-6, losses.max(axis=1) + 1e-6
    return bool(((got[:, 0] >= low) & (got[:, 0] <= high)).all())


check = Check.of(
    __file__,
    "standard_error(losses, n)",
    CASES,
    "How sure",
    properties=(Property("a mean lies between the lowest loss and the highest", _between),),
    errors={
        "^ValueError.*(dimension|shape|broadcast)": "There are A arms and three numbers for each of"
        " them; n is one number, the same for all.",
    },
)
