"""The check of ``attention(q, k, v, mask=None)``: scores, scale, mask, softmax, values."""

from __future__ import annotations

import numpy as np

from ..check import Check
from ..verdict import Property
from .inputs import CASES

Array = np.ndarray


def _within(out: Array, q: Array, k: Array, v: Array, mask: Array | None = None) -> bool:
    """Return whether each number lies between the lowest and the highest value, or is 0."""
    low, high = v.min(axis=-2, keepdims=True), v.max(axis=-2, keepdims=True)
    return bool(((out >= low - 1e-4) & (out <= high + 1e-4) | (out == 0)).all())


check = Check.of(
    __file__,
    "attention(q, k, v, mask=None)",
    CASES,
    "All at once",
    properties=(
        Property("a weighted mean lies between the lowest and the highest of the values", _within),
    ),
    errors={
        "^(TypeError.*(NoneType|masked_fill)|AttributeError.*NoneType)": "`mask` may be None: then"
        " every query may attend to every key.",
        "^ValueError.*truth value": "A mask of several entries is neither true nor false. Whether"
        " there is one at all is another question: `mask is not None`.",
        "^(ValueError.*matmul|RuntimeError.*size)": "Write down the two shapes that meet in this"
        " product.",
        "^ValueError.*axes": "There are four axes. Name the two that change places.",
        "^IndexError": "The mask need not have the shape of the scores. Which NumPy functions"
        " broadcast their arguments, and which do not?",
    },
    own=("attention_forward", "attention", "attention_with_weights"),
)
