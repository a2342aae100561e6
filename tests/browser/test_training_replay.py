"""The training replay in a real browser: what it shows at each snapshot is what was recorded."""

import numpy as np
import pytest

from tests.figures.recordings import H, N, T, recording
from tinytx.figures import TrainingReplay

from .pages import LOOKS, overflow, press
from .samples import IMG, status

LABELS = ["a₀", "␣₁", "c₂", "r₃", "o₄", "w₅"]


def check(page, given, at, query=T - 1):
    """Everything on the page belongs to snapshot ``at``."""
    step, validation = given["evaluated"][at], given["validation"][at]
    loss = given["loss"][given["steps"].index(step // 10 * 10)]
    texts = [str(step), *(f"{v:.3f}" for v in (loss, validation, validation - given["floor"]))]
    assert page.locator(".numbers dd").all_inner_texts() == texts
    assert page.locator(".written").text_content() == given["text"][at]
    assert page.get_by_text(f"What it writes at step {step}", exact=True).count() == 1
    assert status(page) == f"step {step}: loss {loss:.3f}, validation {validation:.3f}."
    for head, line in enumerate(page.locator(".reads").all_inner_texts()):
        row = given["attention"][at, head, query, : query + 1]
        percent = np.rint(100 * row).astype(int)
        order = sorted((-p, key) for key, p in enumerate(percent) if p)[:3]
        told = ", ".join(f"{LABELS[key]}\u00a0{-p}\u00a0%" for p, key in order)
        assert line == (told or "nothing")


def snapshot(page):
    return page.get_by_role("slider", name="Snapshot")


def test_by_mouse(show, visited):
    given = recording()
    given["attention"][1, 1, 2] = 0  # a query that reads nothing
    page = show(TrainingReplay(given))
    check(page, given, 0)
    page.get_by_role("button", name="One snapshot on").click()
    check(page, given, 1)
    for _ in range(5):
        page.get_by_role("button", name="One snapshot on").click()
    check(page, given, N - 1)
    page.get_by_role("button", name="One snapshot back").click()
    check(page, given, N - 2)
    plot = page.locator(".chart-plot")
    box = plot.bounding_box()
    plot.click(position={"x": 0.25 * box["width"], "y": 20})  # step 75: 55 is nearest
    check(page, given, 1)
    assert snapshot(page).input_value() == "1"
    canvas = page.locator("canvas").nth(1)
    size = canvas.bounding_box()
    canvas.click(position={"x": 5, "y": size["height"] * 2.5 / T})
    check(page, given, 1, query=2)
    visited(page).assert_clean()


def test_by_keyboard(show):
    given = recording()
    page = show(TrainingReplay(given))
    press(page, "Tab", "Tab", "End")
    check(page, given, N - 1)
    assert snapshot(page).get_attribute("aria-valuetext") == "step 300"
    press(page, "ArrowLeft")
    check(page, given, N - 2)
    press(page, "Tab", "Enter")  # the button on the right
    check(page, given, N - 1)
    press(page, "Tab", "Tab", "ArrowLeft")  # past the text, which can be scrolled
    check(page, given, N - 1, query=T - 2)


def test_the_marker_stands_where_the_snapshot_is(show):
    given = recording()
    page = show(TrainingReplay(given))
    plot = page.locator(".chart-plot").bounding_box()
    low = min(*given["loss"], *given["validation"], given["floor"])
    high = max(*given["loss"], *given["validation"])
    room = 0.06 * (high - low)
    for at, step in enumerate(given["evaluated"]):
        snapshot(page).fill(str(at))
        rule = page.locator(".chart-rule").bounding_box()
        assert rule["x"] == pytest.approx(plot["x"] + plot["width"] * step / 300, abs=2)
        dot = page.locator(".chart-dot.color1").bounding_box()
        share = (high + room - given["validation"][at]) / (high - low + 2 * room)
        assert dot["y"] == pytest.approx(plot["y"] + share * plot["height"], abs=2)


def test_the_floor_is_a_level_line_with_its_name(show):
    page = show(TrainingReplay(recording()), TrainingReplay(recording(floor=None)))
    first, second = page.locator("[data-figure]").all()
    assert first.locator(".chart-key").get_by_text("the entropy: 0.900").count() == 1
    path = first.locator(".chart-frame path.chart-line.color3").get_attribute("d")
    heights = {point.split()[1] for point in path.replace("M", "").split("L")}
    assert len(heights) == 1
    assert second.locator(".chart-frame path.chart-line.color3").count() == 0
    assert second.locator(".numbers dt").all_inner_texts() == ["Step", "Loss", "Validation"]


def test_the_pictures_are_the_weights(show):
    given = recording()
    page = show(TrainingReplay(given), theme="light")
    snapshot(page).fill("2")
    read = f"c => [...c.getContext('2d').getImageData(0, 0, {T}, {T}).data]"
    for head in range(H):
        pixels = np.array(page.locator("canvas").nth(head).evaluate(read)).reshape(T, T, 4)
        seen = np.tri(T, dtype=bool)
        assert (pixels[..., 3] == np.where(seen, 255, 0)).all()
        order = np.argsort(given["attention"][2, head][seen])
        red = pixels[..., 0][seen][order]  # teal has less red than the ground
        assert (np.diff(red) <= 3).all()  # percent are whole, so equal ones may be out of order
        assert red[0] > red[-1] + 100
    frame = page.locator(".frame").first.bounding_box()
    canvas = page.locator("canvas").first.bounding_box()
    assert frame["y"] + frame["height"] == pytest.approx(canvas["y"] + canvas["height"], abs=3)


def test_the_pictures_follow_the_theme(show):
    page = show(TrainingReplay(recording()), theme="light")
    read = "c => c.getContext('2d').getImageData(0, 0, 1, 1).data.join()"
    light = page.locator("canvas").first.evaluate(read)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(
        f"old => ({read})(document.querySelector('[data-figure]').shadowRoot"
        ".querySelector('canvas')) !== old",
        arg=light,
    )


def test_text_is_text_and_the_page_below_does_not_jump(show, visited):
    page = show(TrainingReplay(recording(text=["x", IMG * 3, "a\n" * 30, ""], tokens=[IMG] * T)))
    places = set()
    for at in range(N):
        snapshot(page).fill(str(at))
        places.add(page.locator("canvas").first.bounding_box()["y"])
    assert len(places) == 1
    assert page.locator("img").count() == 0
    visited(page).assert_clean()


def test_without_attention_and_validation_and_with_a_question(show, visited):
    given = recording(attention=None, tokens=None, validation=None, ask="When do words begin?")
    page = show(TrainingReplay(given))
    assert page.locator("canvas").count() == 0
    assert page.get_by_text("When do words begin?").count() == 1
    labels = page.locator(".numbers dt").all_inner_texts()
    assert labels == ["Step", "Loss", "Above the entropy"]
    snapshot(page).fill("3")
    loss = given["loss"][-1]
    assert page.locator(".numbers dd").all_inner_texts() == [
        "300", f"{loss:.3f}", f"{loss - 0.9:.3f}",
    ]  # fmt: skip
    visited(page).assert_clean()


def test_one_snapshot_of_one_step(show, visited):
    page = show(TrainingReplay({"steps": [0], "loss": [1], "evaluated": [0], "text": ["a"]}))
    assert page.locator(".numbers dd").all_inner_texts() == ["0", "1.000"]
    assert "NaN" not in page.locator(".chart-plot").inner_html()
    visited(page).assert_clean()


def test_a_logarithmic_axis_marks_and_picks_in_its_own_places(show):
    steps = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 999]
    given = recording(steps=steps, loss=[3.0] * 11, evaluated=[0, 9, 99, 999], tokens=None)
    page = show(TrainingReplay(given))
    assert page.locator(".chart-x span").all_inner_texts() == ["0", "1", "10", "100"]
    plot = page.locator(".chart-plot")
    box = plot.bounding_box()
    for at, share in enumerate((0, 1 / 3, 2 / 3, 1)):  # log₁₀ of 1, 10, 100 and 1000
        plot.click(position={"x": share * (box["width"] - 2) + 1, "y": 20})
        assert snapshot(page).input_value() == str(at)
        rule = page.locator(".chart-rule").bounding_box()
        assert rule["x"] == pytest.approx(box["x"] + share * box["width"], abs=2)


@LOOKS
def test_for_everyone(show, visited, axe, theme, width):
    page = show(TrainingReplay(recording(ask="When?")), theme=theme, width=width)
    snapshot(page).fill("2")
    assert axe(page) == []
    assert overflow(page) == 0
    visited(page).assert_clean()


def test_without_scripts_the_fallback_shows(show):
    page = show(TrainingReplay(recording()), js=False, width=390)
    assert "Once upon a <b>midnight</b>" in page.locator("main").inner_text()
    assert overflow(page) == 0
