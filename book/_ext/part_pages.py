"""What the build puts into the pages of the parts and the teacher's page.

A page says ``{{ part-time }}`` or ``{{ plan six }}`` at the start of a line, and the build puts
there what the notebooks say, as Markdown: so headings, links and formulas in it are those of any
page. A page is read anew when one of these notebooks changes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import course as courses
import teaching
from course import Chapter, Course, Part, counted, duration, from_page, listed
from part_drawing import part_drawing
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from tinytx.trained import MADE

# `{{ repository }}` and `{{ pages }}` are for address.py.
PLACE = re.compile(r"^\{\{ (?!repository|pages)([a-z-]+)(?: (\w+))? \}\}", re.M)
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def in_letters(number: int) -> str:
    """Return a small number as a word.

    >>> in_letters(7), in_letters(27)
    ('seven', '27')
    """
    return NUMBERS[number] if number < len(NUMBERS) else str(number)


def part_time(course: Course, part: Part) -> str:
    """Say how long the part takes, and what of it."""
    chapters = part.chapters
    tasks = [task.minutes for chapter in chapters for task in chapter.exercises]
    read, run = sum(c.read for c in chapters), sum(c.run for c in chapters)
    whole = sum(c.minutes for c in chapters)
    many = in_letters(len(chapters)).capitalize()
    return (
        f"**{duration(whole)}** in all. {many} chapters take {duration(read)} to read and "
        f"{duration(run)} to run. {counted(len(tasks), 'exercise')} take {duration(sum(tasks))}: "
        f"the shortest {duration(min(tasks))}, the longest {duration(max(tasks))}. The minutes are "
        "estimates, those that stand on the chapters and tasks themselves."
    )


def part_needs(course: Course, part: Part) -> str:
    """List what each chapter of the part builds on, as its card says it."""
    return "\n".join(
        f"- [{c.number} {c.title}](../{c.page}.ipynb). {from_page(c.builds_on, part.page)}"
        for c in part.chapters
    )


def part_chapters(course: Course, part: Part) -> str:
    """List the chapters: the question of each, and what to keep of it."""
    return "\n\n".join(_chapter(chapter) for chapter in part.chapters)


def _chapter(chapter: Chapter) -> str:
    page = f"../{chapter.page}.ipynb"
    many = in_letters(len(chapter.exercises))
    return (
        f"[{chapter.number} {chapter.title}]({page})\n: {chapter.question}\n\n"
        f"  *To remember.* {chapter.remember} Shown in []({page}#{chapter.section}).\n\n"
        f"  {duration(chapter.read)} to read, {duration(chapter.work)} for "
        f"[{many} exercises](../exercises/{chapter.stem}.ipynb)."
    )


def part_sources(course: Course, part: Part) -> str:
    """Say where the numbers of the part come from."""
    cells = sum(chapter.cells for chapter in part.chapters)
    loose = sum(chapter.uncompared for chapter in part.chapters)
    lines = [
        f"- {counted(cells, 'cell')} of code. The tests run each again, and compare what it says "
        + (
            f"with what is stored, but for {in_letters(loose)} whose outputs differ from run to "
            "run, timings for example."
            if loose
            else "with what is stored."
        )
    ]
    for name, made in MADE.items():
        by = [chapter.number for chapter in part.chapters if name in chapter.models]
        if by:
            lines.append(
                f"- The trained model `{name}`, in {_in_chapters(by)}: made by `{made.command}`."
            )
    kinds = dict.fromkeys(record for chapter in part.chapters for record in chapter.records)
    for what, command in kinds:
        by = [c.number for c in part.chapters if (what, command) in c.records]
        lines.append(f"- Recorded {what}, in {_in_chapters(by)}: made by `{command}`.")
    return "\n".join(lines)


def _in_chapters(numbers: list[int]) -> str:
    return f"chapter{'s' * (len(numbers) > 1)} {listed(numbers)}"


PARTS: dict[str, Callable[[Course, Part], str]] = {
    "part-drawing": part_drawing,
    "part-time": part_time,
    "part-needs": part_needs,
    "part-chapters": part_chapters,
    "part-sources": part_sources,
}


def expand(course: Course, page: str, text: str) -> str:
    """Return the Markdown of ``page`` with what its places ask for."""
    parts = [part for part in course.parts if part.page == page]

    def made(match: re.Match[str]) -> str:
        name, which = match.groups()
        if name in PARTS and parts:
            return PARTS[name](course, parts[0])
        if name in teaching.PIECES:
            return teaching.PIECES[name](course, which)
        raise ExtensionError(f"{page}: nothing is called {match[0]}")

    return PLACE.sub(made, text)


def fill_in(app: Sphinx, docname: str, source: list[str]) -> None:
    if not PLACE.search(source[0]) or not str(app.env.doc2path(docname)).endswith(".md"):
        return
    course = courses.read_course(Path(app.srcdir))
    catalogues = teaching.sources(course) if docname == "teaching" else []
    for path in (*course.sources, *catalogues):
        app.env.note_dependency(str(path))
    source[0] = expand(course, docname, source[0])


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("source-read", fill_in)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
