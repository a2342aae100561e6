"""The terms of the glossary: where each is introduced, how it is found in a text, what it means.

``glossary.md`` says all of it. An entry ends in a link to the place that introduces the term. Lines
in it that begin with ``%`` are for this module:

* ``% everyday: reason``: the word has its everyday meaning as well,
* ``% elsewhere: 14 (reason)``: in these chapters it means something else.

The tests read chapters by these terms, and the book links them (``term_links.py``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PLACE = re.compile(r"\[Chapter (\d+)\]\(chapters/((\d\d)_\w+\.ipynb)#([\w-]+)\)\.$")
PAGE = re.compile(r"\[[^]]+\]\((\w+\.md)#([\w-]+)\)\.$")
EVERYDAY = re.compile(r"^% everyday: (.+)$", re.M)
ELSEWHERE = re.compile(r"^% elsewhere: ([\d ]+)\((.+)\)$", re.M)
NOTE = re.compile(r"^%.*$", re.M)
SHORT = 18  # letters: "BPE.", "Two neighbours."
NO_CHAPTER = 99  # the place of a term that a page introduces
# Markdown to the words that a reader sees, in this order.
PLAIN = (
    (re.compile(r"\s*\{cite:\w+\}`[^`]*`"), ""),
    (re.compile(r"\{\w+\}`([^`<]*?)(?:\s*<[^>]*>)?`"), r"\1"),
    (re.compile(r"\[([^]]*)\]\([^)]*\)"), r"\1"),
    (re.compile(r"[`*]"), ""),
)
# As much TeX as first sentences of the glossary hold.
TEX = (
    (re.compile(r"\\(?:text|mathrm|operatorname)\{([^}]*)\}"), r"\1"),
    (re.compile(r"\\sqrt\{([^}]*)\}|\\sqrt (\w)"), r"√\1\2"),
    (re.compile(r"([_^])\{([^}]*)\}"), r"\1\2"),
    (re.compile(r"\\cdot"), "·"),
    (re.compile(r"\\times"), "×"),
    (re.compile(r"\\(log|min)\b"), r"\1"),
    (re.compile(r"\\beta"), "β"),
    (re.compile(r"-"), "−"),
)


@dataclass(frozen=True)
class Term:
    """An entry of the glossary: what it says, and where the term is introduced."""

    name: str
    text: str

    @cached_property
    def place(self) -> tuple[int, str]:
        """The number of the chapter and the anchor of the section, or (99, …) for a page."""
        found = PLACE.search(self.plain)
        if found:
            return int(found[1]), found[4]
        return NO_CHAPTER, PAGE.search(self.plain)[2]

    @property
    def page(self) -> str:
        """The page that introduces the term, without its ending; empty if a chapter does."""
        found = PAGE.search(self.plain)
        return found[1].removesuffix(".md") if found else ""

    @property
    def plain(self) -> str:
        """The entry in one line, as Markdown, without what is not shown."""
        return " ".join(NOTE.sub("", self.text).split())

    @property
    def everyday(self) -> str:
        """Why the word is an everyday one as well; empty where it is not."""
        found = EVERYDAY.search(self.text)
        return found[1] if found else ""

    @property
    def elsewhere(self) -> set[int]:
        """The chapters in which the word has another meaning."""
        found = ELSEWHERE.search(self.text)
        return set(map(int, found[1].split())) if found else set()

    @property
    def spelling(self) -> str:
        """A regular expression for the term and its plural."""
        stem, end = re.sub(r"(?<![su])s$", "", self.name), "(?:e?s)?"
        if re.search(r"[^aeiou]y$", stem):
            stem, end = stem[:-1], "(?:y|ies)"
        return r"[\s-]+".join(map(re.escape, re.split(r"[\s-]", stem))) + end

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The term and its plural, as words of their own."""
        return re.compile(rf"(?<![\w-]){self.spelling}(?!\w)", re.I)

    @property
    def definition(self) -> str:
        """The first sentence of the entry, as plain words."""
        return first_sentence(re.sub(r"\s*\[[^]]+\]\([^)]*\)\.$", "", self.plain))


def terms_of(text: str) -> list[Term]:
    """Return the terms of a glossary, in its order."""
    inside = text.partition(":::{glossary}\n")[2].rpartition(":::")[0]
    entries = re.split(r"^(?=\S)", inside, flags=re.M)
    halves = (entry.partition("\n") for entry in entries if entry.strip())
    return [Term(name.strip(), re.sub(r"^ +", "", body, flags=re.M)) for name, _, body in halves]


def read_terms(book: Path) -> list[Term]:
    """Return the terms of the book in the folder ``book``."""
    return terms_of((book / "glossary.md").read_text(encoding="utf-8"))


def slug(heading: str) -> str:
    """Return the anchor of a heading.

    >>> slug("What happens, in memory?")
    'what-happens-in-memory'
    """
    return re.sub(r"[^\w -]", "", heading.strip().lower()).replace(" ", "-")


def first_sentence(markdown: str) -> str:
    r"""Return the first sentence of a text as plain words; a second one if the first is a name.

    >>> first_sentence(r"BPE. Start from `bytes`, $V \cdot D$ of them. Join {term}`pairs <pair>`.")
    'BPE. Start from bytes, V · D of them.'
    >>> first_sentence("Nobody may attend {cite:p}`x2020y`. And then")
    'Nobody may attend.'
    """
    words = re.sub(r"\$([^$]*)\$", lambda found: _plain_tex(found[1]), markdown)
    for pattern, shown in PLAIN:
        words = pattern.sub(shown, words)
    sentences = re.split(r"(?<=[.!?])\s+", words)
    few = 2 if len(sentences[0]) < SHORT else 1
    return " ".join(sentences[:few])


def _plain_tex(tex: str) -> str:
    for pattern, shown in TEX:
        tex = pattern.sub(shown, tex)
    return tex
