"""What one looks up, in the built book: pitfalls, index, words that lead to the glossary; and what
the book says to those who hear it: formulas and figures.
"""

from __future__ import annotations

import re

import pytest

from .pages import LOOKS, overflow
from .test_book import ROOT, html, settle  # noqa: F401 (the fixture)

CHAPTERS = sorted(path.stem for path in (ROOT / "book" / "chapters").glob("*.ipynb"))
FORMULA_PAGES = [f"chapters/{stem}" for stem in CHAPTERS] + ["notation", "gradients", "losses"]
EACH = pytest.mark.parametrize("still", FORMULA_PAGES[: len(CHAPTERS)], indirect=True)
PITFALLS, INDEX = "pitfalls.html", "book_index.html"
SHOWN = "ul.pitfalls > li:visible"


@pytest.fixture(scope="module")
def still(request, html, empty_pages):  # noqa: F811
    """A page without scripts, with its name, opened once for all tests that only read there."""
    name = f"{request.param}.html"
    page, seen = empty_pages.open(html / name, js=False)
    yield name, page
    empty_pages.give_back(False, page, seen)


def pitfalls_written() -> int:
    """Count the rows of the chapters' tables, by the groups in them."""
    chapters = (ROOT / "book" / "chapters").glob("*.ipynb")
    texts = (path.read_text(encoding="utf-8") for path in chapters)
    return sum(len(re.findall(r"^ +\"\|.*<!-- \w+ --> \|", text, re.M)) for text in texts)


# --- pitfalls


def test_all_pitfalls_are_there_with_and_without_a_script(html, visit):  # noqa: F811
    many = pitfalls_written()
    assert many > 130
    page = visit(html / PITFALLS)
    assert page.locator(SHOWN).count() == many
    assert page.get_by_role("status").inner_text() == f"{many} of {many}"
    page = visit(html / PITFALLS, js=False)
    assert page.locator(SHOWN).count() == many
    assert page.locator("main input").count() == 0


def test_words_leave_those_that_have_them_all(html, visit, visited):  # noqa: F811
    page = visit(html / PITFALLS)
    many = page.locator(SHOWN).count()
    page.get_by_label("What do you see?").focus()
    page.keyboard.type("NaN constant")
    shown = page.locator(SHOWN)
    assert shown.count() == 1
    assert "constant vector" in shown.inner_text()
    assert page.get_by_role("status").inner_text() == f"1 of {many}"
    assert page.get_by_role("status").get_attribute("aria-live") == "polite"
    assert page.locator("article section section h2:visible").count() == 1  # empty groups go
    page.keyboard.type(" xyzzy")
    assert page.locator(SHOWN).count() == 0
    assert page.get_by_role("status").inner_text().startswith(f"0 of {many}")
    page.keyboard.press("Enter")
    assert page.url.endswith(PITFALLS)
    page.keyboard.press("Escape")
    assert page.locator(SHOWN).count() == many
    visited(page).assert_clean()


def test_the_way_back_to_the_chapter_and_the_way_to_one_pitfall(html, visit, visited):  # noqa: F811
    address = (html / PITFALLS).resolve().as_uri()
    name = "pitfall-05-nan-or-all-1-for-a-constant-vector"
    page = visit(f"{address}?find=padding#{name}")
    assert page.locator(f"#{name}").is_visible()  # though it lacks the word
    page.locator(f"#{name} .pitfall-from a").click()
    page.wait_for_url(f"**/chapters/05_blocks.html#{name}")
    row = page.locator(":target")
    assert row.evaluate("e => e.tagName") == "TR"
    assert "constant vector" in row.inner_text()
    page.goto(f"{address}?find=padding")
    assert 0 < page.locator(SHOWN).count() < 10
    visited(page).assert_clean()


def test_every_link_of_a_pitfall_leads_somewhere(html, visit):  # noqa: F811
    page = visit(html / PITFALLS)
    assert lost(html, PITFALLS, page.locator("ul.pitfalls a")) == []


def test_the_search_of_the_book_finds_a_pitfall(html, visit):  # noqa: F811
    page = visit((html / "search.html").resolve().as_uri() + "?q=causality+tril")
    page.locator("#search-results ul.search li a").first.wait_for()
    page.wait_for_function("/found \\d+ page/.test(document.body.innerText)")
    hits = page.locator("#search-results ul.search li a").all_inner_texts()
    assert any("Pitfalls by symptom" in hit for hit in hits)


@LOOKS
@pytest.mark.parametrize("name", [PITFALLS, INDEX])
def test_it_fits(html, visit, name, theme, width):  # noqa: F811
    page = visit(html / name, theme=theme, width=width)
    settle(page)
    assert overflow(page) <= 0
    narrow = page.locator("ul.pitfalls > li p, .book-index li").evaluate_all(
        "all => all.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent)"
    )
    assert narrow == []


# --- words and the index

ANCHORS: dict[object, set[str]] = {}


def lost(html, name, links) -> list[str]:  # noqa: F811
    """Return which links of a page lead to a page or an anchor that is not there."""
    found = []
    for href in set(links.evaluate_all("all => all.map(a => a.getAttribute('href'))")):
        path, _, anchor = href.partition("#")
        file = (html / name).parent / path if path else html / name
        if file not in ANCHORS:
            text = file.read_text(encoding="utf-8") if file.exists() else ""
            ANCHORS[file] = set(re.findall(r"\bid=\"([^\"]+)\"", text)) | ({""} if text else set())
        if anchor not in ANCHORS[file]:
            found.append(href)
    return found


