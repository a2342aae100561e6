"""The check of ``sees_the_future(attend, T, D)``: an experiment that finds a leak."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from ..check import Check
from ..verdict import Property
from . import leaks
from .answers import sees_the_future

CASES = [
    (leaks.causal, 3, 2),
    (leaks.causal, 6, 4),
    (leaks.unmasked, 4, 3),
    (leaks.one_ahead, 4, 2),
    (leaks.by_twos, 5, 3),
    (leaks.skips, 5, 3),
    (leaks.zeroed, 4, 3),
    (leaks.first_sees, 5, 2),
    (leaks.peeks, 5, 3),
    (leaks.normed, 4, 3),
    (leaks.behind_norm, 4, 4),
    (leaks.passed_on, 4, 3),
    (leaks.one_number, 4, 3),
    (leaks.last_number, 4, 3),
    (leaks.second_number, 4, 3),
    (leaks.balanced, 4, 3),
    (leaks.squared, 4, 3),
    (leaks.turns, 4, 3),
    (leaks.turned_round, 5, 2),
    (leaks.alone, 4, 2),
    (leaks.half, 4, 2),
    (leaks.constant, 3, 2),
    (leaks.whispers, 4, 2),
    (leaks.overwrites, 5, 3),
    (leaks.normed_zeroed, 4, 4),
    (leaks.unmasked, 1, 2),
    (leaks.faint, 4, 40),
    (leaks.tiny, 4, 40),
    (leaks.rounds, 4, 96),  # in so many numbers some are rounded differently, whatever x is
    (leaks.tide, 12, 2),  # so long that a probe that goes by luck hardly ever finds all
]

_truth = cache(sees_the_future)


def _sees(attend: Callable, T: int, D: int) -> set[int]:
    return set(_truth(attend, T, D))


def _no_gaps(found: list[int], attend: Callable, T: int, D: int) -> bool:
    """Return whether what is found of ``tide`` could be a choice: all, none, or a run of some."""
    run = found == list(range(found[0], found[0] + len(found))) if found else True
    return attend is not leaks.tide or run


def _which(found: list[int], attend: Callable, T: int, D: int) -> str:
    """Return the claim about one model that does not hold."""
    wrong = sorted(set(found) ^ _sees(attend, T, D))
    return f"position {wrong[0]} of `{attend.__name__}`"


check = Check.of(
    __file__,
    "sees_the_future(attend, T, D)",
    CASES,
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
            _no_gaps,
            rule=False,
        ),
        Property(
            "it accuses a position that sees no later one",
            lambda found, *given: set(found) <= _sees(*given),
            _which,
            rule=False,
        ),
        Property(
            "it overlooks a position that sees a later one",
            lambda found, *given: set(found) >= _sees(*given),
            _which,
            rule=False,
        ),
    ),
    errors={
        "^(IndexError|ValueError)": "`attend` takes and gives one array of shape (T, D), and T may"
        " be 1. Then nothing is later, and the largest of no numbers is an error.",
        "^(AttributeError|TypeError).*(list|tuple|'float'|argument)": "`attend` takes one array of"
        " shape (T, D), and gives one.",
        "^TypeError.*floats": "An array of integers cuts off what is written into it. Start from"
        " floats, such as those of `np.random.default_rng(0).normal(size=(T, D))`.",
    },
    two=False,
)
