"""The treemap in a real browser: areas are seconds, and every tile is reached and said."""

import numpy as np
import pytest

from tests.figures.test_step_treemap import step
from tinytx.figures import StepTreemap
from tinytx.figures.component import _static
from tinytx.speed import StepTimes, Timed

from .pages import LOOKS, overflow, press
from .samples import IMG, status

SCRIPT = "([values, frame]) => {{ {code}; return {name}(values, frame); }}"
FRAME = {"x": 0, "y": 0, "width": 6, "height": 4}


def figure():
    return StepTreemap({"small": step(), "large": step(10, rest=0.1)})


def laid_out(page, values, frame=FRAME, name="squarify"):
    return page.evaluate(
        SCRIPT.format(code=_static("treemap-layout.js"), name=name), [values, frame]
    )


def boxes(page) -> dict[str, dict[str, float]]:
    found = page.locator(".tile").evaluate_all(
        "all => all.map(e => [e.dataset.name, e.getBoundingClientRect().toJSON()])"
    )
    return dict(found)


def ratio(box):
    return max(box["width"] / box["height"], box["height"] / box["width"])


def test_the_papers_example(show):
    """Bruls, Huizing and van Wijk 2000, figure 5: 6, 6, 4, 3, 2, 2, 1 in a rectangle of 6 by 4."""
    only = StepTimes([Timed("update", "update", "update", 1e-3)], 1e-3, 9e-3, 9e-3)
    page = show(figure(), StepTreemap(only))
    assert page.get_by_label("forward", exact=True).count() == 1  # the other has no such time
    found = laid_out(page, [6, 6, 4, 3, 2, 2, 1])
    sizes = [(round(one["width"], 3), round(one["height"], 3)) for one in found]
    assert sizes == [
        (3, 2), (3, 2), (1.714, 2.333), (1.286, 2.333), (1.2, 1.667), (1.2, 1.667), (0.6, 1.667),
    ]  # fmt: skip


def test_areas_are_shares_nothing_overlaps_and_tiles_are_near_to_squares(show):
    page, rng = show(figure()), np.random.default_rng(0)
    for n in (1, 2, 7, 40):
        values = sorted(rng.lognormal(0, 1.5, n).tolist(), reverse=True)
        frame = {"x": 5, "y": 7, "width": 800, "height": 380}
        found = laid_out(page, values, frame)
        areas = [one["width"] * one["height"] for one in found]
        np.testing.assert_allclose(areas, np.array(values) / sum(values) * 800 * 380, rtol=1e-9)
        for i, one in enumerate(found):
            assert one["x"] >= 5 - 1e-6
            assert one["x"] + one["width"] <= 805 + 1e-6
            assert one["y"] + one["height"] <= 387 + 1e-6
            for other in found[:i]:
                apart = (
                    one["x"] >= other["x"] + other["width"] - 1e-6
                    or other["x"] >= one["x"] + one["width"] - 1e-6
                    or one["y"] >= other["y"] + other["height"] - 1e-6
                    or other["y"] >= one["y"] + one["height"] - 1e-6
                )
                assert apart
        strips = [max(r, 1 / r) for r in (800 * v / sum(values) / 380 for v in values)]
        assert np.mean([ratio(one) for one in found]) <= np.mean(strips) + 1e-9


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("direction", ["both", "forward", "backward"])
def test_areas_on_the_screen_are_seconds(show, visited, width, direction):
    one = figure()
    page = show(one, width=width)
    page.get_by_label(direction, exact=True).check()
    found = boxes(page)
    tiles = {t.name: t.seconds(direction) for t in one.steps["small"] if t.seconds(direction)}
    assert found.keys() == tiles.keys()
    areas = {name: box["width"] * box["height"] for name, box in found.items()}
    whole, total = sum(areas.values()), sum(tiles.values())
    for name, area in areas.items():
        assert area / whole == pytest.approx(tiles[name] / total, abs=5e-4)
    tree = page.locator(".tree").bounding_box()
    assert whole == pytest.approx(tree["width"] * tree["height"], rel=1e-3)
    visited(page).assert_clean()


def test_a_part_lies_together_and_has_one_colour(show):
    one = figure()
    page = show(one)
    found = boxes(page)
    for part in ("mlp", "attention", "scores"):
        mine = [found[t.name] for t in one.steps["small"] if t.part == part]
        area = sum(box["width"] * box["height"] for box in mine)
        width = max(b["right"] for b in mine) - min(b["left"] for b in mine)
        height = max(b["bottom"] for b in mine) - min(b["top"] for b in mine)
        assert area == pytest.approx(width * height, rel=1e-3)
        names = {t.name for t in one.steps["small"] if t.part == part}
        colours = page.locator(".tile").evaluate_all(
            "(all, names) => all.filter(e => names.includes(e.dataset.name))"
            ".map(e => e.firstChild.className)",
            list(names),
        )
        assert len(set(colours)) == 1


