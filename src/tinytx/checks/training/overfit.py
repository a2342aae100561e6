"""The check of ``overfit(make, examples, size, lrs)``: a loop with two bugs, and what is right."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..values import nearly
from ..verdict import Property
from .parts import make, make_dropout, make_signed, make_used, make_used_dropout

TWO = np.array([[1.0, 2.0], [2.0, 4.0]])
THREE = np.array([[1.0, 2.0], [2.0, 3.0], [3.0, 7.0]])
X = draw(10, seed=1)
TEN = np.stack([X, np.round(3 * X, 2)], axis=1)  # a weight of 3 makes the loss zero
FALLING = [0.3, 0.2, 0.1, 0.05]

# One part, where little can go wrong; several; a smaller last part; rates that change; a loss of
# zero before the last step; a gradient that was left there; dropout; a model that came in
# evaluation mode; ten examples, learned by heart; an optimizer to which the rate alone is a length.
CASES = [
    (make, TWO, 2, [0.1]),
    (make, TWO, 2, [0.1, 0.1]),
    (make, TWO, 1, [0.1, 0.1]),
    (make, TWO, 1, [0.1, 0.05]),
    (make, TWO, 1, [0.1, 0.2, 0.1]),
    (make, TWO, 5, [0.05, 0.1, 0.2]),
    (make, THREE, 2, [0.05, 0.1]),
    (make, THREE, 2, []),
    (make_used, TWO, 2, [0.1, 0.1]),
    (make_used, THREE, 1, [0.1, 0.05, 0.02]),
    (make_dropout, TWO, 2, [0.1, 0.05]),
    (make_dropout, THREE, 2, [0.1, 0.05, 0.02]),
    (make_used_dropout, TWO, 1, [0.1, 0.05]),
    (make_used_dropout, THREE, 2, [0.05, 0.05]),
    (make, TEN, 10, [0.3] * 12),
    (make, TEN, 4, [0.3] * 12),
    (make_used_dropout, TEN, 3, FALLING * 3),
    (make, TWO, 1, [0.1, 0.0, 0.05]),
    (make, np.array([[1.0, 2.0], [2.0, 3.0], [1.0, 2.0]]), 2, [0.1, 0.05]),
    (make_signed, THREE, 2, [0.5, 0.25]),
]

check = Check.of(
    __file__,
    "overfit(make, examples, size, lrs)",
    CASES,
    "Before the first long run",
    equal=nearly,
    properties=(
        Property(
            "there is one loss for each step",
            lambda got, make, examples, size, lrs: len(got) == len(lrs),
        ),
        Property(
            "a line through ten examples can be learned: the loss of the last step is far below"
            " that of the first",
            lambda got, make, examples, size, lrs: (
                len(examples) < 10 or size < 10 or got[-1] < 0.1 * got[0]
            ),
        ),
    ),
    errors={
        "^RuntimeError.*loss first": "`backward` differentiates the loss that was computed last,"
        " and once: each call of it needs a call of `loss` before.",
        "^StopIteration": "There are as many rates as steps. What is meant for a step must not be"
        " taken in each part.",
    },
)