@EACH
def test_words_of_a_chapter_lead_to_the_glossary_once_each(html, still):  # noqa: F811
    name, page = still
    links = page.locator("a.term")
    assert 10 <= links.count() <= 40
    targets = links.evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert len(set(targets)) == len(targets)
    assert all(target.startswith("../glossary.html#term-") for target in targets)
    assert lost(html, name, links) == []
    for told in links.evaluate_all("all => all.map(a => a.title)"):
        assert len(told) >= 20
    misplaced = "h1 a.term, h2 a.term, h3 a.term, pre a.term, code a.term, .cell a.term"
    assert page.locator(f"{misplaced}, .chapter-opening a.term, .math a.term, a a").count() == 0


def test_a_word_is_quiet_and_its_meaning_shown_to_the_keyboard(html, visit):  # noqa: F811
    page = visit(html / "chapters/03_attention.html", width=390)
    settle(page)
    word = page.locator("a.term").first
    assert word.evaluate("e => getComputedStyle(e).color") == word.locator("..").evaluate(
        "e => getComputedStyle(e).color"
    )
    assert word.evaluate("e => getComputedStyle(e).textDecorationStyle") == "dotted"
    told = "e => getComputedStyle(e, '::after').content"
    assert word.evaluate(told) == "none"
    page.keyboard.press("Tab")  # from here on the focus is one that is shown
    word.focus()
    assert word.get_attribute("title") in word.evaluate(told).replace('\\"', '"')
    assert overflow(page) <= 0
    page.keyboard.press("Enter")
    page.wait_for_url("**/glossary.html#term-*")
    assert page.locator(":target").is_visible()


def test_the_index_leads_to_places_that_there_are(html, visit):  # noqa: F811
    page = visit(html / INDEX, js=False)
    assert lost(html, INDEX, page.locator(".book-index a")) == []
    counts = [page.locator(f".index-{what} li").count() for what in ("words", "names", "people")]
    assert counts[0] > 130
    assert counts[1] > 150
    assert counts[2] > 80
    assert page.locator(".book-index li:not(:has(a))").count() == 0
    assert "\\" not in page.locator(".index-people").inner_text()


# --- heard

HEARD = """() => [...document.querySelectorAll("mjx-container")].filter((box) => {
    const math = box.querySelector("mjx-assistive-mml > math");
    return !math?.textContent.trim() || getComputedStyle(math).display === "none"
        || !box.querySelector("mjx-math[aria-hidden=true]") || box.closest("[aria-hidden=true]");
}).map((box) => box.outerHTML.slice(0, 200))"""


@pytest.mark.parametrize("still", FORMULA_PAGES, indirect=True)
def test_every_formula_is_read_aloud_and_each_number_is_spoken_of(html, still):  # noqa: F811
    _, page = still
    assert page.locator("mjx-container").count() > 0
    assert page.evaluate(HEARD) == []
    shown = page.locator("mjx-container[display=true]")
    assert shown.count() == page.locator("mjx-container[display=true][role=group]").count()
    for equation in page.locator("div.math:has(span.eqno)").all():
        number = equation.locator("span.eqno").inner_text().strip("#\n ¶").strip("()")
        named = equation.locator("mjx-container").get_attribute("aria-label")
        assert named == f"Equation {number}"
        anchor = equation.get_attribute("id")
        assert anchor.startswith("equation-eq-"), f"({number}) has no label of its own"
        assert anchor in links_of_the_book(html), f"nothing refers to {anchor}"


LINKED: set[str] = set()


def links_of_the_book(html) -> set[str]:  # noqa: F811
    """Return the anchors of equations that some text refers to, not their own sign."""
    if not LINKED:
        for path in html.rglob("*.html"):
            text = path.read_text(encoding="utf-8")
            found = re.findall(
                r"<a class=\"reference [^\"]*\" href=\"[^\"#]*#(equation-[^\"]+)\"", text
            )
            LINKED.update(found)
    return LINKED


def test_a_browser_hears_a_formula_as_one(html, visit):  # noqa: F811
    """What it hands to a screen reader: a named group, in it mathematics, in that its parts."""
    page = visit(html / "chapters/03_attention.html")
    session = page.context.new_cdp_session(page)
    every = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    by_id = {node["nodeId"]: node for node in every}

    def said(node) -> str:
        own = node.get("name", {}).get("value", "") if "text" in role(node).lower() else ""
        return own + "".join(
            said(by_id[child]) for child in node.get("childIds", []) if child in by_id
        )

    def role(node) -> str:
        return node.get("role", {}).get("value", "")

    named = {node["name"]["value"]: node for node in every if role(node) == "group"}
    assert "Equation 3.1" in named
    assert "scores=" in re.sub(r"\s", "", said(named["Equation 3.1"]))
    assert [node for node in every if role(node).startswith("MathML")]


PICTURES = """() => [...document.querySelectorAll("article img")]
    .filter((img) => (img.alt || "").trim().length < 20)
    .map((img) => img.outerHTML.slice(0, 200))"""
# A figure that runs has a text form; where scripts do not run it is that which is shown.
FIGURES = """() => [...document.querySelectorAll("article .tinytx-figure")]
    .filter((figure) => figure.textContent.trim().length < 20)
    .map((figure) => figure.outerHTML.slice(0, 200))"""
DRAWINGS = """() => [...document.querySelectorAll("article svg")]
    .filter((svg) => !svg.closest("[aria-hidden=true], a, button") &&
        !(svg.getAttribute("role") === "img" && (svg.getAttribute("aria-label")
            || svg.getAttribute("aria-labelledby") || svg.querySelector("title"))))
    .map((svg) => svg.outerHTML.slice(0, 200))"""


@EACH
def test_every_figure_has_a_form_in_words(still):
    _, page = still
    assert page.locator("article img").count() + page.locator(".tinytx-figure").count() >= 2
    assert page.evaluate(PICTURES) == []
    assert page.evaluate(FIGURES) == []
    assert page.evaluate(DRAWINGS) == []
