"""The optimizer explorer in a real browser: its paths are those of the package's optimizers."""

import numpy as np
import pytest

from tinytx.figures import OptimizerExplorer
from tinytx.figures.component import _static
from tinytx.figures.optimizer_explorer import did, pair, size
from tinytx.figures.surfaces import METHODS, SURFACES, noise_at, path

from .pages import LOOKS, overflow, press
from .samples import status


def rows(page, which=0) -> list[list[str]]:
    """Return the table of results: the three methods, each with where, height and when."""
    table = page.locator(".results").nth(which)
    return [row.locator("td").all_inner_texts() for row in table.locator("tbody tr").all()]


def expected(name, lr, beta, steps, start=None, draw=0):
    surface = SURFACES[name]
    found = []
    for method in METHODS:
        points, diverged = path(surface, method, start or surface.start, lr, beta, steps, draw)
        heights = [surface.loss(*point) - surface.floor for point in points]
        found.append([pair(points[-1]), size(heights[-1]), did(heights, diverged)])
    return found


def slide(page, name, value):
    """Move a slider to the stop that is read as ``value``."""
    found = page.get_by_role("slider", name=name, exact=True).evaluate(
        """(input, value) => {
          for (let i = Number(input.min); i <= Number(input.max); i += 1) {
            input.value = i;
            input.dispatchEvent(new Event("input"));
            if (input.getAttribute("aria-valuetext") === value) return true;
          }
          return false;
        }""",
        value,
    )
    assert found, f"{name} has no stop {value}"


@pytest.mark.parametrize("name", SURFACES)
@pytest.mark.parametrize(
    ("lr", "beta", "draw"),
    [(0.05, 0.9, 0), (0.011, 0.0, 3), (0.079, 0.5, 9), (0.152, 0.9, 1), (1, 0.99, 5)],
)
def test_the_paths_are_those_of_the_package(show, name, lr, beta, draw):
    page = show(OptimizerExplorer())
    code = _static("optimizers.js")
    data = OptimizerExplorer().data()
    surface = SURFACES[name]
    options = {
        "start": surface.start, "steps": 200, "draw": draw, "lr": lr, "beta": beta,
        "beta_2": data["beta_2"], "eps": data["eps"], "far": data["far"],
    }  # fmt: skip
    for method in METHODS:
        found = page.evaluate(
            f"([s, m, o]) => {{ {code}; return pathOf(s, m, o); }}",
            [data["surfaces"][name], method, options],
        )
        points, diverged = path(surface, method, surface.start, lr, beta, 200, draw)
        assert found["diverged"] == diverged
        np.testing.assert_allclose(found["points"], points, rtol=1e-9, atol=1e-9)


def test_the_noise_is_the_same_in_both(show):
    page = show(OptimizerExplorer())
    places = [(draw, step, axis) for draw in (0, 9) for step in (0, 1, 199) for axis in (0, 1)]
    code = _static("optimizers.js")
    found = page.evaluate(f"(all) => {{ {code}; return all.map((p) => noiseAt(...p)); }}", places)
    assert found == [noise_at(*place) for place in places]


def test_by_mouse(show, visited):
    page = show(OptimizerExplorer())
    assert rows(page) == expected("valley", 0.05, 0.9, 60)
    page.get_by_label("saddle").check()
    assert rows(page) == expected("saddle", 0.05, 0.9, 60)
    plot = page.locator(".chart-plot").first
    box = plot.bounding_box()
    across, down = 0.75, 0.3
    plot.click(position={"x": across * box["width"], "y": down * box["height"]})
    shown = [
        float(page.get_by_role("slider", name=f"Start, {axis}").get_attribute("aria-valuetext"))
        for axis in "xy"
    ]
    assert shown == pytest.approx([-3 + 6 * across, 1.6 - 3.2 * down], abs=0.06)
    start = page.locator(".chart-dot.color3").bounding_box()
    assert start["x"] == pytest.approx(box["x"] + (shown[0] + 3) / 6 * box["width"], abs=1)
    assert rows(page) == expected("saddle", 0.05, 0.9, 60, tuple(shown))  # where the sliders say
    page.get_by_label("long valley").check()
    page.get_by_label("saddle").check()  # where the start was, it still is
    assert page.locator(".chart-dot.color3").bounding_box() == start
    page.get_by_label("turned valley").check()
    side = page.get_by_role("slider", name="Start, x")
    assert side.get_attribute("aria-valuetext") == "−1.70"  # −1.697, and no −1.70 beside it
    side.press("ArrowLeft")
    assert side.get_attribute("aria-valuetext") == "−1.75"
    visited(page).assert_clean()


