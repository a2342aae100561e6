"""The check of ``speculative_step(p, q, drafted, u)``: a draft, a judge, and the missing share."""

from __future__ import annotations

import numpy as np

from ..check import Check
from ..verdict import Property

Array = np.ndarray

# Sixteenths, and numbers of u that lie far from where one token ends: rounding decides nothing.
P1, Q1 = np.array([[1, 1, 2], [2, 1, 1]]) / 4, np.array([[2, 1, 1]]) / 4
P5, Q5 = np.array([[2, 1, 5], [3, 3, 2]]) / 8, np.array([[1, 5, 2]]) / 8
P6 = np.array([[2, 1, 5], [4, 2, 2], [2, 4, 2]]) / 8
Q6 = np.array([[1, 5, 2], [2, 4, 2]]) / 8
P3 = np.array([[1, 2, 1], [2, 1, 1], [1, 1, 2]]) / 4
Q3 = np.array([[2, 1, 1], [1, 1, 2]]) / 4
P4 = np.array([[7, 6, 2, 1], [1, 3, 8, 4], [4, 8, 3, 1], [2, 2, 4, 8]]) / 16
Q4 = np.array([[4, 4, 4, 4], [8, 4, 2, 2], [1, 1, 6, 8]]) / 16
P7, Q7 = np.array([[5, 6, 5], [4, 8, 4]]) / 16, np.array([[14, 1, 1]]) / 16
P2, Q2 = np.array([[1, 3], [3, 1]]) / 4, np.array([[3, 1]]) / 4
NEVER, SURE = np.array([[0.0, 1.0], [0.5, 0.5]]), np.array([[1.0, 0.0]])


def _case(p: Array, q: Array, drafted: list[int], *u: float) -> tuple:
    return p, q, drafted, np.array(u)


# One token, kept and not, with draws from either end; a token that the model would never say, also
# where both numbers are 0; draft and model of one mind; a token that is refused though
# another is likely; one or two tokens that are missing; several
# tokens, with the refusal at the first, in the middle, at the last, and nowhere; a token again.
CASES = [
    _case(P2, Q2, [1], 0.9, 0.5),
    _case(P2, Q2, [1], 0.1, 0.9),
    _case(P2, Q2, [0], 0.3, 0.5),
    _case(P2, Q2, [0], 0.5, 0.2),
    _case(P2, Q2, [0], 0.9, 0.9),
    _case(NEVER, SURE, [0], 0.0, 0.0),
    _case(NEVER, SURE, [0], 0.1, 0.1),
    _case(NEVER, SURE, [0], 0.7, 0.9),
    _case(P2, P2[:1], [0], 0.9, 0.8),
    _case(P2, P2[:1], [1], 0.9, 0.3),
    _case(P7, Q7, [0], 0.5, 0.2),
    _case(P1, Q1, [0], 0.7, 0.4),
    _case(P5, Q5, [1], 0.7, 0.1),
    _case(P5, Q5, [1], 0.4, 0.5),
    _case(P6, Q6, [1, 0], 0.7, 0.1, 0.9),
    _case(P3, Q3, [0, 2], 0.4, 0.9, 0.1),
    _case(P3, Q3, [0, 2], 0.4, 0.4, 0.6),
    _case(P3, Q3, [1, 0], 0.9, 0.95, 0.3),
    _case(P3, Q3, [1, 2], 0.9, 0.6, 0.7),
    _case(P3, Q3, [0, 0], 0.6, 0.1, 0.9),
    _case(P3, Q3, [2, 1], 0.8, 0.8, 0.9),
    _case(P4, Q4, [0, 2, 1], 0.9, 0.9, 0.9, 0.6),
    _case(P4, Q4, [3, 2, 1], 0.6, 0.2, 0.3, 0.9),
    _case(P4, Q4, [3, 2, 1], 0.3, 0.8, 0.1, 0.2),
    _case(P4, Q4, [1, 0, 2], 0.8, 0.2, 0.1, 0.3),
    _case(P4, Q4, [1, 0, 0], 0.8, 0.05, 0.7, 0.05),
    _case(P4, Q4, [1, 1, 3], 0.2, 0.7, 0.2, 0.1),
    _case(P4, Q4, [1, 1, 3], 0.2, 0.8, 0.2, 0.85),
    _case(P4, Q4, [1, 1, 3], 0.2, 0.9, 0.6, 0.1),
    _case(P4, Q4, [1, 3, 3], 0.2, 0.9, 0.2, 0.9),
    _case(P4, Q4, [0, 3, 2], 0.3, 0.2, 0.4, 0.45),
    _case(P4, Q4, [2, 0, 3], 0.45, 0.1, 0.1, 0.8),
    _case(P4, Q4, [1, 3, 2], 0.6, 0.5, 0.7, 0.9),
]


def _kept(got: list[int], p: Array, q: Array, drafted: list[int], u: Array) -> bool:
    return 1 <= len(got) <= len(drafted) + 1 and got[:-1] == drafted[: len(got) - 1]


def _ids(got: list[int], p: Array, q: Array, drafted: list[int], u: Array) -> bool:
    return all(0 <= id < p.shape[1] for id in got)


check = Check.of(
    __file__,
    "speculative_step(p, q, drafted, u)",
    CASES,
    "A draft and a judge",
    properties=(
        Property("every id is one of the vocabulary's", _ids),
        Property("what comes back is a beginning of the draft, and one more token", _kept),
    ),
    errors={
        "^IndexError": "There are n drafted tokens and n rows of q; p and u have one row and one"
        " number more.",
    },
    own=("speculation.verdict",),
)
