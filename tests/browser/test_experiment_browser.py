"""The experiment browser in a real browser: its intervals are those of the package."""

import numpy as np
import pytest

from tests.figures.experiments import SEEDS, made
from tests.figures.test_experiment_browser import only_by_few, only_by_pairs, settings_of
from tinytx.experiments import for_browser
from tinytx.experiments.statistics import paired_difference, unpaired_difference
from tinytx.figures import ExperimentBrowser
from tinytx.figures.component import _static
from tinytx.figures.experiment_browser import digits, quantiles

from .pages import LOOKS, overflow, press
from .samples import IMG, status

PICKS = ("Experiment", "A", "B")
NEAR = ("norm", "tokens", "pre-norm, warm-up", "pre-norm, none")  # close to 0 with three seeds


def choose(page, experiment=None, data=None, a=None, b=None, seeds=None):
    """Put the controls where they say this."""
    for name, value in zip(PICKS, (experiment, None, None), strict=True):
        if value is not None:
            page.get_by_label(name, exact=True).select_option(label=value)
    if data:
        page.get_by_label(data, exact=True).check()
    for name, value in (("A", a), ("B", b)):
        if value is not None:
            page.get_by_label(name, exact=True).select_option(label=value)
    if seeds:
        page.get_by_role("slider", name="Seeds").fill(str(seeds))


def shown(page) -> list[str]:
    return page.locator(".numbers dd").all_inner_texts()


def check(page, figure, experiment, data, a, b, seeds=SEEDS):
    """Sentence and numbers on the screen are those of the package."""
    assert status(page) == figure.told(experiment, data, a, b, seeds)
    found = figure.difference(experiment, data, a, b, seeds)
    if not found:
        assert shown(page) == ["–"] * 4
        return
    paired, unpaired = found
    n = digits(paired)
    halves = [(one.high - one.low) / 2 for one in found]
    assert shown(page)[:3] == [
        f"{paired:.{n}f}".split()[0], f"± {halves[0]:.{n}f}", f"± {halves[1]:.{n}f}",
    ]  # fmt: skip
    assert shown(page)[3] == f"{halves[1] / halves[0]:.1f} times as wide"
    assert unpaired.mean == pytest.approx(paired.mean)


@pytest.mark.parametrize("n", [2, 3, 5, 12])
def test_the_intervals_are_those_of_the_package(show, n):
    page = show(ExperimentBrowser(made()))
    rng = np.random.default_rng(n)
    table, code = quantiles(2 * 12 - 2), _static("differences.js")
    script = f"([a, b, t]) => {{ {code}; return [pairedOf([a, b], t), unpairedOf([a, b], t)]; }}"
    for spread in (0.01, 1, 30):  # of b, so that the degrees of freedom go from n − 1 to 2n − 2
        luck = rng.normal(size=n)
        a, b = luck + rng.normal(0, 0.1, n), luck + spread * rng.normal(size=n)
        for found, one in zip(
            page.evaluate(script, [a.tolist(), b.tolist(), table]),
            (paired_difference(a, b), unpaired_difference(a, b)),
            strict=True,
        ):
            freedom = n - 1 if one.freedom is None else one.freedom
            told = [found[name] for name in ("mean", "error", "low", "high", "df")]
            expected = [one.mean, one.error, one.low, one.high, freedom]
            np.testing.assert_allclose(told, expected, rtol=1e-4, atol=1e-4 * one.error)
            np.testing.assert_allclose(told[:2], expected[:2], rtol=1e-9)
            assert found["df"] == pytest.approx(freedom)


def test_every_pair_says_what_the_words_say(show, visited):
    figure = ExperimentBrowser(made())
    page = show(figure)
    for experiment, data, a, b in settings_of(figure):
        choose(page, experiment, data, a, b)
        check(page, figure, experiment, data, a, b)
        choose(page, a=b, b=a)
        check(page, figure, experiment, data, b, a)
    for seeds in range(2, SEEDS):
        choose(page, "norm", "tokens", "pre-norm", "post-norm, no warm-up", seeds)
        check(page, figure, "norm", "tokens", "pre-norm", "post-norm, no warm-up", seeds)
    visited(page).assert_clean()


