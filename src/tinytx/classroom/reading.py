"""Reading a notebook of exercises: what is asked, what was answered, what the check said of it.

An exercise starts at a heading such as ``## 3. Scaled scores`` and ends where the next one starts,
or the playground does. Its check is the cell ``check.scaled_scores(scaled_scores)``; its answer is
the last cell that gives ``scaled_scores`` a value, be it the same one; or that gives ``mine`` one,
where the check is ``check.scaled_scores(mine)``. So a learner's own cells may
stand anywhere, and cells need no ids: some editors drop them. Nothing is run.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from nbformat import NotebookNode

from ..checks.latest import NOT_CHECKED
from ..checks.result import MARKS, NOT_STARTED, WRONG, Result, unfolded
from ..checks.stubs import STUB
from .cells import failed, is_begun, is_stub, names_told, printed, read_notebook
from .magics import reads, without_magics

T = TypeVar("T")

TITLE = re.compile(r"# (?:Exercises|Solutions) (\d+): (.+)")
TASK = re.compile(r"^ {0,3}## (\d+)\. (.+)", re.M)  # a note may stand above it
PLAYGROUND = re.compile(r"^ {0,3}## Playground", re.M)
MINUTES = re.compile(r"^\*(\d+) minutes\. ", re.M)
CHECK = re.compile(r"^(?:\w+ *= *)?check\.(\w+)\(", re.M)
TOPIC = re.compile(r"^from tinytx\.checks import (\w+) as check\b", re.M)
SIGNATURE = re.compile(r"^`(\w+)\(.*?\) -> ", re.M | re.S)
STARS = "|".join(map(re.escape, MARKS.values()))
VERDICT = re.compile(rf"^({STARS}) (\w+): ((?:.*)(?:\n {{4}}.*)*)", re.M)
TWO = "two mistakes at once: "
LINE = re.compile(r"\bin your line \d+: (.+?)[.;]?$", re.M | re.I)


@dataclass(frozen=True)
class Exercise:
    r"""One exercise of a notebook, as it was saved.

    >>> from nbformat.v4 import new_code_cell, new_markdown_cell
    >>> cells = [
    ...     new_markdown_cell("## 1. Half\n\n*5 minutes. One line.*\n\n`half(x) -> float`"),
    ...     new_code_cell("def half(x):\n    return x / 2", execution_count=1),
    ...     new_code_cell("check.half(half)", execution_count=2),
    ... ]
    >>> one = Exercise.of(cells)
    >>> one.number, one.title, one.name, one.minutes, one.verdict, one.started
    (1, 'Half', 'half', 5, None, True)
    """

    number: int
    title: str
    name: str  # of the function that is asked for, and of its check; "" if nothing tells it
    minutes: int  # as the task says; 0 if it does not
    cells: tuple[NotebookNode, ...] = field(repr=False)  # from the heading on
    code: str = field(default="", repr=False)  # of the whole notebook, where helpers may stand

    @classmethod
    def of(cls, cells: list[NotebookNode], code: str = "") -> Exercise:
        """Return the exercise whose heading is in the first cell."""
        task = cells[0].source
        number, title = TASK.search(task).groups()  # type: ignore[union-attr]  # the caller looked
        minutes = MINUTES.search(task)
        checks = (CHECK.search(cell.source) for cell in cells if cell.cell_type == "code")
        named = next(filter(None, checks), None) or SIGNATURE.search(task)
        time = int(minutes[1]) if minutes else 0
        return cls(int(number), title.strip(), named[1] if named else "", time, tuple(cells), code)

    @property
    def check(self) -> NotebookNode | None:
        """The cell that calls the check, the last one if there are several."""
        return _last(cell for cell in self._code if self._is_check(cell))

    @property
    def answer(self) -> NotebookNode | None:
        """The last cell that gives the function's name a value; None if no cell does."""
        return _last(cell for cell in self._code if self.function in names_told(cell.source))

    @property
    def function(self) -> str:
        """The name of what the check is given, if a cell gives it a value; else the task's."""
        calls = re.findall(rf"\bcheck\.{self.name}\(\s*(\w+)\s*\)", _source(self.check))
        given = calls[-1] if calls else self.name
        return given if any(given in names_told(cell.source) for cell in self._code) else self.name

    @property
    def source(self) -> str:
        """The source of the answer; "" without one."""
        return _source(self.answer)

    @property
    def started(self) -> bool:
        """Whether the answer is anything but the stub that was handed out."""
        return self.answer is not None and not is_stub(self.source)

    @property
    def verdict(self) -> Result | None:
        """What the check said when it was last run, as the notebook keeps it; None if nothing.

        ``mistakes`` holds the names of one mistake or two where the check gave them a reason.
        """
        return read_verdict(printed(self.check), self.name) if self.check else None

    @property
    def changed(self) -> bool:
        """Whether the answer may well not be the one that the check has judged, by what is saved.

        It is when the answer was run after its check, when only one of the two is a stub, when the
        check quotes a line that is gone, and when the answer is no Python or its cell shows an
        error, of which the check does not speak. A change leaves no trace but these: notebooks do
        not say when a cell was edited, and count runs from the kernel's last start. A stub that the
        check has called one is unchanged, however often it was run or brought up to date.
        """
        verdict, answer, check = self.verdict, self.answer, self.check
        if verdict is None or check is None:
            return False
        empty = verdict.status == NOT_STARTED
        if answer is None or (empty and is_begun(self.source, self.function)):
            return True
        if empty and self.started and STUB not in self.source:
            return True
        if not self.started:
            return not empty
        ran, judged = answer.get("execution_count"), check.get("execution_count")
        if judged is not None and (ran is None or ran > judged):
            return True
        broken = failed(answer) or not reads(without_magics(answer.source))
        if broken and NOT_CHECKED not in verdict.message:
            return True
        quoted = LINE.search(verdict.message) if verdict.status == WRONG else None
        return quoted is not None and quoted[1].rstrip("…") not in self._own

    @property
    def _own(self) -> str:
        return "\n".join([self.code, *(cell.source for cell in self._code)])

    @property
    def _code(self) -> list[NotebookNode]:
        return [cell for cell in self.cells if cell.cell_type == "code"]

    def _is_check(self, cell: NotebookNode) -> bool:
        return any(name == self.name for name in CHECK.findall(cell.source))


