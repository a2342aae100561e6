"""The check of ``table_gradients(ids, dx, h, dlogits, context_length)``: two ends, one table."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Property
from .inputs import drawn

Array = np.ndarray
Pair = tuple[Array, Array]


def _ends(
    B: int, T: int, D: int, V: int, context_length: int, seed: int
) -> tuple[Array, Array, Array, Array, int]:
    """Draw what arrives at both ends of a model; the two highest ids are not in the text."""
    dx, h = draw(2, B, T, D, seed=seed)
    return drawn(V - 2, B, T, seed=seed), dx, h, draw(B, T, V, seed=seed + 10), context_length


# One sequence; one position; all sizes two, which lets every transpose run; and sizes that differ,
# with a position table that is full, and one that is not. And ids that do not fit into 8 bits.
CASES = [
    (np.array([[1, 1]]), np.array([[[1.0, 2.0], [5.0, 3.0]]]), np.array([[[1.0, 0.0], [2.0, 1.0]]]),
     np.array([[[3.0, 0.0, -3.0], [0.0, 4.0, -4.0]]]), 3),
    (np.array([[2], [2]]), np.array([[[1.0, 4.0]], [[2.0, 3.0]]]),
     np.array([[[3.0, 0.0]], [[1.0, 2.0]]]), np.array([[[1.0, -1.0, 0.0]], [[0.0, 5.0, -5.0]]]), 2),
    (np.array([[1, 0], [1, 1]]), np.array([[[1.0, 2.0], [4.0, 0.0]], [[3.0, 1.0], [0.0, 5.0]]]),
     np.array([[[1.0, 0.0], [0.0, 2.0]], [[0.0, 3.0], [1.0, 0.0]]]),
     np.array([[[1.0, -1.0], [2.0, -2.0]], [[3.0, -3.0], [-4.0, 4.0]]]), 2),
    (np.array([[2, 0], [2, 2]]), np.array([[[1.0, 2.0], [4.0, 0.0]], [[3.0, 1.0], [0.0, 5.0]]]),
     np.array([[[1.0, 0.0], [0.0, 2.0]], [[0.0, 3.0], [1.0, 0.0]]]),
     np.array([[[1.0, 0.0, -1.0], [0.0, 2.0, -2.0]], [[3.0, -3.0, 0.0], [4.0, 0.0, -4.0]]]), 3),
    _ends(3, 2, 3, V=5, context_length=5, seed=1),
    _ends(2, 5, 4, V=9, context_length=5, seed=2),
    _ends(2, 5, 4, V=8, context_length=6, seed=3),
    _ends(1, 5, 2, V=300, context_length=5, seed=4),
]  # fmt: skip


def _unused_are_zero(
    found: Pair, ids: Array, dx: Array, h: Array, dlogits: Array, size: int
) -> bool:
    return len(found) != 2 or not found[1][ids.shape[1] :].any()


def _all_arrives(found: Pair, ids: Array, dx: Array, h: Array, dlogits: Array, size: int) -> bool:
    if len(found) != 2:  # how many results there are is told where the values are compared
        return True
    return bool(np.allclose(found[1].sum(axis=0), dx.sum(axis=(0, 1)), atol=1e-5))


check = Check.of(
    __file__,
    "table_gradients(ids, dx, h, dlogits, context_length)",
    CASES,
    "Weight tying",
    properties=(
        Property(
            "in the second result, rows of positions that were not used have to be zero",
            _unused_are_zero,
        ),
        Property(
            "every row of dx has to arrive in the second result, once: both have the same sum"
            " over all their rows",
            _all_arrives,
        ),
    ),
    errors={
        "^IndexError": "An id picks a row of the token table, which has as many rows as there are"
        " logits. A position picks a row of the other.",
        "^ValueError.*(broadcast|matmul|einsum|operand)": "Write the shapes of both sides: dx and"
        " h are (B, T, D), dlogits is (B, T, V).",
    },
)
