"""The running text of a page: what a reader reads from top to bottom, and in which section.

Headings, code, what code printed, formulas, links, the opening card of a chapter and the words of
figures are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from docutils import nodes

CARD = "chapter-opening"
BLOCKS = (nodes.paragraph, nodes.term)
AROUND = (
    nodes.document, nodes.section, nodes.bullet_list, nodes.enumerated_list, nodes.list_item,
    nodes.definition_list, nodes.definition_list_item, nodes.definition, nodes.block_quote,
    nodes.table, nodes.tgroup, nodes.tbody, nodes.row, nodes.entry, nodes.admonition,
)  # fmt: skip
WITHIN = (nodes.emphasis, nodes.strong)


class Block(NamedTuple):
    """A paragraph of the running text, and the innermost section that it stands in."""

    node: nodes.Element
    section: nodes.Element


def blocks(node: nodes.Element, section: nodes.Element | None = None) -> Iterator[Block]:
    """Yield the paragraphs of the running text below ``node``, in their order."""
    section = node if isinstance(node, nodes.section) or section is None else section
    for child in node.children:
        if isinstance(child, BLOCKS):
            yield Block(child, section)
        elif isinstance(child, AROUND) and CARD not in child["classes"]:
            yield from blocks(child, section)


def words(block: nodes.Element) -> Iterator[nodes.Text]:
    """Yield the words of a paragraph, without its code, formulas and links."""
    for child in block.children:
        if isinstance(child, nodes.Text):
            yield child
        elif isinstance(child, WITHIN):
            yield from words(child)


def anchors(section: nodes.Element) -> set[str]:
    """Return all names by which a link may reach a section."""
    return {*section["ids"], section.get("slug", "")} - {""}
