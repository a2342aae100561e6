"""The landing page of the built book: what it weighs, when it loads what, what is seen first."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from .pages import overflow
from .test_book import LANDING, OTHER

ROOT = Path(__file__).parent.parent.parent
HTML = Path(os.environ.get("BOOK_HTML", ROOT / "book" / "_build" / "html"))
FIGURE = "document.querySelector('.tinytx-figure').shadowRoot"


@pytest.fixture(scope="module")
def html() -> Path:
    if not (HTML / "_static" / "tales.js").exists():
        pytest.skip("the book is not built: make book")
    return HTML


def weigh(page, address: str) -> dict[str, int]:
    """Return how many bytes each answer had that the page asked for."""
    answers = []

    def keep(answer) -> None:
        answers.append(answer)

    page.on("response", keep)
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.remove_listener("response", keep)
    return {answer.url: len(answer.body()) for answer in answers}


def awake(page) -> None:
    page.locator(".desk .push.main:enabled").wait_for()


def test_it_weighs_less_than_1_6_mb(html, visit, visited, serve):
    page = visit("about:blank")
    sizes = weigh(page, serve(html) + "intro.html")
    awake(page)
    assert any("tales.js" in url for url in sizes)
    assert any("engine.js" in url for url in sizes)
    assert sum(sizes.values()) < LANDING, sorted((n, url) for url, n in sizes.items())[-8:]
    visited(page).assert_clean()


def test_a_page_without_formulas_is_light_and_has_no_model(html, visit, serve):
    page = visit("about:blank")
    sizes = weigh(page, serve(html) + "setup.html")
    assert sum(sizes.values()) < OTHER / 2
    for word in ("engine.js", "tales.js", "mathjax", "searchindex", "fontawesome.js", "woff2"):
        assert not any(word in url for url in sizes), word


def test_the_icons_are_drawn(html, visit, serve):
    page = visit(serve(html) + "intro.html")
    page.evaluate("() => document.fonts.ready")
    loaded = page.evaluate(
        "() => [...document.fonts].filter(f => f.status === 'loaded').map(f => f.family)"
    )
    assert any("Font Awesome" in family for family in loaded)
    widths = page.locator(
        ".article-header-buttons :is(.fas, .fab, .fa-solid):visible"
    ).evaluate_all("all => all.map(e => e.getBoundingClientRect().width)")
    assert len(widths) >= 3
    assert min(widths) > 10


def test_the_weights_come_after_the_first_paint(html, visit, serve):
    page = visit(serve(html) + "intro.html")
    awake(page)
    painted, asked = page.evaluate(
        """() => [performance.getEntriesByName("first-contentful-paint")[0].startTime,
          performance.getEntriesByType("resource")
            .filter((e) => /engine\\.js|tales\\.js/.test(e.name)).map((e) => e.startTime)]"""
    )
    assert len(asked) == 2
    assert min(asked) > painted


def test_the_first_screen_says_what_the_course_is(html, visit):
    page = visit(html / "intro.html", width=1280)
    page.set_viewport_size({"width": 1280, "height": 800})
    awake(page)
    seen = [
        page.get_by_role("heading", name="Build a GPT twice"),
        page.get_by_text("until you can explain every line on a whiteboard without notes."),
        page.get_by_role("link", name="Read chapter 1"),
        page.locator(".hero-actions").get_by_role("link", name="Set up"),
        page.locator(".promise"),
        page.get_by_role("button", name="Write", exact=True),
    ]
    for one in seen:
        box = one.bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 800


def test_it_writes_from_a_file(html, visit, visited):
    page = visit(html / "intro.html")
    awake(page)
    before = page.locator(".tok").count()
    page.get_by_role("button", name="Write", exact=True).click()
    page.wait_for_function(f"{FIGURE}.querySelectorAll('.tok').length > {before + 10}")
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("tab", name="Train").click()
    page.get_by_role("button", name="Learn").click()
    page.wait_for_function(f"Number({FIGURE}.querySelector('.numbers dd').textContent) > 20")
    page.get_by_role("button", name="Pause").click()
    visited(page).assert_clean()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_a_phone_nothing_sticks_out(html, visit, theme):
    page = visit(html / "intro.html", width=390, theme=theme)
    awake(page)
    assert overflow(page) == 0
    page.get_by_role("tab", name="Train").click()
    page.wait_for_function(f"{FIGURE}.querySelector('.numbers dd').textContent === '0'")
    assert overflow(page) == 0


@pytest.mark.parametrize("width", [390, 1280])
def test_without_scripts_a_recorded_example_stands_there(html, visit, width):
    page = visit(html / "intro.html", js=False, width=width)
    assert page.get_by_text("lived with her grandmother in a small house").is_visible()
    bars = page.locator(".live-bar").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect().width)"
    )
    assert len(bars) == 8
    assert bars == sorted(bars, reverse=True)
    assert bars[0] > 20
    ground = page.locator(".live-bar").first.evaluate("e => getComputedStyle(e).backgroundColor")
    assert ground == "rgb(15, 118, 110)"  # the accent: the page has its colours
    assert overflow(page) == 0
