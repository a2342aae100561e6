"""The sinusoidal explorer in a real browser: its table, its numbers, and for everyone."""

import numpy as np
import pytest

from tinytx.figures import SinusoidalExplorer
from tinytx.figures.component import _static
from tinytx.manual.positions import sinusoidal_table

from .pages import LOOKS, overflow, press
from .samples import status


def numbers(locator) -> list[float]:
    return [float(text.replace("−", "-")) for text in locator.all_text_contents()]


def slide(page, name, value):
    page.get_by_label(name, exact=True).evaluate(
        "(e, v) => { e.value = v; e.dispatchEvent(new Event('input')); }", value
    )


@pytest.mark.parametrize("sizes", [(64, 32), (7, 6), (256, 128)])
def test_the_script_computes_the_table_of_the_package(show, sizes):
    page = show(SinusoidalExplorer(*sizes))
    code = _static("sinusoidal.js")
    table = np.array(
        page.evaluate(f"([C, D]) => {{ {code}; return sinusoidalTable(C, D); }}", list(sizes))
    )
    np.testing.assert_allclose(table, sinusoidal_table(*sizes, np.float64), rtol=0, atol=1e-12)
    dots = page.evaluate(
        f"([C, D]) => {{ {code}; return dotsOf(sinusoidalTable(C, D), 3); }}", list(sizes)
    )
    np.testing.assert_allclose(dots, table @ table[3], rtol=0, atol=1e-11)


@pytest.mark.parametrize(("position", "pair", "shift"), [(21, 3, 5), (40, 0, -16), (0, 15, 16)])
def test_the_numbers_on_the_screen_are_those_of_the_table(show, visited, position, pair, shift):
    table = sinusoidal_table(64, 32, np.float64)
    page = show(SinusoidalExplorer())
    for name, value in {"Position": position, "Dimensions": pair, "Shift": shift}.items():
        slide(page, name, value)
    product = table[position] @ table[position + shift]
    assert f"Position {position} · position {position + shift} = {product:.2f}" in status(page)
    assert f"Dimensions {2 * pair} and {2 * pair + 1} turn once" in status(page)
    shown = numbers(page.locator(".block span"))
    before, after = (table[t, 2 * pair : 2 * pair + 2] for t in (position, position + shift))
    np.testing.assert_allclose(shown[4:6], before, atol=6e-4)
    np.testing.assert_allclose(shown[6:8], after, atol=6e-4)
    np.testing.assert_allclose(np.reshape(shown[:4], (2, 2)) @ before, after, atol=2e-3)
    visited(page).assert_clean()


def test_the_turn_is_the_same_wherever_it_starts(show):
    page = show(SinusoidalExplorer())
    matrix = page.locator(".block").first
    turn = matrix.inner_text()
    for position in (0, 13, 50):
        slide(page, "Position", position)
        assert matrix.inner_text() == turn
    slide(page, "Shift", 6)
    assert matrix.inner_text() != turn


def test_by_mouse(show):
    page = show(SinusoidalExplorer())
    plots = page.locator(".chart-plot")
    for plot in (plots.nth(0), plots.nth(1), plots.nth(2)):
        plot.scroll_into_view_if_needed()
        box = plot.bounding_box()
        for position in (60, 10):
            across = (position + 0.5) / 64 * box["width"]
            plot.click(position={"x": across, "y": box["height"] / 2})
            assert page.get_by_label("Position", exact=True).input_value() == str(position)
    box = plots.nth(0).bounding_box()
    plots.nth(0).click(position={"x": 90, "y": box["height"] * 5.5 / 32})
    assert "Dimensions 4 and 5 turn once" in status(page)


def test_by_keyboard(show):
    page = show(SinusoidalExplorer())
    press(page, "Tab", "ArrowRight", "Tab", "End", "Tab", "ArrowLeft")
    assert status(page).startswith("Dimensions 30 and 31 turn once in 35,332.9 positions.")
    assert "Position 22 · position 26" in status(page)
    focused = page.locator("input:focus")
    assert focused.get_attribute("aria-valuetext") == "+4"


def test_a_shift_out_of_the_table_is_told(show):
    page = show(SinusoidalExplorer())
    slide(page, "Position", 63)
    assert status(page).endswith("Position 68 is not in the table.")


def test_the_picture_follows_the_theme(show):
    page = show(SinusoidalExplorer(), root='data-theme="light"')
    corner = "e => [...e.getContext('2d').getImageData(0, 0, 1, 1).data].slice(0, 3)"
    canvas = page.locator("canvas")
    assert canvas.evaluate(corner) == [255, 255, 255]  # sin(0) = 0: the surface
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    for _ in range(600):  # drawn in the next frame, whenever that is
        if canvas.evaluate(corner) != [255, 255, 255]:
            break
        page.wait_for_timeout(50)
    assert canvas.evaluate(corner) == [0x17, 0x1C, 0x2A]


@LOOKS
def test_for_everyone(show, visited, axe, theme, width):
    page = show(SinusoidalExplorer(), SinusoidalExplorer(256, 128), theme=theme, width=width)
    assert axe(page) == []
    assert overflow(page) == 0
    visited(page).assert_clean()


def test_without_scripts_the_fallback_shows(show):
    page = show(SinusoidalExplorer(8, 4), js=False, width=390)
    assert "0 and 1 6.3 57.3" in " ".join(page.locator("main").inner_text().split())
    assert overflow(page) == 0
