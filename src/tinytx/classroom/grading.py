"""Grading a folder: read every notebook, then judge each in processes of its own.

All notebooks are read before any of their code runs, and only this process writes files. The checks
are imported once, and what their known mistakes do is found out once; every judge is a copy of
this process, so that no verdict depends on who was judged before.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from ..checks.chapter import Chapter
from ..checks.pace import pace
from ..checks.quiet import hidden
from ..checks.trial import HEAVY
from .collecting import Missing, Submission, collect
from .course import stem_of, topics
from .flags import by_weight, disagrees
from .judging import Mark, judged, left_out
from .limits import Held, Limits
from .pool import Failed, each

WARM = 8  # notebooks of a chapter from which on its whole catalogue is tried beforehand
Say = Callable[[str], None]


@dataclass(frozen=True)
class Row:
    """The marks of one learner's notebook."""

    learner: str
    topic: str
    path: str
    marks: dict[str, Mark]

    @property
    def points(self) -> int:
        """The points earned."""
        return sum(mark.result.points for mark in self.marks.values())

    @property
    def total(self) -> int:
        """The points that could be earned."""
        return sum(mark.result.worth for mark in self.marks.values())


@dataclass
class Graded:
    """A class's marks, in the order of learners and chapters, and what could not be graded."""

    rows: list[Row] = field(default_factory=list)
    left: list[str] = field(default_factory=list)  # a line for each file that is not graded
    held: list[str] = field(default_factory=list)  # how the learners' code was kept apart
    chapters: dict[str, Chapter] = field(default_factory=dict)
    seconds: float = 0.0
    missing: list[Missing] = field(default_factory=list)  # who has no marks for what
    notes: list[str] = field(default_factory=list)  # what else to know, a line each


def grade(
    folder: str | os.PathLike[str],
    chapter: str = "",
    limits: Limits | None = None,
    jobs: int = 2,
    say: Say = lambda _: None,
) -> Graded:
    """Return the marks of all notebooks below ``folder``.

    Parameters
    ----------
    folder
        Where the notebooks are; see ``collecting.py``.
    chapter
        Grade this one only: ``03``, ``attention`` or ``03_attention``.
    limits
        What each exercise may use.
    jobs
        How many notebooks are graded at once.
    say
        Is told how far it is, in a line.

    Raises
    ------
    ValueError
        If the folder, the chapter or the number of jobs is none.
    """
    began, limits = time.monotonic(), limits or Limits()
    if jobs < 1:
        raise ValueError(f"jobs is {jobs}, and at least 1 notebook is graded at a time")
    only = chosen(chapter)
    all_ = collect(Path(folder), jobs)
    missing = [one for one in all_.missing if only in ("", one.topic) or not one.topic]
    graded = Graded(left=all_.lines, missing=missing, notes=all_.notes)
    wanted = [one for one in all_.found if only in ("", one.topic)]
    _tell_others(graded, all_.found, len(all_.found) - len(wanted), only)
    for topic in topics():
        some = [one for one in wanted if one.topic == topic]
        if some:
            _grade_chapter(graded, topic, some, limits, jobs, say)
    graded.rows.sort(key=lambda row: (row.learner.casefold(), topics()[row.topic]))
    graded.seconds = time.monotonic() - began
    return graded


def chosen(chapter: str) -> str:
    """Return the topic of a chapter that is given by its number, its topic or both; '' for all.

    >>> chosen(" 3 "), chosen("03_attention"), chosen("Attention"), chosen("")
    ('attention', 'attention', 'attention', '')
    """
    if not chapter.strip():
        return ""
    stem = stem_of(chapter, topics().values())
    if not stem:
        raise ValueError(f"chapter is {chapter!r}, and is one of {', '.join(topics().values())}")
    return stem.partition("_")[2]


def _tell_others(graded: Graded, found: list[Submission], others: int, only: str) -> None:
    """Say what is left out because another chapter is wanted."""
    if not others:
        return
    if others == len(found):
        there = ", ".join(name for t, name in topics().items() if any(o.topic == t for o in found))
        graded.notes.insert(0, f"no notebook of {topics()[only]}; there is {there}")
    else:
        s = "s" * (others != 1)
        graded.notes.append(f"{others} notebook{s} of other chapters left out")


def _grade_chapter(
    graded: Graded, topic: str, some: list[Submission], limits: Limits, jobs: int, say: Say
) -> None:
    """Grade the notebooks of one chapter."""
    chapter: Chapter = importlib.import_module(f"tinytx.checks.{topic}").chapter
    graded.chapters[topic] = chapter
    say(f"{chapter.name}: preparing the checks")
    _prepare(chapter, some)
    patience = limits.notebook + 120.0
    with _working_folder() as folder:
        work = partial(_judged, chapter, limits, folder)
        for done, (index, what) in enumerate(each(work, some, jobs, patience), 1):
            _add(graded, chapter, some[index], what)
            say(f"{chapter.name}: {done} of {len(some)} notebooks")


def _judged(
    chapter: Chapter, limits: Limits, folder: str, one: Submission
) -> tuple[dict[str, Mark], list[Held]]:
    own = tempfile.mkdtemp(dir=folder)
    return judged(chapter, [*one.sources], limits, own)


@contextlib.contextmanager
def _working_folder() -> Iterator[str]:
    """Make a folder for what answers write, and remove it, whatever they have made of it."""
    folder = os.path.realpath(tempfile.mkdtemp(prefix="tinytx-grade-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _add(graded: Graded, chapter: Chapter, row: Submission, what: Any) -> None:
    """Add what came out for one notebook."""
    if isinstance(what, Failed):
        graded.left.append(f"{row.path}: not judged: {what.reason}")
        marks = left_out(chapter.checks, what.reason)
    else:
        marks, held = what
        marks = {name: _compared(mark, row.said.get(name, "")) for name, mark in marks.items()}
        lines = [line for one in held for line in one.lines()]
        graded.held += [line for line in dict.fromkeys(lines) if line not in graded.held]
    graded.rows.append(Row(row.learner, row.topic, row.path, marks))


def _compared(mark: Mark, said: str) -> Mark:
    """Return a mark, flagged where the learner's own check had said something better."""
    more = disagrees(said, mark.result.status)
    return replace(mark, flags=by_weight([*mark.flags, more])) if more else mark


def _prepare(chapter: Chapter, some: list[Submission]) -> None:
    """Do once, before this process is copied, what every copy would do again."""
    pace()
    for name in sorted(HEAVY):
        if any(name in text for one in some for text in one.sources) and _is_there(name):
            with contextlib.suppress(Exception), hidden():
                importlib.import_module(name)
    for check in chapter.checks.values():
        _ = check.expected
        if len(some) >= WARM:
            _ = check.catalogue, check.pairs, check.slips, check.on_the_way


def _is_there(name: str) -> bool:
    return importlib.util.find_spec(name) is not None
