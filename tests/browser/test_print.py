"""Pages on paper: what prints is there, as wide as the paper, white, and without controls.

A page is laid out for paper in a window as wide as A4 between the margins of ``paper.css``, with
the events of printing; what a printer gets is the same layout, cut into sheets. That every page
fits and is white, `test_every_page_dark.py` holds.
"""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from .test_book import HTML, settle

SHEET = {"width": 680, "height": 1009}  # 180 mm by 267 mm at 96 dots an inch
WIDE = """() => {
  const found = [];
  const shown = (e) => e.getClientRects().length && !e.closest("mjx-assistive-mml, .unseen");
  const walk = (root) => root.querySelectorAll("*").forEach((e) => {
    if (e.shadowRoot) walk(e.shadowRoot);
    if (!shown(e)) return;
    const box = e.getBoundingClientRect();
    // A formula hides its reading form, which may be wider than the formula itself.
    const cut = e.matches(".math, mjx-container, mjx-container *") ? 0
      : e.scrollWidth - e.clientWidth;
    const hides = getComputedStyle(e).overflowX !== "visible" && e.clientWidth > 1;
    if (box.right > innerWidth + 1 || (hides && cut > 2))
      found.push(`<${e.tagName} class="${e.className}"> ${e.textContent.slice(0, 40)}`);
  });
  walk(document.querySelector("main"));
  return found.slice(0, 5);
}"""
DARK = """() => {
  const found = [];
  const light = (color) => {
    const [r, g, b, a = 1] = (color.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
    return a < 0.5 || 0.2126 * r + 0.7152 * g + 0.0722 * b > 150;
  };
  const walk = (root) => root.querySelectorAll("*").forEach((e) => {
    if (e.shadowRoot) walk(e.shadowRoot);
    const box = e.getBoundingClientRect();
    if (box.width < 150 || box.height < 40) return; // a mark, a bar
    const style = getComputedStyle(e);
    if (!light(style.backgroundColor) || style.filter !== "none")
      found.push(`<${e.tagName} class="${e.className}"> ${style.backgroundColor} ${style.filter}`);
  });
  walk(document);
  return found.slice(0, 5);
}"""
FIGURES = """() => [...document.querySelectorAll(".tinytx-figure")].map((host) => {
  const card = host.shadowRoot && host.shadowRoot.querySelector(".card");
  const controls = host.shadowRoot && [...host.shadowRoot.querySelectorAll(
    "input, .controls, .switch, .icon, .push, .preset, .known, .step")];
  return {
    name: host.dataset.figure, text: card ? card.innerText : host.innerText,
    height: host.getBoundingClientRect().height,
    controls: (controls || []).filter((e) => e.getClientRects().length).map((e) => e.className),
  };
})"""


pytestmark = pytest.mark.skipif(
    not (HTML / "index.html").exists(), reason="the book is not built: make book"
)


@contextmanager
def paper(page):
    """Lay the open page out for paper."""
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")  # on the screen still
    page.set_viewport_size(SHEET)
    page.emulate_media(media="print")
    yield page
    page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")


def faults_on_paper(page) -> tuple[list[object], int]:
    """Return what is wrong with a page laid out for paper, and how many figures it has."""
    figures = page.evaluate(FIGURES)
    bare = [one for one in figures if is_bare(one) or one["controls"]]
    return [*page.evaluate(WIDE), *page.evaluate(DARK), *bare], len(figures)


def is_bare(figure: dict) -> bool:
    """Return whether next to nothing of a figure is on the paper."""
    return len(figure["text"]) < 40 or figure["height"] < 60


def test_one_heading_and_nothing_around_the_text(visit):
    page = visit(HTML / "chapters/03_attention.html")
    with paper(page):
        shown = page.locator("h1").evaluate_all(
            "all => all.filter(e => e.getClientRects().length).map(e => e.innerText)"
        )
        assert len(shown) == 1
        assert "Attention" in shown[0]
        around = ".bd-header-article, .bd-sidebar-primary, .bd-sidebar-secondary, .copybtn, footer"
        places = page.locator(f"{around}, .prev-next-footer, .headerlink").evaluate_all(
            "all => all.filter(e => e.getClientRects().length).map(e => e.className)"
        )
        assert places == []
        rules = page.locator("article :is(h2, h3)").evaluate_all(
            "all => all.map(e => getComputedStyle(e).breakAfter)"
        )
        assert set(rules) == {"avoid"}  # no heading alone at the foot of a page


def visible(details) -> list[bool]:
    return details.evaluate_all(
        "all => all.map(e => e.lastElementChild.checkVisibility({contentVisibilityAuto: true}))"
    )


def test_answers_of_the_whiteboard_test_print_open_and_hints_closed(visit):
    page = visit(HTML / "chapters/03_attention.html")
    answers = page.locator("#the-whiteboard-test details")
    assert visible(answers) == [False] * 5
    with paper(page):
        assert visible(answers) == [True] * 5
    assert visible(answers) == [False] * 5
    page.goto((HTML / "exercises/03_attention.html").resolve().as_uri())
    hints = page.locator("article details", has_text="nudge")
    with paper(page):
        assert hints.count() >= 5
        assert not any(visible(hints))


def test_a_table_wider_than_the_paper_goes_on_below(visit):
    page = visit(HTML / "chapters/10_looking_inside.html")
    settle(page)
    figure = page.locator("[data-figure^=lens-table]")
    heads = "all => all.map(e => e.innerText)"
    whole = figure.locator(".scroll > table").first
    columns = whole.locator("tr").first.locator("th, td").evaluate_all(heads)
    assert figure.locator(".scroll").first.evaluate("e => e.scrollLeft") > 700  # as it opens
    with paper(page):
        assert not whole.is_visible()
        parts = figure.locator(".on-paper").first.locator("table")
        shown = [
            parts.nth(i).locator("tr").first.locator("th, td").evaluate_all(heads)
            for i in range(parts.count())
        ]
        assert len(shown) > 1
        assert {part[0] for part in shown} == {columns[0]}
        assert [name for part in shown for name in part[1:]] == columns[1:]
    assert figure.locator(".on-paper").count() == 0
    assert whole.is_visible()


def test_a_printer_gets_sheets(visit):
    """The whole way, events and all: a file of sheets, one of the shortest pages."""
    page = visit(HTML / "losses.html", theme="dark")
    settle(page)
    sheets = page.pdf(prefer_css_page_size=True)
    assert sheets.startswith(b"%PDF-")
    assert 1 <= sheets.count(b"/Type /Page\n") <= 6
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"  # back again