def test_an_end_keeps_its_sign_when_it_is_rounded_to_nothing(show):
    """Of the recorded runs one interval holds zero by less than three decimals show."""
    figure = ExperimentBrowser(for_browser())
    page = show(figure)
    chosen = ("the search", "characters", "as chosen", "half of it")
    choose(page, *chosen)
    check(page, figure, *chosen, seeds=5)
    assert "[−0.000, " in status(page)
    # And one leaves it out by less: sentence and numbers have a digit more.
    choose(page, *NEAR, seeds=3)
    check(page, figure, *NEAR, seeds=3)
    assert "leaves out 0" in status(page)
    assert "[0.000, " not in status(page)
    choose(page, a=NEAR[3])
    assert shown(page) == ["–"] * 4  # of an arm and itself


def test_the_question_is_answered_by_playing(show):
    figure = ExperimentBrowser(made())
    page = show(figure)
    experiment, data, a, b = only_by_pairs(figure)[0]
    choose(page, experiment, data, a, b)
    assert "the interval leaves out 0" in status(page)
    paired, unpaired = bars(page)
    zero = page.locator(".differences .chart-rule").bounding_box()["x"]
    assert not paired["x"] <= zero <= paired["x"] + paired["width"]
    assert unpaired["x"] <= zero <= unpaired["x"] + unpaired["width"]
    experiment, data, a, b = only_by_few(figure)[0]
    choose(page, experiment, data, a, b)
    assert status(page).startswith("No difference seen")
    few = []
    for seeds in (2, 3):
        choose(page, seeds=seeds)
        few.append("leaves out 0" in status(page))
    assert any(few)


def bars(page) -> list[dict]:
    """Return where the bars of both intervals are, the paired one first."""
    lines = page.locator(".differences .chart-frame path.chart-line")
    assert lines.count() == 6
    return [lines.nth(i).bounding_box() for i in (0, 3)]


def test_the_picture_stands_where_its_numbers_say(show):
    figure = ExperimentBrowser(made())
    page = show(figure)
    choose(page, "positions", "tokens", "learned", "rotary", 4)
    arms = figure.settings["positions"]["tokens"].arms
    wanted = [b - a for a, b in zip(arms["learned"].losses, arms["rotary"].losses, strict=True)]
    zero = page.locator(".differences .chart-rule").bounding_box()["x"]
    dots = page.locator(".differences .chart-dot:not(.mean)")
    places = [dot.bounding_box()["x"] - zero for dot in dots.all()]
    scale = places[0] / wanted[0]
    np.testing.assert_allclose(places, np.array(wanted) * scale, atol=1.5)
    hollow = dots.evaluate_all("all => all.map(e => e.classList.contains('unused'))")
    assert hollow == [False] * 4 + [True]
    for bar, one in zip(bars(page), figure.difference(
        "positions", "tokens", "learned", "rotary", 4), strict=True):  # fmt: skip
        assert bar["x"] - zero == pytest.approx(one.low * scale, abs=3)
        assert bar["width"] == pytest.approx((one.high - one.low) * scale, abs=4)


def test_fewer_seeds_widen_the_interval_on_an_axis_that_stays(show):
    figure = ExperimentBrowser(made())
    page = show(figure)
    where = ("positions", "tokens", "learned", "rotary")
    axes, widths, wanted = set(), [], []
    for seeds in range(2, SEEDS + 1):
        choose(page, *where, seeds)
        axes.add(tuple(page.locator(".differences .chart-x span").all_inner_texts()))
        widths.append([one["width"] for one in bars(page)])
        wanted.append([one.high - one.low for one in figure.difference(*where, seeds)])
    assert len(axes) == 1
    np.testing.assert_allclose(
        np.divide(widths, widths[-1][0]), np.divide(wanted, wanted[-1][0]), rtol=0.15
    )


