"""The index: where words, names of the package and works are found, and how that is shown."""

from __future__ import annotations

import doctest
import re
import sys
from collections import Counter
from types import SimpleNamespace

import pytest
from docutils.core import publish_doctree
from small_book import BOOK, build, page

sys.path.append(str(BOOK / "_ext"))  # as Jupyter Book does

import book_index
import index_lines
import index_places
from index_lines import Entry
from index_places import Section
from term_links import Finder
from terms import Term

PAGE = (BOOK / "book_index.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("module", [index_lines, index_places], ids=lambda one: one.__name__)
def test_examples(module):
    results = doctest.testmod(module)
    assert results.attempted
    assert not results.failed


def test_the_page_has_each_list_once_and_stays_out_of_the_search():
    assert re.findall(r"^:::\{book-index\} (\w+)$", PAGE, re.M) == list(book_index.LISTS)
    assert PAGE.startswith("---\nnosearch: true\n---\n")


def test_words_of_the_page_are_not_those_of_the_glossary():
    glossary = (BOOK / "glossary.md").read_text(encoding="utf-8")
    words = PAGE.partition(":::{book-index} words\n")[2].partition("\n:::")[0].splitlines()
    assert len(words) == len(set(words)) >= 20
    assert words == sorted(words, key=str.lower)
    assert not [word for word in words if f"\n{word}\n" in glossary]


# --- names in code


@pytest.mark.parametrize(
    ("code", "shown", "used"),
    [
        ("from tinytx.manual import GPT\nGPT(x)", set(), {"tinytx.manual.GPT"}),
        ("import tinytx.manual as m\nm.GPT(x).y", set(), {"tinytx.manual.GPT"}),
        ("import tinytx\ntinytx.a.b", set(), {"tinytx.a.b"}),
        ("from tinytx import data\nprint(data.raven())", set(), {"tinytx.data.raven"}),
        ("from tinytx.show import show\nfrom tinytx import x\nshow(x.f)", {"tinytx.x.f"}, set()),
        ("from tinytx.show import show\nshow(5); y.show(z)", set(), set()),
        ("from numpy import x\nx.y", set(), set()),
        ("%matplotlib inline\nfrom tinytx import x\nf(x)", set(), {"tinytx.x"}),
        ("from tinytx import x\nx[0].y(x.z)", set(), {"tinytx.x", "tinytx.x.z"}),
    ],
)
def test_names_of_a_cell(code, shown, used):
    assert index_places.names_in(code, {}) == (shown, used)


def test_names_imported_in_one_cell_are_known_in_the_next():
    known: dict[str, str] = {}
    index_places.names_in("from tinytx.manual import GPT as G", known)
    assert index_places.names_in("G.forward", known) == (set(), {"tinytx.manual.GPT.forward"})


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("tinytx.manual.GPT", "tinytx.manual.gpt.GPT"),
        ("tinytx.manual.GPT.forward", "tinytx.manual.gpt.GPT.forward"),
        ("tinytx.manual.GPT.nothing", "tinytx.manual.gpt.GPT"),
        ("tinytx.config.GPTConfig", "tinytx.config.GPTConfig"),
        ("tinytx.nothing.at.all", ""),
        ("tinytx.manual", ""),
    ],
)
def test_a_name_is_that_of_the_api(name, found):
    api = {"tinytx.manual.gpt.GPT", "tinytx.manual.gpt.GPT.forward", "tinytx.config.GPTConfig"}
    assert index_places.resolve(name, api.__contains__) == found


# --- places of words


def section(chapter: int, title: str, **words: int) -> Section:
    anchor = title.lower().replace(" ", "-")
    counted = Counter({word.replace("_", " "): times for word, times in words.items()})
    return Section(f"chapters/{chapter:02}_x", chapter, anchor, title, {anchor}, [], counted)


MASK = Term("mask", "Hides. [Chapter 2](chapters/02_x.ipynb#order).\n% elsewhere: 9 (a face)")
SECTIONS = [
    section(1, "Early", mask=1),
    section(2, "Order", mask=1),
    section(3, "All at once", mask=4),
    section(3, "A mask", mask=1),
    section(4, "Little", mask=2),
    section(9, "Behind a mask"),
]


def titles(term: Term, sections: list[Section]) -> list[str]:
    first, others = index_places.places_of(term, sections)
    return [first.title if first else "", *(one.title for one in others)]


def test_a_term_has_its_place_its_headings_and_where_it_is_used_most():
    assert titles(MASK, SECTIONS) == ["Order", "All at once", "A mask"]


