"""The schedule designer in a real browser: its rates are those of tinytx.training.get_lr."""

import math

import numpy as np
import pytest

from tinytx.figures import ScheduleDesigner
from tinytx.figures.component import _static
from tinytx.figures.schedule_designer import KINDS
from tinytx.training import get_lr

from .pages import LOOKS, drag, overflow, press
from .samples import status


def told(page) -> str:
    return page.get_by_label("The same on the command line").input_value()


def plan_of(page) -> dict:
    """Return the schedule that the command line in the page asks for."""
    words = told(page).split()[3:]
    pairs = dict(zip(words[::2], words[1::2], strict=True))
    names = {name.removeprefix("--").replace("-", "_"): text for name, text in pairs.items()}
    kind = names.pop("schedule")
    return {n: float(t) if n.endswith("lr") else int(t) for n, t in names.items()} | {
        "schedule": kind
    }


def shown(page) -> list[str]:
    return page.locator(".numbers dd").all_inner_texts()


def check(page):
    """The numbers on the screen are those of the package for what the command line says."""
    plan = plan_of(page)
    step = int(shown(page)[0])
    rates = [get_lr(at, **plan) for at in range(plan["steps"])]
    rate, share, area = shown(page)[1:]
    digits, _, power = rate.partition(" · 10")
    small = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    value = float(digits) * 10 ** int(power.translate(small) or 0)
    assert value == pytest.approx(rates[step], rel=6e-3)
    assert float(share.removesuffix(" %")) == pytest.approx(
        100 * rates[step] / plan["lr"], abs=0.06
    )
    assert float(area) == pytest.approx(sum(rates) / plan["lr"], abs=0.051)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("steps", "warmup_steps", "min_lr", "decay_steps"),
    [(1000, 100, 3e-5, 200), (10, 0, 0.0, 1), (57, 56, 1e-4, 1), (200, 3, 3e-4, 197)],
)
def test_the_script_computes_the_rates_of_the_package(
    show, kind, steps, warmup_steps, min_lr, decay_steps
):
    page = show(ScheduleDesigner())
    plan = {
        "lr": 3e-4, "steps": steps, "warmup_steps": warmup_steps, "min_lr": min_lr,
        "schedule": kind,
    }  # fmt: skip
    fall = {"decay_steps": decay_steps} if kind == "trapezoidal" else {}
    code = _static("schedule.js")
    found = page.evaluate(
        f"(plan) => {{ {code}; return [ratesOf(plan), areaOf(plan), rateAt(plan.steps, plan)]; }}",
        plan | {"decay_steps": decay_steps},
    )
    rates = [get_lr(step, **plan, **fall) for step in range(steps)]
    np.testing.assert_allclose(found[0], rates, rtol=1e-12, atol=1e-18)
    assert found[1] == pytest.approx(math.fsum(found[0]) / 3e-4, rel=3e-16)  # added without loss
    assert found[2] == pytest.approx(get_lr(steps, **plan, **fall))


@pytest.mark.parametrize("kind", KINDS)
def test_it_starts_as_it_was_made(show, kind):
    figure = ScheduleDesigner(lr=4e-3, steps=700, warmup_steps=30, min_lr=1e-5, schedule=kind)
    page = show(figure)
    assert told(page) == str(figure).splitlines()[-1]
    check(page)


def test_by_mouse(show, visited):
    page = show(ScheduleDesigner())
    plot = page.locator(".chart-plot")
    width = plot.bounding_box()["width"]
    for step in (50, 600, 990):
        plot.click(position={"x": step / 1000 * width, "y": 90})
        assert int(shown(page)[0]) == pytest.approx(step, abs=1)
        check(page)
    drag(page, plot, (0.3, 0.5, 1.2, 0.7))
    assert int(shown(page)[0]) == pytest.approx(700, abs=1)
    check(page)
    for kind in KINDS:
        page.get_by_label(kind).check()
        assert plan_of(page)["schedule"] == kind
        assert page.get_by_label("Fall").is_visible() == (kind == "trapezoidal")
        check(page)
    page.get_by_label("Fall").fill("640")
    assert plan_of(page)["decay_steps"] == 640
    check(page)
    visited(page).assert_clean()


