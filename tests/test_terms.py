"""Every term of the glossary is introduced in one known place, and no chapter uses it before.

The glossary holds the place: each entry ends in a link to a section of a chapter. What stands in
code, in formulas and in links to the glossary is no use of a term. Nor is the opening card of a
chapter, which lists what will be learned. A sentence that names a term and the later chapter that
explains it is a signpost, and from there on its own chapter may use the term. A term that is an
everyday word as well says so, with the reason: then only its place is tested.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nbformat
import pytest

BOOK = Path(__file__).resolve().parent.parent / "book"
sys.path.append(str(BOOK / "_ext"))  # as Jupyter Book does

from terms import NO_CHAPTER, PAGE, PLACE, read_terms, slug, terms_of  # noqa: E402

CARD = "In this chapter"
NO_USE = (
    r"```.*?```",
    r"\$\$.*?\$\$",
    r"\$[^$]*\$",
    r"\{[\w:]+\}`[^`]*`",
    r"`[^`]*`",
    r"(?<=\])\([^)]*\)",
    r"<[^>]+>",
)


@dataclass(frozen=True)
class Sentence:
    """A sentence of a chapter: its number, the anchor of its section, and its words."""

    chapter: int
    anchor: str
    raw: str
    words: str  # without what is no use of a term
    card: bool  # of the opening card, or the title: it announces


def sentences_of(number, cells):
    """Yield the sentences of a chapter's text, headings among them."""
    anchor = ""
    for cell in cells:
        if cell.cell_type != "markdown":
            continue
        for part in re.split(r"\n\s*\n|\n(?=\||- |\d\. |#)|(?<=\n)(?=:::)", cell.source):
            heading = re.match(r"#+ (.+)", part)
            anchor = slug(heading.group(1)) if heading else anchor
            card = part.startswith(("# ", "**Builds on.**"))
            for raw in re.split(r"(?<=[.!?:])\s+(?=[^a-z])", part):
                words = raw
                for pattern in NO_USE:
                    words = re.sub(pattern, " ", words, flags=re.S)
                yield Sentence(number, anchor, raw, words.replace("*", ""), card)


def without_card(cells):
    """Return the cells, the opening card cut down to what it builds on."""
    first = nbformat.from_dict(cells[0])
    head, _, card = first.source.partition(CARD)
    builds = re.search(r"\*\*Builds on\.\*\*.*", card.partition("\n:::")[0])
    rest = card.partition("\n:::")[2]
    first.source = "\n\n".join([head, builds.group() if builds else "", rest])
    return [first, *cells[1:]]


@cache
def course():
    """Return all sentences of all chapters, in order."""
    found = []
    for path in sorted((BOOK / "chapters").glob("*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        found += sentences_of(int(path.name[:2]), without_card(cells))
    return found


def too_early(term, sentences):
    """Return the sentences that use a term before it is introduced and without a signpost."""
    chapter, anchor = term.place
    early, told = [], set()
    for sentence in sentences:
        if sentence.chapter == chapter and sentence.anchor == anchor:
            if term.pattern.search(sentence.raw.replace("*", "")):
                return early
        elif term.pattern.search(sentence.words):
            if re.search(rf"\bchapters? (?:\d+ and )?{chapter}\b", sentence.words, re.I):
                told.add(sentence.chapter)
            if sentence.chapter not in told and not sentence.card:
                early.append(sentence)
    return early


TERMS = read_terms(BOOK)
EACH = pytest.mark.parametrize("term", TERMS, ids=[term.name for term in TERMS])


def test_there_are_terms():
    assert len(TERMS) > 60
    assert len({term.name for term in TERMS}) == len(TERMS)


@EACH
def test_a_term_says_where_it_is_introduced(term):
    assert PLACE.search(term.plain) or PAGE.search(term.plain), "end the entry in a link"
    chapter, anchor = term.place
    if chapter == NO_CHAPTER:
        page = (BOOK / PAGE.search(term.plain)[1]).read_text(encoding="utf-8")
        assert anchor in map(slug, re.findall(r"^#+ (.+)$", page, re.M))
        assert term.pattern.search(page)
        return
    assert PLACE.search(term.plain).group(3) == f"{chapter:02}"
    section = [s.raw for s in course() if (s.chapter, s.anchor) == (chapter, anchor)]
    assert section, f"chapter {chapter} has no section #{anchor}"
    assert term.pattern.search("\n".join(section).replace("*", "")), "the section lacks the term"


@EACH
def test_no_chapter_uses_a_term_before_it_is_introduced(term):
    if term.everyday:
        pytest.skip(f"an everyday word: {term.everyday}")
    early = too_early(term, course())
    assert not early, "\n".join(f"{s.chapter} #{s.anchor}: {s.words.strip()}" for s in early)


GLOSSARY = """:::{glossary}
entropy
  Uncertainty. [Chapter 2](chapters/02_b.ipynb#later).

key
  What is compared.
  [Chapter 1](chapters/01_a.ipynb#start).
  % everyday: doors have one
:::"""


def cells(*sources):
    return [nbformat.v4.new_markdown_cell(source) for source in sources]


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ("Entropies fall.", "", ["Entropies fall."]),
        ("The entropy of chapter 2 comes later. Entropy!", "", []),
        ("Cross-entropy, `entropy` and $entropy$.", "", []),
        ("", "More entropy.\n\n## Later\n\n**Entropy** is", ["More entropy."]),
        ("", "## Later\n\n**Entropy** is what entropy is.", []),
        ("The entropy of chapter 2.", "Its entropy.", ["Its entropy."]),
        ("# Entropy\n\n**Builds on.** Entropy (chapter 2). Entropy.\n\nEntropy.", "", []),
        ("# Entropy\n\n**Builds on.** No entropy.\n\nOh entropy.", "", ["Oh entropy."]),
    ],
)
def test_a_use_that_comes_too_early_is_found(first, second, found):
    entropy, key = terms_of(GLOSSARY)
    text = [*sentences_of(1, cells(first)), *sentences_of(2, cells(second, "## Later\n\nEntropy."))]
    assert [s.words for s in too_early(entropy, text)] == found
    assert key.place == (1, "start")
    assert key.everyday == "doors have one"
