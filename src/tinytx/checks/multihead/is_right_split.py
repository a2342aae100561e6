"""The check of ``is_right_split(split)``: a test that tells right splits from wrong ones."""

from __future__ import annotations

from collections.abc import Callable

from ..check import Check
from ..verdict import Property
from .splits import RIGHT, WRONG

CASES = [(split,) for split in (*RIGHT, *WRONG)]


def _lets_right_ones_pass(said: bool, split: Callable) -> bool:
    return said or split in WRONG


def _holds_wrong_ones_up(said: bool, split: Callable) -> bool:
    return not said or split in RIGHT


check = Check.of(
    __file__,
    "is_right_split(split)",
    CASES,
    "Split and merge",
    properties=(
        Property("your test refuses a split that is right", _lets_right_ones_pass, rule=False),
        Property("your test lets a split pass that is wrong", _holds_wrong_ones_up, rule=False),
    ),
    errors={
        "ambiguous": "`a == b` of two arrays is an array. Look up `np.array_equal`: it is one True"
        " or False, and False when the shapes differ.",
        "^ValueError.*does not divide": "Choose a last dimension that n_head divides.",
        "^ValueError.*(broadcast|operands|reshape)": "A wrong split may give another shape. Then it"
        " is not right, and nothing need be compared.",
        "^ValueError.*unpack": "Give the splits an x of three axes, (B, T, D): that is what they"
        " ask for.",
        "^IndexError": "A wrong split may give another shape than you expect.",
        "^TypeError": "`split` takes two arguments, x of shape (B, T, D) and the number of heads.",
    },
    two=False,
    own=("split_heads",),
)
