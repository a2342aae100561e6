"""The check of ``sees_the_future(attend, T, D)``: an experiment that finds a leak."""

from __future__ import annotations

from ..check import Check
from ..verdict import Property
from . import leaks
from .findings import FINDINGS
from .reference import sees_the_future as reference
from .trials import TRIALS

CASES = [
    (leaks.causal, 3, 2),
    (leaks.causal, 6, 4),
    (leaks.unmasked, 4, 3),
    (leaks.one_ahead, 4, 2),
    (leaks.by_twos, 5, 3),
    (leaks.zeroed, 4, 3),
    (leaks.first_sees, 5, 2),
    (leaks.peeks, 5, 3),
    (leaks.normed, 4, 3),
    (leaks.behind_norm, 4, 4),
    (leaks.faint, 4, 12),
    (leaks.one_number, 4, 3),
    (leaks.last_number, 4, 3),
    (leaks.balanced, 4, 3),
    (leaks.half, 4, 2),
    (leaks.rounds, 4, 96),  # in so many numbers some are rounded differently, whatever x is
    (leaks.constant, 3, 2),
    (leaks.overwrites, 5, 3),
    (leaks.tide, 12, 2),  # so long that a probe that goes by luck hardly ever finds all
    (leaks.unmasked, 1, 2),
]


def _all_or_none(found: list[int], attend: object, T: int, D: int) -> bool:
    return attend is not leaks.tide or len(found) in (0, T - 1)


check = Check(
    "sees_the_future",
    "sees_the_future(attend, T, D)",
    reference,
    CASES,
    TRIALS + FINDINGS,
    "The causal mask",
    properties=(
        Property(
            "the last position has no later one, so it cannot be in the list",
            lambda found, attend, T, D: T - 1 not in found,
        ),
        Property(
            "each position may be listed once",
            lambda found, attend, T, D: len(set(found)) == len(found),
        ),
        Property(
            "every position but the last leaks here in the same way, and only some are found."
            " Chance should not decide that: a number may fall as well as rise, and either is a"
            " change",
            _all_or_none,
        ),
    ),
    errors={
        "^(IndexError|ValueError)": "`attend` takes and gives one array of shape (T, D), and T may"
        " be 1. Then nothing is later, and the largest of no numbers is an error.",
        "^TypeError.*floats": "An array of integers cuts off what is written into it. Start from"
        " floats, such as those of `np.random.default_rng(0).normal(size=(T, D))`.",
    },
)
