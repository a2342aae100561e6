"""Clocks for a machine that others use as well: short samples, taken in turn.

What disturbs a measurement makes it longer, hardly ever shorter. So the *best* of many short
samples is near what the machine can do, and how far the median lies above it says how much it was
disturbed. To compare, that is not enough: a slow minute must slow all contenders. They take turns,
each counts by its best call of the round, and a ratio is taken within a round.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from numbers import Real
from statistics import median, quantiles
from time import perf_counter, sleep
from typing import NamedTuple, TypeVar

from ..manual.shapes import check_count

Times = dict[str, list[float]]  # seconds of each round, by contender
Key = TypeVar("Key")  # what names a contender
SAMPLES = 5
SLOT = 0.02  # seconds for a contender in a round
REST = 5e-3  # seconds between two contenders, in which the threads of one go to sleep


class Reading(NamedTuple):
    """Seconds of many samples of one thing."""

    best: float
    median: float
    samples: int

    @property
    def spread(self) -> float:
        """How many times as long the median sample took as the best: 1 on a quiet machine."""
        return self.median / self.best


class Ratio(NamedTuple):
    """A ratio over several rounds: its median, and the quartiles around it."""

    low: float
    median: float
    high: float

    def __str__(self) -> str:
        low, middle, high = (f"{v:,.0f}" if v >= 100 else f"{v:.3g}" for v in self)
        return f"{middle} × [{low}, {high}]"


def sample(work: Callable[[], object], seconds: float, clock: Callable[[], float]) -> Reading:
    """Return a reading of ``work``, called again and again for about ``seconds``.

    One call that does not count comes first. If calls are slow there are :data:`SAMPLES`, or as
    many as fit into three times the seconds; one at least.
    """
    work()
    times: list[float] = []
    start, past = clock(), 0.0
    while not times or past < seconds or (len(times) < SAMPLES and past < 3 * seconds):
        before = clock()
        work()
        after = clock()
        times.append(after - before)
        past = after - start
    return Reading(min(times), median(times), len(times))


def in_turn(contenders: Mapping[Key, Callable[[], float]], rounds: int) -> dict[Key, list[float]]:
    """Return the seconds of each contender in each round, after a round that does not count.

    A contender returns its own seconds: see :func:`repeated`. Each round begins with another one,
    so that none always runs behind the same.

    Raises
    ------
    ValueError
        If there are no contenders, if one returns no number, or if there are fewer than 3 rounds:
        they would have no quartiles.
    """
    check_count("rounds", rounds, 3, ": quartiles")
    if not contenders:
        raise ValueError("contenders is empty: give what is to be timed")
    names = list(contenders)
    times: dict[Key, list[float]] = {name: [] for name in names}
    gc.collect()
    for number in range(rounds + 1):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            sleep(REST)
            seconds = contenders[name]()
            if not isinstance(seconds, Real):
                raise ValueError(
                    f"{name!r} returned a {type(seconds).__name__} and must return its seconds: "
                    "give lambda: repeated(work)"
                )
            if number:
                times[name].append(seconds)
    return times


def repeated(work: Callable[[], object], clock: Callable[[], float] = perf_counter) -> float:
    """Return the seconds of the fastest of several calls in a row: two, and for :data:`SLOT`.

    Not their mean: on a busy machine one call that is interrupted takes longer than all the others.
    """
    best, times, start = float("inf"), 0, clock()
    before = start
    while times < 2 or before - start < SLOT:
        work()
        after = clock()
        best, before, times = min(best, after - before), after, times + 1
    return best


def ratio(slow: list[float], fast: list[float]) -> Ratio:
    """Return how many times as long ``slow`` took as ``fast``, round by round.

    >>> ratio([2.0, 6.0, 4.0, 8.0], [1.0, 2.0, 1.0, 2.0])
    Ratio(low=2.75, median=3.5, high=4.0)

    ``ValueError`` if the two have different numbers of rounds, or fewer than 2.
    """
    if len(slow) != len(fast) or len(slow) < 2:
        raise ValueError(
            f"slow has {len(slow)} rounds and fast {len(fast)}: both must have the same, at least 2"
        )
    each = [a / b for a, b in zip(slow, fast, strict=True)]
    low, middle, high = quantiles(each, n=4, method="inclusive")
    return Ratio(low, middle, high)
