"""The check of ``induction_score(weights, n)``: the weight on what came next last time."""

from __future__ import annotations

import numpy as np

from ..check import Check
from ..verdict import Property
from .parts import Array, attention

# A head that does nothing else; n of 2 and more; one token more than a round, two rounds, three and
# a broken one; several heads and rows; all sizes equal but the last; many; one that looks ahead.
ONLY = np.array([[1.0, 0, 0, 0], [0.5, 0.5, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]])

CASES = [
    (attention(1, 1, 3, seed=1), 2),
    (attention(1, 1, 3, seed=2), 2),
    (attention(1, 2, 3, seed=7), 2),
    (attention(2, 1, 3, seed=4), 2),
    (ONLY[None, None], 2),
    (attention(1, 1, 4, seed=5), 2),
    (attention(1, 1, 4, seed=6), 3),
    (attention(1, 1, 5, seed=7), 2),
    (attention(1, 1, 5, seed=19), 2),  # where both earlier rounds are read
    (attention(1, 1, 5, seed=8), 3),
    (attention(2, 3, 8, seed=1), 4),
    (attention(3, 2, 9, seed=2), 3),
    (attention(3, 3, 6, seed=3), 3),
    (attention(4, 2, 7, seed=4), 5),
    (attention(2, 5, 11, seed=5), 2),
    (attention(3, 4, 20, seed=6), 6),
    (attention(2, 3, 40, seed=7), 20),
    (attention(2, 4, 6, seed=9, causal=False), 3),
]


def _share(got: Array, weights: Array, n: int) -> bool:
    return bool((got >= -1e-6).all() and (got <= 1 + 1e-6).all())


check = Check.of(
    __file__,
    "induction_score(weights, n)",
    CASES,
    "A head that copies",
    properties=(Property("a mean of weights lies between 0 and 1", _share),),
    errors={
        "^AttributeError.*'int'": "A sum over no readers is the number 0: even where T is n + 1"
        " there is one reader.",
        "^IndexError": "A place from n on has a place n earlier; and T need not be twice n.",
        "^ValueError.*(reshape|broadcast)": "T need not be a multiple of n: the last round may be"
        " broken off.",
    },
)
