"""The check of ``layernorm_gradient(dy, x, gamma, eps)``: input, weight and bias of a norm."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from .properties import rows_sum_to_zero

GAMMA = np.array([2.0, 1.0, 3.0])
DY = np.array([[1.0, 0.0, 2.0], [0.0, 4.0, 1.0]])
X = np.array([[0.0, 3.0, 6.0], [4.0, 0.0, 2.0]])

# One row whose deviation is 3 with this epsilon; a row of equal numbers; two positions; two texts;
# a row far from zero; sizes all equal, where a lost axis raises no error; all sizes different.
CASES = [
    (np.array([[[1.0, 0.0, 0.0]]]), np.array([[[0.0, 3.0, 6.0]]]), GAMMA, 3.0),
    (np.array([[[3.0, 1.0, 0.0]]]), np.array([[[2.0, 8.0, 5.0]]]), GAMMA, 1e-5),
    (np.array([[[3.0, 0.0, 1.0]]]), np.array([[[5.0, 5.0, 5.0]]]), GAMMA, 4.0),
    (DY[None], X[None], GAMMA, 3.0),
    (DY[:, None], X[:, None], GAMMA, 3.0),
    (draw(3, 3, 3, seed=1), draw(3, 3, 3, seed=2, scale=2), draw(3, seed=3), 0.1),
    (draw(2, 3, 5, seed=4), draw(2, 3, 5, seed=5, scale=3) + 7, draw(5, seed=6), 0.1),
    (draw(4, 2, 6, seed=7), draw(4, 2, 6, seed=8), draw(6, seed=9), 1e-5),
    (draw(2, 3, 1, seed=10), draw(2, 3, 1, seed=11), np.array([0.5]), 0.25),
    (draw(2, 2, 4, seed=12), draw(2, 2, 4, seed=13), np.array([1.0, 0.0, -2.0, 0.5]), 1e-8),
]

check = Check.of(
    __file__,
    "layernorm_gradient(dy, x, gamma, eps)",
    CASES,
    "Layer norm",
    properties=(
        rows_sum_to_zero(
            "a row that is shifted by a constant gives the same output",
            lambda got: got[0],
            " of dx",
        ),
    ),
    errors={
        "^ValueError.*broadcast": "Print the shape of each mean: one number for each row, and still"
        " as many axes as x.",
    },
    own=("layernorm_backward",),
)
