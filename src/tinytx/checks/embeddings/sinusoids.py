"""The check of ``sinusoids(positions, d_model)``: clocks that turn at different speeds."""

from __future__ import annotations

import numpy as np

from ..check import Check
from ..verdict import Property
from .inputs import drawn, near

Array = np.ndarray

# Single positions, one with two sizes of D; as many positions as pairs, and as many sequences; both
# ends of the range in one row; and sizes that all differ.
CASES = [
    (np.array([[0]]), 4),
    (np.array([[1]]), 4),
    (np.array([[1]]), 2),
    (np.array([[3]]), 2),
    (np.array([[2, 0]]), 4),
    (np.array([[0, 1], [5, 6]]), 4),
    (np.array([[3000, 0, 57]]), 4),
    (np.array([[3, 1, 0], [7, 7, 2]]), 6),
    (drawn(3000, 4, 5, seed=1), 10),
]


def _on_the_circle(out: Array, *args: object) -> bool:
    return bool(np.allclose(out[..., 0::2] ** 2 + out[..., 1::2] ** 2, 1, atol=1e-5))


check = Check.of(
    __file__,
    "sinusoids(positions, d_model)",
    CASES,
    "Sinusoidal positions",
    properties=(
        Property(
            "columns 2i and 2i + 1 are the sine and cosine of one angle, so their squares have to"
            " sum to one",
            _on_the_circle,
        ),
    ),
    errors={
        "^ValueError.*(broadcast|assign|reshape)": "Each position meets each of the D/2 speeds:"
        " (B, T) and (D/2,). Which axis is missing where?",
        "^IndexError": "A table of positions needs a row for the highest of them. How many there"
        " are says nothing about that.",
        "^ValueError: Integers to negative": "A NumPy integer has no negative powers:"
        " 10000.0 is a float, 10000 is not.",
    },
    equal=near,
    own=("sinusoidal_table",),
)
