"""The check of ``gradient_is_right(forward, backward, x)``: a test of backward passes."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Property
from . import pairs

TWO = np.array([[1.0, -2.0]])
ROW = np.array([[0.5, -1.0, 2.0]])
BENDS = np.array([[0.3, 0.7, -0.2, 0.55]])
SIX = np.array([[0.5, -1.0, 2.0], [1.5, 0.0, -0.5]])
NORM = np.array([[1.0, -2.0, 0.5, 3.0], [0.0, 1.0, 4.0, -1.0]])
SQUARE = np.array([[1.0, 2.0, 0.0], [0.0, 1.0, -1.0], [2.0, 0.5, 1.0]])
MANY = np.array([[1, 2, 3, 4, 5, 6, 7, 8], [8, 7, 6, 5, 4, 3, 2, 1], [2, 3, 4, 5, 6, 7, 8, 9],
                 [1, 0, 2, 1, 0, 3, 2, 2]], dtype=float)  # fmt: skip
EVEN = np.linspace(1, 2, 200).reshape(10, 20)
ENDS = MANY.copy()
ENDS[0, 0] = ENDS[-1, -1] = 0

# Right ones first: of one number, above and below zero; of small numbers, where a one-sided
# difference shows; of functions that bend, that are large, tiny, or do not change at all, or both
# large and unchanging, or nothing but zero. The wrong ones are wrong everywhere, at one place, also
# of hundreds that are about as large, for one dy, or by little.
CASES = [
    (pairs.square, pairs.square_right, np.array([3.0])),
    (pairs.square, pairs.square_right, np.array([-2.0])),
    (pairs.overwriting, pairs.square_right, np.array([3.0])),
    (pairs.square, pairs.square_right, TWO),
    (pairs.square, pairs.square_right, np.array([[[1.0], [2.0]]])),
    (pairs.square, pairs.square_right, np.array([[1e-4, -2e-4, 1.5e-4]])),
    (pairs.softmax, pairs.softmax_right, SIX),
    (pairs.layernorm, pairs.layernorm_right, NORM),
    (pairs.linear, pairs.linear_right, SIX),
    (pairs.linear, pairs.linear_right, np.zeros((1, 3))),
    (pairs.waves, pairs.waves_right, BENDS),
    (pairs.swell, pairs.swell_right, BENDS),
    (pairs.far, pairs.square_right, ROW),
    (pairs.tiny, pairs.tiny_right, ROW),
    (pairs.huge, pairs.huge_right, ROW),
    (pairs.biased, pairs.biased_right, np.array([[0.3, 0.1, -0.7, 1.1]])),
    (pairs.sums, pairs.nothing, SIX),
    (pairs.high_sums, pairs.nothing, SIX),
    (pairs.still, pairs.nothing, ROW),
    (pairs.zero, pairs.nothing, ROW),
    (pairs.overwriting, pairs.square_right, TWO),
    (pairs.square, pairs.overwriting_right, TWO),
    (pairs.square, pairs.square_negative, TWO),
    (pairs.square, pairs.square_doubled, TWO),
    (pairs.square, pairs.square_deaf, ROW),
    (pairs.square, pairs.square_clipped, np.array([[6.0, 1.0, -2.0]])),
    (pairs.square, pairs.square_clipped, np.array([[1.0, -2.0, 7.0, -6.0]])),
    (pairs.square, pairs.square_holes, ROW),
    (pairs.square, pairs.square_holes, np.array([[0.5, -1.0, 0.0]])),
    (pairs.square, pairs.reversed_order, np.array([[0.5, -1.0], [2.0, 3.0]])),
    (pairs.square, pairs.square_one, MANY),
    (pairs.square, pairs.square_one, EVEN),
    (pairs.square, pairs.square_positive, ENDS),
    (pairs.square, pairs.square_sign, ENDS),
    (pairs.square, pairs.square_sorted, ENDS),
    (pairs.square, pairs.square_rounded, ROW),
    (pairs.square, pairs.square_bent, ROW),
    (pairs.square, pairs.square_own, ENDS),
    (pairs.far, pairs.square_almost, ROW),
    (pairs.still, pairs.still_moved, ROW),
    (pairs.softmax, pairs.nothing, SIX),
    (pairs.softmax, pairs.softmax_diagonal, SIX),
    (pairs.softmax, pairs.softmax_last, SIX),
    (pairs.softmax, pairs.softmax_first, SIX),
    (pairs.softmax, pairs.softmax_first, ROW),
    (pairs.softmax, pairs.softmax_middle, ROW),
    (pairs.softmax, pairs.softmax_last, draw(8, 5, seed=1)),
    (pairs.layernorm, pairs.nothing, NORM),
    (pairs.layernorm, pairs.layernorm_unprojected, NORM),
    (pairs.turn, pairs.turn_transposed, SQUARE),
    (pairs.tiny, pairs.nothing, ROW),
    (pairs.huge, pairs.nothing, ROW),
    (pairs.huge, pairs.huge_almost, ROW),
    (pairs.square, pairs.square_infinite, ROW),
    (pairs.overwriting, pairs.square_far_only, np.array([[3.0, -4.0]])),
]

check = Check.of(
    __file__,
    "gradient_is_right(forward, backward, x)",
    CASES,
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
    two=False,
    own=("check_gradients",),
)
