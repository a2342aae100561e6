"""The check of ``gelu(x)``: GPT-2's form, with a tanh."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Property

# One number alone; numbers near zero, where the bend is, and at it, as the first too; where it is
# nearly straight, and not quite; far out, where exp overflows; and all of that in one row. Then one
# to four axes.
CASES = [
    (np.array([2.0]),),
    (np.array([1.0, 2.0]),),
    (np.array([-2.0, 0.0]),),
    (np.array([0.0, 0.5]),),
    (np.array([0.004, -0.004]),),
    (np.array([3.5, -3.5]),),
    (np.array([30.0, -30.0]),),
    (np.array([[-1000.0], [1000.0]]),),
    (np.array([[0.5, -1.0, 2.5]]),),
    (np.array([-1000.0, -4.5, 0.1, 1000.0]),),
    (draw(2, 1, 3, 2, seed=2, scale=3),),
    (draw(2, 3, 4, seed=1, scale=2),),
    (np.array([3.75, 4.25, -3.75]),),
]

check = Check.of(
    __file__,
    "gelu(x)",
    CASES,
    "The MLP",
    properties=(
        Property(
            "GELU never lies below -0.18, nor above x, where x is positive, or 0, where it is not",
            lambda out, x: bool(((out > -0.18) & (out <= np.maximum(x, 0) + 1e-6)).all()),
        ),
    ),
    errors={
        "^TypeError.*bitwise_xor": "In Python a power is `**`; `^` is something else.",
        "^TypeError.*(only .* converted|must be real)": "The functions of `math` take single"
        " numbers. NumPy has the same ones for arrays.",
        "^ValueError.*truth value": "An `if` takes one number. `np.where` chooses in an array.",
    },
    own=("gelu_forward", "activation.gelu"),
)
