"""``tinytx progress``: how far a learner is, from what the notebooks hold."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .pages import page
from .start import FOLDER
from .tables import show_table

if TYPE_CHECKING:
    from ..classroom.progress import Line, Progress

HEAD = ("", "exercise", "min", "what its check said")
TEXTS = (0, 1, 3)  # columns that hold no numbers
EXAMPLES = page(
    [
        "tinytx progress",
        "tinytx progress my-exercises/03_attention.ipynb",
        "tinytx progress --all",
        "tinytx progress --json",
    ],
    """
    It reads what was saved, and runs nothing. [ok], [x], [=] and [ ] are what each check said when
    it was last run; [ ] stands as well where nothing is begun, and [?] where the check of an
    answer has not been run, or no cell gives one ("missing"). "changed since" marks an answer
    that was run after its check, whose cell shows an error, or that cannot be the one which the
    check has judged. A change that was never run leaves no trace in a notebook, nor does one
    that was run only after the kernel was started anew:
    run your check cells before you trust the table. Minutes are those that the tasks give.
    """,
)


def progress(
    folder: Annotated[Path, typer.Argument(help="Your folder, or one notebook.")] = FOLDER,
    all_: Annotated[
        bool, typer.Option("--all", help="Also list chapters that are untouched or finished.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For other programs.")] = False,
) -> int:
    """Show each exercise's state, the last mistake named, and what to do next."""
    from ..classroom.progress import progress as progress_of

    found = progress_of(folder)
    if as_json:
        print(json.dumps(found.as_json(), indent=2, ensure_ascii=False))
    else:
        show_table(HEAD, list(_rows(found, all_)), TEXTS)
        print(*_summary(found, folder), sep="\n")
    for line in found.problems:
        print(f"tinytx: {line}", file=sys.stderr)
    return 2 if found.problems else 0


def _rows(found: Progress, every: bool) -> Iterator[tuple[str, ...]]:
    """Yield a line for each chapter, and below it one for each exercise where they differ."""
    for file, title in found.chapters.items():
        lines = [line for line in found.lines if line.file == file]
        if lines[0].lost:
            yield _chapter(title or file, lines, lines[0].state)
            continue
        done = sum(line.done for line in lines)
        begun = any(line.begun for line in lines)
        says = f"{done} of {len(lines)} done" if begun else f"{len(lines)} exercises, none begun"
        yield _chapter(title or file, lines, says)
        if every or len(found.chapters) == 1 or (begun and done < len(lines)):
            yield from map(_row, lines)


def _chapter(title: str, lines: list[Line], says: str) -> tuple[str, ...]:
    number = "" if lines[0].chapter is None else f"{lines[0].chapter:02}"
    return number, title, f"{sum(line.minutes for line in lines)}", says


def _row(line: Line) -> tuple[str, ...]:
    said = [line.said if line.mark != "[?]" else line.state]
    said += ["changed since"] if line.changed else []
    words = "; ".join(filter(None, said))
    return line.mark, f"{line.number}. {line.title}", f"{line.minutes}", words


def _summary(found: Progress, folder: Path) -> Iterator[str]:
    from ..classroom.start import command

    done, left = found.minutes_done, found.minutes_left
    many = sum(line.done for line in found.lines)
    yield f"Done: {many} of {len(found.lines)} exercises, {done:,} of {done + left:,} minutes."
    if found.next:
        one = found.next
        where = f"{one.file}, exercise {one.number}, {one.title}"
        yield f"Next: {where} ({one.minutes} minutes)."
    if found.copies:
        yield f"Not counted, as a second notebook of its chapter: {', '.join(found.copies)}."
    if found.absent:
        many = len(found.absent)
        named = found.absent[0] if many == 1 else f"{many} notebooks of the course"
        bring = f"{command('start', folder)} brings {'it' if many == 1 else 'them'}"
        yield f"Not in this folder: {named}; {bring}."
