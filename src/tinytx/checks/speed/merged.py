"""The check of ``merged(out1, lse1, out2, lse2)``: two attentions become one."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Property

Array = np.ndarray
NONE = -np.inf


def _given(*parts: list) -> tuple:
    return tuple(np.array(part, dtype=float) for part in parts)


def _case(N: int, D: int, seed: int, scale: float = 1.0, shift: float = 0.0) -> tuple:
    logs = [draw(N, seed=seed + i, scale=scale) + shift for i in (2, 3)]
    return draw(N, D, seed=seed), logs[0], draw(N, D, seed=seed + 1), logs[1]


def _blind() -> tuple:
    out1, lse1, out2, lse2 = _case(5, 3, 60)
    out1[[0, 3]], lse1[[0, 3]], out2[2], lse2[2] = 0, NONE, 0, NONE
    return out1, lse1, out2, lse2


# One number: totals that are equal, three times as large on either side, one alone that matters;
# logarithms below zero, both, equal and not; several numbers, several rows, as many of either.
# Logarithms in the thousands, both, either; far below zero; one that is far above the other. A
# processor that saw nothing, either, in one row of several. Then drawn ones.
CASES = [
    _given([[2]], [0], [[5]], [1]),
    _given([[2]], [1], [[5]], [0]),
    _given([[2]], [2], [[5]], [2]),
    _given([[2]], [-1], [[5]], [-3]),
    _given([[2]], [3], [[5]], [0]),
    _given([[2]], [-2], [[5]], [-2]),
    _given([[4, 1]], [0], [[0, 3]], [2]),
    _given([[4], [1]], [0, 1], [[0], [3]], [2, 0]),
    _given([[4, 1], [2, 0]], [0, 1], [[0, 3], [1, 5]], [2, 0]),
    _given([[2]], [1000], [[5]], [1001]),
    _given([[2]], [-1000], [[5]], [-1001]),
    _given([[2]], [1000], [[5]], [0]),
    _given([[2]], [-9999], [[5]], [9999]),
    _given([[2], [3]], [2000, -2000], [[5], [1]], [2001, -2002]),
    _given([[2]], [1], [[0]], [NONE]),
    _given([[0]], [NONE], [[5]], [2]),
    _given([[2]], [-5000], [[0]], [NONE]),
    _given([[0]], [NONE], [[5]], [-5000]),
    _given([[0]], [NONE], [[5]], [1000]),
    _given([[0], [2]], [NONE, 1], [[5], [0]], [-3, NONE]),
    _case(3, 2, seed=10),
    _case(4, 4, seed=20),
    _case(2, 7, seed=30, scale=3.0),
    _case(6, 3, seed=40, scale=2.0, shift=5000.0),
    _case(5, 4, seed=50, shift=-8000.0),
    _blind(),
    _case(9, 5, seed=70, scale=6.0),
    (
        np.array([[1.0], [2.0]]),
        np.array([709.0, -9999.0]),
        np.array([[4.0], [5.0]]),
        np.array([709.5, -np.inf]),
    ),
]


def _between(got: tuple, out1: Array, lse1: Array, out2: Array, lse2: Array) -> bool:
    low, high = np.minimum(out1, out2), np.maximum(out1, out2)
    slack = 1e-4 * (1 + np.abs(high - low).max() + np.abs(high).max())
    return bool(((low - slack <= got[0]) & (got[0] <= high + slack)).all())


def _more(got: tuple, out1: Array, lse1: Array, out2: Array, lse2: Array) -> bool:
    """Return whether the logarithm of the sum is above both, and by log(2) at most."""
    top = np.maximum(lse1, lse2)
    slack = 1e-3 + 1e-6 * np.abs(top)
    return bool(((top - slack <= got[1]) & (got[1] <= top + np.log(2) + slack)).all())


check = Check.of(
    __file__,
    "merged(out1, lse1, out2, lse2)",
    CASES,
    "Attention in pieces",
    properties=(
        Property("each number of out lies between the two of which it is made", _between),
        Property(
            "the total of all keys is at least as large as the larger of the two, and at most"
            " twice as large, and so is its logarithm: by log(2) at most",
            _more,
        ),
    ),
    errors={
        "^ValueError.*(broadcast|operands)": "The logarithms are (N,), one for each row, and the"
        " outputs (N, D): `[:, None]` makes a column.",
        "^ValueError.*math domain|^OverflowError": "exp of 10,000 is too large for a float, and exp"
        " of -10,000 is 0. What can be taken off both logarithms first?",
        "^TypeError.*only .*(array|scalar)": "`math` takes one number, `np` a whole array.",
    },
)
