"""The check of ``linear_gradients(dy, x, weight)``: input, weight and bias of a linear layer."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Property

TALL = np.array([[1.0, 3.0, 0.0], [2.0, -1.0, 7.0]])
EVEN = np.array([[1.0, 3.0], [2.0, -4.0]])

# One position; two positions of one text; two texts; square, where a transpose too many raises no
# error; all sizes different.
CASES = [
    (np.array([[[1.0, 2.0]]]), np.array([[[4.0, 0.0, 5.0]]]), TALL),
    (np.array([[[1.0], [2.0]]]), np.array([[[4.0, 3.0], [0.0, 5.0]]]), np.array([[7.0, -1.0]])),
    (np.array([[[1.0]], [[2.0]]]), np.array([[[4.0, 3.0]], [[0.0, 5.0]]]), np.array([[7.0, -1.0]])),
    (np.array([[[1.0, 2.0], [0.0, 3.0]]]), np.array([[[4.0, -1.0], [5.0, 6.0]]]), EVEN),
    (draw(2, 2, 2, seed=1), draw(2, 2, 2, seed=2), draw(2, 2, seed=3)),
    (draw(2, 3, 5, seed=4), draw(2, 3, 4, seed=5), draw(5, 4, seed=6)),
    (draw(4, 3, 2, seed=7), draw(4, 3, 1, seed=8), draw(2, 1, seed=9)),
]  # fmt: skip

check = Check.of(
    __file__,
    "linear_gradients(dy, x, weight)",
    CASES,
    "Linear",
    properties=(
        Property(
            "a number of the bias has been added to y at every position, so dbias has to sum to"
            " what dy sums to",
            lambda got, dy, x, weight: bool(np.isclose(got[2].sum(), dy.sum())),
        ),
    ),
    errors={
        "^ValueError": "Write the shape of both factors beside each other: the inner sizes have to"
        " be equal. It may help to merge texts and positions into one axis first.",
    },
    own=("linear_backward",),
)
