"""The scaling explorer without a browser: its frontier, its lines, the E that it finds."""

import json
import math
import re
from copy import deepcopy

import numpy as np
import pytest

from tinytx.experiments.lab import lab
from tinytx.experiments.recording import scaling_points
from tinytx.figures import ScalingExplorer
from tinytx.figures.scaling_explorer import percent
from tinytx.wording import fixed

from .experiments import needs_the_recording
from .scaling import FLOOR, SIZES, TOKENS, law, runs

HOSTILE = "</script><img src=x onerror=alert(1)>"


def figure(**how):
    return ScalingExplorer(runs(**how), FLOOR)


def pure(gamma=-0.3, E=FLOOR):
    """Return runs that are all on one power law of compute."""
    return [
        {"name": name, "parameters": N, "tokens": D, "losses": [E + 60 * (6 * N * D) ** gamma]}
        for name, N in SIZES.items()
        for D in TOKENS
    ]


def test_a_power_law_is_found_again():
    one = ScalingExplorer(pure(), FLOOR)
    found = one.fit(one.floor)
    assert found.exponent == pytest.approx(-0.3, abs=2e-3)
    assert found.off < 0.01
    assert one.straightest() == pytest.approx(FLOOR, abs=0.003)
    assert one.fit(0.0).off > 5 * found.off


def test_the_frontier_is_below_all_chords_of_the_runs():
    one = figure()
    best = one.fit(0.0).runs
    x = [math.log(run.at("compute")) for run in best]
    y = [run.loss for run in best]
    assert x == sorted(x)
    assert y == sorted(y, reverse=True)
    for run in one.runs:
        at = math.log(run.at("compute"))
        assert run.loss >= np.interp(at, x, y) - 1e-6
    assert one.fit(0.2).runs == best  # for every E the same


def test_the_line_is_that_of_least_squares():
    one = figure()
    found = one.fit(0.2)
    x = np.log([run.at("compute") for run in found.runs])
    y = np.log([run.loss - 0.2 for run in found.runs])
    exponent, level = np.polyfit(x, y, 1)
    assert (found.exponent, math.log(found.factor)) == pytest.approx((exponent, level))
    assert found.off == pytest.approx(np.sqrt(np.mean((y - exponent * x - level) ** 2)))
    assert found.predict(math.exp(x[0])) == pytest.approx(math.exp(exponent * x[0] + level))


@pytest.mark.parametrize(("axis", "exponent"), [("parameters", -0.6), ("tokens", -1.0)])
def test_other_axes_show_the_other_laws(axis, exponent):
    one = figure(noise=0.0)
    best = one.straightest(axis)
    found = one.fit(best, axis)
    assert len(found.runs) == 5
    assert found.exponent == pytest.approx(exponent, abs=0.02)
    # The constant is the entropy and what the other of the two leaves.
    rest = law(math.inf, TOKENS[-1]) if axis == "parameters" else law(111_000, math.inf)
    assert best == pytest.approx(rest, abs=0.003)


def test_the_largest_decade_is_held_out():
    one = figure()
    most = max(run.at("compute") for run in one.runs)
    used = one.fit(0.2, held_out=True).runs
    held = one.held()
    assert max(run.at("compute") for run in used) <= most / 10
    assert held
    assert min(run.at("compute") for run in held) > most / 10
    assert set(map(id, held)) <= set(map(id, one.fit(0.2).runs))


def test_the_question_is_answered_by_the_known_law():
    one = figure()
    E = one.straightest(held_out=True)
    assert E in one.stops
    grid = {stop: one.fit(stop, held_out=True) for stop in one.stops}
    least = min(line.off for line in grid.values() if line)
    assert grid[E].off == least
    assert 0 < abs(E - FLOOR) < 0.02  # near, and not there
    told = one.told(E, held_out=True)
    mean = float(re.search(r"held out by ([\d.]+) nats", told)[1])
    errors = [E + grid[E].predict(run.at("compute")) - run.loss for run in one.held()]
    assert mean == pytest.approx(np.mean(np.abs(errors)), abs=6e-5)
    assert mean < 0.01
    wrong = one.told(0.0, held_out=True)
    assert float(re.search(r"held out by ([\d.]+) nats", wrong)[1]) > 5 * mean


def test_each_seed_alone_is_fitted_alone():
    one = figure()
    for held_out in (False, True):
        for seed, E in enumerate(one.alone(held_out=held_out)):
            points = [{**point, "losses": [point["losses"][seed]]} for point in runs()]
            alone = ScalingExplorer(points, FLOOR)
            alone.stops = one.stops
            assert alone.straightest(held_out=held_out) == E
    points = runs()
    points[0]["losses"] = points[0]["losses"][:2]
    assert ScalingExplorer(points, FLOOR).alone() == []
    assert ScalingExplorer(pure(), FLOOR).alone() == []


def test_the_question_has_an_answer_in_the_recorded_runs():
    needs_the_recording()
    one = ScalingExplorer(scaling_points(), lab("tokens").floor)
    E = one.straightest(held_out=True)
    smallest = min(run.loss for run in one.fit(0.0, held_out=True).runs)
    # There is a straightest, between the ends of the slider, and it is not the exact entropy.
    assert 0 < E < smallest - (one.stops[1] - one.stops[0])
    assert one.floor != E
    assert one.fit(E, held_out=True).off < one.fit(0.0, held_out=True).off
    assert one.held()


