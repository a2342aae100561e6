"""Costs by formula, held to what was published of the same runs."""

from __future__ import annotations

import pytest

from tinytx.scale.costs import (
    energy,
    gpu_hours,
    money,
    run_utilisation,
    training_flops,
    utilisation,
)
from tinytx.scale.known import A100, H100, RUNS


def test_hours_and_utilisation_are_each_others_inverse():
    flops = training_flops(7e9, 2e12)
    hours = gpu_hours(flops, A100.peak, 0.4)
    assert utilisation(flops, A100.peak, hours) == pytest.approx(0.4)
    assert hours == pytest.approx(6 * 7e9 * 2e12 / (312e12 * 0.4) / 3600)


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_published_runs_reach_what_large_runs_are_known_to_reach(run):
    assert 0.35 < run_utilisation(run) < 0.45
    faster = run._replace(gpu=H100)
    assert run_utilisation(faster) == pytest.approx(run_utilisation(run) * A100.peak / H100.peak)


def test_the_published_carbon_follows_from_the_published_hours_and_power():
    """One factor for the three models, to the digits that are printed: the table is consistent."""
    factors = [run.carbon * 1000 / energy(run.hours, run.gpu.watts) for run in RUNS.values()]
    assert max(factors) - min(factors) < 1e-3 * factors[0]
    assert factors[0] == pytest.approx(0.4235, abs=2e-4)  # kg of CO2 for a kilowatt hour


def test_energy_and_money_are_products():
    assert energy(10, 400, overhead=1.1) == pytest.approx(4.4)
    assert money(184_320, 2.0) == 368_640


@pytest.mark.parametrize("share", [0, -0.1, 1.1])
def test_a_utilisation_that_cannot_be_is_refused(share):
    with pytest.raises(ValueError, match="utilisation is"):
        gpu_hours(1e18, 1e14, share)
    assert gpu_hours(3600e14, 1e14, 1) == 1  # all of the peak


def test_no_peak_and_no_hours_are_refused():
    with pytest.raises(ValueError, match="peak is 0 and must be above 0 and finite"):
        gpu_hours(1e18, 0, 0.5)
    with pytest.raises(ValueError, match="peak is 0 and must be above 0 and finite"):
        utilisation(1e18, 0, 1)
    with pytest.raises(ValueError, match="hours is 0 and must be above 0 and finite"):
        utilisation(1e18, 1e14, 0)


@pytest.mark.parametrize("bad", [-1, float("nan"), float("inf")])
def test_what_is_below_nothing_costs_nothing_that_can_be_told(bad):
    for name, cost in (
        ("tokens", lambda: training_flops(7e9, bad)),
        ("n_parameters", lambda: training_flops(bad, 1)),
        ("flops", lambda: gpu_hours(bad, 1e14, 0.4)),
        ("flops", lambda: utilisation(bad, 1e14, 1)),
        ("hours", lambda: energy(bad, 400)),
        ("watts", lambda: energy(10, bad)),
        ("price", lambda: money(10, bad)),
    ):
        with pytest.raises(ValueError, match=f"^{name} is {bad} and must be at least 0 and finite"):
            cost()
    with pytest.raises(ValueError, match=r"overhead is 0\.9 and must be at least 1"):
        energy(10, 400, overhead=0.9)
    assert energy(0, 400) == money(0, 2) == training_flops(0, 1) == 0
