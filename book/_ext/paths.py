"""Where the reader is: the path through the course in each opening card, and what is in hand.

The card of a chapter ends with what stands when it begins, and with the chapters of the five parts
as a small row: those behind, this one, those to come. The section *What is now in hand* ends with
what stands then: the line with which the next card begins. All of it is computed from the other
chapters (``course.py``), so a chapter's page is written anew when another chapter's minutes change.
"""

from __future__ import annotations

import html
import re
from pathlib import Path

import course as courses
from course import Chapter, Course, duration
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.writers.html5 import HTML5Translator

IN_HAND = "What is now in hand"
WHERE = {-1: "behind you", 0: "you are here", 1: "to come"}


class PathRow(nodes.General, nodes.Element):
    """The row of chapters, as HTML: no text of a page, so that the search passes over it."""


def is_chapter(page: str) -> bool:
    return page.startswith("chapters/")


def inline(text: str) -> list[nodes.Node]:
    """Return a line of Markdown as nodes; code is all the markup that it may have.

    >>> [node.astext() for node in inline("From `a cat` on.")]
    ['From ', 'a cat', ' on.']
    """
    parts = enumerate(re.split(r"`([^`]+)`", text.replace("'", "’")))  # as Sphinx sets it elsewhere
    made = [nodes.literal(p, p, classes=["literal"]) if i % 2 else nodes.Text(p) for i, p in parts]
    return [node for node in made if node.astext()]


def line(label: str, text: str, kind: str) -> nodes.paragraph:
    """Return a line of the card: its label in bold, and a text."""
    return nodes.paragraph(
        "", "", nodes.strong(label, label), nodes.Text(" "), *inline(text), classes=[kind]
    )


def position(course: Course, number: int) -> str:
    """Say in a line where a chapter stands, and what is left of its part.

    The part's last chapter leaves only itself, and its card says already how long it is.
    """
    part = course.part_of(number)
    words = f"Chapter {number} of {len(course.chapters)}"
    if part.chapters[-1].number == number:
        return f"{words}, the last of this part."
    everything, reading = course.left_in_part(number)
    return f"{words}. Left in this part: {duration(everything)}, {duration(reading)} of it reading."


def path_row(course: Course, number: int, above: str = "../") -> str:
    """Return the path as HTML: parts and chapters with links, this one marked."""
    here = course.part_of(number)
    groups = []
    for part in course.parts:
        steps = "".join(_step(chapter, number, above) for chapter in part.chapters)
        name = f"Part {part.number}: {html.escape(part.name)}"
        current = " path-current" if part is here else ""
        groups.append(
            f'<li class="path-part{current}"><a class="path-name" href="{above}{part.page}.html" '
            f'title="{name}">{name}</a><ol class="path-steps">{steps}</ol></li>'
        )
    return (
        '<nav class="course-path" aria-label="Where you are in the course">'
        f'<ol class="path-parts">{"".join(groups)}</ol>'
        f'<p class="path-position">{position(course, number)}</p></nav>'
    )


def _step(chapter: Chapter, number: int, above: str) -> str:
    where = (chapter.number > number) - (chapter.number < number)
    title = html.escape(chapter.title)
    state = ("behind", "here", "ahead")[where + 1]
    current = ' aria-current="step"' if where == 0 else ""
    said = (
        f'<span class="path-said">Chapter </span>{chapter.number}'
        f'<span class="path-title"> {title}</span>'
        f'<span class="path-said">, {WHERE[where]}</span>'
    )
    return (
        f'<li><a class="path-{state}" href="{above}{chapter.page}.html" '
        f'title="{chapter.number} {title}: {WHERE[where]}"{current}>{said}</a></li>'
    )


def add_path(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put the path into a chapter's card, and what stands at its end."""
    if not is_chapter(docname):
        return
    course = courses.read_course(Path(app.srcdir))
    number = int(docname.partition("/")[2][:2])
    for card in doctree.findall(nodes.admonition):
        if "chapter-opening" in card["classes"]:
            stands = course.stands_before(number)
            card += [line("In hand.", stands, "in-hand"), PathRow(html=path_row(course, number))]
    for section in doctree.findall(nodes.section):
        lists = [n for n in section.children if isinstance(n, nodes.bullet_list)]
        if section[0].astext() == IN_HAND and lists:
            after = section.index(lists[0]) + 1
            section.insert(after, line("So now:", course.chapter(number).stands, "so-now"))


def changed_pages(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Name the chapters to be written anew: what another chapter says stands on them, too."""
    course = courses.read_course(Path(app.srcdir))
    now = {
        chapter.page: (path_row(course, chapter.number), course.stands_before(chapter.number))
        for chapter in course.chapters
    }
    before, env.course_paths = getattr(env, "course_paths", {}), now
    return [page for page, said in now.items() if before.get(page) != said]


def visit_path(self: HTML5Translator, node: PathRow) -> None:
    self.body.append(node["html"])
    raise nodes.SkipNode


def skip(self: nodes.NodeVisitor, node: PathRow) -> None:
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_node(PathRow, html=(visit_path, None), latex=(skip, None), text=(skip, None))
    app.connect("doctree-resolved", add_path)
    app.connect("env-updated", changed_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
