"""The check of ``softmax_gradient(dp, p, temperature=1.0)``: back through a softmax."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from .pairs import softmax
from .properties import rows_sum_to_zero

# In the head: two weights, also where nothing comes back, or the same for both, and as one row; one
# that is small and counts; three of them, one that is zero; a row that is certain; temperatures on
# both sides of one; two rows; square, where a lost axis raises no error and a triangle fits; all
# sizes different, behind any number of axes, and once more with a temperature.
CASES = [
    (np.array([8.0, 0.0]), np.array([0.25, 0.75])),
    (np.array([0.0, 0.0]), np.array([0.25, 0.75])),
    (np.array([4.0, 4.0]), np.array([0.25, 0.75])),
    (np.array([0.0, 80000.0]), np.array([0.99995, 0.00005])),
    (np.array([[8.0, 0.0]]), np.array([[0.25, 0.75]])),
    (np.array([4.0, 0.0, -8.0]), np.array([0.5, 0.25, 0.25])),
    (np.array([8.0, 0.0]), np.array([0.25, 0.75]), 2.0),
    (np.array([4.0, 0.0, -8.0]), np.array([0.5, 0.25, 0.25]), 0.5),
    (np.array([2.0, 6.0, 9.0]), np.array([0.5, 0.5, 0.0])),
    (np.array([7.0, 5.0]), np.array([0.0, 1.0])),
    (np.array([[8.0, 0.0], [2.0, -6.0]]), np.array([[0.25, 0.75], [0.5, 0.5]])),
    (np.array([[0.0, 8.0], [2.0, -6.0]]), np.array([[0.25, 0.75], [0.5, 0.5]])),
    (
        np.array([[4.0, 0.0, -8.0], [2.0, 8.0, 0.0]]),
        np.array([[0.5, 0.25, 0.25], [0.25, 0.25, 0.5]]),
    ),
    (
        np.array([[[8.0, 0.0], [2.0, -6.0]], [[4.0, 2.0], [0.0, 1.0]]]),
        np.array([[[0.25, 0.75], [0.5, 0.5]], [[1.0, 0.0], [0.75, 0.25]]]),
    ),
    (draw(3, 4, seed=1, scale=3), softmax(draw(3, 4, seed=2))),
    (draw(2, 3, 5, seed=3, scale=3), softmax(draw(2, 3, 5, seed=4, scale=2))),
    (draw(2, 3, 4, 5, seed=5, scale=3), softmax(draw(2, 3, 4, 5, seed=6, scale=2))),
    (draw(2, 3, 4, 5, seed=7, scale=3), softmax(draw(2, 3, 4, 5, seed=8, scale=2)), 2.5),
    (draw(3, 1, seed=9, scale=3), np.ones((3, 1))),
]

check = Check.of(
    __file__,
    "softmax_gradient(dp, p, temperature=1.0)",
    CASES,
    "Cross-entropy and softmax",
    properties=(rows_sum_to_zero("a constant added to a whole row of scores changes no weight"),),
    errors={
        "^ValueError": "Rows run along the last axis, and any axes may come before it."
        " Print the shapes on both sides: an average has one number for each row, and still as many"
        " axes as dp.",
        "^(AxisError|IndexError)": "Some inputs have one axis only. Which number always means the"
        " last one?",
    },
    own=("softmax_backward",),
)