def wasted():
    """Return runs of which the largest decade went wrong: none of it is on the frontier."""
    most = max(6 * point["parameters"] * point["tokens"] for point in runs())
    large = [6 * point["parameters"] * point["tokens"] > most / 10 for point in runs()]
    losses = [[1.2] if one else point["losses"] for one, point in zip(large, runs(), strict=True)]
    return [{**point, "losses": one} for point, one in zip(runs(), losses, strict=True)]


def test_a_largest_decade_off_the_frontier_is_said():
    one = ScalingExplorer(wasted(), FLOOR)
    assert one.held() == []
    assert one.told(0.2, held_out=True).endswith("None of the runs on the frontier is held out.")


def test_sentences():
    one = figure()
    found = one.fit(0.0)
    assert one.told(0.0) == (
        f"With E = 0.0000 the excess goes as compute to the power {fixed(found.exponent, 3)}; "
        f"the {len(found.runs)} runs on the frontier are off that line by "
        f"{percent(found.off):.1f} %."
    )
    assert one.told(one.floor).startswith("With E = 0.2451, the exact entropy, the excess goes")
    above = one.told(one.stops[-1])
    assert above.endswith("there is no line: it takes three runs on the frontier, all above E.")
    assert one.fit(0.2, "tokens", held_out=True) is None
    assert "three runs of the largest model" in one.told(0.2, "tokens", held_out=True)


def test_stops_are_round_and_go_from_zero_to_above_the_smallest_loss():
    one = figure()
    lowest = min(run.loss for run in one.runs)
    assert one.stops[0] == 0
    assert lowest * 1.02 < one.stops[-1] < lowest * 1.05
    assert one.floor in one.stops
    steps = np.diff([stop for stop in one.stops if stop != one.floor])
    np.testing.assert_allclose(steps, steps[0], rtol=1e-6)
    assert 150 <= len(one.stops) <= 400


def test_numbers_are_shipped_with_four_decimals():
    data = figure().data()
    for run in data["runs"]:
        assert run["losses"] == [round(loss, 4) for loss in run["losses"]]
        assert run["loss"] == pytest.approx(np.mean(run["losses"]), abs=1e-6)
    assert json.dumps(data, allow_nan=False)


def test_words_and_fallback_say_the_same():
    one = figure()
    text, page = str(one), one.fallback()
    assert text.splitlines()[1] == one.ask
    for run in one.runs:
        assert f"{run.loss:.4f} at {run.tokens:,.0f}" in text
        assert f"<td>{run.tokens:,.0f}</td>" in page
        assert f"<td>{run.loss:.4f}</td></tr>" in page
    for line in text.splitlines()[-5:]:
        what, told = line.split(": ", 1)
        assert f'<th scope="row">{what}</th><td>{told}</td>' in page
    assert one.told(one.straightest(held_out=True), held_out=True) in text


def test_it_is_the_same_every_time_and_small():
    assert figure()._repr_html_() == figure()._repr_html_()
    assert len(figure()._repr_html_()) < 60_000


def test_user_text_cannot_leave_its_place():
    points = [{**point, "name": HOSTILE + point["name"]} for point in runs()]
    page = ScalingExplorer(points, FLOOR, ask=HOSTILE)._repr_html_()
    assert page.count("<script>") == page.count("</script>") == 1
    assert "<img" not in page


def changed(at, **how):
    points = deepcopy(runs())
    points[at].update(how)
    return points


WRONG = [
    (runs()[:2], FLOOR, "points has 2, the limit is 3 to 200"),
    ([{}, {}, {}], FLOOR, "points[0] must be a mapping with name, parameters, tokens, losses"),
    (changed(1, tokens=0), FLOOR, "points[1]['tokens'] holds 0 and must hold finite numbers"),
    (changed(2, losses=[1.0, math.inf]), FLOOR, "points[2]['losses'] holds inf and must"),
    (changed(2, losses=[None]), FLOOR, "holds None and must hold finite numbers above 0; leave"),
    (changed(2, losses=0.5), FLOOR, "points[2]['losses'] is 0.5 and must be a list"),
    (changed(2, losses=[]), FLOOR, "points[2] has 0 losses, the limit is 1 to 32"),
    (changed(3, parameters=7), FLOOR, "points[3] is '1 block of 8' with 7 parameters, and there"),
    ([runs()[0]] * 3, FLOOR, "need three different 6 · parameters · tokens"),
    (runs(), -1, "floor is -1 and must be from 0 to below the smallest mean loss, 0.29"),
    (runs(), 0.4, "floor is 0.4 and must be"),
    (runs(), None, "floor is None and must be"),
]  # fmt: skip


@pytest.mark.parametrize(("points", "floor", "message"), WRONG)
def test_wrong_input_gets_one_clear_line(points, floor, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        ScalingExplorer(points, floor)
    assert str(caught.value).startswith("ScalingExplorer: ")
    assert "\n" not in str(caught.value)
