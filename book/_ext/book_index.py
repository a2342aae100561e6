"""The index of the book: ``{book-index}`` and what it lists.

* ``words``: the terms of the glossary, and the words that stand as the directive's content, one a
  line. Each with the section that introduces it, in bold, and with the sections that have it in
  their heading or use it most.
* ``names``: what chapters show or use of the package. In bold: there its source is shown.
* ``people``: the works that chapters cite, by their first author.

Made when the page is written, from the chapters as they were read; it is written anew when one of
them, or the glossary, has changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

import index_places
from docutils import nodes
from index_lines import NO_LETTER, Entry, firsts, letter_of, order, plain, split_name, who_and_when
from index_places import Section
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from term_links import CHAPTER, GLOSSARY, Finder, finder_of

PAGE = "book_index"
LISTS = ("words", "names", "people")

logger = logging.getLogger(__name__)


class index_list(nodes.General, nodes.Element):  # noqa: N801 (docutils writes them so)
    """Stands for a list until all chapters were read."""


class BookIndex(SphinxDirective):
    """``{book-index} words``, ``names`` or ``people``; more words in its content."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return a place for the list."""
        what = self.arguments[0]
        if what not in LISTS:
            raise self.error(f"the index has no {what!r}: one of {', '.join(LISTS)}")
        return [index_list(what=what, words=[line.strip() for line in self.content if line])]


class FillIn(SphinxPostTransform):
    """Puts the lists into the page."""

    default_priority = 4

    def run(self, **options: Any) -> None:
        """Replace the places for lists."""
        places = list(self.document.findall(index_list))
        if not places:
            return
        more = [index_places.plain_term(word) for place in places for word in place["words"]]
        finder = Finder([*finder_of(self.env).terms, *more])
        sections = list(self.sections(finder))
        for place in places:
            entries = {
                "words": lambda: self.words(finder, sections),
                "names": lambda: self.names(sections),
                "people": lambda: self.people(sections),
            }[place["what"]]()
            place.replace_self(self.lettered(place["what"], sorted(entries, key=order)))

    def sections(self, finder: Finder) -> Iterator[Section]:
        """Yield the sections of all chapters."""
        for docname in sorted(filter(CHAPTER.fullmatch, self.env.all_docs)):
            number = int(CHAPTER.fullmatch(docname)[1])
            doctree = self.env.get_doctree(docname)
            yield from index_places.sections_of(docname, number, doctree, finder)

    def words(self, finder: Finder, sections: list[Section]) -> Iterator[Entry]:
        """Yield the words, with what the glossary has of them."""
        anchors = self.env.domaindata["std"]["objects"]
        for term in finder.terms:
            first, others = index_places.places_of(term, sections)
            _, anchor = anchors.get(("term", term.name), ("", ""))
            address = f"{self.uri(GLOSSARY)}#{anchor}" if anchor else ""
            if not first and not others and not address:
                logger.warning("no chapter has the word %r", term.name, location=PAGE)
            yield Entry(term.name, address, [first] if first else [], others)

    def names(self, sections: list[Section]) -> Iterator[Entry]:
        """Yield the names of the package that the API describes."""
        every = self.env.domaindata["py"]["objects"]
        described = {name: one for name, one in every.items() if one.objtype != "module"}
        found: dict[str, tuple[list[Section], list[Section]]] = {}
        for section in sections:
            for name in section.shown | section.used:
                if whole := index_places.resolve(name, described.__contains__):
                    shown, used = found.setdefault(whole, ([], []))
                    where = shown if name in section.shown else used
                    if section not in where:
                        where.append(section)
        for whole, (shown, used) in found.items():
            at = described[whole]
            module, name = split_name(whole, at.objtype)
            others = [s for s in firsts(used) if s not in shown]
            yield Entry(name, f"{self.uri(at.docname)}#{at.node_id}", shown, others, module, True)

    def people(self, sections: list[Section]) -> Iterator[Entry]:
        """Yield the cited works by their first author."""
        cites = self.env.get_domain("cite")
        for citation in cites.citations:
            where = [section for section in sections if citation.key in section.works]
            if where:
                page = citation.bibliography_key.docname
                address = f"{self.uri(page)}#{citation.citation_id}"
                title = plain(citation.entry.fields["title"])
                yield Entry(who_and_when(citation.entry), address, [], where, title)

    def uri(self, docname: str) -> str:
        """Return the address of a page, seen from the index."""
        return self.app.builder.get_relative_uri(PAGE, docname)

    def lettered(self, what: str, entries: list[Entry]) -> nodes.Element:
        """Return the entries in groups of a letter, below a line that leads to each."""
        groups = [(letter, list(group)) for letter, group in groupby(entries, key=letter_of)]
        line = nodes.paragraph(classes=["index-letters"])
        box = nodes.container("", line, classes=["book-index", f"index-{what}"])
        for letter, group in groups:
            anchor = f"{what}-{letter.lower()}" if letter != NO_LETTER else f"{what}-0"
            line += [_link(letter, f"#{anchor}"), nodes.Text(" ")]
            items = [self.item(entry) for entry in group]
            box += nodes.rubric("", letter, ids=[anchor])
            box += nodes.bullet_list("", *items)
        return box

    def item(self, entry: Entry) -> nodes.list_item:
        """Return a line of the index."""
        name = nodes.literal("", entry.name) if entry.code else nodes.Text(entry.name)
        text = nodes.paragraph("", "", _around(name, entry.address))
        if entry.note:
            text += [nodes.Text(" "), nodes.inline("", entry.note, classes=["index-note"])]
        main, others = self.apart(entry.main), self.apart(entry.others, but=entry.main)
        places = [nodes.strong("", "", self.place(one)) for one in main]
        places += [self.place(one) for one in others]
        for at, place in enumerate(places):
            text += [nodes.Text(", " if at else " "), place]
        return nodes.list_item("", text)

    def apart(self, sections: list[Section], but: Iterable[Section] = ()) -> list[Section]:
        """Leave out sections whose number stands there already."""
        taken = {self.number(section) for section in but}
        found = {}
        for section in sections:
            if (number := self.number(section)) not in taken:
                found.setdefault(number, section)
        return list(found.values())

    def place(self, section: Section) -> nodes.reference:
        """Return the link to a section, with its number and title."""
        made = _link(self.number(section), f"{self.uri(section.docname)}#{section.anchor}")
        if section.title:
            made["reftitle"] = section.title
        return made

    def number(self, section: Section) -> str:
        """Return the number of a section, or of the one around it; of a page, its name."""
        if not CHAPTER.fullmatch(section.docname):
            return self.env.titles[section.docname].astext()
        numbers = self.env.toc_secnumbers.get(section.docname, {})
        known = (numbers.get(f"#{anchor}") for anchor in (section.anchor, *section.above))
        found = next(filter(None, known), None) or numbers.get("") or (section.chapter,)
        return ".".join(map(str, found))


def _link(text: str, address: str) -> nodes.reference:
    return nodes.reference("", text, refuri=address, internal=True)


def _around(name: nodes.Node, address: str) -> nodes.Node:
    if not address:
        return name
    return nodes.reference("", "", name, refuri=address, internal=True)


def note_changes(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    app.index_is_due = any(CHAPTER.fullmatch(name) or name == GLOSSARY for name in docnames)


def write_page(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Have the page written when a chapter or the glossary was read."""
    return [PAGE] if app.index_is_due and PAGE in env.all_docs else []


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_node(index_list)
    app.add_directive("book-index", BookIndex)
    app.add_post_transform(FillIn)
    app.connect("env-before-read-docs", note_changes)
    app.connect("env-updated", write_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
