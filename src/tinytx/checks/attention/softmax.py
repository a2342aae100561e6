"""The check of ``softmax(x)``: over the last axis, and safe from overflow."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from .properties import adds_up, larger_gets_more, no_less_than_zero

# Those that overflow are longer than those that do not: the first that fails is shown, and it is to
# show a wrong axis before it shows nan. The task allows numbers from -1001 to 3000, in one row too,
# and the largest may be the first or the last. A weight that is small is not zero.
CASES = [
    (np.array([0.0, 2.0]),),
    (np.array([[1.0, 4.0]]),),
    (np.array([[7.0], [-2.0]]),),
    (np.array([[0.0, 1.0], [2.0, 4.0]]),),
    (np.array([[[0.0, 1.0], [3.0, 1.0]]]),),
    (np.array([1000.0, 998.0, 0.0, 0.0, 0.0]),),
    (np.array([-1000.0, -1001.0, -1000.0, -1000.0, -1001.0]),),
    (np.array([0.0, 1000.0, 0.0, 1000.0, 0.0]),),
    (np.array([0.0, 3000.0, 0.0, 0.0, 0.0]),),
    (np.array([3000.0, 0.0, 0.0, 0.0, 0.0]),),
    (np.array([0.0, 0.0, 0.0, 0.0, 3000.0]),),
    (np.array([0.0, 10.0, 0.0, 0.0, 0.0]),),
    (np.array([2999.0, 3000.0, 0.0, -1000.0, 2998.0]),),
    (np.array([[0.0, 1.0, 1.0], [2000.0, 1999.0, 2000.0]]),),
    (np.array([[1.0, 3.0, 0.0], [2.0, 2.0, 5.0]]),),
    (draw(3, 3, seed=1, scale=2),),
    (draw(2, 3, 4, seed=2, scale=2),),
    (draw(2, 3, 5, 4, seed=3, scale=3),),
    (draw(1, 2, 2, 1, 3, seed=4, scale=2),),
]

check = Check.of(
    __file__,
    "softmax(x)",
    CASES,
    "Softmax without overflow",
    properties=(no_less_than_zero, adds_up, larger_gets_more),
    errors={
        "^(AxisError|IndexError)": "Some inputs have one axis only. Which number always means the"
        " last one?",
        "^OverflowError": "`math.exp` of 710 or more is an error, where `np.exp` gives"
        " infinity. What may you add to all numbers of a row without changing their softmax?",
        "^ValueError.*broadcast": "Print the shape of your maximum or sum: it should have one"
        " number for each row, and still as many axes as x.",
    },
    own=("softmax_forward",),
)