@dataclass(frozen=True)
class Work:
    """A notebook of exercises, the course's or a learner's."""

    number: int | None  # of the chapter; None if the first cell's heading does not say
    title: str  # of the chapter; "" likewise
    topic: str  # the module of tinytx.checks that it imports; "" if none
    opening: tuple[NotebookNode, ...] = field(repr=False)  # the cells before the first exercise
    exercises: tuple[Exercise, ...] = ()
    closing: tuple[NotebookNode, ...] = field(default=(), repr=False)  # after the last one

    @classmethod
    def of(cls, notebook: NotebookNode) -> Work:
        """Return what ``notebook`` holds; without headings of exercises, it has none."""
        opening, *parts = _parts(notebook.cells)
        text = "\n".join(cell.source for cell in opening if cell.cell_type == "markdown")
        code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
        title = re.search(TITLE.pattern, text, re.M)
        topic = TOPIC.search(code)
        tasks = [part for part in parts if TASK.search(part[0].source)]
        closing = [cell for part in parts if not TASK.search(part[0].source) for cell in part]
        return cls(
            int(title[1]) if title else None,
            title[2].strip() if title else "",
            topic[1] if topic else "",
            tuple(opening),
            tuple(Exercise.of(part, code) for part in tasks),
            tuple(closing),
        )

    @property
    def chapter(self) -> str:
        """The name of the chapter's files, such as ``03_attention``; "" if it is not told."""
        return f"{self.number:02}_{self.topic}" if self.number and self.topic else ""

    def beside(self, course: Work) -> Work:
        """Return this work with each of the course's exercises once.

        Of an exercise without its heading the cells are looked for in the whole notebook; one that
        stands there twice has the cells of both.
        """
        parts = [*self.opening, *(c for one in self.exercises for c in one.cells), *self.closing]
        found: dict[str, Exercise] = {}
        for one in self.exercises:
            first = found.setdefault(one.name or str(one.number), one)
            if first is not one:
                found[one.name] = replace(first, cells=(*first.cells, *one.cells))
        for one in course.exercises:
            found.setdefault(one.name, replace(one, cells=tuple(parts)))
        exercises = sorted(found.values(), key=lambda one: one.number)
        return replace(self, exercises=tuple(exercises))

    @property
    def minutes(self) -> int:
        """The time that all exercises take."""
        return sum(exercise.minutes for exercise in self.exercises)


def read_work(path: str | os.PathLike[str]) -> Work:
    """Return the exercises in a file; errors are those of :func:`read_notebook`."""
    return Work.of(read_notebook(path))


def read_verdict(text: str, name: str) -> Result | None:
    r"""Return what the check called ``name`` has printed last in ``text``.

    >>> read_verdict("[ok] half: right on 8 inputs\n", "half").status
    'ok'
    >>> said = "[x] half: it is doubled\n    Smallest example: half(1) gives 2.\n    Why: by 2."
    >>> read_verdict(said, "half").mistakes
    ('it is doubled',)
    """
    found = _last(one for one in VERDICT.finditer(text) if one[2] == name)
    if found is None:
        return None
    sign, message = found[1], unfolded(found[3])
    status = next(status for status, mark in MARKS.items() if mark == sign)
    named = status == WRONG and "\n    Why: " in message
    first = message.partition("\n")[0]
    two = first.startswith(TWO)
    mistakes = first.removeprefix(TWO).split("; and ") if two else [first]
    return Result(name, status, message, mistakes=tuple(mistakes) if named else ())


def _parts(cells: list[NotebookNode]) -> list[list[NotebookNode]]:
    """Cut a notebook's cells before each exercise, and before the playground."""
    parts: list[list[NotebookNode]] = [[]]
    for cell in cells:
        if cell.cell_type == "markdown" and _opens(cell.source):
            parts.append([])
        parts[-1].append(cell)
    return parts


def _opens(source: str) -> bool:
    return bool(TASK.search(source)) or bool(PLAYGROUND.search(source))


def _source(cell: NotebookNode | None) -> str:
    return str(cell.source) if cell else ""


def _last(items: Iterable[T]) -> T | None:
    return next(iter([*items][::-1]), None)
