"""``tinytx grade``: marks for a folder of learners' notebooks, and what to go over next lesson."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .pages import page
from .tables import show_table

if TYPE_CHECKING:
    from ..classroom.grading import Graded

EXAMPLES = page(
    [
        "tinytx grade submissions",
        "tinytx grade submissions --chapter 03 --out marks/attention",
        "tinytx grade course/submitted --jobs 4",
    ],
    """
    Notebooks are found as LEARNER/03_attention.ipynb, 03_attention_LEARNER.ipynb, or as nbgrader
    keeps them (submitted/LEARNER/ASSIGNMENT/NAME.ipynb). For each exercise only its function runs,
    with the imports, helpers and constants that it uses by name, in a process of its own: without
    network, without the other learners' files, and with limits on time, memory, processes and
    written bytes. The verdict is formed elsewhere, by the checks that the learners ran themselves.
    Written are marks.csv (a line for each learner and exercise), totals.csv and class.html.
    """,
)


def grade(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Where the learners' notebooks are.")
    ],
    chapter: Annotated[
        str, typer.Option(help="Grade this chapter only: 03, attention or 03_attention.")
    ] = "",
    out: Annotated[Path, typer.Option(help="The folder for what is written.")] = Path("marks"),
    jobs: Annotated[int, typer.Option(help="Notebooks that are graded at once.")] = 2,
    seconds: Annotated[
        float, typer.Option(help="The longest that one exercise may take, on an ordinary machine.")
    ] = 60.0,
    memory: Annotated[
        int, typer.Option(help="Megabytes that one exercise may take beyond Python's own.")
    ] = 1024,
) -> int:
    """Grade a folder of learners' notebooks: marks as CSV, and the class's mistakes as a page."""
    from ..classroom import class_page, grading, limits, marks
    from ..files import write_atomic

    if seconds <= 0 or memory < 64:
        raise ValueError(
            f"seconds is {seconds:g} and memory {memory}: at least 1 and 64 are needed"
        )
    most = limits.Limits(seconds=seconds, memory=memory * limits.MEGABYTE)
    graded = grading.grade(folder, chapter, most, jobs, _say)
    if not graded.rows:
        raise ValueError(
            f"{folder} has nothing to grade: {graded.left[0] if graded.left else chapter}"
        )
    write_atomic(out / "marks.csv", marks.marks_csv(graded))
    write_atomic(out / "totals.csv", marks.totals_csv(graded))
    write_atomic(out / "class.html", class_page.class_page(graded, f"Marks of {folder.name}"))
    _show(graded)
    print(f"\n{out / 'marks.csv'}, {out / 'totals.csv'} and {out / 'class.html'} are written.")
    return 0


def _say(line: str) -> None:
    """Show how far it is, where somebody looks on."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)


def _show(graded: Graded) -> None:
    """Print what a teacher wants first: the points, the mistakes made most, what is left out."""
    from ..classroom.class_page import mistakes_made, to_go_over

    if sys.stderr.isatty():
        print(file=sys.stderr)
    rows = [
        (row.learner, graded.chapters[row.topic].name, f"{row.points}/{row.total}",
         str(sum(bool(mark.flags) for mark in row.marks.values()) or ""))
        for row in graded.rows
    ]  # fmt: skip
    show_table(("learner", "chapter", "points", "flags"), rows)
    for topic, chapter in graded.chapters.items():
        made = mistakes_made(graded, topic)[:5]
        if made:
            print(f"\n{chapter.name}: the mistakes made most")
            for one in made:
                print(f"  {len(one.learners):3}  {one.check.name}: {one.name}")
        for section, _, learners in to_go_over(graded, topic)[:1]:
            print(f'  To go over next: "{section}" ({len(learners)} of the class)')
    for line in [*graded.left, *graded.held]:
        print(f"\n{line}" if line is (graded.left + graded.held)[0] else line)
