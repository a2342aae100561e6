"""All pitfalls of the course on one page, by what one sees: ``{pitfalls}`` and a group.

Each chapter has a table under the heading "Pitfalls by symptom": what one sees, the cause, the fix.
Its rows say which group they belong to, in a comment at the end of the first cell::

    | Loss falls, then `nan` <!-- nan --> | rate too high | warm-up, clipping |

The page ``pitfalls.md`` names the groups, each once, with a heading and a word on it. A row without
a group, or with one that the page does not have, is a warning, and so is a group without rows. Each
row is an anchor of the same name in its chapter and on the page.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import prose
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.environment.collectors import EnvironmentCollector
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

PAGE = "pitfalls"
SECTION = "pitfalls-by-symptom"
CHAPTER = re.compile(r"chapters/(\d\d)_\w+")
GROUP = re.compile(r"^:::\{pitfalls\} (\w+)$", re.M)
TAG = re.compile(r"<!--\s*(.*?)\s*-->")
SCRIPT = Path(__file__).with_name("pitfalls.js")
LONGEST = 60  # letters of an anchor

logger = logging.getLogger(__name__)


@dataclass
class Pitfall:
    """A row of a chapter's table."""

    docname: str
    anchor: str
    group: str
    cells: list[list[nodes.Node]]  # what one sees, the cause, the fix

    @property
    def chapter(self) -> int:
        """The number of the chapter."""
        return int(CHAPTER.fullmatch(self.docname)[1])


class pitfall_list(nodes.General, nodes.Element):  # noqa: N801 (docutils writes them so)
    """Stands for the rows of a group until all chapters were read."""


class Pitfalls(SphinxDirective):
    """``{pitfalls} group``: no options, no content."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return a place for the rows of the group."""
        return [pitfall_list(group=self.arguments[0])]


class Collector(EnvironmentCollector):
    """Gathers the rows of a chapter when it is read."""

    def clear_doc(self, app: Sphinx, env: BuildEnvironment, docname: str) -> None:
        """Forget what a page had."""
        pitfalls_of(env).pop(docname, None)

    def merge_other(
        self, app: Sphinx, env: BuildEnvironment, docnames: set[str], other: BuildEnvironment
    ) -> None:
        """Take over what another process read."""
        pitfalls_of(env).update(pitfalls_of(other))

    def process_doc(self, app: Sphinx, doctree: nodes.document) -> None:
        """Gather the rows of the page that was just read, if it is a chapter."""
        docname = app.env.docname
        if CHAPTER.fullmatch(docname):
            pitfalls_of(app.env)[docname] = list(rows_of(docname, doctree))


def pitfalls_of(env: BuildEnvironment) -> dict[str, list[Pitfall]]:
    """Return the pitfalls by the chapters that they are from."""
    if not hasattr(env, "pitfalls"):
        env.pitfalls = {}
    return env.pitfalls


def rows_of(docname: str, doctree: nodes.document) -> Iterator[Pitfall]:
    """Yield the rows of a chapter's table; make each an anchor, and take its group out."""
    sections = [one for one in doctree.findall(nodes.section) if SECTION in prose.anchors(one)]
    rows = [row for one in sections for body in one.findall(nodes.tbody) for row in body.children]
    if not rows:
        logger.warning("no table under the heading 'Pitfalls by symptom'", location=docname)
    for row in rows:
        group = _take_group(row, docname)
        seen, *_ = entries = [entry.deepcopy() for entry in row.children]
        anchor = anchor_of(docname, seen.astext())
        row["ids"].append(anchor)
        yield Pitfall(docname, anchor, group, [_inline(entry) for entry in entries])


def anchor_of(docname: str, seen: str) -> str:
    r"""Return the name of a row.

    >>> anchor_of("chapters/03_attention", "`nan` from the\nfirst step on")
    'pitfall-03-nan-from-the-first-step-on'
    """
    words = re.findall(r"[^\W_]+", seen.lower())
    while len("-".join(words)) > LONGEST:
        words.pop()
    return "-".join(["pitfall", CHAPTER.fullmatch(docname)[1], *words])


def _take_group(row: nodes.row, docname: str) -> str:
    """Take the comment out of a row, and the space before it; return what it says."""
    notes = [raw for raw in row.findall(nodes.raw) if TAG.fullmatch(raw.astext())]
    if len(notes) != 1:
        what = f"{len(notes)} groups for the pitfall {row[0].astext()!r}, not one"
        logger.warning("%s: end its first cell in <!-- group -->", what, location=docname)
    for raw in notes:
        parent, at = raw.parent, raw.parent.index(raw)
        parent.remove(raw)
        if at and isinstance(parent[at - 1], nodes.Text):
            parent[at - 1] = nodes.Text(parent[at - 1].rstrip())
    return TAG.fullmatch(notes[0].astext())[1] if notes else ""


