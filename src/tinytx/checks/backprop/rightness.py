"""The check of ``gradient_is_right(forward, backward, x)``: a test of backward passes."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Property
from . import pairs
from .limits import LIMITS
from .questions import QUESTIONS
from .reference import gradient_is_right as reference

TWO = np.array([[1.0, -2.0]])
ROW = np.array([[0.5, -1.0, 2.0]])
SIX = np.array([[0.5, -1.0, 2.0], [1.5, 0.0, -0.5]])
NORM = np.array([[1.0, -2.0, 0.5, 3.0], [0.0, 1.0, 4.0, -1.0]])
SQUARE = np.array([[1.0, 2.0, 0.0], [0.0, 1.0, -1.0], [2.0, 0.5, 1.0]])
SMALL = np.array([[0.01, -0.02, 0.015]])

CASES = [
    (pairs.square, pairs.square_right, TWO),
    (pairs.square, pairs.square_right, SMALL),
    (pairs.softmax, pairs.softmax_right, SIX),
    (pairs.layernorm, pairs.layernorm_right, NORM),
    (pairs.linear, pairs.linear_right, SIX),
    (pairs.waves, pairs.waves_right, np.array([[0.3, 0.7, -0.2, 0.55]])),
    (pairs.swell, pairs.swell_right, np.array([[0.3, 0.7, -0.2, 0.55]])),
    (pairs.far, pairs.square_right, ROW),
    (pairs.tiny, pairs.tiny_right, ROW),
    (pairs.huge, pairs.huge_right, ROW),
    (pairs.biased, pairs.biased_right, np.array([[0.3, 0.1, -0.7, 1.1]])),
    (pairs.sums, pairs.nothing, SIX),
    (pairs.overwriting, pairs.square_right, TWO),
    (pairs.square, pairs.overwriting_right, TWO),
    (pairs.square, pairs.square_right, np.array([3.0])),
    (pairs.square, pairs.square_negative, TWO),
    (pairs.square, pairs.square_doubled, TWO),
    (pairs.square, pairs.square_deaf, TWO),
    (pairs.square, pairs.square_clipped, np.array([[1.0, -2.0, 7.0, -6.0]])),
    (pairs.square, pairs.square_holes, ROW),
    (pairs.square, pairs.reversed_order, np.array([[0.5, -1.0], [2.0, 3.0]])),
    (pairs.softmax, pairs.nothing, SIX),
    (pairs.softmax, pairs.softmax_diagonal, SIX),
    (pairs.softmax, pairs.softmax_almost, SIX),
    (pairs.softmax, pairs.softmax_last, SIX),
    (pairs.softmax, pairs.softmax_first, SIX),
    (pairs.softmax, pairs.softmax_middle, ROW),
    (pairs.softmax, pairs.softmax_last, draw(5, 4, seed=1)),
    (pairs.layernorm, pairs.nothing, NORM),
    (pairs.layernorm, pairs.layernorm_unprojected, NORM),
    (pairs.turn, pairs.turn_transposed, SQUARE),
    (pairs.tiny, pairs.nothing, ROW),
    (pairs.huge, pairs.nothing, ROW),
]  # fmt: skip

check = Check(
    "gradient_is_right",
    "gradient_is_right(forward, backward, x)",
    reference,
    CASES,
    QUESTIONS + LIMITS,
    "How to check a backward pass",
    properties=(
        Property(
            "a backward pass that is right has to pass",
            lambda found, forward, backward, x: found or not backward.__doc__.startswith("Right"),
        ),
        Property(
            "a backward pass that is wrong may not pass",
            lambda found, forward, backward, x: not (found and "Wrong" in backward.__doc__),
        ),
    ),
    errors={
        "^(ValueError|IndexError)": "`forward` takes and gives one array, and the two may differ in"
        " shape; `backward` takes dy and x, and gives an array like x, which may have any number of"
        " axes.",
        "^TypeError": "`forward` takes one argument, and `backward` two: dy first, then x.",
    },
)
