"""Marks as tables: one line for each learner and exercise, and one for each learner's notebook.

Whose notebook could not be graded has a line too: its state is "not graded", with the reason. Both
are CSV in UTF-8, with the mark at the start by which Excel knows that. A text that a spreadsheet
would take for a formula (``=…``, ``+…``, ``-…``, ``@…``) gets an apostrophe in front: learners
choose their names, and what their code raises is said in their words. Nothing in them steers a
terminal that shows the file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from ..wording import harmless
from .collecting import Missing
from .course import topics
from .grading import Graded, Row
from .judging import NOT_GRADED

EXERCISES = (
    "learner", "chapter", "exercise", "state", "points", "of", "mistake", "said", "flags",
    "seconds",
)  # fmt: skip
TOTALS = (
    "learner", "chapter", "points", "of", "right", "wrong", "borrowed", "not started", "flagged",
    "seconds", "file", "state", "why",
)  # fmt: skip


def marks_csv(graded: Graded) -> str:
    """Return one line for each learner and exercise."""
    lines = [
        [
            row.learner, graded.chapters[row.topic].name, name, mark.state,
            mark.result.points, mark.result.worth, "; and ".join(mark.result.mistakes),
            mark.said, "; ".join(mark.flags), f"{mark.seconds:.1f}",
        ]
        for row in graded.rows
        for name, mark in row.marks.items()
    ]  # fmt: skip
    lines += [
        [one.learner, _chapter(one), "", NOT_GRADED, "", "", "", f"{one.path}: {one.why}", "", ""]
        for one in graded.missing
    ]
    return _csv(EXERCISES, lines)


def totals_csv(graded: Graded) -> str:
    """Return one line for each learner's notebook."""
    lines = [_total(row, graded.chapters[row.topic].name) for row in graded.rows]
    lines += [
        [one.learner, _chapter(one), *[""] * 8, one.path, NOT_GRADED, one.why]
        for one in graded.missing
    ]
    return _csv(TOTALS, lines)


def _chapter(one: Missing) -> str:
    return topics().get(one.topic, "")


def _total(row: Row, chapter: str) -> list[object]:
    states = [mark.state for mark in row.marks.values()]
    flagged = sum(bool(mark.flags) for mark in row.marks.values())
    seconds = sum(mark.seconds for mark in row.marks.values())
    lost = next((mark.said for mark in row.marks.values() if not mark.given), "")
    return [
        row.learner, chapter, row.points, row.total, states.count("ok"), states.count("wrong"),
        states.count("borrowed"), states.count("not started"), flagged, f"{seconds:.1f}", row.path,
        NOT_GRADED if lost else "graded", lost,
    ]  # fmt: skip


def _csv(head: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    file = io.StringIO("\ufeff")
    file.seek(0, io.SEEK_END)
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([[safe(value) for value in line] for line in lines])
    return file.getvalue()


def safe(value: object) -> object:
    """Return a value that no spreadsheet takes for a formula, and that is one line.

    >>> safe("=1+1"), safe("ada"), safe(-1)
    ("'=1+1", 'ada', -1)
    """
    if not isinstance(value, str):
        return value
    text = harmless(" ".join(value.split()))
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
