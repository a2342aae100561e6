"""The roofline explorer in a real browser: it counts as the package does, and says the same."""

import numpy as np
import pytest

from tests.figures.test_roofline_explorer import LAPTOP, MODERN, SMALL, measured
from tinytx.config import GPTConfig
from tinytx.figures import RooflineExplorer
from tinytx.figures.component import _static
from tinytx.figures.roofline_explorer import Sizes, duration, three
from tinytx.speed import H100, Machine

from .pages import LOOKS, overflow, press
from .samples import IMG, status

MACHINES = {0: LAPTOP, 1: H100}


def figure(**how):
    return RooflineExplorer(LAPTOP, **{"B": 8, **how})


def slide(page, stops, **sizes):
    names = {"B": "Batch, B", "T": "Tokens", "D": "Width, D"}
    for key, value in sizes.items():
        page.get_by_role("slider", name=names[key]).fill(str(stops[key].index(value)))


def check(page, one, step, sizes, machine):
    assert status(page) == one.told(step, sizes, machine)
    least = sum(machine.seconds(w.flops, w.bytes) for w in one.works(step, sizes, machine))
    assert page.locator(".numbers dd").all_inner_texts() == [
        three(machine.gflops), three(machine.gbytes), three(machine.ridge), duration(least),
    ]  # fmt: skip


@pytest.mark.parametrize("changes", [{}, MODERN])
def test_every_size_says_what_the_words_say(show, visited, changes):
    one = figure(config=GPTConfig(**{**SMALL, **changes}), T=100)
    page = show(one)
    stops, rng = one.data()["stops"], np.random.default_rng(0)
    for at, machine in MACHINES.items():
        page.get_by_label("Machine", exact=True).select_option(index=at)
        for step in ("training", "decoding"):
            page.get_by_label(step, exact=True).check()
            for _ in range(6):
                sizes = Sizes(*(int(rng.choice(stops[key])) for key in "BTD"))
                slide(page, stops, **sizes._asdict())
                check(page, one, step, sizes, machine)
    visited(page).assert_clean()


def test_numbers_are_written_as_in_python(show):
    page = show(figure())
    code = _static("roofline-counts.js")
    values = [0, 9.9949, 9.996, 99.96, 1e-9, 0.1, 12345.678, *np.geomspace(1e-8, 1e7, 99).tolist()]
    for name, function in {"three": three, "duration": duration}.items():
        found = page.evaluate(f"(all) => {{ {code}; return all.map({name}); }}", values)
        assert found == [function(one) for one in values]


def test_the_question_is_answered_by_playing(show):
    one = figure(B=1)
    page = show(one)
    page.get_by_label("decoding", exact=True).check()
    page.get_by_text("All operations in numbers").click()
    bounds, stops = {}, one.data()["stops"]
    for B in stops["B"]:
        slide(page, stops, B=B)
        rows = page.locator(".results tbody tr").all()
        for row in rows:
            name, bound = row.locator("th").inner_text(), row.locator("td").nth(1).inner_text()
            bounds.setdefault(name, {})[B] = bound
    first = {
        name: min((B for B, bound in each.items() if bound == "arithmetic"), default=None)
        for name, each in bounds.items()
    }
    B = one.leaves("up_proj")
    assert first["up_proj"] / 2 < B <= first["up_proj"]
    assert first["scores"] is None
    assert one.leaves("scores") is None


def test_spots_stand_on_the_roof_where_their_numbers_say(show):
    one = figure()
    page = show(one)
    works = [w for w in one.works("training", one.sizes, LAPTOP) if w.intensity >= 10**-1.5]
    dots = page.locator(".chart-dot")
    assert dots.count() == len(works)
    works.sort(key=lambda w: -LAPTOP.seconds(w.flops, w.bytes))
    places = [dot.evaluate("e => [e.offsetLeft, e.offsetTop]") for dot in dots.all()]
    x = np.log10([w.intensity for w in works])
    y = np.log10([LAPTOP.attainable(w.intensity) for w in works])
    for axis, wanted in ((0, x), (1, -y)):
        found = np.array([place[axis] for place in places], dtype=float)
        scale = np.ptp(found) / np.ptp(wanted)
        np.testing.assert_allclose(found - found.min(), (wanted - wanted.min()) * scale, atol=1.5)
    sizes = dots.evaluate_all("all => all.map(e => parseFloat(e.style.getPropertyValue('--size')))")
    assert sizes == sorted(sizes, reverse=True)
    warm = dots.evaluate_all("all => all.map(e => e.classList.contains('color1'))")
    assert warm == [w.intensity < LAPTOP.ridge for w in works]


