"""Intervals against SciPy's own tests, and simulations that could have come out otherwise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tinytx.experiments.statistics import (
    Difference,
    adjusted,
    bootstrap_difference,
    p_value,
    paired_difference,
    seeds_needed,
    unpaired_difference,
    verdict,
)

RNG = np.random.default_rng(11)
SHARED = RNG.normal(2, 0.3, 7)  # what a seed does to both arms
A = SHARED + RNG.normal(0, 0.02, 7)
B = SHARED + RNG.normal(-0.05, 0.03, 7)


def paired_samples(n, size, mean=0.0):
    """Yield zeros (n,) and differences (n,) of deviation 1, ``size`` times."""
    for differences in np.random.default_rng(n).normal(mean, 1, (size, n)):
        yield np.zeros(n), differences


def coverage(interval, n, size, **options):
    """In which share of experiments without any true difference the interval holds zero."""
    found = [interval(a, b, **options) for a, b in paired_samples(n, size)]
    return float(np.mean([d.low <= 0 <= d.high for d in found]))


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_a_paired_difference_is_that_of_scipy(level):
    found, expected = paired_difference(A, B, level), stats.ttest_rel(B, A)
    interval = expected.confidence_interval(level)
    np.testing.assert_allclose(found.mean, (B - A).mean())
    np.testing.assert_allclose([found.low, found.high], [interval.low, interval.high])
    np.testing.assert_allclose(p_value(found), expected.pvalue)
    assert (found.n, found.freedom) == (7, 6)


@pytest.mark.parametrize("b", [B, B[:4]], ids=["as many", "fewer"])
def test_an_unpaired_difference_is_that_of_scipy(b):
    found, expected = unpaired_difference(A, b), stats.ttest_ind(b, A, equal_var=False)
    interval = expected.confidence_interval(0.95)
    np.testing.assert_allclose([found.low, found.high], [interval.low, interval.high])
    np.testing.assert_allclose([p_value(found), found.freedom], [expected.pvalue, expected.df])
    assert found.n == len(b)


def test_pairs_take_off_what_both_arms_share():
    """The deviation between seeds is ten times that of the differences, and so is the interval."""
    assert unpaired_difference(A, B).error > 8 * paired_difference(A, B).error
    turned = np.roll(B, 1)  # the same results, but each beside another seed's
    assert paired_difference(A, turned).error > 8 * paired_difference(A, B).error


@pytest.mark.parametrize(("n", "expected"), [(5, 0.84), (10, 0.90), (50, 0.94)])
def test_the_bootstrap_of_few_seeds_is_too_narrow(n, expected):
    """The docstring's numbers; with 4,000 experiments one standard error is 0.006."""
    assert abs(coverage(bootstrap_difference, n, 4000, resamples=1000) - expected) < 0.018


@pytest.mark.parametrize("n", [2, 5, 10])
def test_the_t_interval_holds_what_it_says(n):
    assert abs(coverage(paired_difference, n, 4000) - 0.95) < 0.0105  # three standard errors


def test_the_bootstrap_draws_pairs():
    """What both arms share is in neither interval, whatever its size; and the seed decides it."""
    found = bootstrap_difference(A, B)
    far = bootstrap_difference(A + 100 * SHARED, B + 100 * SHARED)
    np.testing.assert_allclose(far[:4], found[:4], atol=1e-10)
    assert found == bootstrap_difference(A, B) != bootstrap_difference(A, B, seed=1)
    assert found.mean == paired_difference(A, B).mean
    half = bootstrap_difference(A, B, 0.5)
    assert found.low < half.low < half.high < found.high
    narrow = np.sqrt(6 / 7)  # the sample's own deviation is divided by n
    np.testing.assert_allclose(found.error, narrow * paired_difference(A, B).error, rtol=0.03)


@pytest.mark.parametrize(("effect", "power"), [(1.5, 0.8), (1.0, 0.8), (0.7, 0.9)])
def test_as_many_seeds_as_needed_and_not_one_less(effect, power):
    """Simulated: the power is reached with n, and with n - 1 it is not (error 0.003 or less)."""
    n = seeds_needed(1.0, effect, power=power)
    shares = []
    for seeds in (n, n - 1):
        samples = np.random.default_rng(0).normal(effect, 1, (40_000, seeds))
        half = stats.t.ppf(0.975, seeds - 1) * samples.std(axis=1, ddof=1) / np.sqrt(seeds)
        shares.append(float((samples.mean(axis=1) > half).mean()))
    assert shares[0] > power - 0.006
    assert shares[1] < power


def test_only_the_ratio_counts_for_the_seeds_needed():
    assert seeds_needed(0.02, 0.01) == seeds_needed(2, -1) == 34
    assert seeds_needed(1, 1e9) == 2
    assert seeds_needed(1, 1, level=0.99) > seeds_needed(1, 1, power=0.9) > seeds_needed(1, 1)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-0.05, -0.02, "lower"),
        (0.02, 0.05, "higher"),
        (-0.05, 0.02, "not settled"),
        (-0.001, 0.05, "not settled"),
        (-0.05, 0.0, "not settled"),
        (0.0, 0.05, "not settled"),
        (-0.004, 0.01, "no difference larger than 0.01"),
        (0.002, 0.008, "no difference larger than 0.01"),  # seen, and too small to matter
        (0.002, 0.012, "higher"),
        (-0.012, -0.002, "lower"),
    ],
)
def test_a_verdict_for_each_place_of_the_interval(low, high, expected):
    assert verdict(Difference((low + high) / 2, 0.01, low, high, 5), smallest=0.01) == expected


