r"""The notation page has every symbol of every formula, and nothing that no formula uses.

A symbol is a letter, a word in upright type or a TeX command, with its accent (``\hat x``) and,
where that names a thing of its own, its subscript (``W_Q``, ``n_{layer}``). Any other subscript is
an index and a symbol itself. Words in ``\text`` say what they mean. A row of the page holds in all
chapters, or in those that its section names, or, in the table of local symbols, in one chapter or
page: its link leads to the section where the symbol is first used, or gets another meaning.
"""

from __future__ import annotations

import doctest
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

BOOK = Path(__file__).parent.parent / "book"
LOCAL = "Symbols of one place"
SEVERAL = "One letter, several meanings"

# Signs that a reader brings along, and what only arranges a formula.
KNOWN = set(
    r"""frac tfrac sqrt sum left right big Big bigl bigr Bigl Bigr quad qquad cdot dots times le ge
    approx leftarrow Rightarrow Longrightarrow Longleftrightarrow xrightarrow underbrace textstyle
    pm mid infty min max ldots sin cos tanh log ln pi dot overline partial top""".split()  # noqa: SIM905
)
ACCENTS = {"hat", "bar", "mathbb", "mathbf", "mathcal", "mathrm", "operatorname"}
FRAME = re.compile(r"\\(?:begin|end)\{\w+\*?\}(?:\{[^}]*\})?|\\(?:label|mathtt)\{[^{}]*\}")
WORDS = re.compile(r"\\text\{([^{}]*)\}")
SUBSCRIPT_WORDS = re.compile(r"(?<=[A-Za-z'])_(?:\\text\{([^{}]*)\}|\{\\text\{([^{}]*)\}\})")
TOKEN = re.compile(r"\\([A-Za-z]+)|([A-Za-z])|(_)|([{}^'])|.", re.S)


@dataclass(frozen=True)
class Symbol:
    """A symbol of a formula: its letter with its accent, and its subscript, '' if it has none."""

    letter: str
    subscript: str = ""

    @property
    def name(self) -> str:
        """The letter and the subscript, braces and commas left out: ``W_Q``, ``n_layer``."""
        return f"{self.letter}_{self.subscript}" if self.subscript else self.letter

    @property
    def named(self) -> bool:
        """Whether the subscript can be no index: a capital, a word, a command."""
        return bool(re.fullmatch(r"[A-Z]|[a-z]{3,}|\\[a-z]+", self.subscript))


def formulas(text: str) -> list[str]:
    """Return the TeX of a page's formulas, or of a cell's, in order.

    >>> formulas("a `$` and $x_i$, then $$ y $$ and ```sh\\n$HOME$\\n```")
    ['x_i', 'y']
    """
    directive = re.compile(r"^```\{math\}\n((?::\w+:.*\n)*)(.*?)^```$", re.M | re.S)
    text = directive.sub(lambda found: f"$${found[2]}$$", text)
    text = re.sub(r"^( *)(`{3,}|:{3,}).*?^\1\2$", _only_prose, text, flags=re.M | re.S)
    text = re.sub(r"```.*?```|(?<!`)`[^`\n]+`", "", text, flags=re.S)
    found = re.finditer(r"\$\$(.+?)\$\$|(?<!\\)\$([^$]+?)\$", text, re.S)
    return [
        " ".join((display or inline).split()) for display, inline in (m.groups() for m in found)
    ]


def _only_prose(block: re.Match[str]) -> str:
    return block[0] if block[2].startswith(":") else ""


def symbols(formula: str) -> list[Symbol]:
    r"""Return the symbols of a formula, those in subscripts among them, in order.

    >>> [s.name for s in symbols(r"W_Q \hat x_i + n_\text{kv head} \text{more} / \sqrt{D_h}")]
    ['W_Q', '\\hat{x}_i', 'i', 'n_kvhead', 'D_h', 'h']
    """
    formula = SUBSCRIPT_WORDS.sub(lambda w: f"_{{{(w[1] or w[2]).replace(' ', '')}}}", formula)
    return list(_symbols(WORDS.sub(" ", FRAME.sub(" ", formula))))


def _symbols(tex: str) -> Iterator[Symbol]:
    at = 0
    while found := TOKEN.match(tex, at):
        at = found.end()
        command, letter = found[1], found[2]
        if command in ACCENTS:
            argument, at = _argument(tex, at)
            upright = "mathrm" if command == "operatorname" else command
            letter = f"\\{upright}{{{argument}}}"
        elif command and command not in KNOWN:
            letter = f"\\{command}"
        if not letter:
            continue
        at = re.compile(r"\s*'*\s*").match(tex, at).end()
        subscript = ""
        if tex[at : at + 1] == "_":
            subscript, at = _argument(tex, at + 1)
        symbol = Symbol(letter, re.sub(r"[\s,]|\\,", "", subscript))
        yield symbol
        if not symbol.named:
            yield from _symbols(subscript)


