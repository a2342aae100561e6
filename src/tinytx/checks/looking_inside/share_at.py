"""The check of ``share_at(weights, where)``: how much of a head goes to one place."""

from __future__ import annotations

import numpy as np

from ..check import Check
from ..verdict import Property
from .parts import Array, attention

HALF = np.array([[1.0, 0.0], [0.5, 0.5]])
MOST = np.array([[1.0, 0.0], [0.1, 0.9]])
LESS = np.array([[1.0, 0.0], [0.4, 0.6]])

# One place; two, of which either may be meant; heads that differ; rows that mean the same place and
# others; a head that has nothing there; more of each than of the others; all sizes equal; many; a
# model that looks ahead.
CASES = [
    (np.ones((1, 1, 1, 1)), np.array([0])),
    (np.array([[HALF]]), np.array([1])),
    (np.array([[MOST]]), np.array([0])),
    (np.array([[MOST]]), np.array([1])),
    (np.array([[MOST, LESS]]), np.array([0])),
    (np.array([[MOST], [LESS]]), np.array([0, 1])),
    (np.array([[MOST], [LESS]]), np.array([1, 1])),
    (np.array([[MOST, LESS], [LESS, HALF]]), np.array([1, 0])),
    (np.array([[MOST], [LESS], [HALF]]), np.array([0, 1, 1])),
    (attention(1, 1, 3, seed=3), np.array([1])),
    (attention(2, 1, 3, seed=4), np.array([0, 1])),
    (attention(2, 2, 3, seed=1), np.array([1, 0])),
    (attention(2, 3, 5, seed=1), np.array([3, 0])),
    (attention(3, 3, 3, seed=2), np.array([2, 0, 1])),
    (attention(7, 2, 4, seed=3), np.array([0, 3, 1, 1, 2, 0, 3])),
    (attention(4, 5, 9, seed=4), np.array([8, 0, 5, 2])),
    (attention(30, 3, 6, seed=5), np.arange(30) * 7 % 6),
    (attention(3, 2, 5, seed=6, causal=False), np.array([3, 0, 4])),
    (attention(2, 1, 140, seed=7), np.array([133, 5])),
]


def _share(got: Array, weights: Array, where: Array) -> bool:
    return bool((got >= -1e-6).all() and (got <= 1 + 1e-6).all())


check = Check.of(
    __file__,
    "share_at(weights, where)",
    CASES,
    "Which head looks where",
    properties=(Property("a mean of weights lies between 0 and 1", _share),),
    errors={
        "^IndexError.*(broadcast|shape mismatch)": "Two lists of indices that go together have one"
        " length: there is one place for each of N rows.",
        "^IndexError": "The four axes are row, head, who reads, what is read, in this order.",
    },
)
