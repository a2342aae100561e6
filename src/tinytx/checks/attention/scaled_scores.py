"""The check of ``scaled_scores(q, k)``: every query against every key, divided by a root."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Property

Array = np.ndarray

# One query and two keys, of four numbers: the root is 2. Then keys as many as numbers, which lets
# a missing transpose run; two queries, two texts or two heads, with scores below zero; all sizes
# two, or all but those of the batch and the queries four, which lets every transpose run; and all
# sizes different, once with more keys than queries and once with fewer.
CASES = [
    (np.array([[[[1.0, 0.0, 2.0, 1.0]]]]),
     np.array([[[[2.0, 1.0, 0.0, 4.0], [0.0, 3.0, 1.0, 0.0]]]])),
    (np.array([[[[1.0, 2.0]]]]), np.array([[[[3.0, 0.0], [1.0, 4.0]]]])),
    (np.array([[[[1.0, 0.0, 1.0, 2.0]], [[0.0, 1.0, 3.0, 0.0]]]]),
     np.array([[[[4.0, 1.0, 0.0, 2.0]], [[2.0, 5.0, 1.0, 0.0]]]])),
    (np.array([[[[1.0, 2.0], [3.0, -1.0]]]]), np.array([[[[2.0, 0.0], [0.0, 3.0]]]])),
    (np.array([[[[1.0, 2.0]]], [[[3.0, -1.0]]]]), np.array([[[[2.0, 0.0]]], [[[1.0, 5.0]]]])),
    (draw(2, 2, 2, 2, seed=1), draw(2, 2, 2, 2, seed=2)),
    (draw(1, 4, 2, 4, seed=7), draw(1, 4, 4, 4, seed=8)),
    (draw(2, 3, 4, 5, seed=3), draw(2, 3, 6, 5, seed=4)),
    (draw(3, 1, 5, 6, seed=5), draw(3, 1, 2, 6, seed=6)),
    (draw(1, 1, 5, 2, seed=9), draw(1, 1, 4, 2, seed=10)),
    (100 * draw(1, 1, 2, 3, seed=11), 100 * draw(1, 1, 4, 3, seed=12)),
    (draw(1, 2, 3, 90, seed=13), draw(1, 2, 4, 90, seed=14)),
]  # fmt: skip


def _proportional(out: Array, q: Array, k: Array) -> bool:
    """Return whether ``out`` is the dot products times one number above zero."""
    products = np.einsum("bhtd,bhsd->bhts", q, k)
    factor = (out * products).sum() / (products**2).sum()
    return bool(factor > 0 and np.allclose(out, factor * products, rtol=1e-3, atol=1e-6))


check = Check.of(
    __file__,
    "scaled_scores(q, k)",
    CASES,
    "Why the division by √Dh",
    properties=(
        Property(
            "up to one common factor, the scores have to be the dot product of each query with each"
            " key of the same head",
            _proportional,
        ),
    ),
    errors={
        "^(ValueError.*(matmul|einsum|operands|broadcast)|RuntimeError.*(size|shape))": "Write down"
        " the two shapes that meet in your product: (B, H, T, Dh) on the left, and on the right?",
        "^IndexError.*out of bounds": "There may be more keys than queries, and there may be fewer."
        " Which size belongs to which axis of the result?",
        "^ValueError.*axes": "There are four axes. Name the two that change places.",
    },
)