def _argument(tex: str, at: int) -> tuple[str, int]:
    """Return what TeX takes as an argument at ``at``, without its braces, and where it ends."""
    found = re.compile(r"\s*(?:\{|(\\[A-Za-z]+|\S))").match(tex, at)
    if found[1]:
        return found[1], found.end()
    depth, end = 1, found.end()
    while depth:
        depth += {"{": 1, "}": -1}.get(tex[end], 0)
        end += 1
    return tex[found.end() : end - 1], end


# --- the page


@dataclass(frozen=True)
class Row:
    """What a row of the page defines, and in which chapters, or in which place alone."""

    symbol: Symbol
    chapters: frozenset[int] = frozenset()  # none: everywhere
    place: str = ""  # "03_attention", "gradients"
    anchor: str = ""
    section: str = ""
    meaning: str = ""


def page() -> str:
    """Return the text of the notation page."""
    return (BOOK / "notation.md").read_text(encoding="utf-8")


def sections() -> dict[str, str]:
    """Return the page's sections by heading."""
    parts = re.split(r"^## (.+)$", page(), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def table(text: str) -> list[list[str]]:
    """Return the cells of a section's tables, heads left out."""
    rows = re.findall(r"^\|(.+)\|$", text, re.M)
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)] for row in rows]
    bars = [at for at, row in enumerate(cells) if set("".join(row)) <= set("-: ")]
    return [row for at, row in enumerate(cells) if at not in bars and at + 1 not in bars]


def defined_in(cell: str) -> list[Symbol]:
    """Return what a cell defines: that with which each formula, or part of a list, begins.

    >>> [s.name for s in defined_in("$Q, K$, written out $n_{layer}$, or $p(t, i)$")]
    ['Q', 'K', 'n_layer', 'p']
    """
    found = []
    for formula in formulas(cell):
        outside = re.sub(
            r"\([^()]*\)|(?<=[_^])\{[^{}]*\}", lambda m: m[0].replace(",", " "), formula
        )
        found += [symbols(part)[0] for part in outside.split(",") if symbols(part)]
    return list({symbol.name: symbol for symbol in found}.values())


@cache
def rows() -> list[Row]:
    """Return every row of the page that defines a symbol."""
    found = []
    for heading, text in sections().items():
        if heading == SEVERAL:
            continue
        stated = re.search(r"^In chapters? (\d+)(?: and (\d+))?\.", text, re.M)
        chapters = (
            frozenset(int(number) for number in stated.groups() if number)
            if stated
            else frozenset()
        )
        for cells in table(text):
            at = next((i for i, cell in enumerate(cells[:2]) if formulas(cell)), None)
            if at is None:
                continue
            place = re.search(r"\]\((?:chapters/)?(\w+)\.(?:ipynb|md)#([\w-]+)\)", cells[0])
            for symbol in defined_in(cells[at]):
                where = place.groups() if heading == LOCAL else ("", "")
                found.append(Row(symbol, chapters, *where, heading, cells[-1]))
    return found


def holds(row: Row, place: str) -> bool:
    """Return whether a row of a section holds in a chapter or on a page."""
    if not row.chapters or place == "glossary":
        return True
    return place[:2].isdigit() and int(place[:2]) in row.chapters


def in_force(place: str) -> set[str]:
    """Return the names that the page defines for a chapter, or for a page of the book."""
    found = set()
    for row in rows():
        if row.place == place or (not row.place and holds(row, place)):
            found.add(row.symbol.name)
            if not row.symbol.named:
                found.add(row.symbol.letter)
    return found


# --- where formulas stand


def slug(heading: str) -> str:
    """Return the anchor of a heading."""
    return re.sub(r"[^\w -]", "", heading.strip().lower()).replace(" ", "-")