def test_a_difference_without_spread():
    same = paired_difference([1.0, 2.0], [1.0, 2.0])
    assert p_value(same) == 1
    assert verdict(same, 0.01) == "no difference larger than 0.01"
    shifted = paired_difference([1.0, 2.0], [1.5, 2.5])
    assert p_value(shifted) == 0
    assert shifted.low == shifted.high == 0.5
    apart = unpaired_difference([1.0, 1.0], [2.0, 2.0])
    assert (apart.error, apart.freedom) == (0, 1)


def test_holm_as_worked_by_hand():
    np.testing.assert_allclose(adjusted([0.01, 0.02, 0.03, 0.5]), [0.04, 0.06, 0.06, 0.5])
    np.testing.assert_allclose(adjusted([0.5, 0.03, 0.01, 0.02]), [0.5, 0.06, 0.04, 0.06])
    np.testing.assert_allclose(adjusted([0.9, 0.6]), [1, 1])
    assert adjusted([0.04]).tolist() == [0.04]


def test_holm_keeps_false_alarms_to_one_in_twenty():
    """20 comparisons without a difference: one or more below 0.05 in 64 %, adjusted in 5 %."""
    p = np.random.default_rng(0).random((4000, 20))
    assert abs((p.min(axis=1) < 0.05).mean() - (1 - 0.95**20)) < 0.03
    assert abs(np.mean([adjusted(row).min() < 0.05 for row in p]) - 0.05) < 0.0105


@pytest.mark.parametrize("compare", [paired_difference, bootstrap_difference, unpaired_difference])
@pytest.mark.parametrize(
    ("a", "b", "options", "message"),
    [
        ([1.0], [2.0], {}, "a has 1 seeds and needs at least 2: run more"),
        ([1.0, 2.0], [[1.0], [2.0]], {}, r"b has shape \(2, 1\) and must be \(n,\), one result"),
        ([1.0, 2.0], [1.0, np.nan], {}, "b holds nan: leave that seed out of both arms"),
        ([1.0, np.inf], [1.0, 2.0], {}, "a holds inf: leave that seed out of both arms"),
        ([1.0, 2.0], [1.0, 3.0], {"level": 0}, "level is 0 and must be between 0 and 1"),
        ([1.0, 2.0], [1.0, 3.0], {"level": 95}, "level is 95 and must be between 0 and 1"),
    ],
)
def test_what_cannot_be_compared_is_refused(compare, a, b, options, message):
    with pytest.raises(ValueError, match=message):
        compare(a, b, **options)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: paired_difference(A, B[:4]), "a has 7 seeds and b 4: pairs need the same seeds"),
        (lambda: bootstrap_difference(A, B[:4]), "a has 7 seeds and b 4"),
        (lambda: bootstrap_difference(A, B, resamples=0), "resamples is 0 and must be an integer"),
        (lambda: seeds_needed(0, 1), "deviation is 0 and must be a finite number above zero"),
        (lambda: seeds_needed(np.inf, 1), "deviation is inf and must be a finite number above"),
        (lambda: seeds_needed(1, 0), "smallest is 0 and must be a finite number other than zero"),
        (lambda: seeds_needed(1, np.inf), "smallest is inf and must be a finite number other"),
        (lambda: seeds_needed(1, 1, power=1), "power is 1 and must be between 0 and 1"),
        (lambda: verdict(paired_difference(A, B), np.inf), "smallest is inf and must be above"),
        (lambda: adjusted([[0.5]]), r"p_values has shape \(1, 1\) and must be \(m,\), each from 0"),
        (lambda: adjusted([0.5, -0.5]), r"each from 0 to 1"),
        (lambda: seeds_needed(1, 1e-6), "smallest 1e-06 is too small: over 1,000,000 seeds"),
        (lambda: seeds_needed(1, 0.00275), "smallest 0.00275 is too small: over 1,000,000 seeds"),
        (lambda: seeds_needed(1, 1, power=80), "power is 80 and must be between 0 and 1"),
        (lambda: verdict(paired_difference(A, B), 0), "smallest is 0 and must be above zero"),
        (lambda: adjusted([]), r"p_values has shape \(0,\) and must be \(m,\), each from 0 to 1"),
        (lambda: adjusted([0.5, 1.5]), r"each from 0 to 1"),
    ],
)
def test_arguments_out_of_range_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_difference_is_printed_with_its_interval():
    d = Difference(0.00212, 0.001, -0.00004, 0.00428, 5)
    assert str(d) == "+0.002 [−0.000, +0.004]"
    assert f"{d:.5f}" == "+0.00212 [−0.00004, +0.00428]"
    assert str(Difference(-0.0, 0.0, -0.0, 0.0, 2)) == "+0.000 [+0.000, +0.000]"