def _inline(entry: nodes.entry) -> list[nodes.Node]:
    """Return what stands in a cell, to be read from another page, and nothing of its own page."""
    for node in entry.findall():
        node.document = None  # or all chapters would be stored with the environment
        if isinstance(node, addnodes.pending_xref):
            node["refdoc"] = PAGE
    return [child for block in entry.children for child in block.children]


class FillIn(SphinxPostTransform):
    """Puts the rows into the page, before references are resolved."""

    default_priority = 4

    def run(self, **options: Any) -> None:
        """Replace the places for rows."""
        for place in list(self.document.findall(pitfall_list)):
            every = [one for rows in pitfalls_of(self.env).values() for one in rows]
            found = [one for one in every if one.group == place["group"]]
            found.sort(key=lambda one: one.chapter)
            items = [self.item(one) for one in found]
            place.replace_self(nodes.bullet_list("", *items, classes=["pitfalls"]))

    def item(self, one: Pitfall) -> nodes.list_item:
        """Return a row as an item: sentences, which a phone can set and a screen reader read."""
        seen, cause, fix = [[child.deepcopy() for child in cell] for cell in one.cells]
        title = self.env.titles[one.docname].astext()
        address = self.app.builder.get_relative_uri(PAGE, one.docname) + f"#{one.anchor}"
        here = nodes.reference(
            "", "#", refuri=f"#{one.anchor}", internal=True, classes=["headerlink"],
            reftitle="Link to this pitfall",
        )  # fmt: skip
        back = nodes.reference("", f"{one.chapter}. {title}", refuri=address, internal=True)
        parts = {"seen": [*seen, here], "cause": cause, "fix": fix, "from": [back]}
        item = nodes.list_item(ids=[one.anchor])
        for name, content in parts.items():
            label = [nodes.strong("", f"{name.title()}:"), nodes.Text(" ")]
            text = content if name == "seen" else [*label, *content]
            item += nodes.paragraph("", "", *text, classes=[f"pitfall-{name}"])
        return item


def groups_of(page: str) -> list[str]:
    r"""Return the groups of the text of ``pitfalls.md``.

    >>> groups_of(":::{pitfalls} nan\n:::\n")
    ['nan']
    """
    return GROUP.findall(page)


def check(app: Sphinx, env: BuildEnvironment) -> None:
    """Warn of rows that stand nowhere, or twice, and of groups without a row."""
    page = Path(env.srcdir, f"{PAGE}.md")
    groups = groups_of(page.read_text(encoding="utf-8")) if page.exists() else []
    every = [one for rows in pitfalls_of(env).values() for one in rows]
    for one in every:
        if one.group and groups.count(one.group) != 1:
            what = (
                f"{PAGE}.md has the group {one.group!r} {groups.count(one.group)} times, not once"
            )
            logger.warning("#%s: %s", one.anchor, what, location=one.docname)
    for group in set(groups) - {one.group for one in every}:
        logger.warning("the group %r has no pitfall", group, location=PAGE)
    for anchor, times in Counter(one.anchor for one in every).items():
        if times > 1:
            logger.warning("%d pitfalls have the anchor #%s", times, anchor, location=PAGE)


def note_chapters(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    app.chapters_are_read = any(map(CHAPTER.fullmatch, docnames))


def write_page(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Have the page written when a chapter was read."""
    return [PAGE] if app.chapters_are_read and PAGE in env.all_docs else []


def add_script(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    if page == PAGE:
        app.add_js_file(SCRIPT.name, loading_method="defer")


def write_script(app: Sphinx, error: Exception | None) -> None:
    if not error and app.builder.format == "html":
        shutil.copyfile(SCRIPT, Path(app.outdir, "_static", SCRIPT.name))


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_node(pitfall_list)
    app.add_directive("pitfalls", Pitfalls)
    app.add_env_collector(Collector)
    app.add_post_transform(FillIn)
    app.connect("env-before-read-docs", note_chapters)
    app.connect("env-updated", write_page)
    app.connect("env-check-consistency", check)
    app.connect("html-page-context", add_script)
    app.connect("build-finished", write_script, priority=600)  # before the pages are lightened
    return {"parallel_read_safe": True, "parallel_write_safe": True}
