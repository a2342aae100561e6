"""The path in the opening cards, the pages of the parts and the teacher's page, in the built book.

What holds for every page (console, width, contrast, weight) is in ``test_book.py``.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
HTML = Path(os.environ.get("BOOK_HTML", ROOT / "book" / "_build" / "html"))
STEMS = sorted(path.stem for path in ROOT.glob("book/chapters/*.ipynb"))
PARTS = sorted(path.stem for path in ROOT.glob("book/parts/*.md"))
NAV = "nav.course-path"

pytestmark = pytest.mark.skipif(
    not (HTML / "teaching.html").exists(), reason="the book is not built: make book"
)


def hrefs(page, selector):
    return page.locator(selector).evaluate_all("all => all.map(a => a.href.split('/').pop())")


# The first and the last, and the longest titles; `tests/test_book_parts.py` looks at all rows.
@pytest.mark.parametrize("number", [1, 4, 14])
def test_a_card_shows_the_path(visit, visited, number):
    page = visit(HTML / f"chapters/{STEMS[number - 1]}.html", theme="dark")
    nav = page.locator(f".chapter-opening {NAV}")
    assert page.get_by_role("navigation", name="Where you are in the course").count() == 1
    assert hrefs(page, f"{NAV} .path-steps a") == [f"{one}.html" for one in STEMS]
    here = nav.get_by_role("link", name=f"Chapter {number} ").and_(nav.locator("[aria-current]"))
    assert here.count() == 1
    assert here.locator(".path-title").is_visible()
    assert nav.locator(".path-behind").count() == number - 1
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        boxes = nav.locator(".path-steps a").evaluate_all(
            "all => all.map(a => a.getBoundingClientRect().toJSON())"
        )
        assert min(min(box["width"], box["height"]) for box in boxes) >= 24, "for a finger"
        right = nav.evaluate("nav => nav.getBoundingClientRect().right")
        assert max(box["right"] for box in boxes) <= right + 1, "the row sticks out of the card"
    assert page.locator(".chapter-opening p.in-hand").is_visible()
    assert page.locator("#what-is-now-in-hand p.so-now").count() == 1
    visited(page).assert_clean()


def test_the_path_is_walked_with_the_keyboard(visit):
    """A part's name that is not shown is seen when the keyboard stands on it."""
    page = visit(HTML / f"chapters/{STEMS[6]}.html")
    last = page.locator(".chapter-opening p a").last
    last.focus()
    page.keyboard.press("Tab")
    name = page.locator(f"{NAV} a:focus")
    assert name.inner_text() == "Part 1: Text becomes numbers"
    assert name.evaluate("a => a.getBoundingClientRect().width") > 50
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{STEMS[0]}.html")


def test_the_path_prints_in_black_on_white(visit):
    page = visit(HTML / f"chapters/{STEMS[6]}.html", theme="dark")
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    looks = page.locator(f"{NAV} .path-steps a").evaluate_all(
        "all => all.map(a => [getComputedStyle(a).color, getComputedStyle(a).backgroundColor])"
    )
    assert {tuple(look) for look in looks} == {("rgb(0, 0, 0)", "rgba(0, 0, 0, 0)")}
    borders = page.locator(f"{NAV} .path-steps a").evaluate_all(
        "all => all.map(a => getComputedStyle(a).borderTop)"
    )
    assert len(set(borders)) == 3, "behind, here and ahead differ without colour"


@pytest.mark.parametrize("stem", PARTS)
def test_a_part_leads_to_its_first_chapter_and_is_no_chapter(visit, visited, stem):
    page = visit(HTML / f"parts/{stem}.html", width=390)
    first = page.locator("dl.myst dt a").first.get_attribute("href").split("/")[-1]
    assert hrefs(page, "a.right-next") == [first]
    assert page.locator("h1 .section-number").count() == 0
    drawing = page.get_by_role("img", name=f"The chapters of part {stem[0]}")
    assert drawing.is_visible()
    scale = drawing.evaluate("svg => svg.getBoundingClientRect().width / svg.viewBox.baseVal.width")
    letters = drawing.locator("text").evaluate_all(
        "all => all.map(t => parseFloat(getComputedStyle(t).fontSize))"
    )
    assert min(letters) * scale >= 12, "read on a phone"
    right = drawing.locator("text").evaluate_all(
        "all => Math.max(...all.map(t => t.getBoundingClientRect().right))"
    )
    assert right <= 390
    visited(page).assert_clean()


def test_chapters_keep_their_numbers(visit):
    page = visit(HTML / "teaching.html")
    entries = page.locator("nav.bd-links li.toctree-l1 > a[href^='chapters/']").all_inner_texts()
    assert [int(entry.split(".")[0]) for entry in entries] == list(range(1, 15))


def test_a_plan_is_a_table_on_a_desk_and_blocks_on_a_phone(visit):
    page = visit(HTML / "teaching.html")
    row = page.locator(".plan tbody tr").first
    assert row.evaluate("r => getComputedStyle(r).display") == "table-row"
    page.set_viewport_size({"width": 390, "height": 844})
    assert row.evaluate("r => getComputedStyle(r).display") == "grid"
    label = "c => getComputedStyle(c, '::before').content"
    assert row.locator("td").nth(3).evaluate(label) == '"in class: "'
    wide = page.locator(".plan").evaluate_all("all => all.map(p => p.scrollWidth - p.clientWidth)")
    assert set(wide) == {0}


def test_an_answer_is_one_click_away(visit):
    page = visit(HTML / "teaching.html")
    notes = page.locator("#chapter-3-attention")
    answers = notes.locator("details", has_text="Answer")
    assert not answers.first.locator("p").first.is_visible()
    answers.first.locator("summary").click()
    assert answers.first.locator("p").first.is_visible()
