"""The check of ``tempered(logits, temperature)``: a temperature, in the right place."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Property
from .parts import likeliest_stays

Array = np.ndarray
PAIR, TIE = np.array([[0.0, 1.0]]), np.array([[2.0, 2.0]])
TIES = np.array([[1.0, 3.0, 3.0, 0.0], [5.0, 2.0, 5.0, 5.0], [4.0, 6.0, 2.0, 6.0]])
FAR = np.array([[10_000.0, 9_999.0, -10_000.0], [-10_000.0, -9_999.0, -10_000.0]])
GAP = np.array([[0.0, 2_000.0, 1_000.0], [-500.0, 0.0, 500.0]])

# Warm, as it is, cold; the likeliest, with equals; near logits that are far once they are divided;
# near the limits; a largest one that is larger by little; far ones that are near once they are
# divided; usual ones, wide, high and square.
CASES = [
    (PAIR, 1.0),
    (PAIR, 2.0),
    (PAIR, 0.5),
    (PAIR, 0.0),
    (TIE, 0.0),
    (np.array([[3.0], [4.0]]), 0.5),
    (np.array([[3.0], [4.0]]), 0.0),
    (np.array([[0.0, 3.0], [3.0, 0.0], [1.0, 2.0]]), 0.0),
    (TIES, 0.0),
    (TIES, 3.0),
    (np.array([[0.000002, 0.0]]), 0.000001),
    (np.array([[9_999.95, 10_000.0]]), 0.0),
    (FAR, 1.0),
    (FAR, 0.0),
    (FAR, 0.000001),
    (FAR, 1_000_000.0),
    (GAP, 1_000.0),
    (np.array([[2.0, 0.0, 1.0], [0.0, 9_000.0, -9_000.0]]), 0.25),
    (draw(3, 5, seed=1), 0.7),
    (draw(3, 5, seed=2, scale=4.0), 1.5),
    (draw(5, 2, seed=3), 1.0),
    (draw(3, 3, seed=4), 0.1),
    (draw(2, 300, seed=5), 0.0),
    (draw(2, 300, seed=6), 0.8),
]


def _sums(got: Array, logits: Array, temperature: float) -> bool:
    return bool(np.isclose(got.sum(axis=-1), 1, atol=1e-4).all() and (got >= 0).all())


def _greedy(got: Array, logits: Array, temperature: float) -> bool:
    rows = np.arange(len(logits))
    return temperature > 0 or bool((got[rows, logits.argmax(axis=-1)] > 1 - 1e-4).all())


check = Check.of(
    __file__,
    "tempered(logits, temperature)",
    CASES,
    "Temperature",
    properties=(
        Property("each row holds probabilities, which sum to one", _sums),
        Property("no temperature makes another token the likeliest", likeliest_stays),
        Property(
            "at temperature 0 the largest logit has it all, and of equal ones the first", _greedy
        ),
    ),
    errors={
        "^ZeroDivisionError": "At temperature 0 nothing is divided: what is left then?",
    },
    own=("sampling.distribution",),
)