def test_places_are_few_and_in_order():
    many = [*SECTIONS, *(section(5, f"S{i}", mask=10 + i) for i in range(20))]
    found = titles(MASK, many)
    assert len(found) == 1 + index_places.MOST
    assert found[1] == "A mask"  # a heading counts for more than many uses
    assert found[2:] == [f"S{i}" for i in range(15, 20)]


def test_a_word_without_an_entry_begins_where_it_is_bold_or_a_heading():
    word = index_places.plain_term("mask")
    assert titles(word, SECTIONS)[0] == "A mask"
    SECTIONS[4].bold.add("mask")
    assert titles(word, SECTIONS)[0] == "Little"
    SECTIONS[4].bold.clear()
    assert titles(word, SECTIONS[:2])[0] == "Early"
    assert titles(index_places.plain_term("none"), SECTIONS) == [""]


def test_a_section_counts_its_own_words_alone():
    text = "Top\n===\n\nA mask.\n\nIn\n--\n\nMasks, **mask**.\n\nDeep\n~~~~\n\nmask"
    doctree = publish_doctree(text, settings_overrides={"doctitle_xform": False})
    found = index_places.sections_of("chapters/02_x", 2, doctree, Finder([MASK]))
    assert [(one.title, one.words["mask"], one.above) for one in found] == [
        ("Top", 1, []), ("In", 2, ["top"]), ("Deep", 1, ["in", "top"]),
    ]  # fmt: skip
    assert [one.bold for one in found] == [set(), {"mask"}, set()]


# --- how entries are written


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ([("", "Holm")], "Holm, 1979"),
        ([("", "Press"), ("", "Wolf")], "Press and Wolf, 1979"),
        ([("", "A"), ("", "B"), ("", "C")], "A and others, 1979"),
        ([("van den", "Berg")], "van den Berg, 1979"),
        ([("", r"H{\"a}gele")], "Hägele, 1979"),
    ],
)
def test_works_are_listed_as_the_text_cites_them(names, shown):
    people = [
        SimpleNamespace(prelast_names=before.split(), last_names=[last]) for before, last in names
    ]
    entry = SimpleNamespace(persons={"author": people}, fields={"year": "1979"})
    assert index_lines.who_and_when(entry) == shown


def test_the_order_minds_neither_accents_nor_case_nor_signs():
    names = ["top-k", "Écart", "_x", "Z", "2 heads", "adam"]
    entries = sorted((Entry(name, "", [], []) for name in names), key=index_lines.order)
    assert [entry.name for entry in entries] == ["2 heads", "adam", "Écart", "top-k", "_x", "Z"]
    assert [index_lines.letter_of(entry) for entry in entries] == ["0–9", "A", "E", "T", "X", "Z"]


# --- in a build

SMALL = {
    "chapters/01_one": "# One\n\n## Here\n\nThe **head**, the tape.\n\n### Deep\n\ntape tape tape",
    "chapters/02_two": "# The head\n\n## Of two\n\nA tape, a head, a head, and a head.",
    "glossary": """# Glossary

:::{glossary}
head
  One set.
  [Chapter 1](chapters/01_one.ipynb#here).
:::
""",
    "book_index": "# Index\n\n:::{book-index} words\ntape\nxyzzy\n:::\n",
}


def test_a_build_has_the_words_with_their_places_and_keeps_up(tmp_path):
    said = build(tmp_path, SMALL, "book_index")
    (warning,) = [line for line in said.splitlines() if "01_one.ipynb" not in line]
    assert "no chapter has the word 'xyzzy'" in warning
    text = page(tmp_path, "book_index")
    lines = re.findall(r"<li><p>(.*?)</p></li>", text)
    assert [re.sub(r"<[^>]+>", "", line) for line in lines] == [
        "head 1.1, 2, 2.1",
        "tape 1.1",
        "xyzzy",
    ]
    assert '<a class="reference internal" href="glossary.html#term-head">head</a>' in lines[0]
    assert re.search(r"<strong><a [^>]*href=\"chapters/01_one.html#here\"", lines[0])
    assert re.findall(r"href=\"#(words-\w)\"", text) == re.findall(r"id=\"(words-\w)\"", text)
    more = {**SMALL, "chapters/02_two": SMALL["chapters/02_two"] + "\n\nxyzzy"}
    assert "xyzzy" not in build(tmp_path, more, "book_index")
    assert "xyzzy <strong>" in page(tmp_path, "book_index")


def test_a_list_that_there_is_not_is_an_error(tmp_path):
    said = build(tmp_path, {"book_index": ":::{book-index} birds\n:::"}, "book_index")
    assert "the index has no 'birds': one of words, names, people" in said
