"""The check of ``mlp(x, ...)``: a linear layer, a bend, a linear layer."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Mistake
from . import mlps as wrong
from .reference import gelu
from .reference import mlp as reference

Array = np.ndarray
Args = tuple[Array, Array, Array, Array, Array]


def _drawn(shape: tuple[int, ...], F: int, seed: int) -> Args:
    D, seeds = shape[-1], range(10 * seed, 10 * seed + 5)
    shapes = (shape, (F, D), (F,), (D, F), (D,))
    return tuple(draw(*s, seed=n, scale=2) for s, n in zip(shapes, seeds, strict=True))


# Three units read two numbers, and one of them stays silent. With two units for two numbers every
# transpose runs. Then two positions, the second with the signs of the first turned round, and
# all sizes different.
CASES = [
    (np.array([1.0, -2.0]), np.array([[3.0, 1.0], [0.0, 2.0], [1.0, -1.0]]),
     np.array([1.0, 0.0, -1.0]), np.array([[2.0, 0.0, 1.0], [0.0, 5.0, -1.0]]),
     np.array([0.0, 3.0])),
    (np.array([1.0, 2.0]), np.array([[3.0, 1.0], [-1.0, 0.0]]), np.array([0.0, 2.0]),
     np.array([[1.0, 4.0], [0.0, -3.0]]), np.array([1.0, -1.0])),
    (np.array([[1.0, 2.0], [-1.0, -2.0]]), np.array([[3.0, 1.0], [-1.0, 0.0]]),
     np.array([1.0, 2.0]), np.array([[1.0, 4.0], [0.0, -3.0]]), np.array([1.0, -1.0])),
    _drawn((3, 4), 6, seed=1),
    _drawn((2, 3, 5), 7, seed=2),
]  # fmt: skip

T = wrong.transposed
MISTAKES = [
    Mistake(
        "there is no activation",
        wrong.bending(wrong.same),
        "two linear layers without a bend between them are one linear layer, however wide.",
        "what happens between your two products.",
    ),
    Mistake(
        "the activation does not stand between the two layers",
        wrong.bending(wrong.same, end=wrong.relu),
        "a bend before the first layer or after the second leaves the two side by side, and they"
        " are one.",
        "the array that your activation gets.",
        also=(wrong.bending(wrong.same, start=wrong.relu),),
    ),
    Mistake(
        "there is a second activation",
        wrong.bending(end=wrong.relu),
        "what the MLP gives is added to the stream, and has to be able to lower a number there. And"
        " what it reads may be negative.",
        "how often your activation is called, and on what.",
        also=(
            wrong.bending(start=wrong.relu),
            wrong.bending(end=gelu),
            wrong.bending(start=wrong.relu, end=wrong.relu),
        ),
    ),
    Mistake(
        "the activation is GELU",
        wrong.bending(gelu),
        "the task asks for ReLU, so that you can do it in your head.",
        "your activation at -1: exactly 0, or a little below?",
    ),
    Mistake(
        "the activation is not ReLU",
        wrong.bending(wrong.negative),
        "ReLU gives z where z is positive, and 0 elsewhere.",
        "a few values of your activation: at -2, 0, 2.",
        also=tuple(map(wrong.bending, wrong.OTHER_BENDS)),
    ),
    Mistake(
        "a weight is not transposed",
        wrong.turning(wrong.same, T),
        "a weight is (out, in): its row u holds what output u multiplies the inputs with. `x @ W`"
        " would sum over the outputs. Where both sizes are equal nothing is raised.",
        "the two axes that meet in each product.",
        also=(wrong.turning(T, wrong.same), wrong.turning(wrong.same, wrong.same), wrong.left),
    ),
    Mistake(
        "a weight is reshaped, not transposed",
        wrong.turning(wrong.reshaped, wrong.reshaped),
        "`reshape` reads the same numbers in the same order and only breaks the rows elsewhere. The"
        " shape is right and hides it.",
        "a 2 × 3 matrix in a `reshape` to 3 × 2, written out on paper.",
        also=(wrong.turning(wrong.reshaped, T), wrong.turning(T, wrong.reshaped)),
    ),
    Mistake(
        "a bias is missing",
        wrong.given(0, 1),
        "each of the two layers adds its bias. That of the first says from where on a unit fires.",
        "which of the five arguments occur in your code.",
        also=(wrong.given(1, 0), wrong.given(0, 0)),
    ),
    Mistake(
        "the first bias comes after the activation",
        wrong.bias_after,
        "the bias says from where on a unit fires. Added afterwards it cannot, and each unit adds a"
        " constant instead.",
        "the order: product, bias, bend.",
    ),
    Mistake(
        "a bias is subtracted",
        wrong.given(-1, 1),
        "a linear layer is a product plus a bias.",
        "the signs.",
        also=(wrong.given(1, -1), wrong.given(-1, -1)),
    ),
    Mistake(
        "the input is added to the result",
        wrong.with_input,
        "that sum belongs to the block. The MLP gives only what is to be added.",
        "your last line.",
        section="The residual stream",
    ),
    Mistake(
        "the input is normalized first",
        wrong.normed,
        "the norm belongs to the block, which has weights for it. The MLP takes what it is given.",
        "your first line.",
        section="LayerNorm",
    ),
    Mistake(
        "the second layer is missing",
        wrong.no_down,
        "after the bend there are F numbers for each position, and D have to come back.",
        "the shape that the signature promises.",
    ),
    Mistake(
        "the bias is overwritten",
        wrong.position_by_position,
        "`h = up_bias` is a second name for the caller's array, and `h += z` then writes into it:"
        " each position starts from what the one before it has left there.",
        "the lines with `+=`.",
    ),
]

check = Check(
    "mlp",
    "mlp(x, up_weight, up_bias, down_weight, down_bias)",
    reference,
    CASES,
    MISTAKES,
    "The MLP",
    errors={
        "has 0, gufunc": "`np.max(z, 0)` is the largest number along axis 0. The larger of two"
        " numbers, entry by entry, is another function.",
        "^ValueError.*(matmul|broadcast|operands|core dimension)": "Write down the two shapes that"
        " meet here. Weights are (out, in), and the last axis of x holds what goes in.",
    },
)
