"""Every page of the built book, read without a browser: links, anchors, headings, pictures, titles.

All pages, those of source too: `markup.py` reads three hundred of them in a few seconds.
"""

from __future__ import annotations

import doctest
import re
from collections import Counter
from pathlib import Path

import pytest

from . import markup as module
from .markup import Markup, all_pages, broken, jumps, markup, read
from .test_book import HTML

FILE_NAME = re.compile(r"\S+\.(?:png|svg|webp|jpe?g|gif)", re.I)
LOGO = "logo__image"  # stands beside the book's name, in one link with it: decoration


@pytest.fixture(scope="module")
def names() -> list[str]:
    """Return every page but the one that leads on to the landing page."""
    if not (HTML / "index.html").exists():
        pytest.skip("the book is not built: make book")
    return [name for name in all_pages(HTML) if name != "index.html"]


def wrong(names, fault) -> dict[str, object]:
    """Return what ``fault`` finds in each page where it finds something."""
    found = {name: fault(markup(HTML / name)) for name in names}
    return {name: one for name, one in found.items() if one}


def unnamed(picture: dict[str, str | None]) -> bool:
    """Return whether an image says nothing to who cannot see it."""
    if LOGO in (picture.get("class") or "").split():
        return picture.get("alt") is None
    alt = (picture.get("alt") or "").strip()
    return not alt or bool(FILE_NAME.fullmatch(alt))


def repeated(page: Markup) -> list[str]:
    return [one for one, times in Counter(page.ids).items() if times > 1]


def test_examples():
    assert doctest.testmod(module).failed == 0


def test_every_kind_of_page_is_there(names):
    kinds = {name.split("/")[0] for name in names if "/" in name}
    assert {"_modules", "api", "chapters", "exercises", "solutions"} <= kinds
    assert {"intro.html", "search.html", "glossary.html"} <= set(names)
    assert len([name for name in names if name.startswith("chapters/")]) == 14


def test_every_link_and_anchor_within_the_book_leads_somewhere(names):
    found = {name: broken(HTML, name) for name in names}
    assert {name: one for name, one in found.items() if one} == {}
    assert sum(len(markup(HTML / name).links) for name in names) > 5000


def test_every_image_says_what_it_shows(names):
    faults = wrong(names, lambda page: [one for one in page.pictures if unnamed(one)])
    assert faults == {}


def test_every_page_has_one_first_heading_and_no_jump_to_a_deeper_one(names):
    first = wrong(names, lambda page: [level for level, _ in page.headings].count(1) != 1)
    assert first == {}
    assert wrong(names, lambda page: jumps(page.headings)) == {}
    assert wrong(names, lambda page: [level for level, text in page.headings if not text]) == {}


def test_every_page_says_its_language_and_has_a_title_of_its_own(names):
    assert {markup(HTML / name).lang for name in names} == {"en"}
    titles = Counter(markup(HTML / name).title for name in names)
    assert [title for title, times in titles.items() if times > 1 or not title] == []


def test_no_id_stands_twice_and_what_is_pointed_at_is_there(names):
    assert wrong(names, repeated) == {}
    missing = wrong(names, lambda page: [one for one in page.pointers if one not in page.anchors])
    assert missing == {}


# --- that the reading finds what is wrong

PAGE = """<!doctype html><html lang="en"><head><title>A &amp; B</title></head><body>
<h1 id="top">One<a class="headerlink" href="#top">#</a></h1><h3>Three</h3>
<a href="other.html#here">x</a><a href="other.html#gone">x</a><a href="none.html">x</a>
<a href="#top">x</a><a href="#missing">x</a><a href="https://example.org/#a">x</a>
<a href="../outside.html">x</a><a href="sub/page.html?q=1">x</a><a href="#">x</a>
<img src="a.png" alt="a.png"><img src="b.png"><img src="c.png" alt="A curve">
<img class="logo__image" src="l.svg" alt=""><p id="top" aria-describedby="nobody"></p>
</body></html>"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "page.html").write_text(PAGE, encoding="utf-8")
    (tmp_path / "other.html").write_text('<a name="here"></a>', encoding="utf-8")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "page.html").write_text("", encoding="utf-8")
    for name in ("a.png", "b.png", "c.png", "l.svg"):
        (tmp_path / name).touch()
    return tmp_path


def test_faults_are_found(folder):
    page = read(PAGE)
    assert (page.lang, page.title) == ("en", "A & B")
    assert page.headings == [(1, "One"), (3, "Three")]
    assert jumps(page.headings) == ["Three"]
    assert [one["src"] for one in page.pictures if unnamed(one)] == ["a.png", "b.png"]
    assert repeated(page) == ["top"]
    assert page.pointers == ["nobody"]
    assert broken(folder, "page.html") == [
        "other.html#gone: no such place",
        "none.html: no such file",
        "#missing: no such place",
        "../outside.html: no such file",
    ]
