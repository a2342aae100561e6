"""The checks of chapter 11: right answers pass, each mistake is named, no answer is given away."""

from __future__ import annotations

import inspect
import re
import sys
from typing import ClassVar

import numpy as np
import pytest
from scipy.stats import t

from tinytx.checks import experiments
from tinytx.checks.experiments import answers
from tinytx.checks.experiments.parts import Quantile, losses
from tinytx.experiments.scaling import LossLaw, fit_power_law
from tinytx.experiments.statistics import bootstrap_difference, paired_difference

from .contract import Contract
from .experiments_designs import (
    RIGHT,
    bootstrap_counted,
    curves_weighted,
    error_by_squares,
    floor_sorted,
    needed_polyfit,
    paired_sorted,
    tuned_looped,
)
from .made import shown


class TestExperiments(Contract):
    chapter = experiments.chapter
    right = RIGHT
    unknown: ClassVar[dict[str, list]] = {
        "standard_error": [
            lambda *given: np.cos(error_by_squares(*given)),
            lambda *given: error_by_squares(*given) ** 2 / 3 + 0.1,
        ],
        "paired": [
            lambda *given: np.cos(paired_sorted(*given)),
            lambda *given: paired_sorted(*given) ** 2 / 3 + 0.1,
        ],
        "from_curves": [
            lambda *given: np.cos(curves_weighted(*given)),
            lambda curves, last: curves_weighted(np.tanh(curves), last) ** 2 + 0.3,
        ],
        "bootstrap": [
            lambda *given: np.sort(np.cos(bootstrap_counted(*given))),
            lambda a, b, *rest: bootstrap_counted(np.sqrt(a), b, *rest),
        ],
        "tuned": [
            lambda *given: np.cos(tuned_looped(*given)),
            lambda *given: tuned_looped(*given) ** 2 / 3 + 0.1,
        ],
        "compute_needed": [
            lambda *given: np.cos(needed_polyfit(*given)),
            lambda compute, *rest: needed_polyfit(np.sqrt(compute + 1), *rest) ** 2 + 0.3,
        ],
        "best_floor": [
            lambda *given: np.cos(floor_sorted(*given)),
            lambda compute, *rest: floor_sorted(compute**2 + 1, *rest) + np.array([0, 0.3]),
        ],
    }


def test_the_answers_are_what_the_package_says_of_differences():
    a, b = losses(2, 6, seed=0)
    found = paired_difference(a, b)
    records = [dict(enumerate(arm.tolist())) for arm in (a, b)]
    mine = answers.paired(*records, lambda freedom: t.ppf(0.975, freedom))
    np.testing.assert_allclose(mine, [found.mean, found.low, found.high])
    curves = np.stack([a, b])[:, :, None] + np.array([0.5, 0.1, -0.1])
    np.testing.assert_allclose(answers.from_curves(curves, 2), [found.mean, found.error])
    error = answers.standard_error(np.stack([a, b - a]), 6)
    np.testing.assert_allclose(error[1], [found.mean, found.error, found.error])


def test_the_answer_is_what_the_package_says_of_the_bootstrap():
    """Of arms whose a is 1 for every seed, the change is the difference."""
    a, b = np.ones(6), losses(6, seed=0)
    indices = np.random.default_rng(3).integers(6, size=(500, 6))
    mine = answers.bootstrap(a, b, indices, 0.9)
    theirs = bootstrap_difference(a, b, 0.9, resamples=500, seed=3)
    np.testing.assert_allclose(mine, [theirs.low, theirs.high])


def test_the_answers_are_what_the_package_says_of_scaling():
    compute = np.array([1.0, 3.0, 10.0, 40.0])
    lost = 0.7 + 5 * compute**-0.3 + np.array([0.0, 0.1, -0.1, 0.05])
    law = fit_power_law(compute, lost - 0.7)
    gamma, needed = answers.compute_needed(compute, lost, 0.7, 1.2)
    assert gamma == pytest.approx(-law.exponent)
    assert law.predict(needed) == pytest.approx(0.5)


def test_the_best_floor_of_runs_on_a_law_is_its_own():
    law = LossLaw(E=1.3, A=4.0, alpha=0.4, B=1.0, beta=0.4)
    sizes = np.array([8.0, 1.0, 4.0, 2.0, 16.0])
    floors = np.array([0.9, 1.5, 1.3, 0.0])
    found = answers.best_floor(sizes, law.predict(sizes, sizes), floors)
    np.testing.assert_allclose(found, [1.3, law.predict(16, 16)])


def test_a_quantile_is_shown_as_it_can_be_pasted():
    for a, b, quantile in experiments.paired.cases:
        assert len(a.keys() & b.keys()) >= 2
        assert eval(repr(quantile))(3) == quantile(3)
    assert "lambda freedom: " in experiments.paired.run(lambda *given: np.zeros(3)).message
    assert repr(Quantile("2.0")) == "lambda freedom: 2.0"


