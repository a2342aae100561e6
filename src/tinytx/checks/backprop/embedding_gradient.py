"""The check of ``embedding_gradient(dx, ids, vocab_size)``: each row collects its places."""

from __future__ import annotations

import numpy as np

from ..arrays import draw, first, number
from ..check import Check
from ..verdict import Property

Array = np.ndarray

# One place; two gradients that are alike, and in part small; an id twice in a text; an id in both
# texts; id 0; one number for each place; all sizes two, which lets every transpose run; then all
# sizes different, and more ids than positions.
CASES = [
    (np.array([[[1.0, 2.0]]]), np.array([[1]]), 3),
    (np.array([[[0.001, 5.0], [0.001, 5.0]]]), np.array([[1, 1]]), 3),
    (np.array([[[1.0, 2.0], [3.0, 5.0], [4.0, 9.0]]]), np.array([[2, 0, 2]]), 3),
    (np.array([[[1.0, 2.0], [3.0, 5.0]], [[4.0, 9.0], [7.0, 6.0]]]), np.array([[0, 3], [1, 3]]), 5),
    (np.array([[[1.0], [2.0], [4.0]], [[8.0], [5.0], [7.0]]]), np.array([[1, 1, 0], [3, 1, 1]]), 4),
    (np.array([[[1.0, 2.0], [3.0, 5.0]], [[4.0, 9.0], [7.0, 6.0]]]), np.array([[1, 0], [0, 0]]), 2),
    (draw(2, 4, 3, seed=1), np.array([[5, 0, 5, 2], [2, 5, 1, 1]]), 7),
    (draw(3, 5, 2, seed=2), np.array([[4, 4, 4, 1, 0], [1, 4, 4, 2, 6], [3, 3, 1, 0, 0]]), 8),
]  # fmt: skip


def _lost(table: Array, dx: Array, *_: object) -> Array:
    return ~np.isclose(table.sum(axis=0), dx.sum(axis=(0, 1)))


def _where(table: Array, dx: Array, *_: object) -> str:
    column = first(_lost(table, dx))[0]
    return (
        f"column {column} of yours sums to {number(table[:, column].sum().item())}, and"
        f" dx[:, :, {column}] to {number(dx[..., column].sum().item())}"
    )


check = Check.of(
    __file__,
    "embedding_gradient(dx, ids, vocab_size)",
    CASES,
    "Embedding, and a weight used twice",
    properties=(
        Property(
            "nothing of dx may get lost or count double on its way into the table",
            lambda *given: not _lost(*given).any(),
            _where,
        ),
    ),
    errors={
        "^IndexError.*out of bounds": "The ids go up to vocab_size - 1. How many rows does your"
        " table have?",
        "^(ValueError|IndexError)": "Print the shapes of both sides: dx is (B, T, D), ids is"
        " (B, T).",
    },
    own=("embedding_backward",),
)
