"""The check of ``restored(layers, read, clean, corrupted)``: a patching loop, and its two bugs."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Property
from .parts import Array, Layer

FIRST, LAST, ALL = Layer("x[0, 0]"), Layer("x[-1, 0]"), Layer("x.sum()")
SAME, ADD, SQUARE = Layer("x + 0"), Layer("x.cumsum(axis=0)"), Layer("x + x**2")
MOVE, MEAN = Layer("np.roll(x, 1, axis=0)"), Layer("x + x.mean(axis=0)")
SWAP, BEND = Layer("x + np.tanh(x[:, ::-1])"), Layer("np.tanh(x.cumsum(axis=0))")
SHRINK, GROW = Layer("x[:, :-1] * x[:, 1:]"), Layer("np.hstack([x, x**2])")
ONE, TWO, NIL = np.array([[1.0]]), np.array([[1.0], [2.0]]), np.array([[0.0]])
NEAR = np.array([[2.0], [5.0]])


def _case(layers: list[Layer], read: Layer, T: int, D: int, seed: int) -> tuple:
    return layers, read, draw(T, D, seed=seed), draw(T, D, seed=seed + 1)


# One site; one layer and two positions, of which one is the same in both texts; two layers and one
# position; what moves on to the next position; two positions that only matter together; a patch
# that overshoots, or does the opposite; a run that has less of the difference than the other;
# widths that change; all sizes different, and all equal.
CASES = [
    ([SAME], LAST, 3 * ONE, ONE),
    ([ADD], LAST, np.array([[1.0], [1.0]]), np.array([[5.0], [1.0]])),
    ([SQUARE, SAME], LAST, 2 * ONE, ONE),
    ([SAME], ALL, TWO, NEAR),
    ([SAME], FIRST, TWO, NEAR),
    ([SAME, ADD], LAST, TWO, NEAR),
    ([ADD, SAME], LAST, TWO, NEAR),
    ([SAME, MOVE], FIRST, TWO, NEAR),
    ([SAME, SQUARE], ALL, TWO, NEAR),
    ([SAME], Layer("x[0, 0] * x[1, 0]"), TWO, NEAR),
    ([SAME], ALL, np.array([[4.0], [2.0]]), NEAR),
    ([SAME, ADD, SQUARE], LAST, np.array([[1.0], [3.0], [2.0]]), np.array([[2.0], [0.0], [1.0]])),
    _case([ADD, SWAP], LAST, 3, 2, seed=1),
    _case([SWAP, MEAN], Layer("x[-1, 0] - x[-1, 1]"), 2, 2, seed=3),
    _case([SWAP, BEND, MEAN, SWAP], Layer("x[-1, 1] - x[-1, 0]"), 5, 3, seed=5),
    _case([BEND, SWAP, BEND], Layer("x[-1, 2] - x[-1, 0]"), 3, 3, seed=17),
    _case([BEND, MOVE], Layer("x[-1, 2] - x[-1, 3]"), 7, 4, seed=9),
    _case([SHRINK, BEND, GROW], Layer("x[-1, 0] - x[-1, -1]"), 4, 5, seed=11),
    _case([MEAN, SWAP, ADD, BEND, SWAP], Layer("x[-1, 1] - x[-1, 0]"), 6, 2, seed=13),
]


def _single(got: Array, layers: list, read: object, clean: Array, corrupted: Array) -> bool:
    return len(clean) > 1 or np.allclose(got, 1, atol=1e-4)


check = Check.of(
    __file__,
    "restored(layers, read, clean, corrupted)",
    CASES,
    "Patching",
    properties=(Property("with one position, its patch restores everything", _single),),
    errors={
        "^IndexError: too many indices": "Layers and `read` are given a whole stream, (T, D), not"
        " one position of it.",
        "^TypeError.*list indices": "`read` is given one stream, the last, not the list of all.",
        "^(ValueError|IndexError(?!: too many))": "If it is the sizes of two streams: a layer may"
        " change the width D, so keep the streams in lists, not in one array.",
        "^TypeError.*callable": "`layers` is a list of functions, `read` is one function.",
    },
)