def test_looking_at_one_by_list_and_by_mouse(show, visited):
    one = figure()
    page = show(one)
    look = page.get_by_label("Look at")
    look.select_option(label="up_proj backward")
    works = one.works("training", one.sizes, LAPTOP)
    work = next(w for w in works if (w.name, w.direction) == ("up_proj", "backward"))
    total = sum(LAPTOP.seconds(w.flops, w.bytes) for w in works)
    share = 100 * LAPTOP.seconds(work.flops, work.bytes) / total
    said = (
        f"up_proj, backward: {three(work.intensity)} operations a byte, so at most 120 GFLOP/s, "
        f"bounded by arithmetic; {share:.1f} % of the least time."
    )
    assert page.get_by_text(said, exact=True).count() == 1
    assert page.locator(".chart-dot.on").count() == 1
    plot = page.locator(".chart-plot")
    height = plot.bounding_box()["height"]
    plot.click(position={"x": 2, "y": height - 40})
    low = min((w for w in works if w.intensity >= 10**-1.5), key=lambda w: w.intensity)
    assert look.locator("option:checked").inner_text() == f"{low.name} {low.direction}"
    look.select_option(label="none")
    assert page.locator(".chart-dot.on").count() == 0
    visited(page).assert_clean()


def test_by_keyboard(show):
    one = figure()
    page = show(one)
    press(page, "Tab", "ArrowDown")  # the second machine
    press(page, "Tab", "ArrowRight")  # decoding
    press(page, "Tab", "End", "Tab", "Home", "Tab", "End")
    stops = one.data()["stops"]
    check(page, one, "decoding", Sizes(stops["B"][-1], stops["T"][0], stops["D"][-1]), H100)
    press(page, "Tab", "ArrowDown", "ArrowDown")  # the list keeps the focus while all is redrawn
    works = one.works("decoding", one.sizes, H100)
    assert page.get_by_label("Look at").locator("option:checked").inner_text() == (
        f"{works[1].name} forward"
    )


def test_measured_speeds_stand_below_and_go_when_a_size_moves(show, visited):
    config, times = measured()
    one = RooflineExplorer(LAPTOP, config, B=3, T=12, times=times)
    page = show(one)
    assert page.locator(".chart-dot.reached").count() == len(one.data()["reached"])
    assert page.get_by_text("A square above the slope").count() == 1
    stops = one.data()["stops"]
    slide(page, stops, B=4)
    assert page.locator(".chart-dot.reached").count() == 0
    slide(page, stops, B=3)
    assert page.locator(".chart-dot.reached").count() > 0
    page.get_by_label("decoding", exact=True).check()
    assert page.locator(".chart-dot.reached").count() == 0
    visited(page).assert_clean()


def test_the_text_form_rounds_as_the_picture_does(show):
    """123.45 is 123.5 in four digits and 124 in three; of 123.45 itself three digits are 123."""
    one = RooflineExplorer(Machine("A laptop", gflops=123.45, gbytes=39.949), B=4)
    peak, memory, ridge, least = show(one).locator(".numbers dd").all_inner_texts()
    words = str(one)
    assert f"A laptop: {peak} GFLOP/s, {memory} GB/s, ridge at {ridge} operations" in words
    assert f"the step takes {least}, " in words


def test_text_is_text(show, visited):
    page = show(RooflineExplorer(Machine(IMG, 100, 20), ask=IMG))
    assert page.locator(".ask").inner_text() == IMG
    assert page.get_by_label("Machine", exact=True).locator("option").first.inner_text() == IMG
    assert page.locator("img").count() == 0
    visited(page).assert_clean()


@LOOKS
def test_for_everyone(show, visited, axe, theme, width):
    one = figure()
    page = show(one, theme=theme, width=width)
    assert axe(page) == []
    page.get_by_label("Machine", exact=True).select_option(index=1)
    page.get_by_label("decoding", exact=True).check()
    page.get_by_label("Look at").select_option(label="scores forward")
    page.get_by_text("All operations in numbers").click()
    assert axe(page) == []
    assert overflow(page) == 0
    visited(page).assert_clean()


def test_without_scripts_the_fallback_shows(show):
    page = show(figure(), js=False, width=390)
    assert "Decoding leaves the slope: up_proj at batch 9" in page.locator("main").inner_text()
    assert overflow(page) == 0
