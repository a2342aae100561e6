"""The check of ``first_difference(whole, start, ids)``: decoding with a cache against without."""

from __future__ import annotations

import numpy as np

from ..check import Check
from ..verdict import Property
from .readers import START, large, right, token_only, whole, wide

FIVE = np.array([3, 1, 4, 0, 2])
TWICE = np.array([1, 1, 2, 2, 2, 0])
LIKELY = np.array([1, 4, 4, 1, 4])

# Right ones; wrong at the first place, at the second, the third, the fourth; wrong only once;
# wrong downwards, and upwards; wrong in size only; wrong by little, and
# in one logit of many; too short a text to show anything; rounding;
# a model without a memory; wrong by little where logits are large; wrong by the same in all logits;
# a text whose every token is the likeliest after those before it; another likeliest token.
CASES = [
    (whole, right, np.array([3])),
    (whole, right, FIVE),
    (whole, START["first"], np.array([3, 1])),
    (whole, START["first"], FIVE),
    (whole, START["forgets"], np.array([3])),
    (whole, START["forgets"], FIVE),
    (whole, START["short"], np.array([3, 1, 4])),
    (whole, START["short"], FIVE),
    (whole, START["stands"], FIVE),
    (whole, START["scales"], FIVE),
    (whole, START["lower"], FIVE),
    (whole, START["lower"], np.array([3, 1, 4])),
    (whole, START["stands"], TWICE),
    (whole, right, TWICE),
    (whole, START["higher"], FIVE),
    (whole, START["evens_out"], FIVE),
    (whole, START["slight"], FIVE),
    (wide, START["one_of_many"], FIVE),
    (whole, START["rounded"], FIVE),
    (token_only, START["no_memory"], FIVE),
    (large, START["slight_of_large"], FIVE),
    (whole, START["lifts"], FIVE),
    (whole, right, LIKELY),
    (whole, START["prefers"], FIVE),
]

check = Check.of(
    __file__,
    "first_difference(whole, start, ids)",
    CASES,
    "The loss is the same",
    properties=(
        Property(
            "a place is -1, or from 0 to T - 1",
            lambda got, whole, start, ids: -1 <= got < len(ids),
        ),
    ),
    errors={
        "^TypeError": "`start()` gives a function of one id; `whole` takes all ids at once, as an"
        " array.",
        "^(IndexError|ValueError)": "`whole` gives one row for each place, `step` one row.",
    },
    two=False,
)