def test_by_keyboard(show):
    page = show(ScheduleDesigner())
    press(page, "Tab", "ArrowRight", "Tab", "ArrowRight")  # linear; peak 0.0004
    press(page, "Tab", "Home", "Tab", "ArrowLeft", "Tab", "End")  # to 0 %, 500 steps, all warm-up
    press(page, "Tab", "Home", "ArrowRight")
    assert told(page) == (
        "tinytx train tales --steps 500 --lr 0.0004 --min-lr 0 --warmup-steps 500 --schedule linear"
    )
    assert shown(page)[:2] == ["1", "1.6 · 10⁻⁶"]
    assert status(page) == (
        "linear: rate 1.6 · 10⁻⁶ at step 1, 0.4 % of the peak; area 250.5 steps at the peak."
    )
    check(page)
    press(page, "Tab", "Tab")
    assert page.get_by_label("The same on the command line").evaluate(
        "e => e.matches(':focus') && e.selectionEnd - e.selectionStart === e.value.length"
    )


def test_the_lowest_rate_stays_a_share_of_the_peak(show):
    page = show(ScheduleDesigner(lr=3e-3, min_lr=3e-4))
    page.get_by_role("slider", name="Peak").press("ArrowRight")
    assert plan_of(page)["lr"] == 4e-3
    assert plan_of(page)["min_lr"] == 4e-4
    lowest = page.get_by_role("slider", name="Lowest rate")
    assert lowest.get_attribute("aria-valuetext") == "10 %"  # 3e-4 / 3e-3 is a little less
    lowest.press("ArrowLeft")
    assert lowest.get_attribute("aria-valuetext") == "5 %"


def test_warm_up_and_fall_always_fit(show):
    page = show(ScheduleDesigner(schedule="trapezoidal", steps=1000, decay_steps=900))
    page.get_by_label("Warm-up").fill("1000")
    plan = plan_of(page)
    assert (plan["warmup_steps"], plan["decay_steps"]) == (999, 1)
    check(page)
    page.get_by_role("slider", name="Steps in all").press("Home")
    plan = plan_of(page)
    assert (plan["steps"], plan["warmup_steps"], plan["decay_steps"]) == (10, 9, 1)
    check(page)


def test_what_was_wanted_comes_back_with_the_room_for_it(show):
    page = show(ScheduleDesigner(schedule="trapezoidal", steps=1000, decay_steps=300))
    before = told(page), shown(page)
    length = page.get_by_role("slider", name="Steps in all")
    length.press("Home")
    assert (plan_of(page)["warmup_steps"], shown(page)[0]) == (9, "9")
    press(page, *["ArrowRight"] * 6)
    assert (told(page), shown(page)) == before


def test_a_kept_curve_is_compared(show):
    page = show(ScheduleDesigner(min_lr=0))
    assert page.locator("path.chart-line.color1").count() == 0
    page.get_by_role("button", name="Keep this curve").click()
    page.get_by_label("linear").check()
    assert "Area of this curve: 100.0 % of the kept one (cosine)." in page.inner_text(".kept")
    page.get_by_label("constant").check()
    share = 100 * ScheduleDesigner().area("constant") / ScheduleDesigner(min_lr=0).area("cosine")
    assert f"Area of this curve: {share:.1f} %" in page.inner_text(".kept")
    assert page.locator(".chart-frame path.chart-line.color1").count() == 1


@LOOKS
def test_for_everyone(show, visited, axe, theme, width):
    page = show(ScheduleDesigner(), theme=theme, width=width)
    page.get_by_role("button", name="Keep this curve").click()
    page.get_by_label("trapezoidal").check()
    page.get_by_role("slider", name="Steps in all").press("End")
    assert axe(page) == []
    assert overflow(page) == 0
    visited(page).assert_clean()


def test_without_scripts_the_fallback_shows(show):
    page = show(ScheduleDesigner(), js=False, width=390)
    assert "--warmup-steps 100 --schedule cosine" in page.locator("main").inner_text()
    assert overflow(page) == 0
