"""The embedding map in a real browser: its numbers, by mouse, by keyboard, and for everyone."""

import numpy as np
import pytest

from tinytx import example
from tinytx.figures import EmbeddingMap

from .pages import LOOKS, overflow, press

WEIGHT = example.weights()["tok_emb.weight"]
LETTERS = list(" acmnost")
SHOWN = list("␣acmnost")


def letters():
    return EmbeddingMap(WEIGHT, LETTERS, "The running example")


def crowd(V=400, D=16):
    weight = np.random.default_rng(0).normal(size=(V, D))
    return EmbeddingMap(weight, [f"token {i}" for i in range(V)])


def nearest(page) -> list[tuple[str, float]]:
    tokens = page.locator(".near-list .token").all_text_contents()
    cosines = page.locator(".near-list .cosine").all_text_contents()
    return [(t, float(c.replace("−", "-"))) for t, c in zip(tokens, cosines, strict=True)]


def chosen(page) -> str:
    return page.locator(".nearest .title .token").inner_text()


def test_the_neighbours_on_the_screen_are_those_of_numpy(show, visited):
    page = show(letters())
    unit = WEIGHT / np.linalg.norm(WEIGHT, axis=1, keepdims=True)
    for i, letter in enumerate(SHOWN):
        page.get_by_role("option", name=letter, exact=True).click()
        assert chosen(page) == letter
        wanted = {SHOWN[j]: unit[i] @ unit[j] for j in range(8) if j != i}
        assert dict(nearest(page)) == pytest.approx(wanted, abs=6e-4)
        cosines = [cosine for _, cosine in nearest(page)]
        assert cosines == sorted(cosines, reverse=True)
        alike = sum(cosine > 0 for cosine in wanted.values())
        assert page.locator(".links line").count() == min(5, alike)
    assert page.locator(".numbers dd").all_inner_texts() == ["8", "6", "85.7 %"]
    visited(page).assert_clean()


@pytest.mark.parametrize("width", [390, 1280])
def test_the_points_stand_where_the_principal_components_put_them(show, width):
    page = show(letters(), width=width)
    dots = page.locator(".dot").evaluate_all(
        "all => all.map(e => [parseFloat(e.style.left), -parseFloat(e.style.top)])"
    )
    centred = WEIGHT - WEIGHT.mean(axis=0)
    _, _, directions = np.linalg.svd(centred)
    places = centred @ directions[:2].T
    between = [np.linalg.norm(np.subtract(a, b)) for a in dots for b in dots]
    wanted = [np.linalg.norm(a - b) for a in places for b in places]
    np.testing.assert_allclose(np.array(between) / max(between), np.array(wanted) / max(wanted),
                               atol=2e-3)  # fmt: skip


def test_by_mouse(show):
    page = show(letters())
    box = page.locator(".map").bounding_box()
    dot = page.locator(".dot").nth(7)
    at = [float(dot.evaluate(f"e => parseFloat(e.style.{side})")) for side in ("left", "top")]
    page.mouse.move(box["x"] + at[0] + 9, box["y"] + at[1] + 9)
    assert page.locator(".name.hovered, .name.near").filter(has_text="t").count() == 1
    assert chosen(page) != "t"
    page.mouse.down()
    page.mouse.up()
    assert chosen(page) == "t"
    page.locator(".near-list button").first.click()
    assert chosen(page) == "s"


def test_by_keyboard(show):
    page = show(letters())
    page.get_by_role("option", selected=True).focus()
    press(page, "Home")
    assert chosen(page) == "␣"
    press(page, "ArrowRight", "ArrowRight", "ArrowLeft")
    assert chosen(page) == "a"
    says = page.locator(".status").inner_text
    assert says() == "“a”, nearest: “t” 0.500, “s” 0.316, “␣” 0.000"
    press(page, "End")
    assert says().startswith("“t”, nearest: “s” 0.949")
    page.locator(".near-list button").first.focus()
    press(page, "Enter")
    assert chosen(page) == "s"
    box = page.locator(".map").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert page.locator(".near-list button").first.evaluate("e => e.matches(':focus')")


def test_the_search_field_keeps_what_matches(show):
    page = show(crowd())
    field = page.get_by_label("Find a token")
    field.fill("token 39")
    assert page.get_by_text("11 of 400 match").is_visible()  # 39 and 390 to 399
    assert page.locator("[role=option]:visible").count() == 11
    press(page, "Enter")
    assert chosen(page) == "token␣39"
    field.fill("no such")
    assert page.get_by_text("0 of 400 match").is_visible()
    field.fill("")
    assert page.locator("[role=option]:visible").count() == 400


@pytest.mark.parametrize("width", [390, 1280])
def test_labels_do_not_touch_and_stay_inside(show, width):
    page = show(crowd(), width=width)
    boxes = page.locator(".map .name:not(.near):not(.chosen)").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect())"
        ".map(b => [b.left, b.top, b.right, b.bottom])"
    )
    assert len(boxes) >= 5
    for i, (a, b, c, d) in enumerate(boxes):
        for e, f, g, h in boxes[:i]:
            assert not (a < g and e < c and b < h and f < d)
    frame = page.locator(".map").bounding_box()
    assert min(box[0] for box in boxes) >= frame["x"] - 1
    assert max(box[2] for box in boxes) <= frame["x"] + frame["width"] + 1


def test_labels_are_text(show, visited):
    page = show(EmbeddingMap(WEIGHT[:3], ["<b>x</b>", "<img src=x>", "&lt;"], "<i>t</i>"))
    assert page.get_by_role("option").all_inner_texts() == ["<b>x</b>", "<img␣src=x>", "&lt;"]
    assert page.locator("img").count() == 0
    visited(page).assert_clean()


@LOOKS
def test_for_everyone(show, visited, axe, theme, width):
    page = show(letters(), crowd(), theme=theme, width=width)
    page.get_by_label("Find a token").nth(1).fill("7")
    assert axe(page) == []
    assert overflow(page) == 0
    targets = page.locator("button, [role=option]:visible, input")
    sizes = targets.evaluate_all("all => all.map(e => e.getBoundingClientRect().height)")
    assert min(sizes) >= 30
    visited(page).assert_clean()


def test_without_scripts_the_fallback_shows(show):
    page = show(letters(), js=False, width=390)
    assert "The map shows 85.7 % of the variance" in page.locator("main").inner_text()
    assert page.locator("tbody tr").count() == 8
    assert overflow(page) == 0
