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
    A learner is named by the file (03_attention_ada.ipynb) or else by the nearest folder
    (ada/03_attention.ipynb); folders of Moodle and of nbgrader (submitted/LEARNER/ASSIGNMENT) are
    known. For each exercise the cell that defines its function runs, all of it, with the imports,
    helpers and constants that it uses of the others. On Linux it does so in a process of its own,
    without network and without others' files, with limits on time, memory, processes and written
    bytes; what the system did not grant is said at the end. Elsewhere the exercises of a notebook
    share a process that has only a clock, and the report says so: grade on Linux, or in a
    container, what you would not run yourself. The verdict
    is formed elsewhere, by the checks that the learners ran themselves. Written are marks.csv (a
    line for each learner and exercise), totals.csv and class.html; those that are there are kept as
    .bak. The exit code is 2 if a notebook could not be graded.
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

    if seconds <= 0:
        raise ValueError(f"seconds is {seconds:g}, and more than 0 are needed")
    if memory < 64:
        raise ValueError(f"memory is {memory}, and at least 64 megabytes are needed")
    _try_out(out)
    most = limits.Limits(seconds=seconds, memory=memory * limits.MEGABYTE)
    graded = grading.grade(folder, chapter, most, jobs, _say)
    if not graded.rows and not graded.missing:
        raise ValueError("; ".join(graded.notes) or f"{folder} has nothing to grade")
    made = {
        "marks.csv": marks.marks_csv(graded),
        "totals.csv": marks.totals_csv(graded),
        "class.html": class_page.class_page(graded, f"Marks of {folder.resolve().name}"),
    }
    kept = [_keep(out / name) for name in made if (out / name).exists()]
    for name, text in made.items():
        write_atomic(out / name, text)
    _show(graded)
    print(f"\n{out / 'marks.csv'}, {out / 'totals.csv'} and {out / 'class.html'} are written.")
    if kept:
        print(f"What was there is kept: {', '.join(kept)}")
    return 2 if graded.missing or _unjudged(graded) else 0


def _try_out(out: Path) -> None:
    """Find out before anything is graded whether the marks can be written."""
    from ..files import write_atomic

    if out.exists() and not out.is_dir():
        raise ValueError(f"out is {out}, which is no folder")
    new = not out.exists()
    write_atomic(out / ".tinytx-grade", "")
    (out / ".tinytx-grade").unlink()
    if new:
        out.rmdir()


def _keep(path: Path) -> str:
    """Give a file of an earlier run another name; return that."""
    return path.replace(path.with_name(f"{path.name}.bak")).name


def _unjudged(graded: Graded) -> bool:
    return any(not mark.given for row in graded.rows for mark in row.marks.values())


def _say(line: str) -> None:
    """Show how far it is, where somebody looks on."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)


def _show(graded: Graded) -> None:
    """Print what a teacher wants first: the points, the mistakes made most, what is left out."""
    from ..classroom.counting import mistakes_made, to_go_over

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
        for section in to_go_over(graded, topic)[:1]:
            print(f'  To go over next: "{section.name}" ({section})')
    if graded.left:
        print("\nNot graded:", *graded.left, sep="\n  ")
    print("", *graded.notes, *graded.held, sep="\n")