def test_curves_end_where_a_run_diverges_and_the_floor_is_drawn(show):
    page = show(ExperimentBrowser(made()))
    choose(page, "norm", "tokens", "pre-norm", "post-norm, no warm-up")
    thin = page.locator("path.thin.color1")
    ends = [one.get_attribute("d").count("L") + 1 for one in thin.all()]
    assert ends == [10, 5, 10, 10, 5]
    assert page.locator(".differences .chart-y span").all_inner_texts() == [
        "seed 1", "seed 2 ✕", "seed 3", "seed 4", "seed 5 ✕", "paired", "unpaired",
    ]  # fmt: skip
    assert page.locator(".results td").all_inner_texts()[-1] == "seeds 2, 5"
    assert page.get_by_text("floor: exact entropy").count() == 0
    page.get_by_text("Excess over the floor").click()
    assert page.get_by_text("floor: exact entropy").count() == 1
    plot = page.locator(".chart-plot").first.bounding_box()
    floor = page.locator(".chart-frame path.chart-line.color3").first.bounding_box()
    lines = page.locator("path.thin.color0").all()
    lowest = max(one.bounding_box()["y"] + one.bounding_box()["height"] for one in lines)
    assert lowest < floor["y"] < plot["y"] + plot["height"]


def test_names_stay_chosen_where_the_other_data_has_them(show):
    page = show(ExperimentBrowser(made()))
    choose(page, a="rotary", b="none", data="characters")
    choose(page, a="rotary", b="none")
    choose(page, data="tokens")
    picked = "e => e.selectedOptions[0].textContent"
    assert [page.get_by_label(n, exact=True).evaluate(picked) for n in "AB"] == ["rotary", "none"]
    choose(page, "norm")
    assert [page.get_by_label(n, exact=True).evaluate(picked) for n in "AB"] == [
        "pre-norm", "post-norm",
    ]  # fmt: skip
    assert page.locator(".question").inner_text() == made()["norm"]["question"]


def test_by_keyboard(show):
    figure = ExperimentBrowser(made())
    page = show(figure)
    press(page, "Tab", "ArrowDown", "Tab", "ArrowRight")  # norm, characters
    press(page, "Tab", "ArrowDown", "Tab", "ArrowDown")  # A post-norm, B without a warm-up
    press(page, "Tab", "ArrowLeft", "ArrowLeft")
    check(page, figure, "norm", "characters", "post-norm", "post-norm, no warm-up", 3)
    press(page, "Tab", "Space")
    assert page.get_by_text("floor: exact entropy").count() == 1


def test_text_is_text(show, visited):
    experiments = made()
    one = {**experiments["positions"], "question": IMG}
    one["data"]["tokens"]["arms"][IMG] = {**one["data"]["tokens"]["arms"]["none"], "note": IMG}
    page = show(ExperimentBrowser({IMG: one}, ask=IMG))
    choose(page, b=IMG)
    assert page.locator(".question").inner_text() == IMG
    assert page.locator(".note").inner_text() == f"{IMG}: {IMG}"
    assert page.locator("img").count() == 0
    visited(page).assert_clean()


@LOOKS
def test_for_everyone(show, visited, axe, theme, width):
    page = show(ExperimentBrowser(made()), theme=theme, width=width)
    assert axe(page) == []
    choose(page, "norm", "tokens", "pre-norm", "post-norm, no warm-up", 4)
    page.get_by_text("Excess over the floor").click()
    assert axe(page) == []
    assert overflow(page) == 0
    visited(page).assert_clean()


def test_without_scripts_the_fallback_shows(show):
    page = show(ExperimentBrowser(made()), js=False, width=390)
    assert "B (rotary) ends" in page.locator("main").inner_text()
    assert overflow(page) == 0
