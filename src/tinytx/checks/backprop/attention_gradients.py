"""The check of ``attention_gradients(dout, q, k, v, mask)``: queries, keys and values."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Property

Array = np.ndarray


def _heads(*rows: list[float]) -> Array:
    """Return one text with one head, (1, 1, rows, numbers)."""
    return np.array([[rows]], dtype=float)


def _drawn(B: int, H: int, T: int, S: int, Dh: int, seed: int) -> tuple[Array, ...]:
    """Return dout, q, k and v."""
    lengths = (T, T, S, S)
    return tuple(draw(B, H, n, Dh, seed=seed + i) for i, n in enumerate(lengths))


BOTH = np.array([[True, True]])
FIRST = np.array([[True, False]])
ALL = np.ones((2, 2), dtype=bool)
CAUSAL = np.tri(2, dtype=bool)
HOLES = np.array([[1, 0, 1, 0], [1, 0, 0, 1], [0, 0, 1, 1]], dtype=bool)

THIN = (_heads([1], [2]), _heads([1], [-1]), _heads([0], [1]), _heads([2], [5]))
TWO = (
    np.array([[[[1.0]], [[2.0]]]]),
    np.array([[[[1.0]], [[-1.0]]]]),
    np.array([[[[0.0], [1.0]], [[2.0], [1.0]]]]),
    np.array([[[[2.0], [5.0]], [[3.0], [1.0]]]]),
)
WIDE = (
    _heads([1, 0, 2, 1]),
    _heads([1, 3, 0, 0]),
    _heads([2, 0, 0, 0], [0, 1, 1, 0]),
    _heads([1, 0, 0, 2], [0, 3, 0, 0]),
)
EVEN = (
    _heads([1, 0], [0, 2]),
    _heads([1, 2], [0, 1]),
    _heads([1, 0], [3, 1]),
    _heads([0, 2], [1, -1]),
)

# Heads of one number, where the root is 1: a query that sees two keys, and two queries that see
# each other or not; scores whose exp overflows, a small weight, a hidden score far above the
# visible one, and rows far apart, where the largest is the last or the first. Two heads, and two
# texts. Then a head of four numbers, whose root is 2; square ones, where a transpose too many
# raises no error; queries that come last; all sizes different; a key that nobody reads.
CASES = [
    (_heads([1]), _heads([1]), _heads([0], [1]), _heads([2], [5]), BOTH),
    (*THIN, CAUSAL),
    (*THIN, ALL),
    (_heads([1]), _heads([1000]), _heads([2], [1.999]), _heads([2], [5]), BOTH),
    (_heads([1]), _heads([1]), _heads([0], [10]), _heads([2], [5]), BOTH),
    (_heads([1]), _heads([1]), _heads([-20000], [0]), _heads([2], [5]), FIRST),
    (_heads([1], [2]), _heads([1], [-1000]), _heads([2], [1]), _heads([2], [5]), ALL),
    (*TWO, BOTH),
    (*(part.swapaxes(0, 1) for part in TWO), BOTH),
    (*WIDE, BOTH),
    (*EVEN, CAUSAL),
    (*_drawn(1, 1, 4, 4, 4, 1), np.tri(4, dtype=bool)),
    (*_drawn(2, 2, 2, 2, 2, 6), CAUSAL),
    (*_drawn(2, 2, 2, 3, 4, 11), np.tri(2, 3, k=1, dtype=bool)),
    (*_drawn(2, 3, 4, 5, 6, 21), np.tri(4, 5, k=1, dtype=bool)),
    (*_drawn(1, 2, 3, 4, 5, 31), HOLES),
    (*_drawn(1, 1, 1, 1, 2, 41), np.ones((1, 1), dtype=bool)),
    (*_drawn(1, 2, 3, 3, 2, 51), np.array([[1, 1, 1], [1, 0, 1], [0, 1, 1]], dtype=bool)),
]


def _unread(got: tuple[Array, ...], dout: Array, q: Array, k: Array, v: Array, mask: Array) -> bool:
    return bool(np.allclose(got[2].sum(-2), dout.sum(-2)))


check = Check.of(
    __file__,
    "attention_gradients(dout, q, k, v, mask)",
    CASES,
    "Attention",
    properties=(
        Property(
            "each row of weights sums to one, so that dv, summed over its positions, has to be"
            " dout, summed over its own",
            _unread,
        ),
    ),
    errors={
        "^ValueError.*axes": "NumPy's `transpose` wants the order of all axes; `swapaxes` takes the"
        " two that change places.",
        "^ValueError(?!.*axes)": "Write the shapes beside each other: dout and q are (B, H, T, Dh),"
        " k and v (B, H, S, Dh), weights and mask end in (T, S). T and S may differ.",
    },
    own=("attention_backward",),
)