def test_every_tile_says_what_the_words_say(show, visited):
    one = figure()
    page = show(one)
    for direction in ("both", "forward"):
        page.get_by_label(direction, exact=True).check()
        for tile in page.locator(".tile").all():
            name = tile.get_attribute("data-name")
            tile.click()
            assert status(page) == one.told("small", name, direction)
            assert page.locator('[aria-selected="true"]').get_attribute("data-name") == name
    page.get_by_label("Step", exact=True).select_option(index=1)
    assert (
        status(page).split(":")[1]
        == one.told("large", status(page).split(":")[0], "forward").split(":")[1]
    )
    visited(page).assert_clean()


def test_the_question_is_answered_by_playing(show):
    one = StepTreemap(step())
    page = show(one)
    shorter = set()
    for tile in page.locator(".tile").all():
        tile.click()
        said = status(page)
        if "(forward" in said:
            times = [part.split(" ") for part in said.split("(")[1].rstrip(")").split(", ")]
            forward, backward = (float(v) * {"µs": 1, "ms": 1e3}[unit] for _, v, unit in times)
            if backward < forward:
                shorter.add(said.split(":")[0])
    assert shorter == {"softmax", "loss", "pos_emb"}


def test_by_keyboard(show):
    one = StepTreemap(step())
    page = show(one)
    names = [t.name for t in one.steps["A step"]]
    press(page, "Tab", "Tab")
    assert status(page) == one.told("A step", names[0])
    press(page, "ArrowRight", "ArrowDown", "ArrowLeft")
    assert status(page) == one.told("A step", names[1])
    press(page, "End", "ArrowRight")
    assert status(page) == one.told("A step", names[-1])
    press(page, "Home", "ArrowUp")
    assert status(page) == one.told("A step", names[0])
    focused = page.evaluate(
        "document.querySelector('[data-figure]').shadowRoot.activeElement.dataset.name"
    )
    assert focused == names[0]


def test_the_pointer_reads_a_tile_and_leaves_it(show):
    one = StepTreemap(step())
    page = show(one)
    names = [t.name for t in one.steps["A step"]]
    page.locator(f'[data-name="{names[4]}"]').hover()
    assert status(page) == one.told("A step", names[4])
    page.mouse.move(2, 2)
    assert status(page) == one.told("A step", names[0])


def test_the_keys_speak_where_the_pointer_rests(show):
    page = show(figure())
    page.locator(".tile").first.click()  # and there the pointer stays
    for _ in range(3):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(60)  # a tile made anew under it has had time to speak
        chosen = page.locator('.tile[aria-selected="true"]').get_attribute("data-name")
        assert status(page).startswith(f"{chosen}:")


def test_what_is_drawn_stays_within_its_tile(show):
    """The smallest tiles are narrower than the space around a name."""
    page = show(StepTreemap({"small": step(10, rest=0.1)}), width=390)
    cut = "e => getComputedStyle(e).overflow === 'hidden'"
    assert all(page.locator(".tile").evaluate_all(f"all => all.map({cut})"))
    assert overflow(page) == 0


def test_names_fit_into_their_tiles(show):
    for width in (390, 1280):
        page = show(figure(), width=width)
        cut = page.locator(".tile > div").evaluate_all(
            "all => all.filter(e => [...e.children].some(t => t.offsetLeft + t.offsetWidth"
            " > e.clientWidth + 1 || t.offsetTop + t.offsetHeight > e.clientHeight + 1))"
            ".map(e => e.textContent)"
        )
        assert cut == []


def test_text_is_text(show, visited):
    works = [Timed(IMG, IMG, "forward", 1.0), Timed("b", "c", "forward", 0.5)]
    times = StepTimes(works, 0.1, 2, 2)
    page = show(StepTreemap({IMG: times, "x": times}, ask=IMG))
    assert page.locator(".ask").inner_text() == IMG
    assert status(page).startswith(f"{IMG}: 1.00 s")
    assert page.locator("img").count() == 0
    visited(page).assert_clean()


@LOOKS
def test_for_everyone(show, visited, axe, theme, width):
    page = show(figure(), theme=theme, width=width)
    assert axe(page) == []
    page.locator('[data-name="softmax"]').click()
    page.get_by_label("backward", exact=True).check()
    assert axe(page) == []
    assert overflow(page) == 0
    visited(page).assert_clean()


def test_without_scripts_the_fallback_shows(show):
    page = show(figure(), js=False, width=390)
    assert "small: 59." in page.locator("main").inner_text()
    assert page.locator("table").count() == 2
    assert overflow(page) == 0
