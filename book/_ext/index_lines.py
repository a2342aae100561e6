"""The lines of the index: what one says, and where it stands among the others."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import groupby
from typing import Any, NamedTuple

from index_places import Section
from pybtex.richtext import Text

NO_LETTER = "0–9"


class Entry(NamedTuple):
    """A line of the index."""

    name: str
    address: str  # of what says more on it: glossary, API, bibliography
    main: list[Section]
    others: list[Section]
    note: str = ""
    code: bool = False


def split_name(whole: str, kind: str) -> tuple[str, str]:
    """Return the module, without the package, and the name in it.

    >>> split_name("tinytx.manual.gpt.GPT.forward", "method")
    ('manual.gpt', 'GPT.forward')
    """
    parts = whole.split(".")
    at = -2 if kind in ("method", "property", "attribute") else -1
    return ".".join(parts[1:at]), ".".join(parts[at:])


def firsts(sections: Iterable[Section]) -> list[Section]:
    """Return the first section of each chapter."""
    return [next(group) for _, group in groupby(sections, key=lambda section: section.chapter)]


def who_and_when(entry: Any) -> str:
    """Return how a work is listed: by its authors, as the text cites it, and the year."""
    people = entry.persons.get("author") or entry.persons.get("editor") or []
    names = [" ".join([*one.prelast_names, *one.last_names]) for one in people]
    shown = f"{names[0]} and others" if len(names) > 2 else " and ".join(names)
    return f"{plain(shown)}, {entry.fields.get('year', 'no year')}"


def plain(tex: str) -> str:
    r"""Return a field of the bibliography without its TeX.

    >>> plain(r"Dani\"el on {GPT}, ``one \& two''")
    'Daniël on GPT, “one & two”'
    """
    return str(Text.from_latex(tex)).replace("``", "“").replace("''", "”")


def order(entry: Entry) -> tuple[str, str]:
    """Return by what an entry is sorted: its letters, without accents, dots and case."""
    plain = unicodedata.normalize("NFKD", entry.name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9 ]", "", plain.lower()), entry.note


def letter_of(entry: Entry) -> str:
    first = order(entry)[0].strip()[:1]
    return first.upper() if first.isalpha() else NO_LETTER
