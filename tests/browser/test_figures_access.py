"""The figures for everyone: axe-core, themes, a phone, no scripts, less motion, no network."""

import re

import pytest

from tinytx.figures import BPEStepper

from .pages import LOOKS, overflow, page_of, press
from .samples import MIXED, TEXT, status, viewer

STATES = ["start", "play", "options"]


def put(page, state):
    if state == "play":
        page.get_by_role("button", name="One step forward").click()
        page.get_by_role("button", name="Play").click()
        page.locator("[role=option]").nth(8).focus()
    if state == "options":
        page.get_by_role("button", name="Last step").click()
        page.get_by_text("Split the text into words first").click()
        page.get_by_text("Show ids").click()
        page.get_by_label("Text", exact=True).fill("x" * 401)
        page.locator("[role=option]").nth(8).click()


@LOOKS
@pytest.mark.parametrize("state", STATES)
def test_no_accessibility_violations_and_no_overflow(show, visited, axe, theme, width, state):
    page = show(BPEStepper(TEXT + " " + MIXED), viewer(), theme=theme, width=width, motion="reduce")
    put(page, state)
    assert axe(page) == []
    assert overflow(page) == 0
    visited(page).assert_clean()


def test_axe_looks_into_the_figure(show, axe):
    page = show(BPEStepper(TEXT))
    page.evaluate(
        "document.querySelector('[data-figure]').shadowRoot"
        ".querySelector('textarea').labels[0].remove()"
    )
    assert "label" in [one["id"] for one in axe(page)]


def test_text_without_a_break_does_not_widen_a_phone(show):
    page = show(BPEStepper("x" * 300), viewer("x" * 300 + " " * 90), width=390)
    page.get_by_role("button", name="Last step").click()
    assert overflow(page) == 0


@pytest.mark.parametrize("width", [390, 1280])
def test_touch_targets_are_large_enough(show, width):
    page = show(BPEStepper(TEXT), viewer(), width=width)
    targets = page.locator("button, select, .switch, [role=option], input[type=range]")
    sizes = targets.evaluate_all(
        "all => all.map(e => e.getBoundingClientRect()).map(b => [b.width, b.height])"
    )
    assert len(sizes) > 100
    assert min(width for width, _ in sizes) >= 24
    assert min(height for _, height in sizes) >= 30


@pytest.mark.parametrize("width", [390, 1280])
def test_without_scripts_the_fallback_shows(show, width):
    page = show(BPEStepper(TEXT), viewer(), js=False, width=width)
    text = page.locator("main").inner_text()
    assert "Byte-pair encoding learns its merges on “low␣lower" in text
    assert "The merges, one by one" in text
    assert "20 E6 97 A5" in text
    assert page.locator("table").count() == 3
    assert page.locator("img").count() == 0
    assert overflow(page) == 0


def theme_of(page) -> str:
    return page.locator("[data-figure]").first.get_attribute("data-theme")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_system_decides_the_theme(show, theme):
    page = show(BPEStepper("a"), theme=theme)
    assert theme_of(page) == theme
    other = "dark" if theme == "light" else "light"
    page.emulate_media(color_scheme=other)
    page.wait_for_selector(f"[data-theme={other}]")
    assert theme_of(page) == other


def test_the_book_decides_the_theme_and_may_change_it(show):
    page = show(BPEStepper("a"), root='data-theme="dark"', theme="light")
    card = page.locator(".card")
    dark = card.evaluate("e => getComputedStyle(e).backgroundColor")
    assert theme_of(page) == "dark"
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    assert theme_of(page) == "light"
    assert card.evaluate("e => getComputedStyle(e).backgroundColor") != dark


def test_jupyterlab_decides_the_theme_and_may_change_it(show):
    page = show(BPEStepper("a"), body='data-jp-theme-light="false"', theme="light")
    assert theme_of(page) == "dark"
    page.evaluate("document.body.dataset.jpThemeLight = 'true'")
    assert theme_of(page) == "light"


def test_the_same_figure_twice(show, visited, axe):
    page = show(BPEStepper("abab"), BPEStepper("abab"))
    assert page.locator(".stepper").count() == 2
    page.get_by_role("button", name="Last step").nth(1).click()
    assert page.locator(".status").nth(0).inner_text().startswith("Start")
    assert page.locator(".status").nth(1).inner_text().startswith("Step 1")
    assert axe(page) == []
    visited(page).assert_clean()


def test_a_notebook_puts_it_in_later_and_runs_it_again(visit, visited, tmp_path):
    path = tmp_path / "lab.html"
    path.write_text('<!doctype html><title>lab</title><div id="out"></div>')
    page = visit(path)
    put_in = """(html) => {
      const out = document.getElementById("out");
      out.innerHTML = html;
      for (const old of out.querySelectorAll("script")) {
        const fresh = document.createElement("script");
        fresh.textContent = old.textContent;
        old.replaceWith(fresh);
      }
    }"""
    for _ in range(2):
        page.evaluate(put_in, BPEStepper("abab")._repr_html_())
        assert page.locator(".stepper").count() == 1
        press(page, "Tab")
        page.get_by_role("button", name="One step forward").click()
        assert status(page).startswith("Step 1")
    host = page.locator("[data-figure]")
    assert host.get_attribute("data-lm-suppress-shortcuts") == "true"
    visited(page).assert_clean()


@pytest.mark.parametrize(("motion", "animation"), [("reduce", "none"), ("no-preference", "pop")])
def test_motion_is_reduced_when_asked(show, motion, animation):
    page = show(BPEStepper("abab"), motion=motion)
    page.get_by_role("button", name="One step forward").click()
    name = page.locator(".new").first.evaluate("e => getComputedStyle(e).animationName")
    assert name == animation


def test_a_strange_request_is_refused_and_recorded(visit, visited, tmp_path):
    path = tmp_path / "loads.html"
    path.write_text('<!doctype html><title>x</title><img alt="" src="https://example.invalid/x">')
    page = visit(path)
    assert visited(page).outside == ["https://example.invalid/x"]
    with pytest.raises(AssertionError, match=re.escape("example.invalid")):
        visited(page).assert_clean()


def test_a_served_page_works_too(visit, visited, serve, tmp_path):
    (tmp_path / "index.html").write_text(page_of(BPEStepper("abab")), encoding="utf-8")
    page = visit(serve(tmp_path) + "index.html")
    assert status(page).startswith("Start")
    visited(page).assert_clean()
