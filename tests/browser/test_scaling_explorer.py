"""The scaling explorer in a real browser: it fits as the package does."""

import numpy as np
import pytest

from tests.figures.scaling import FLOOR, runs
from tests.figures.test_scaling_explorer import wasted
from tinytx.experiments.scaling import frontier
from tinytx.figures import ScalingExplorer
from tinytx.figures.component import _static
from tinytx.figures.scaling_explorer import percent
from tinytx.figures.scaling_runs import AXES

from .pages import LOOKS, drag, overflow, press
from .samples import IMG, status

HOLD = "Hold out the largest decade"


def figure():
    return ScalingExplorer(runs(), FLOOR)


def slide(page, one, E):
    page.get_by_role("slider", name="E", exact=True).fill(str(one.stops.index(E)))


def shown(page) -> list[str]:
    return page.locator(".numbers dd").all_inner_texts()


def check(page, one, E, axis="compute", held_out=False):
    """Sentence and numbers on the screen are those of the package."""
    assert status(page) == one.told(E, axis, held_out)
    found = one.fit(E, axis, held_out)
    numbers = ["–"] * 3
    if found:
        exponent = f"{found.exponent:.3f}".replace("-", "−")
        numbers = [exponent, f"{percent(found.off):.1f} %", str(len(found.runs))]
    assert shown(page) == [f"{E:.4f}", *numbers]


def test_the_frontier_is_that_of_the_package(show):
    page = show(figure())
    code = _static("scaling-fit.js")
    rng = np.random.default_rng(0)
    for n in (3, 10, 60):
        x, loss = np.exp(rng.uniform(10, 20, n)), rng.uniform(1, 2, n)
        x[1], loss[2] = x[0], loss[0]  # ties
        given = [
            {"parameters": float(a) / 6, "tokens": 1, "loss": float(b)}
            for a, b in zip(x, loss, strict=True)
        ]
        found = page.evaluate(f"(runs) => {{ {code}; return lineRuns(runs, 'compute'); }}", given)
        best = frontier(x, np.exp(loss))
        assert [one["loss"] for one in found] == loss[best].tolist()


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("held_out", [False, True])
def test_every_stop_says_what_the_words_say(show, visited, axis, held_out):
    one = figure()
    page = show(one)
    page.get_by_label(axis, exact=True).check()
    if held_out:
        page.get_by_text(HOLD, exact=True).click()
    best = one.straightest(axis, held_out) or 0.1
    for E in (0.0, 0.1, 0.2, best, one.floor, *one.stops[-12::3]):
        slide(page, one, E)
        check(page, one, E, axis, held_out)
    visited(page).assert_clean()


def test_where_no_line_is_possible_no_empty_picture_stands(show, visited):
    """By tokens, what is not of the largest decade is one run."""
    one = figure()
    page = show(one)
    page.get_by_label("tokens", exact=True).check()
    lower = page.get_by_text("No line for any E.")
    assert (lower.count(), page.locator(".off .chart-frame").count()) == (0, 1)
    page.get_by_text(HOLD, exact=True).click()
    check(page, one, 0.0, "tokens", held_out=True)
    assert (lower.count(), page.locator(".off .chart-frame").count()) == (1, 0)
    visited(page).assert_clean()


def test_a_largest_decade_off_the_frontier_is_said(show, visited):
    one = ScalingExplorer(wasted(), FLOOR)
    page = show(one)
    page.get_by_text(HOLD, exact=True).click()
    slide(page, one, 0.2)
    check(page, one, 0.2, held_out=True)
    visited(page).assert_clean()


def test_the_question_is_answered_by_playing(show):
    one = figure()
    page = show(one)
    page.get_by_text(HOLD, exact=True).click()
    off = {}
    for E in one.stops[:290:5]:
        slide(page, one, E)
        off[E] = float(shown(page)[2].removesuffix(" %")) if shown(page)[2] != "–" else 99
    least = [E for E, value in off.items() if value == min(off.values())]
    assert min(least) - 0.005 <= one.straightest(held_out=True) <= max(least) + 0.005
    label = page.locator(".off .chart-frame").get_attribute("aria-label")
    assert f"least at E = {one.straightest(held_out=True):.4f}" in label


