"""The check of ``cross_entropy_gradient(logits, targets)``: what was said, less what was right."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from .properties import rows_sum_to_zero

# One position with equal logits; two positions; two texts; more of both; a target that is nearly
# certain; logits whose exp overflows; a row that reaches from end to end; rows far apart, and the
# largest first and last; all sizes different; and targets that do not fit into 8 bits.
CASES = [
    (np.array([[[0.0, 0.0]]]), np.array([[1]])),
    (np.array([[[1.0, 1.0, 1.0], [0.0, 2.0, 1.0]]]), np.array([[2, 0]])),
    (np.array([[[3.0, 3.0, 0.0]], [[0.0, 2.0, 2.0]]]), np.array([[2], [0]])),
    (np.array([[[10.0, 0.0]]]), np.array([[0]])),
    (np.array([[[1000.0, 1001.0]]]), np.array([[1]])),
    (np.array([[[5000.0, 0.0], [0.0, 5000.0]]]), np.array([[0, 1]])),
    (np.array([[[10000.0, -10000.0, 9999.0]]]), np.array([[2]])),
    (np.array([[[0.0, 1.0], [-3000.0, -3001.0]]]), np.array([[0, 1]])),
    (np.array([[[1.0, 0.0], [0.0, 2.0]], [[3.0, 0.0], [0.0, 1.0]]]), np.array([[0, 1], [1, 1]])),
    (draw(2, 3, 5, seed=1, scale=2), np.array([[0, 4, 2], [1, 4, 3]])),
    (draw(4, 2, 3, seed=2, scale=2), np.array([[0, 2], [1, 1], [2, 0], [2, 2]])),
    (draw(1, 2, 300, seed=3), np.array([[299, 128]])),
]  # fmt: skip

check = Check.of(
    __file__,
    "cross_entropy_gradient(logits, targets)",
    CASES,
    "Cross-entropy and softmax",
    properties=(rows_sum_to_zero("a constant added to all logits of a position changes nothing"),),
    errors={
        "^IndexError": "`targets` is (B, T). To pick one entry in each row, every axis needs an"
        " index: `np.eye(V)[targets]` or `np.take_along_axis` do without.",
        "^ValueError": "Print the shapes of both sides: logits are (B, T, V), targets (B, T), and a"
        " maximum or sum of each row has to keep all axes to fit.",
    },
    own=("cross_entropy_backward",),
)
