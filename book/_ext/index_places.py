"""Where the chapters speak of a word, use a name of the package, cite a work: for the index."""

from __future__ import annotations

import ast
import importlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import prose
from docutils import nodes
from sphinx import addnodes
from term_links import Finder, is_told_apart
from terms import NO_CHAPTER, Term

PACKAGE = "tinytx"
SHOW = f"{PACKAGE}.show.show"  # a call of it shows the source of its argument
MANY = 3  # uses in a section that make it one of a word's places
MOST = 6  # places of a word, beside the one that introduces it


@dataclass
class Section:
    """A section of a chapter: where it is, and what stands in it."""

    docname: str
    chapter: int
    anchor: str
    title: str
    names: set[str]  # of its anchor: a link may use any
    above: list[str]  # the anchors of the sections that it stands in, the innermost first
    words: Counter[str] = field(default_factory=Counter)
    bold: set[str] = field(default_factory=set)
    shown: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    works: set[str] = field(default_factory=set)


def sections_of(
    docname: str, chapter: int, doctree: nodes.document, finder: Finder
) -> list[Section]:
    """Return the sections of a chapter in their order."""
    known: dict[str, str] = {}
    return [
        _section(docname, chapter, node, finder, known) for node in doctree.findall(nodes.section)
    ]


def _section(
    docname: str, chapter: int, node: nodes.section, finder: Finder, known: dict[str, str]
) -> Section:
    title = next(iter(node.findall(nodes.title))).astext()
    names = prose.anchors(node)
    found = Section(docname, chapter, node["ids"][0], title, names, list(_above(node)))
    for block in prose.blocks(node):
        if block.section is not node:
            continue
        for text in prose.words(block.node):
            for term, start, end in finder.find(text):
                if is_told_apart(term, text[start:end]) and chapter not in term.elsewhere:
                    found.words[term.name] += 1
                    if isinstance(text.parent, nodes.strong):
                        found.bold.add(term.name)
    for own in node.children:
        if not isinstance(own, nodes.section):
            _add_names(found, own, known)
            for xref in own.findall(addnodes.pending_xref):
                if xref["refdomain"] == "cite":
                    found.works.update(key.strip() for key in xref["reftarget"].split(","))
    return found


def _above(node: nodes.Element) -> Iterator[str]:
    while isinstance(node.parent, nodes.section):
        node = node.parent
        yield node["ids"][0]


def _add_names(section: Section, node: nodes.Node, known: dict[str, str]) -> None:
    for box in node.findall(nodes.container):
        if "cell_input" in box["classes"]:
            for code in box.findall(nodes.literal_block):
                shown, used = names_in(code.astext(), known)
                section.shown |= shown
                section.used |= used


def names_in(code: str, known: dict[str, str]) -> tuple[set[str], set[str]]:
    r"""Return the names of the package that a cell shows the source of, and those that it uses.

    ``known`` holds what earlier cells imported, and takes what this one imports.

    >>> known = {}
    >>> names_in("from tinytx.show import show\nfrom tinytx import manual as m", known)
    (set(), set())
    >>> names_in("show(m.GPT.forward)\nm.GPT(x).loss", known)
    ({'tinytx.manual.GPT.forward'}, {'tinytx.manual.GPT'})
    """
    tree = ast.parse("".join(line for line in code.splitlines(True) if line[:1] not in "%!"))
    shown, used = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            known.update(_imported(node))
    for node in _outermost(tree):
        if isinstance(node, ast.Call) and dotted(node.func, known) == SHOW:
            shown |= {name for arg in node.args if (name := dotted(arg, known))}
        elif not isinstance(node, ast.Call) and (name := dotted(node, known)):
            used.add(name)
    return shown, used - shown - {SHOW}


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """Yield what names of the package are called from here on, and what they are."""
    module = getattr(node, "module", None)
    for alias in node.names:
        whole = f"{module}.{alias.name}" if module else alias.name
        if whole.split(".")[0] != PACKAGE:
            continue
        if module or alias.asname:
            yield alias.asname or alias.name, whole
        else:
            yield PACKAGE, PACKAGE


def _outermost(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield calls, and names with all that is taken from them but not their parts."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name | ast.Attribute | ast.Call):
            yield node
        if isinstance(node, ast.Attribute):
            while isinstance(node, ast.Attribute):
                node = node.value
            if isinstance(node, ast.Name):
                continue
        waiting += ast.iter_child_nodes(node)


def dotted(node: ast.AST, known: dict[str, str]) -> str:
    """Return the whole name of what is written, if it comes from the package."""
    if isinstance(node, ast.Name):
        return known.get(node.id, "")
    if isinstance(node, ast.Attribute):
        before = dotted(node.value, known)
        return before and f"{before}.{node.attr}"
    return ""


def resolve(name: str, described: Callable[[str], bool]) -> str:
    """Return under which name the API describes a name as it was imported; empty if it does not.

    >>> resolve("tinytx.manual.GPT.forward", {"tinytx.manual.gpt.GPT"}.__contains__)
    'tinytx.manual.gpt.GPT'
    """
    parts = name.split(".")
    for length in range(len(parts), 1, -1):
        thing = _find(parts[:length])
        whole = f"{getattr(thing, '__module__', '')}.{getattr(thing, '__qualname__', '')}"
        for candidate in (whole, ".".join(parts[:length])):
            if described(candidate):
                return candidate
    return ""


def _find(parts: list[str]) -> object:
    thing: object = importlib.import_module(parts[0])
    for at, part in enumerate(parts[1:], 2):
        if not hasattr(thing, part):
            try:
                importlib.import_module(".".join(parts[:at]))
            except ImportError:
                return None
        thing = getattr(thing, part, None)
    return thing


def places_of(term: Term, sections: list[Section]) -> tuple[Section | None, list[Section]]:
    """Return the section that introduces a word, and its other places, in the book's order.

    These are the sections that have it in their heading, and those that use it most.
    """
    at, anchor = term.place if term.text else (0, "")
    first = next((s for s in sections if s.chapter == at and anchor in s.names), None)
    if at == NO_CHAPTER:
        first = Section(term.page, at, anchor, "", {anchor}, [])
    headed = [s for s in sections if is_in_title(term, s)]
    if not term.text:
        bold = [s for s in sections if term.name in s.bold]
        first = next(iter([*bold, *headed, *(s for s in sections if s.words[term.name])]), None)
    often = sorted(sections, key=lambda s: -s.words[term.name])
    often = [s for s in often if s.words[term.name] >= MANY and s not in headed]
    chosen = [s for s in [*headed, *often] if s is not first][:MOST]
    return first, [s for s in sections if s in chosen]


def is_in_title(term: Term, section: Section) -> bool:
    """Return whether a section's heading has the word, in the sense of the glossary."""
    found = term.pattern.search(section.title)
    return bool(found) and section.chapter not in term.elsewhere and is_told_apart(term, found[0])


def plain_term(name: str) -> Term:
    """Return a word that the glossary does not have."""
    return Term(name, "")
