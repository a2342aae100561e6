"""The check of ``quantized(x, bits)``: each row as whole numbers with a zero point."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Property

Array = np.ndarray
Codes = tuple[Array, Array, Array]


def _given(rows: list[list[float]], bits: int) -> tuple:
    return np.array(rows, dtype=float), bits


def _bent(rows: int, columns: int, seed: int) -> Array:
    """Return what comes out of something like a GELU: it hardly goes below zero."""
    x = draw(rows, columns, seed=seed, scale=2.0)
    return np.round(np.where(x < 0, 0.08 * x, x), 2)


def _outlier() -> Array:
    x = draw(4, 9, seed=31)
    x[1, 4] = 60.0
    return x


# Two bits, a row from 0 upwards, one downwards, one to both sides; codes that truncation would
# miss, above and below zero; a row that is all above 0, and all below; one number; zeros, alone
# and beside another row; a zero point that is no whole number; rows of different sizes; a column
# that is larger than the others; more bits; eight bits and a scale of 1. Then drawn ones: all bits,
# sizes all equal and all different, bent ones, one large number in one row.
CASES = [
    _given([[0, 1, 3]], 2),
    _given([[-3, -1, 0]], 2),
    _given([[-1, 0, 2]], 2),
    _given([[0, 0.6, 1.7, 3]], 2),
    _given([[-1, -0.6, 0.8, 2]], 2),
    _given([[2, 4, 6]], 2),
    _given([[-6, -4, -2]], 2),
    _given([[5]], 2),
    _given([[-5]], 3),
    _given([[0, 0]], 2),
    _given([[0, 0], [-3, 4]], 3),
    _given([[-1, 2.4]], 2),
    _given([[-2.4, 1]], 2),
    _given([[-0.4, 1.2, 2.6]], 2),
    _given([[0, 1, 3], [0, 10, 30]], 2),
    _given([[1, 20], [3, -40]], 3),
    _given([[-2, 0, 1, 5]], 3),
    _given([[-55, 0, 10.4, 200]], 8),
    (draw(3, 5, seed=1), 2),
    (draw(4, 4, seed=2), 4),
    (draw(5, 3, seed=3, scale=9.0), 3),
    (draw(3, 7, seed=4) + 6, 8),
    (draw(2, 6, seed=5) - 7, 7),
    (_bent(4, 11, seed=6), 5),
    (_bent(6, 8, seed=7), 8),
    (_outlier(), 6),
    (np.vstack([np.zeros(6), draw(2, 6, seed=8)]), 8),
    (draw(7, 40, seed=22, scale=50.0), 8),
    (1e-9 * draw(2, 5, seed=23), 8),
]


def _back(got: Codes) -> Array:
    codes, scale, zero = (np.asarray(part, dtype=np.float64) for part in got)
    return (codes - zero[:, None]) * scale[:, None]


def _room(got: Codes, x: Array, bits: int) -> bool:
    return all(int(part.max(initial=0)) < 2**bits for part in (got[0], got[2]))


def _zero(got: Codes, x: Array, bits: int) -> bool:
    return bool((_back(got)[x == 0] == 0).all())


def _near(got: Codes, x: Array, bits: int) -> bool:
    return bool((np.abs(_back(got) - x) <= (0.5 + 1e-3) * got[1][:, None]).all())


check = Check.of(
    __file__,
    "quantized(x, bits)",
    CASES,
    "Fewer bytes a weight",
    properties=(
        Property("no code and no zero point is above 2^bits - 1", _room),
        Property("0 comes back as exactly 0", _zero),
        Property(
            "what comes back, scale · (code - zero), is half a scale from the number at most", _near
        ),
    ),
    errors={
        "^ValueError.*NaN": "In a row of zeros the smallest and the largest number are both 0. What"
        " does the task say of its scale?",
        "^OverflowError": "A byte holds 0 to 255. What do you hand it?",
        "^ValueError.*(broadcast|operands)": "Scale and zero point are (rows,), one for each row:"
        " `[:, None]` makes a column.",
        "^TypeError.*only .*(array|scalar)": "`math` takes one number, `np` a whole array.",
    },
)
