"""The check of ``paired(a, b, quantile)``: differences of the seeds that both arms have."""

from __future__ import annotations

import numpy as np

from ..check import Check
from ..verdict import Property
from .parts import Array, Quantile, losses

TWO, FOUR = Quantile("2.0"), Quantile("4.0")
FALL, REAL = Quantile("2 + 9 / freedom"), Quantile("1.96 + 2.4 / freedom + 8 / freedom**3")


def _case(n: int, extra_a: int, extra_b: int, seed: int, quantile: Quantile = REAL) -> tuple:
    """Return records of n common seeds and some that only one has, each in an order of its own."""
    rng = np.random.default_rng(seed)
    a, b = losses(2, n, seed=seed).tolist()
    a += losses(extra_a, seed=seed + 1).tolist() if extra_a else []
    b += losses(extra_b, seed=seed + 2).tolist() if extra_b else []
    names = rng.permutation(90)[: n + extra_a + extra_b].tolist()
    of_a, of_b = names[: n + extra_a], names[:n] + names[n + extra_a :]
    return _mixed(rng, of_a, a), _mixed(rng, of_b, b), quantile


def _mixed(rng: np.random.Generator, names: list[int], values: list[float]) -> dict[int, float]:
    order = rng.permutation(len(names)).tolist()
    return {names[i]: values[i] for i in order}


# Two seeds in order, and in another; b below a and above; a quantile that is not 2, and one that
# falls; a seed that only one has, at the beginning, the end, in both; seeds that are negative or
# large; as many differences as losses differ; all in one order; many.
CASES = [
    ({0: 2.0, 1: 3.0}, {0: 2.5, 1: 4.0}, TWO),
    ({0: 2.0, 1: 3.0}, {1: 4.0, 0: 2.5}, TWO),
    ({0: 2.0, 1: 3.0}, {0: 1.0, 1: 2.5}, TWO),
    ({0: 2.0, 1: 3.0}, {0: 1.0, 1: 2.5}, FOUR),
    ({3: 2.0, 1: 3.0}, {1: 5.0, 3: 9.0}, FOUR),
    ({0: 2.0, 1: 3.0, 2: 4.0}, {0: 1.0, 1: 2.5, 2: 4.5}, FALL),
    ({0: 2.0, 1: 3.0, 2: 7.0}, {0: 1.0, 1: 2.5}, FALL),
    ({0: 2.0, 1: 3.0}, {5: 8.0, 0: 1.0, 1: 2.5}, FALL),
    ({4: 1.0, 0: 2.0, 1: 3.0}, {0: 1.0, 1: 2.5, 7: 6.0}, FALL),
    ({4: 1.0, 0: 2.0, 1: 3.0, 2: 7.0}, {2: 5.0, 0: 1.0, 1: 2.5, 7: 6.0, 8: 2.0}, FALL),
    ({0: 3.0, 1: 3.0, 2: 3.0}, {0: 3.5, 2: 3.5, 1: 3.5}, FALL),
    ({-5: 2.0, 123456: 3.0, 0: 4.0}, {0: 1.0, -5: 2.5, 123456: 4.5}, FALL),
    _case(3, 0, 0, seed=1),
    _case(4, 1, 1, seed=2),
    _case(5, 2, 0, seed=3),
    _case(5, 0, 3, seed=4),
    _case(8, 3, 2, seed=5, quantile=FALL),
    _case(10, 0, 0, seed=6),
    _case(30, 4, 7, seed=7),
    ({0: 0.0, 1: 3.0, 2: 1.0}, {0: 1.0, 1: 2.5, 2: 0.0}, FALL),
    # seeds that are equal and not the same object
    ({300: 2.0, 1000: 3.0}, {int("300"): 1.0, int("1000"): 2.5}, FALL),
    _case(40, 0, 0, seed=8),
]


def _middle(got: Array, *given: object) -> bool:
    return bool(np.isclose(got[0], (got[1] + got[2]) / 2, atol=1e-5))


check = Check.of(
    __file__,
    "paired(a, b, quantile)",
    CASES,
    "Pairs",
    properties=(Property("the mean lies in the middle of its interval", _middle),),
    errors={
        "^ZeroDivisionError": "`quantile` may divide by the degrees of freedom, n - 1. Is n 1, and"
        " a seed was missed: 0, one below 0, or one with a loss of 0.0?",
        "^KeyError": "Of some seeds only one arm has a run: look up those that both have.",
        "^ValueError.*broadcast": "The arms may have different numbers of runs. How many pairs are"
        " there?",
        r"^TypeError.*Lambda\.__call__\(\)": "`quantile` takes one number, the degrees of freedom."
        " The level is in the function.",
        "^TypeError.*unsupported": "A dictionary is no array: its values come out one by one, by"
        " their seed.",
    },
)
