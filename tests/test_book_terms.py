"""Words that lead to the glossary: which uses become links, and what a link says."""

from __future__ import annotations

import doctest
import re
import sys

import pytest
from docutils import nodes
from docutils.core import publish_doctree
from small_book import BOOK, build, page

sys.path.append(str(BOOK / "_ext"))  # as Jupyter Book does

import prose
import term_links
import terms
from terms import Term

TERMS = terms.read_terms(BOOK)
CHAPTERS = len(list((BOOK / "chapters").glob("*.ipynb")))


@pytest.mark.parametrize("module", [terms, term_links], ids=lambda one: one.__name__)
def test_examples(module):
    results = doctest.testmod(module)
    assert results.attempted
    assert not results.failed


# --- the glossary of the book


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.name)
def test_a_title_is_a_sentence_in_plain_words(term):
    said = term.definition
    assert 20 <= len(said) < 200, said
    assert said.endswith("."), said
    assert not re.search(r"[\\${}`\[\]<>*]|% ", said), said


@pytest.mark.parametrize("term", [t for t in TERMS if t.elsewhere], ids=lambda term: term.name)
def test_another_meaning_is_that_of_chapters_that_there_are(term):
    assert term.elsewhere <= set(range(1, CHAPTERS + 1))
    assert term.elsewhere >= {term.place[0]} or min(term.elsewhere) > term.place[0]
    line = terms.ELSEWHERE.search(term.text)
    assert len(line[2]) > 8, "say what it means there"


def test_notes_of_the_glossary_are_all_read():
    for term in TERMS:
        for note in terms.NOTE.findall(term.text):
            assert terms.EVERYDAY.match(note) or terms.ELSEWHERE.match(note), (term.name, note)


# --- which uses

HEAD = Term("head", "One set. [Chapter 2](chapters/02_b.ipynb#here).")
INDUCTION = Term("induction head", "Copies. [Chapter 2](chapters/02_b.ipynb#here).")
BYTE = Term("byte", "Eight bits. [Chapter 1](chapters/01_a.ipynb#x).\n% everyday: known")
LEAK = Term("leak", "A way. [Chapter 1](chapters/01_a.ipynb#x).\n% elsewhere: 3 (water)")
PAGED = Term("nat", "A unit. [Losses](losses.md#nat).")
ALL = [HEAD, INDUCTION, BYTE, LEAK, PAGED]


def linked(text: str, chapter: int = 3) -> list[str]:
    """Return what becomes a link in a chapter, with the word before it."""
    doctree = publish_doctree(text, settings_overrides={"report_level": 5, "doctitle_xform": False})
    found = term_links.first_uses(doctree, chapter, term_links.Finder(ALL))
    return [
        f"{use.text[: use.start].split()[-1:]} {use.text[use.start : use.end]}" for use in found
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("One head, a head.", ["['One'] head"]),
        ("Two Heads.", ["['Two'] Heads"]),
        ("An *old head* there, a head.", ["['old'] head"]),
        ("Headless, ahead, head-on, sub-head.", []),
        ("An induction head, then a head.", ["['An'] induction head", "['a'] head"]),
        ("An induction\nhead.", ["['An'] induction\nhead"]),
        ("``head`` and `head <http://x>`_ and :math:`head`.", []),
        ("Its\n\n- one head", ["['one'] head"]),
        ("::\n\n   the head", []),
        ("A byte, a leak.", []),
        ("A nat.", ["['A'] nat"]),
        (".. figure:: x.png\n\n   A head.", []),
        (".. admonition:: The head\n\n   A head.", ["['A'] head"]),
        (".. admonition:: Card\n   :class: chapter-opening\n\n   A head.", []),
    ],
)
def test_the_first_use_in_running_text(text, found):
    assert linked(text) == found


def test_headings_are_no_use():
    assert linked("A head\n======\n\nThe head\n--------\n\nmy head") == ["['my'] head"]