def test_the_runs_stand_where_their_numbers_say(show):
    one = figure()
    page = show(one)
    slide(page, one, 0.2)
    plot = page.locator(".chart-plot").first.bounding_box()
    dots = page.locator(".chart-plot").first.locator(".chart-dot")
    assert dots.count() == len(one.runs) == 25
    places = [dot.bounding_box() for dot in dots.all()]
    x = np.log([run.at("compute") for run in one.runs])
    y = np.log([run.loss - 0.2 for run in one.runs])
    for axis, wanted in (("x", x), ("y", -y)):
        found = np.array([place[axis] for place in places])
        scale = np.ptp(found) / np.ptp(wanted)
        np.testing.assert_allclose(found - found.min(), (wanted - wanted.min()) * scale, atol=0.7)
    best = dots.evaluate_all("all => all.map(e => e.classList.contains('best'))")
    assert [run for run, on in zip(one.runs, best, strict=True) if on] == sorted(
        one.fit(0.2).runs, key=one.runs.index
    )
    line = page.locator("path.fit:not(.beyond)").bounding_box()
    law, last = one.fit(0.2), max(x)
    ends = (law.predict(np.exp(last)), one.runs[int(np.argmax(x))].loss - 0.2)
    end = places[int(np.argmax(x))]["y"]
    scale = np.ptp([place["y"] for place in places]) / np.ptp(y)
    lowest = line["y"] + line["height"]
    assert lowest - end == pytest.approx(scale * np.log(ends[1] / ends[0]), abs=2)
    assert plot["y"] < lowest


def test_held_out_runs_are_hollow(show):
    one = figure()
    page = show(one)
    page.get_by_text(HOLD, exact=True).click()
    dots = page.locator(".chart-plot").first.locator(".chart-dot")
    hollow = dots.evaluate_all("all => all.map(e => e.classList.contains('held'))")
    most = max(run.at("compute") for run in one.runs)
    assert hollow == [run.at("compute") > most / 10 for run in one.runs]
    assert page.locator("path.beyond").count() == 1


def test_runs_below_the_constant_leave_the_picture(show):
    one = figure()
    page = show(one)
    slide(page, one, one.stops[-1])
    left = sum(run.loss > one.stops[-1] for run in one.runs)
    assert 0 < left < 25
    assert page.locator(".chart-plot").first.locator(".chart-dot").count() == left
    assert page.locator("path.fit").count() == 0
    assert page.locator(".off .chart-dot").count() == 0


def test_by_mouse(show, visited):
    one = figure()
    page = show(one)
    page.get_by_role("button", name="Exact entropy").click()
    check(page, one, one.floor)
    mark = page.locator(".constant .mark").bounding_box()
    track = page.get_by_role("slider", name="E", exact=True).bounding_box()
    share = one.stops.index(one.floor) / (len(one.stops) - 1)
    assert mark["x"] == pytest.approx(track["x"] + 8 + share * (track["width"] - 16), abs=3)
    plot = page.locator(".off .chart-plot")
    width = plot.bounding_box()["width"]
    plot.click(position={"x": width * 0.5, "y": 60})
    E = float(shown(page)[0])
    assert pytest.approx(one.stops[-1] / 2, abs=0.003) == E
    check(page, one, E)
    drag(page, plot, (0.1, 0.4, 0.75))
    E = float(shown(page)[0])
    assert pytest.approx(one.stops[-1] * 0.75, abs=0.003) == E
    check(page, one, E)
    visited(page).assert_clean()


def test_by_keyboard(show):
    one = figure()
    page = show(one)
    press(page, "Tab", "ArrowRight")  # parameters
    press(page, "Tab", "Space", "Tab", "End", "ArrowLeft")
    check(page, one, one.stops[-2], "parameters", True)
    press(page, "Tab", "Enter")
    check(page, one, one.floor, "parameters", True)
    press(page, "Shift+Tab", "Shift+Tab", "Space", "Shift+Tab", "ArrowRight")
    check(page, one, one.floor, "tokens")


def test_seeds_alone_are_marked(show):
    one = figure()
    page = show(one)
    rules = page.locator(".off .alone")
    plot = page.locator(".off .chart-plot").bounding_box()
    found = [rule.bounding_box()["x"] for rule in rules.all()]
    wanted = [plot["x"] + plot["width"] * E / one.stops[-1] for E in one.alone()]
    np.testing.assert_allclose(found, wanted, atol=2)


def test_text_is_text(show, visited):
    points = [{**point, "name": f"{IMG}{point['name']}"} for point in runs()]
    page = show(ScalingExplorer(points, FLOOR, ask=IMG))
    assert page.locator(".ask").inner_text() == IMG
    assert page.locator(".sizes span").first.inner_text() == f"{IMG}1 block of 8"
    assert page.locator("img").count() == 0
    visited(page).assert_clean()


@LOOKS
def test_for_everyone(show, visited, axe, theme, width):
    one = figure()
    page = show(one, theme=theme, width=width)
    assert axe(page) == []
    page.get_by_text(HOLD, exact=True).click()
    page.get_by_label("parameters", exact=True).check()
    slide(page, one, 0.2)
    assert axe(page) == []
    assert overflow(page) == 0
    visited(page).assert_clean()


def test_without_scripts_the_fallback_shows(show):
    page = show(figure(), js=False, width=390)
    assert "With E = 0.2451, the exact entropy," in page.locator("main").inner_text()
    assert overflow(page) == 0
