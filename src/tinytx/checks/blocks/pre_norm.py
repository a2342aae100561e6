"""The check of ``pre_norm(x, parts, norms, ln_f)``: parts read a norm and add to the stream."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from .inputs import Part

ROW = np.array([[1.0, 3.0]])
HALF, DOUBLE, SQUARE, TURN = Part("x / 2"), Part("2 * x"), Part("x * x"), Part("-x")
SAME, ONE, THREE = Part("x"), Part("x + 1"), Part("x - 3")
CENTRE = Part("x - x.mean(-1, keepdims=True)")
UNIT = Part("x / np.abs(x).max(-1, keepdims=True)")
EARLIER = Part("np.cumsum(x, axis=0)")
BEND, WAVE = Part("np.maximum(x, 0)"), Part("np.sin(x)")

# One part to four, which are two blocks, one of them there twice with another norm; a part that
# gives back what it reads, so that who adds to that changes the stream; none; then positions that
# read each other.
CASES = [
    (ROW, [ONE], [DOUBLE], TURN),
    (ROW, [SQUARE, ONE], [HALF, DOUBLE], TURN),
    (ROW, [SAME, ONE], [SAME, DOUBLE], TURN),
    (ROW, [ONE, SQUARE, THREE], [DOUBLE, HALF, TURN], HALF),
    (ROW, [ONE, SQUARE, ONE, HALF], [DOUBLE, HALF, TURN, ONE], THREE),
    (np.array([[2.0, 0.0, 5.0]]), [], [], DOUBLE),
    (draw(3, 4, seed=1), [EARLIER, BEND], [CENTRE, UNIT], CENTRE),
    (draw(3, 4, seed=2), [EARLIER, WAVE, EARLIER, BEND], [UNIT, CENTRE, DOUBLE, UNIT], CENTRE),
]

check = Check.of(
    __file__,
    "pre_norm(x, parts, norms, ln_f)",
    CASES,
    "The residual stream",
    errors={
        "^TypeError.*not callable": "`parts` and `norms` are lists of functions: take one out"
        " before you call it.",
        "^TypeError.*'Part'": "Norms and parts are functions, not arrays: call each with an array.",
        "^IndexError": "There may be one part, or none. Both lists are equally long.",
    },
    new=False,  # `ln_f` makes it
)
