"""The first use of each term in a chapter leads to its entry in the glossary.

In the chapter that introduces a term, that is the first use after the paragraph that does so; in
later chapters, the first of all; in earlier ones there is no link. A word that is an everyday one
as well is linked only if its capitals tell it apart, and none in a chapter where the glossary says
that it means something else. What is left of it is in ``terms.py``, and what counts as a use in
``prose.py``.

A link has the first sentence of the entry as its title. It is made when a page is written, so the
chapters are written anew, not read anew, when the glossary has changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import prose
import terms
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from terms import Term

GLOSSARY = "glossary"
CHAPTER = re.compile(r"chapters/(\d\d)_\w+")
CAPITALS = re.compile(r"\w[A-Z]")


class Use(NamedTuple):
    """A term where the running text has it."""

    term: Term
    text: nodes.Text
    start: int
    end: int


class Finder:
    """Finds terms, the longest where one stands inside another.

    >>> finder = Finder([Term("head", "x"), Term("induction head", "x"), Term("ZeRO", "x")])
    >>> [term.name for term, _, _ in finder.find("Heads: two induction heads, no ZERO head-start")]
    ['head', 'induction head', 'ZeRO']
    """

    def __init__(self, known: Iterable[Term]) -> None:
        self.terms = sorted(known, key=lambda term: -len(term.name))
        each = "|".join(f"({term.spelling})" for term in self.terms)
        self.pattern = re.compile(rf"(?<![\w-])(?:{each})(?![\w-])", re.I)

    def find(self, text: str) -> Iterator[tuple[Term, int, int]]:
        """Yield the terms in ``text``, each with where it starts and ends."""
        for found in self.pattern.finditer(text):
            yield self.terms[found.lastindex - 1], *found.span()


def is_told_apart(term: Term, written: str) -> bool:
    r"""Return whether ``written`` is this term and not an everyday word.

    >>> zero = Term("ZeRO", "x\n% everyday: a number")
    >>> is_told_apart(zero, "zero"), is_told_apart(zero, "ZeRO")
    (False, True)
    """
    return not term.everyday or bool(CAPITALS.search(term.name) and term.name in written)


def uses(doctree: nodes.document, finder: Finder) -> Iterator[tuple[Use, prose.Block]]:
    """Yield every use of a term in the running text of a page, in their order."""
    for block in prose.blocks(doctree):
        for text in prose.words(block.node):
            for term, start, end in finder.find(text):
                if is_told_apart(term, text[start:end]):
                    yield Use(term, text, start, end), block


def first_uses(doctree: nodes.document, chapter: int, finder: Finder) -> list[Use]:
    """Return the uses of a chapter that are to be links."""
    order = {id(block.node): at for at, block in enumerate(prose.blocks(doctree))}
    introduced = introductions(doctree, chapter, finder.terms)
    found: dict[str, Use] = {}
    for use, block in uses(doctree, finder):
        term = use.term
        if term.name in found or chapter in term.elsewhere:
            continue
        later = chapter > term.place[0] or term.place[0] == terms.NO_CHAPTER
        if later or order[id(block.node)] > introduced.get(term.name, len(order)):
            found[term.name] = use
    return list(found.values())


def introductions(doctree: nodes.document, chapter: int, known: Iterable[Term]) -> dict[str, int]:
    """Return which paragraph, by its number, introduces each term that this chapter introduces.

    It is the first of the section that has the term in bold, or has it at all; where a heading
    alone has it, the first; and none, which is −1, where the opening card alone does.
    """
    blocks = list(enumerate(prose.blocks(doctree)))
    found: dict[str, int] = {}
    for term in (term for term in known if term.place[0] == chapter):
        own = [(at, one.node) for at, one in blocks if term.place[1] in prose.anchors(one.section)]
        naming = [(at, node) for at, node in own if term.pattern.search(node.astext())]
        bold = [(at, node) for at, node in naming if _is_bold(term, node)]
        found[term.name] = (bold or naming or own or [(-1, None)])[0][0]
    return found


def _is_bold(term: Term, block: nodes.Element) -> bool:
    return any(term.pattern.search(strong.astext()) for strong in block.findall(nodes.strong))


def link(use: Use, address: str) -> nodes.reference:
    """Return the link that stands in the place of a use."""
    return nodes.reference(
        "", use.text[use.start : use.end], internal=True, refuri=address,
        reftitle=use.term.definition, classes=["term"],
    )  # fmt: skip


def put_in(links: list[tuple[Use, nodes.reference]]) -> None:
    """Put links into their texts; several may stand in one."""
    by_text: dict[int, list[tuple[Use, nodes.reference]]] = {}
    for use, made in links:
        by_text.setdefault(id(use.text), []).append((use, made))
    for inside in by_text.values():
        text, at, pieces = inside[0][0].text, 0, []
        for use, made in sorted(inside, key=lambda one: one[0].start):
            pieces += [nodes.Text(text[at : use.start]), made]
            at = use.end
        pieces.append(nodes.Text(text[at:]))
        _replace(text, [piece for piece in pieces if piece.astext()])


def _replace(text: nodes.Text, pieces: list[nodes.Node]) -> None:
    """Replace this text and not one that reads alike, as docutils would."""
    parent = text.parent
    at = next(place for place, child in enumerate(parent.children) if child is text)
    parent[at : at + 1] = pieces


class TermLinks(SphinxPostTransform):
    """Puts the links into a chapter."""

    default_priority = 5  # before references are resolved, as long as all is as it was read
    formats = ("html",)

    def run(self, **options: object) -> None:
        """Link the terms of a chapter; leave other pages alone."""
        chapter = CHAPTER.fullmatch(self.env.docname)
        if not chapter:
            return
        finder = finder_of(self.env)
        found = first_uses(self.document, int(chapter[1]), finder)
        page = self.app.builder.get_relative_uri(self.env.docname, GLOSSARY)
        places = self.env.domaindata["std"]["objects"]
        put_in([(u, link(u, f"{page}#{places['term', u.term.name][1]}")) for u in found])


def finder_of(env: BuildEnvironment) -> Finder:
    """Return the finder for the book's glossary."""
    path = Path(env.srcdir, f"{GLOSSARY}.md")
    return _finder(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=1)
def _finder(path: Path, changed: int) -> Finder:
    return Finder(terms.read_terms(path.parent))


def note_glossary(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    app.glossary_is_read = GLOSSARY in docnames


def write_chapters(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Have all chapters written when the glossary was read."""
    chapters = filter(CHAPTER.fullmatch, env.all_docs) if app.glossary_is_read else ()
    return list(chapters)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_post_transform(TermLinks)
    app.connect("env-before-read-docs", note_glossary)
    app.connect("env-updated", write_chapters)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