def test_by_keyboard(show):
    page = show(OptimizerExplorer())
    press(page, "Tab", "Tab", "ArrowRight")  # rate: 0.05 to 0.051
    press(page, "Tab", "ArrowLeft", "Tab", "Home", "ArrowRight")  # beta 0.85, two steps
    press(page, "Tab", "End", "Tab", "Home")  # start at (4, −1.6)
    assert rows(page) == expected("valley", 0.051, 0.85, 2, (4.0, -1.6))
    assert status(page).startswith("under 1 % of the start’s height: SGD not yet, momentum not")


def test_divergence_is_told_where_it_happens(show):
    page = show(OptimizerExplorer(lr=0.09))
    assert rows(page) == expected("valley", 0.09, 0.9, 60)
    assert rows(page)[0][2] == "diverges, past 20 at step 13"
    assert page.get_by_text("SGD diverges", exact=True).count() == 1
    assert page.get_by_text("momentum diverges", exact=True).count() == 0
    mark = page.get_by_text("SGD diverges", exact=True).locator("..").bounding_box()
    plot = page.locator(".chart-plot").first.bounding_box()
    # It leaves through the upper or the lower edge: the valley is steep across.
    edges = (plot["y"], plot["y"] + plot["height"])
    assert min(abs(mark["y"] - edge) for edge in edges) < 3
    slide(page, "Rate", "0.2")
    assert page.get_by_text("momentum diverges", exact=True).count() == 1
    slide(page, "Rate", "0.08")
    assert page.locator(".chart-text").all_inner_texts() == ["start"]


def test_the_noise_can_be_drawn_again(show):
    page = show(OptimizerExplorer("noisy", steps=200))
    assert rows(page) == expected("noisy", 0.05, 0.9, 200)
    slide(page, "Noise, draw", "7")
    assert rows(page) == expected("noisy", 0.05, 0.9, 200, draw=7)
    page.get_by_label("saddle").check()
    assert page.get_by_role("slider", name="Noise, draw").count() == 0


def test_a_spot_for_each_step_and_lines_of_equal_height(show):
    page = show(OptimizerExplorer(steps=7))
    spots = [one.get_attribute("d").count("M") for one in page.locator(".stops").all()]
    assert spots == [8, 8, 8]
    # Every end of a piece of a contour is as high as that of its neighbour at the same level.
    heights = page.evaluate(
        f"""([surface]) => {{
          {_static("contours.js")} {_static("optimizers.js")}
          const d = contours((p) => lossAt(surface, p), {{ x: [-4, 4], y: [-1.6, 1.6] }}, [10, 3]);
          return d.match(/[ML][\\d.]+ [\\d.]+/g).map((point) => {{
            const [a, b] = point.slice(1).split(" ").map(Number);
            return lossAt(surface, [-4 + a * 0.08, 1.6 - b * 0.032]);
          }});
        }}""",
        [OptimizerExplorer().data()["surfaces"]["valley"]],
    )
    near = [min((10, 3), key=lambda level, h=height: abs(level - h)) for height in heights]
    assert min(near.count(10), near.count(3)) > 50
    np.testing.assert_allclose(heights, near, rtol=0.05)


@LOOKS
def test_for_everyone(show, visited, axe, theme, width):
    figures = [OptimizerExplorer(lr=0.2), OptimizerExplorer("noisy", steps=200)]
    page = show(*figures, theme=theme, width=width)
    assert axe(page) == []
    assert overflow(page) == 0
    visited(page).assert_clean()


def test_without_scripts_the_fallback_shows(show):
    page = show(OptimizerExplorer(), js=False, width=390)
    assert page.locator("table").count() == 4
    assert "not yet" in page.locator("main").inner_text()
    assert overflow(page) == 0
