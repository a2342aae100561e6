"""The check of ``accumulated(gradients, counts)``: parts of a batch with unequal tokens."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check

NAN = np.array([np.nan])

# One part; equal counts; three tokens and one; a part without a token, first, in the middle and
# last; an array of several axes; counts that are far apart.
CASES = [
    ([np.array([4.0])], [3]),
    ([np.array([4.0]), np.array([8.0])], [2, 2]),
    ([np.array([4.0]), np.array([8.0])], [3, 1]),
    ([np.array([4.0]), np.array([8.0])], [1, 3]),
    ([np.array([1.0, -2.0]), np.array([5.0, 7.0]), np.array([3.0, 0.0])], [1, 2, 5]),
    ([np.array([4.0]), NAN, np.array([8.0])], [3, 0, 1]),
    ([NAN, np.array([8.0])], [0, 5]),
    ([np.array([6.0]), NAN], [4, 0]),
    ([draw(3, 2, seed=1), draw(3, 2, seed=2), draw(3, 2, seed=3)], [7, 1, 100]),
    ([draw(2, 3, 4, seed=s) for s in range(5)], [3, 9, 1, 4, 2]),
    ([NAN, np.array([8.0]), NAN, np.array([2.0])], [0, 3, 0, 1]),
    ([np.array([6.0]), np.array([0.0])], [2, 4]),
    ([np.array([6.0]), np.array([1.0])], [70_000, 30_000]),
]

check = Check.of(
    __file__,
    "accumulated(gradients, counts)",
    CASES,
    "In parts, and the missing division",
    errors={
        "^ZeroDivisionError": "A count may be 0. Which number do you divide by?",
    },
)