def test_where_a_lambda_of_the_input_raises_the_line_is_the_answers_own():
    def falsy(a, b, quantile):
        found = [b.get(seed) - a[seed] for seed in a if seed and b.get(seed)]
        return np.array([quantile(len(found) - 1), 0.0, 1.0])

    said = " ".join(str(experiments.paired.run(falsy)).split())
    assert "ZeroDivisionError" in said
    assert "return np.array([quantile(len(found) - 1), 0.0, 1.0])" in said
    assert "a seed was missed" in said


def test_losses_share_what_a_seed_does():
    a, b = losses(2, 400, seed=1)
    assert 0.4 < np.corrcoef(a, b)[0, 1] < 0.6


def test_as_the_task_says_nothing_that_is_reported_diverged_and_no_means_are_equal():
    for given, tuning in experiments.tuned.cases:
        assert np.isfinite(answers.tuned(given, tuning)).all()
        for means in given[:, :, tuning].mean(axis=2):
            there = means[~np.isnan(means)]
            assert len(there)  # a rate at which no tuning run diverged
            assert len(np.unique(there.round(9))) == len(there)
    assert any(np.isnan(given).any() for given, _ in experiments.tuned.cases)


def test_as_the_task_says_floors_are_below_all_losses_and_no_two_predict_equally_well():
    for compute, lost, floors in experiments.best_floor.cases:
        assert (floors >= 0).all()
        assert (floors < lost.min()).all()
        assert len(np.unique(compute)) == len(compute) >= 3
        held = lost[compute.argmax()]
        says = [answers.best_floor(compute, lost, floors[[i]])[1] for i in range(len(floors))]
        errors = np.sort(np.abs(np.array(says) - held))
        assert (np.diff(errors[:2]) > 1e-6).all()


def test_as_the_task_says_one_bug_flatters_every_run_and_one_makes_the_bar_small():
    rng = np.random.default_rng(0)
    curves = losses(2, 5, seed=0)[:, :, None] + 0.1 * rng.normal(size=(2, 5, 40))
    level = np.stack([0 * curves[0], curves[1]])  # an arm 0 without noise: the mean is of arm 1
    assert (
        shown("11_experiments", "from_curves")(level, 8)[0]
        < answers.from_curves(level, 8)[0] - 0.05
    )
    assert (
        shown("11_experiments", "from_curves")(curves, 8)[1] < answers.from_curves(curves, 8)[1] / 2
    )


def test_the_signatures_are_those_of_the_answers():
    for check in experiments.chapter.checks.values():
        names = re.findall(r"\w+", check.signature.partition("(")[2])
        assert names == list(inspect.signature(check.reference).parameters)


@pytest.mark.parametrize(
    ("pairs", "other", "names"),
    [
        ("y - x for x, y in zip(a.values(), b.values())", "ddof=0", ("places", "divides by n")),
        ("y - x for x, y in zip(a.values(), b.values())", "0.975", ("places", "a share")),
        ("b[t] - a[s] for s, t in zip(sorted(a), sorted(b))", "ddof=0", ("sorted", "divides by n")),
        ("x - y for x, y in zip(a.values(), b.values())", "", ("a - b", "places")),
        ("b[s] - a[s] for s in a if s in b", "0.975", ("a share",)),
        ("b[s] - a[s] for s in a if s in b", "97.5", ("a share",)),
    ],
)
def test_pairs_by_their_places_are_named_beside_another_mistake(pairs, other, names):
    text = f"""def paired(a, b, quantile):
        d = np.array([{pairs}])
        half = quantile(len(d) - 1) * d.std(ddof=1) / len(d) ** 0.5
        return np.array([d.mean(), d.mean() - half, d.mean() + half])"""
    text = text.replace("ddof=1" if "ddof" in other else "len(d) - 1", other or "len(d) - 1")
    space = {"np": np}
    exec(text, space)
    found = experiments.paired.run(space["paired"]).mistakes
    assert len(found) == len(names)
    assert all(name in one for name, one in zip(names, found, strict=True)), found


def test_who_asks_the_quantile_for_a_level_is_told_that_it_has_one():
    def asked(a, b, quantile):
        return np.full(3, quantile(0.975, len(a) - 1))

    assert "The level is in the function." in experiments.paired.run(asked).message


def test_the_squares_of_the_losses_are_named_with_and_without_scipy(monkeypatch):
    """SciPy stops a little earlier, and is asked only where the answer has loaded it."""

    def needed_by_scipy(compute, losses, floor, target):
        from scipy.optimize import curve_fit

        x = np.log(compute)
        slope, start = np.polyfit(x, np.log(losses - floor), 1)
        (k, g), _ = curve_fit(
            lambda x, k, g: k * np.exp(-g * x), x, losses - floor, (np.exp(start), -slope)
        )
        return np.array([g, (k / (target - floor)) ** (1 / g)])

    check = experiments.chapter.checks["compute_needed"]
    name = "the squares are those of the losses, not of their logarithms"
    exact, scipys = next(m for m in check.mistakes if m.name == name).ways
    for fn in (needed_by_scipy, exact.function()):
        assert check.run(fn).mistakes == (name,)
    monkeypatch.delitem(sys.modules, "scipy.optimize")
    with pytest.raises(ImportError):
        scipys.function()(*check.cases[-1])
