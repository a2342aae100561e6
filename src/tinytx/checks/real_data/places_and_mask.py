"""The check of ``places_and_mask(documents)``: what a packed row tells the model."""

from __future__ import annotations

import numpy as np

from ..check import Check
from ..verdict import Property

Array = np.ndarray
Found = tuple[Array, Array]


def _row(*parts: tuple[int, int]) -> tuple[Array]:
    """Return a row, of pairs of a number and how often it comes."""
    return (np.array([number for number, times in parts for _ in range(times)]),)


# One token: a document, number 0, padding. One document; two, of one token and of more, the number
# growing and falling; a number that comes again. Padding of one token and of several, at the end,
# at the beginning, between, of -1 and of other numbers below 0. Then longer rows, numbers that are
# large, a number for each token, and all together.
CASES = [
    _row((5, 1)),
    _row((0, 1)),
    _row((-1, 1)),
    _row((3, 2)),
    _row((0, 3)),
    _row((0, 1), (1, 1)),
    _row((4, 1), (2, 2)),
    _row((1, 2), (2, 2)),
    _row((2, 2), (0, 1)),
    _row((6, 1), (4, 1), (6, 1)),
    _row((0, 2), (1, 1), (0, 1)),
    _row((1, 1), (-1, 1)),
    _row((1, 1), (-1, 2)),
    _row((0, 2), (-1, 2)),
    _row((-1, 3)),
    _row((-1, 2), (3, 2)),
    _row((2, 1), (-1, 1), (2, 2)),
    _row((2, 2), (-1, 2), (2, 1)),
    _row((-3, 2), (1, 1)),
    _row((1, 1), (-2, 1), (-1, 1)),
    _row((1, 2), (-7, 3)),
    _row((5, 3), (3, 2), (5, 2), (3, 1)),
    _row((1000, 2), (744, 3), (1000, 2)),
    _row((9, 1), (4, 1), (7, 1), (2, 1), (5, 1)),
    _row((0, 4), (1, 2), (2, 5), (-1, 4)),
    _row((8, 3), (-2, 2), (8, 4), (-1, 1), (0, 3), (8, 2), (-2, 3)),
    _row((3, 11)),
    _row((2**24, 1), (2**24 + 1, 2)),
    _row((4, 270)),
    _row(*((i % 2, 1) for i in range(270))),
]


def _self(got: Found, documents: Array) -> bool:
    return bool(np.asarray(got[1]).diagonal().all())


def _past(got: Found, documents: Array) -> bool:
    return not np.triu(got[1], 1).any()


def _seen(got: Found, documents: Array) -> bool:
    """Return whether a token sees as many as its place says."""
    return bool((np.asarray(got[1]).sum(axis=1) == got[0] + 1).all())


check = Check.of(
    __file__,
    "places_and_mask(documents)",
    CASES,
    "Packing",
    properties=(
        Property("every token sees itself, padding too", _self),
        Property("no token sees a later one", _past),
        Property(
            "a token at place p has p tokens of its document before it, and sees these and itself",
            _seen,
        ),
    ),
    own=("document_places", "document_mask"),
    errors={
        "^IndexError": "There are T tokens, and the first has nothing before it. A row may be one"
        " token long.",
        "^ValueError.*(operands|broadcast)": "Write down the two shapes that meet: the comparison"
        " of each token with its neighbour gives T - 1.",
    },
)
