"""The check of ``rotate_pairs(x, start, base)``: neighbours turn together, from a position on."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Property

Array = np.ndarray


def _row(*numbers: float) -> Array:
    return np.array([[[numbers]]], dtype=float)


def _column(*rows: tuple[float, ...]) -> Array:
    return np.array([[rows]], dtype=float)


# One point at a position, and at another; two pairs, of which each coordinate is alone once; three
# pairs; two positions, from 0 and from later on; two heads, two texts, and as many of either as
# positions; all sizes two; sizes all different; other bases, one below the width and one large; far
# along, where an angle in float16 would show, and in float32 would not; and very far, where a table
# that ends would show, with one pair, whose angles are whole numbers.
CASES = [
    (_row(1.0, 0.0), 1, 10.0),
    (_row(2.0, 3.0), 0, 10.0),
    (_row(2.0, 1.0), 3, 10.0),
    (_row(1.0, 0.0, 0.0, 0.0), 1, 100.0),
    (_row(0.0, 0.0, 1.0, 0.0), 2, 100.0),
    (_row(1.0, 2.0, 3.0, 5.0), 1, 100.0),
    (_row(1.0, 2.0, 3.0, 5.0, 0.0, 4.0), 2, 8.0),
    (_column((1.0, 0.0), (0.0, 1.0)), 0, 10.0),
    (_column((1.0, 0.0), (0.0, 1.0)), 4, 10.0),
    (_column((1.0, 2.0), (2.0, 1.0)), 9000, 10.0),
    (np.array([[[[1.0, 2.0]], [[3.0, 1.0]]]]), 2, 10.0),
    (np.array([[[[1.0, 2.0]]], [[[3.0, 1.0]]]]), 2, 10.0),
    (draw(2, 2, 2, 2, seed=1), 1, 10.0),
    (draw(2, 2, 2, 4, seed=2), 0, 10_000.0),
    (draw(3, 3, 3, 6, seed=3), 1, 50.0),
    (draw(2, 3, 5, 4, seed=4), 0, 10_000.0),
    (draw(2, 5, 3, 8, seed=5), 7, 4.0),
    (draw(1, 2, 4, 10, seed=6), 30, 500_000.0),
    (draw(3, 1, 7, 12, seed=7), 5, 10_000.0),
    (draw(1, 2, 3, 16, seed=8), 40, 10_000.0),
    (draw(1, 11, 2, 4, seed=9), 3, 1.5),
]


def _lengths(got: Array, x: Array, start: int, base: float) -> bool:
    """Return whether each pair of neighbours is as long as it was."""
    before, after = (np.asarray(v).reshape(*x.shape[:-1], -1, 2) for v in (x, got))
    return bool(np.allclose((before**2).sum(-1), (after**2).sum(-1), rtol=1e-3, atol=1e-4))


def _still(got: Array, x: Array, start: int, base: float) -> bool:
    return start > 0 or bool(np.allclose(got[..., 0, :], x[..., 0, :], rtol=1e-4, atol=1e-5))


check = Check.of(
    __file__,
    "rotate_pairs(x, start, base)",
    CASES,
    "Rotary positions",
    properties=(
        Property("at position 0 nothing turns", _still),
        Property("a turn leaves the length of each pair of neighbours as it is", _lengths),
    ),
    errors={
        "^ValueError.*(broadcast|operands|match)": "The angles are (T, Dh / 2): a position for each"
        " row, a pair for each column. So are the coordinates, with B and H in front.",
        "^IndexError": "Each pair is two numbers: there are Dh / 2 of them, the last of which ends"
        " with number Dh - 1.",
        "^TypeError.*float.*(integer|index)": "`/` gives a float, also where it comes out even:"
        " places want `//`.",
    },
)