@cache
def written() -> dict[str, list[tuple[str, str]]]:
    """Return the formulas of each chapter and page, each with the anchor of its section."""
    texts = {}
    for path in sorted(BOOK.glob("chapters/*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        prose = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
        texts[path.stem] = "\n\n".join(prose)
    for name in ("gradients", "losses", "glossary"):
        texts[name] = (BOOK / f"{name}.md").read_text(encoding="utf-8")
    found = {}
    for place, text in texts.items():
        parts = re.split(r"^#{1,6} (.+)$", text, flags=re.M)
        headed = zip(["", *map(slug, parts[1::2])], parts[::2], strict=True)
        found[place] = [(anchor, tex) for anchor, part in headed for tex in formulas(part)]
    return found


def missing(formula: str, known: set[str]) -> list[str]:
    """Return the names of a formula's symbols that are not ``known``."""
    absent, indices = [], iter(symbols(formula))
    for symbol in indices:
        if symbol.name in known:
            if symbol.subscript and not symbol.named:
                for _ in _symbols(symbol.subscript):  # W_r: r is no index here
                    next(indices)
        elif symbol.named or symbol.letter not in known:
            absent.append(symbol.name)
    return absent


# --- the tests


def test_the_formulas_are_found():
    count = {place: len(found) for place, found in written().items()}
    assert sum(count.values()) > 800
    assert count["03_attention"] > 60
    assert count["gradients"] > 60
    assert {"eq-linear", "E"} & set(page().split())  # the page has not moved


@pytest.mark.parametrize("place", list(written()))
def test_every_symbol_is_on_the_page(place):
    known = in_force(place)
    absent = {f"{name} in {tex}" for _, tex in written()[place] for name in missing(tex, known)}
    assert not absent, f"add to notation.md, for {place}"


def used(row: Row) -> list[tuple[str, str]]:
    """Return the formulas, with the anchors of their sections, that a row is there for."""
    places = [row.place] if row.place else list(written())
    names = {row.symbol.name} if row.symbol.named else {row.symbol.name, row.symbol.letter}
    return [
        (anchor, tex)
        for place in places
        if place in written() and holds(row, place)
        for anchor, tex in written()[place]
        if any({s.name, s.letter} & names for s in symbols(tex))
    ]


@pytest.mark.parametrize(
    "row", rows(), ids=lambda row: f"{row.place or sorted(row.chapters)}-{row.symbol.name}"
)
def test_a_symbol_on_the_page_is_used(row):
    formulas_with_it = used(row)
    assert formulas_with_it, f"no formula uses {row.symbol.name}"
    if row.place:
        linked = {
            other.anchor
            for other in rows()
            if other.place == row.place and other.symbol.letter == row.symbol.letter
        }
        assert row.anchor in {anchor for anchor, _ in formulas_with_it}
        general = any(
            not r.place and holds(r, row.place) and r.symbol.letter == row.symbol.letter
            for r in rows()
        )
        assert general or formulas_with_it[0][0] in linked, "it is used before the linked section"


def several(row: Row) -> bool:
    """Return whether a row gives a bare letter a meaning, or one with an index."""
    index = re.fullmatch(r"[ijkemnot]*", row.symbol.subscript)
    return bool(index) and row.section not in {"Tensors", "Shapes"}


def places(row: Row) -> set[str]:
    """Return the numbers of the chapters, or the page, where a row holds; nothing for all."""
    if row.place:
        return {row.place[:2].lstrip("0") if row.place[:2].isdigit() else row.place}
    return {str(number) for number in row.chapters}


def test_letters_with_several_meanings_are_listed():
    found: dict[str, dict[str, Row]] = {}
    for row in filter(several, rows()):
        found.setdefault(row.symbol.letter, {}).setdefault(row.meaning + row.place, row)
    meant = {
        letter: set().union(*map(places, group.values()))
        for letter, group in found.items()
        if len(group) > 1
    }
    listed = {}
    for letter, meanings in table(sections()[SEVERAL]):
        assert len(meanings.split(";")) > 1
        inside = " ".join(re.findall(r"\(([^()]*)\)", meanings))
        numbers = set(re.findall(r"\b\d+\b|gradients", inside))
        listed[symbols(formulas(letter)[0])[0].letter] = numbers
    assert listed == meant


@pytest.mark.parametrize(
    ("tex", "absent"),
    [
        (r"\frac{q_i k_j^\top}{\sqrt{D_h}}", []),
        (r"W_X x", ["W_X"]),
        (r"\hat q_i", [r"\hat{q}_i"]),
        (r"x_\zeta", [r"x_\zeta"]),
        (r"\sum_{c} x_c", ["c", "c"]),
        (r"\text{anything at all} = \mathrm{nobody}(x)", [r"\mathrm{nobody}"]),
    ],
)
def test_a_symbol_that_is_not_on_the_page_is_found(tex, absent):
    assert missing(tex, in_force("04_multihead")) == absent


def test_examples():
    results = doctest.testmod(sys.modules[__name__])
    assert results.attempted
    assert not results.failed
