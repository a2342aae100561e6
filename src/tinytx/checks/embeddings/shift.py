"""The check of ``shift(x, k)``: k positions on, by turning each pair."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Property
from .inputs import near

Array = np.ndarray

# One row; as many rows as numbers; no shift; a pair of zeros; and sizes that all differ.
CASES = [
    (np.array([[0.0, 1.0]]), 1),
    (np.array([[3.0, 4.0]]), -2),
    (np.array([[0.0, 1.0, 0.0, 1.0]]), 2),
    (np.array([[1.0, 2.0], [3.0, 5.0]]), 1),
    (np.array([[1.0, 2.0], [3.0, 5.0]]), 0),
    (np.array([[1.0, 0.0, 0.0, 0.0], [3.0, 1.0, 5.0, 0.0]]), 3),
    (draw(3, 6, seed=1), -4),
    (draw(5, 8, seed=2), 500),
    (draw(2, 6, seed=3), -3000),
]


def _lengths(x: Array) -> Array:
    return np.hypot(x[:, 0::2], x[:, 1::2])


check = Check.of(
    __file__,
    "shift(x, k)",
    CASES,
    "A shift is a rotation",
    properties=(
        Property(
            "a shift by 0 has to leave everything as it is",
            lambda out, x, k: k != 0 or bool(np.allclose(out, x, atol=1e-5)),
        ),
        Property(
            "turning keeps the length of each pair: columns 2i and 2i + 1",
            lambda out, x, k: bool(np.allclose(_lengths(out), _lengths(x), atol=1e-5)),
        ),
    ),
    errors={
        "^ValueError.*(matmul|broadcast|operands)": "x has T rows of D numbers, that is D/2 pairs,"
        " and there are D/2 angles. Which two shapes meet in your product?",
    },
    equal=near,
)
