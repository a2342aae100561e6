"""``tinytx grade``: marks for a folder of learners' notebooks, and what to go over next lesson."""

from __future__ import annotations

import itertools
import os
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..wording import harmless
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
    .bak, and those of later runs as .bak2, .bak3 and so on: the highest number is the latest. The
    exit code is 2 if a notebook could not be graded.
    """,
)

TRIAL = 1 << 18  # bytes that are written for a trial: about what the marks of a class take


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

    if not (0 < seconds <= limits.LONGEST):
        raise ValueError(f"seconds is {seconds:g}, and goes from above 0 to {limits.LONGEST:,}")
    if memory < 64:
        raise ValueError(f"memory is {memory}, and at least 64 megabytes are needed")
    if memory > limits.LARGEST:
        raise ValueError(f"memory is {memory}, and at most {limits.LARGEST:,} megabytes can be set")
    _try_out(out)
    most = limits.Limits(seconds=seconds, memory=memory * limits.MEGABYTE)
    graded = grading.grade(folder, chapter, most, jobs, _say)
    if not graded.rows and not graded.missing:
        raise ValueError(harmless("; ".join(graded.notes)) or f"{folder} has nothing to grade")
    made = {
        "marks.csv": marks.marks_csv(graded),
        "totals.csv": marks.totals_csv(graded),
        "class.html": class_page.class_page(graded, f"Marks of {folder.resolve().name}"),
    }
    try:
        _show(graded)  # first, for a disk may have filled up meanwhile
    finally:  # also where the output is closed, as `head` does
        kept = _write(out, made)
    print(f"\n{out / 'marks.csv'}, {out / 'totals.csv'} and {out / 'class.html'} are written.")
    if kept:
        print(f"What was there is kept: {', '.join(kept)}")
    return 2 if graded.missing or _unjudged(graded) else 0


def _try_out(out: Path) -> None:
    """Find out before anything is graded whether the marks can be written."""
    from ..files import write_atomic

    there = next(one for one in (out, *out.absolute().parents) if os.path.lexists(one))
    if not there.is_dir():
        raise ValueError(f"out is {out}, {'which' if there == out else there} is no folder")
    trial = there / f".tinytx-grade.{secrets.token_hex(4)}"
    write_atomic(trial, os.urandom(TRIAL))
    trial.unlink()


def _write(out: Path, made: dict[str, str]) -> list[str]:
    """Write the files, and only then give those of an earlier run other names; return these."""
    from ..files import write_atomic

    token = secrets.token_hex(4)
    new = {name: out / f".{name}.{token}.tmp" for name in made}
    try:
        for name, text in made.items():
            write_atomic(new[name], text)
        ends = ("bak" if number == 1 else f"bak{number}" for number in itertools.count(1))
        free = (e for e in ends if not any((out / f"{name}.{e}").exists() for name in made))
        earlier, end = [name for name in made if (out / name).exists()], next(free)
        for name in made:
            if name in earlier:
                (out / name).replace(out / f"{name}.{end}")
            new[name].replace(out / name)
    finally:
        for path in new.values():
            path.unlink(missing_ok=True)
    return [f"{name}.{end}" for name in earlier]


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
        (harmless(row.learner), graded.chapters[row.topic].name, f"{row.points}/{row.total}",
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
        print("\nNot graded:", *map(harmless, graded.left), sep="\n  ")
    print("", *map(harmless, graded.notes), *graded.held, sep="\n")
