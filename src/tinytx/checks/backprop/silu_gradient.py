"""The check of ``silu_gradient(dy, x)``: the slope of a bend that the chapter does not derive."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Property

Array = np.ndarray

# At zero, where the slope is a half; on both sides of it; nothing from above; far out, where exp of
# x or of -x overflows; rows, texts and a square, where a sum too many raises no error.
CASES = [
    (np.array([6.0]), np.array([0.0])),
    (np.array([2.0, 2.0]), np.array([1.0, -1.0])),
    (np.array([1.0, -3.0, 0.5]), np.array([2.0, 0.5, -4.0])),
    (np.array([0.0, 4.0, 0.0]), np.array([1.0, 3.0, -2.0])),
    (np.array([2.0, 3.0, 4.0, 5.0]), np.array([1000.0, -1000.0, 20.0, -20.0])),
    (np.array([3.0, -5.0]), np.array([9.0, -9.0])),
    (np.array([[1.0, 2.0], [-1.0, 4.0]]), np.array([[1.0, -2.0], [3.0, -0.5]])),
    (draw(3, 4, seed=1), draw(3, 4, seed=2, scale=2)),
    (draw(2, 3, 5, seed=3), draw(2, 3, 5, seed=4, scale=3)),
    (draw(2, 1, 3, 2, seed=5), draw(2, 1, 3, 2, seed=6, scale=3)),
]


def _silent(got: Array, dy: Array, x: Array) -> bool:
    return not got[dy == 0].any()


check = Check.of(
    __file__,
    "silu_gradient(dy, x)",
    CASES,
    "GELU",
    properties=(
        Property("where nothing comes from above, nothing goes on below", _silent),
        Property(
            "far above zero the bend is a straight line with the slope 1, so dy goes through as it"
            " is",
            lambda got, dy, x: bool(np.allclose(got[x >= 20], dy[x >= 20])),
        ),
    ),
    errors={
        "^(ValueError|IndexError)": "dy, x and the result have one shape, which may have any number"
        " of axes. Each number is on its own: nothing is summed.",
        "^OverflowError": "`math.exp` of 710 or more is an error. A sigmoid never needs it:"
        " it may be written with exp(-x), with exp(x), or with a tanh.",
        "^TypeError": "The functions of `math` take one number, those of NumPy whole arrays.",
    },
)
