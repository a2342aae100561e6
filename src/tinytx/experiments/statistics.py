"""How sure a difference between two arms of an experiment is, when each seed is one observation.

An *arm* is one of the things compared, and its result is one number for each seed: ``a`` and ``b``
are arrays (n,). Everything here is about ``b - a``. All of it rests on one assumption, that the
seeds are independent draws; the steps of one run are not, so no function takes a curve. The
quantiles are SciPy's, which takes two seconds to load: it waits for the first that is asked for.
The rest is written out.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ..manual.shapes import check_count

MOST_SEEDS = 1_000_000  # nobody trains more; beyond, `seeds_needed` refuses instead of searching


class Difference(NamedTuple):
    """By how much the results of one arm are above those of another, and how sure that is.

    Attributes
    ----------
    mean
        The mean of ``b`` less the mean of ``a``, in the unit of the results.
    error
        Its standard error: by how much the mean would typically move with other seeds.
    low, high
        The ends of an interval around it, at the level that was asked for.
    n
        Seeds: pairs of them, or those of the smaller arm.
    freedom
        Degrees of freedom of the t distribution that goes with ``error``; None is ``n - 1``.

    >>> print(Difference(-0.021, 0.005, -0.035, -0.007, 5))
    −0.021 [−0.035, −0.007]
    >>> f"{Difference(0.0004, 0.0001, 0.0001, 0.0007, 5):.4f}"
    '+0.0004 [+0.0001, +0.0007]'
    """

    mean: float
    error: float
    low: float
    high: float
    n: int
    freedom: float | None = None

    def __format__(self, spec: str) -> str:
        """Return mean and interval; ``spec`` is that of a float.

        Each keeps its sign when it is rounded to nothing: on which side of zero an end lies is what
        an interval is read for.
        """
        mean, low, high = (
            format(value + 0.0, f"+{spec or '.3f'}").replace("-", "−")  # + 0.0: no minus zero
            for value in (self.mean, self.low, self.high)
        )
        return f"{mean} [{low}, {high}]"

    def __str__(self) -> str:
        return format(self, "")


def paired_difference(a: ArrayLike, b: ArrayLike, level: float = 0.95) -> Difference:
    """Return the difference ``b - a``, taken seed by seed, with its t interval.

    Two runs with one seed share what the seed decides: the order of the data, and the initial
    weights where they have the same shapes. As far as that moves both alike, the subtraction takes
    it out. What is left is averaged over ``n`` seeds. It has a price: ``n - 1`` degrees of freedom,
    where two arms apart have up to twice as many.

    Parameters
    ----------
    a, b
        (n,), at least two seeds; ``a[i]`` and ``b[i]`` have the same seed.
    level
        How often, over many experiments, such an interval should hold the true difference.

    Raises
    ------
    ValueError
        If the lengths differ, there are fewer than two seeds, or a result is not finite.

    Source: Student 1908.

    >>> print(paired_difference([2.10, 2.30, 2.20], [2.08, 2.27, 2.19]))
    −0.020 [−0.045, +0.005]
    """
    differences = _pairs(a, b)
    n = len(differences)
    error = float(differences.std(ddof=1)) / math.sqrt(n)
    return _interval(float(differences.mean()), error, n, n - 1, level)


def unpaired_difference(a: ArrayLike, b: ArrayLike, level: float = 0.95) -> Difference:
    """Return the difference of the means of ``b`` and ``a``, whose seeds have nothing in common.

    The variances of the two means add. Neither arm need vary as much as the other, so the degrees
    of freedom lie between those of the smaller arm and those of both (Welch's formula).

    Parameters
    ----------
    a, b
        (n,) and (m,), at least two seeds each.
    level
        As in :func:`paired_difference`.

    Raises
    ------
    ValueError
        If an arm has fewer than two seeds, or a result is not finite.

    Source: Welch 1947.

    >>> print(unpaired_difference([2.10, 2.30, 2.20], [2.08, 2.27, 2.19]))
    −0.020 [−0.242, +0.202]
    """
    arms = _results("a", a), _results("b", b)
    variances = [float(arm.var(ddof=1)) / len(arm) for arm in arms]  # of each mean
    total = sum(variances)
    below = sum(v**2 / (len(arm) - 1) for v, arm in zip(variances, arms, strict=True))
    n = min(len(arm) for arm in arms)
    freedom = total**2 / below if below else n - 1
    mean = float(arms[1].mean() - arms[0].mean())
    return _interval(mean, math.sqrt(total), n, freedom, level)


def bootstrap_difference(
    a: ArrayLike, b: ArrayLike, level: float = 0.95, resamples: int = 10_000, seed: int = 0
) -> Difference:
    """Return the difference ``b - a`` with the percentile interval of the bootstrap over seeds.

    The seeds at hand stand for all seeds: draw ``n`` of the paired differences with replacement,
    take their mean, and again, many times. The interval holds the middle ``level`` of these means,
    and ``error`` is their deviation. No shape of distribution is assumed.

    **With few seeds the interval is too narrow.** The means spread as if the variance were that of
    the sample divided by n, not by n - 1, and no quantile of t makes up for it: for five normal
    differences an interval of nominal 95 % holds the truth in 84 % of experiments, for ten in 90 %,
    for fifty in 94 % (measured by ``tests/experiments/test_statistics.py``).

    Parameters
    ----------
    a, b, level
        As in :func:`paired_difference`.
    resamples
        How many means are drawn.
    seed
        Of the draw.

    Raises
    ------
    ValueError
        As in :func:`paired_difference`, and if ``resamples`` is below 1.

    Source: Efron 1979.

    >>> print(bootstrap_difference([2.10, 2.30, 2.20], [2.08, 2.27, 2.19]))
    −0.020 [−0.030, −0.010]
    """
    differences = _pairs(a, b)
    check_count("resamples", resamples)
    n, tail = len(differences), _tail(level)
    indices = np.random.default_rng(seed).integers(n, size=(resamples, n))
    means = differences[indices].mean(axis=1)
    low, high = np.quantile(means, [tail, 1 - tail])
    return Difference(float(differences.mean()), float(means.std()), float(low), float(high), n)


def seeds_needed(deviation: float, smallest: float, level: float = 0.95, power: float = 0.8) -> int:
    """Return how many paired seeds show a true difference of ``smallest``, with that power.

    Shown means that the interval of :func:`paired_difference` lies on the right side of zero. The
    ratio of mean and error then follows a noncentral t distribution, whose centre grows as the root
    of n: the smallest n for which enough of it lies beyond the quantile is found by halving. The
    answer is exact for normal differences; that the deviation is known is the weak point.

    Parameters
    ----------
    deviation
        Standard deviation of the paired differences, from a pilot or from an earlier experiment.
    smallest
        The smallest difference that would matter; its sign does not.
    level
        Of the interval.
    power
        In which share of experiments the difference is to be shown.

    Raises
    ------
    ValueError
        If an argument is out of range, or more than a million seeds are needed.

    Source: Student's t with a centre, Johnson and Welch 1940.

    >>> seeds_needed(deviation=0.01, smallest=0.01), seeds_needed(deviation=0.01, smallest=0.005)
    (10, 34)
    """
    if not (math.isfinite(deviation) and deviation > 0):
        raise ValueError(f"deviation is {deviation!r} and must be a finite number above zero")
    if not math.isfinite(smallest) or smallest == 0:
        raise ValueError(f"smallest is {smallest!r} and must be a finite number other than zero")
    if not 0 < power < 1:
        raise ValueError(f"power is {power!r} and must be between 0 and 1, as 0.8")
    from scipy.stats import nct, t

    ratio, quantile = abs(smallest) / deviation, 1 - _tail(level)

    def enough(n: int) -> bool:
        centre, needed = ratio * math.sqrt(n), t.ppf(quantile, n - 1)
        return bool(nct.sf(needed, n - 1, centre) >= power)

    too_small = f"smallest {smallest} is too small: over {MOST_SEEDS:,} seeds needed"
    few, many = 1, 2
    while not enough(many):
        few, many = many, 2 * many
        if few > MOST_SEEDS:
            raise ValueError(too_small)
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if enough(middle) else (middle, many)
    if many > MOST_SEEDS:
        raise ValueError(too_small)
    return many


def verdict(difference: Difference, smallest: float) -> str:
    """Return what may be said of ``b`` against ``a``, given the smallest difference that matters.

    ========================  ==================================================================
    no difference larger      the whole interval lies within ± ``smallest``. This is something
    than …                    that was *found*, and it needs a narrow interval. It is said also if
                              the interval leaves out zero: such a difference is seen and small.
    lower, higher             the whole interval lies below zero, above it
    not settled               neither: the interval holds zero and a difference that would matter
    ========================  ==================================================================

    That an interval holds zero shows nothing by itself: a wide one always may. Lakens tests
    equivalence with the interval of 90 %, for an error rate of 5 %; the one of 95 % asks for more.

    Parameters
    ----------
    difference
        With its interval.
    smallest
        Above zero, in the unit of the results, and chosen *before* the results were seen.

    Raises
    ------
    ValueError
        If ``smallest`` is not above zero.

    Source: Lakens 2017.

    >>> verdict(Difference(-0.02, 0.005, -0.034, -0.006, 5), smallest=0.01)
    'lower'
    >>> verdict(Difference(0.002, 0.001, -0.001, 0.005, 5), smallest=0.01)
    'no difference larger than 0.01'
    """
    if not (math.isfinite(smallest) and smallest > 0):
        raise ValueError(f"smallest is {smallest!r} and must be above zero, as 0.01")
    if -smallest <= difference.low and difference.high <= smallest:
        return f"no difference larger than {smallest:g}"
    if difference.high < 0:
        return "lower"
    return "higher" if difference.low > 0 else "not settled"


def p_value(difference: Difference) -> float:
    """Return how often seeds alone would make so large a difference, of either sign (t test).

    It is below 0.05 exactly where the t interval of 95 % leaves out zero. A difference without any
    spread has p-value 0, and 1 if it is zero itself.

    >>> round(p_value(paired_difference([2.10, 2.30, 2.20], [2.08, 2.27, 2.19])), 3)
    0.074
    """
    if difference.error == 0:
        return float(difference.mean == 0)
    from scipy.stats import t

    freedom = difference.n - 1 if difference.freedom is None else difference.freedom
    return float(2 * t.sf(abs(difference.mean) / difference.error, freedom))


def adjusted(p_values: np.ndarray) -> np.ndarray:
    """Return p-values (m,) that may each be held against 0.05 though ``m`` questions were asked.

    Of twenty comparisons in which nothing differs, one is expected to fall below 0.05. Holm: the
    smallest p-value is multiplied by m, the next by m - 1, and so on, none may fall below the one
    before it, and none is above 1. The chance of even one false alarm is then at most 5 %, whatever
    the comparisons have to do with each other.

    Raises
    ------
    ValueError
        If there is none, or one is not from 0 to 1.

    Source: Holm 1979.

    >>> adjusted([0.04, 0.01, 0.03]).tolist()
    [0.06, 0.03, 0.06]
    """
    p = np.asarray(p_values, dtype=float)
    if p.ndim != 1 or not len(p) or not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"p_values has shape {p.shape} and must be (m,), each from 0 to 1")
    order = np.argsort(p, kind="stable")
    times = np.arange(len(p), 0, -1)  # m for the smallest, 1 for the largest
    result = np.empty_like(p)
    result[order] = np.minimum(1, np.maximum.accumulate(times * p[order]))
    return result


def _interval(mean: float, error: float, n: int, freedom: float, level: float) -> Difference:
    from scipy.stats import t

    half = float(t.ppf(1 - _tail(level), freedom)) * error
    return Difference(mean, error, mean - half, mean + half, n, freedom)


def _tail(level: float) -> float:
    """Return the share left out on each side."""
    if not 0 < level < 1:
        raise ValueError(f"level is {level!r} and must be between 0 and 1, as 0.95")
    return (1 - level) / 2


def _pairs(a: ArrayLike, b: ArrayLike) -> np.ndarray:
    first, second = _results("a", a), _results("b", b)
    if len(first) != len(second):
        raise ValueError(
            f"a has {len(first)} seeds and b {len(second)}: pairs need the same seeds in both"
        )
    return second - first


def _results(name: str, given: ArrayLike) -> np.ndarray:
    values = np.asarray(given, dtype=float)
    if values.ndim != 1:
        raise ValueError(f"{name} has shape {values.shape} and must be (n,), one result a seed")
    if len(values) < 2:
        raise ValueError(f"{name} has {len(values)} seeds and needs at least 2: run more")
    if not np.isfinite(values).all():
        raise ValueError(
            f"{name} holds {values[~np.isfinite(values)][0]}: leave that seed out "
            "of both arms, and say so"
        )
    return values