OWN = """
Chapter
=======

Early head.

Here
----

Some head of old.

The **head** is a head.

And a head.
"""


def test_in_its_own_chapter_it_is_the_first_after_the_paragraph_that_introduces_it():
    assert linked(OWN, 2) == ["['a'] head"]
    assert linked(OWN.replace("**head**", "thing"), 2) == ["['a'] head"]
    assert linked(OWN.replace("**head** is a head", "**thing** is my head"), 2) == ["['my'] head"]
    assert linked(OWN, 1) == []
    assert linked(OWN, 3) == ["['Early'] head"]


def test_a_term_that_only_a_heading_introduces_is_linked_after_the_first_paragraph():
    text = "Chapter\n=======\n\nA head.\n\nHere\n----\n\nOne.\n\nNext\n----\n\nTwo heads."
    assert linked(text, 2) == ["['Two'] heads"]


def test_several_links_in_one_text_stand_where_their_words_did():
    doctree = publish_doctree("A leak, a head, the same. *A* leak, a head, the same.")
    uses = [use for use, _ in term_links.uses(doctree, term_links.Finder(ALL))]
    before = doctree.astext()
    term_links.put_in([(use, term_links.link(use, "#x")) for use in uses])
    assert doctree.astext() == before
    assert [one.astext() for one in doctree.findall(nodes.reference)] == ["leak", "head"] * 2
    assert all(one["reftitle"] for one in doctree.findall(nodes.reference))


def test_a_text_that_reads_alike_is_not_taken_for_another():
    doctree = publish_doctree("*a* head *b* head *c*")
    _, first, _, last, _ = doctree[0].children
    assert first == last
    found = [use for use, _ in term_links.uses(doctree, term_links.Finder(ALL))]
    term_links.put_in([(found[1], term_links.link(found[1], "#x"))])
    kinds = [type(child).__name__ for child in doctree[0].children]
    assert kinds.index("reference") > kinds.index("Text") + 1
    assert doctree[0].children[1] is first


def test_sections_are_known_by_ids_and_slugs():
    section = nodes.section(ids=["id1"], slug="what-is-it")
    assert prose.anchors(section) == {"id1", "what-is-it"}


# --- in a build

GLOSSARY = """# Glossary

:::{glossary}
head
  One set of `q`, $D_h$ numbers. More.
  [Chapter 1](chapters/01_one.ipynb#here).
:::
"""
SMALL = {
    "chapters/01_one": "# One\n\n## Here\n\nThe **head**.\n\nNow a head.",
    "chapters/02_two": "# The head\n\nTwo heads.\n\nAnother head.",
    "glossary": GLOSSARY,
    "other": "# Other\n\nA head.",
}
LINK = re.compile(r"<a class=\"term[^\"]*\" href=\"([^\"]+)\" title=\"([^\"]+)\">([^<]+)</a>")
NO_FILE = "chapters/01_one.ipynb"  # the small book has the chapter as Markdown


def complaints(said: str) -> list[str]:
    return [line for line in said.splitlines() if NO_FILE not in line]


def test_a_build_links_each_chapter_and_follows_the_glossary(tmp_path):
    assert complaints(build(tmp_path, SMALL, "term_links")) == []
    told = "One set of q, D_h numbers."
    assert LINK.findall(page(tmp_path, "chapters/01_one")) == [
        ("../glossary.html#term-head", told, "head")
    ]
    assert LINK.findall(page(tmp_path, "chapters/02_two")) == [
        ("../glossary.html#term-head", told, "heads")
    ]
    assert 'id="term-head"' in page(tmp_path, "glossary")
    assert LINK.findall(page(tmp_path, "other")) == []
    changed = {**SMALL, "glossary": SMALL["glossary"].replace("One set of", "A set of")}
    assert complaints(build(tmp_path, changed, "term_links")) == []
    ((_, told, _),) = LINK.findall(page(tmp_path, "chapters/02_two"))
    assert told == "A set of q, D_h numbers."
