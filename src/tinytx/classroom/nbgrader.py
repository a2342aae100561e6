"""The exercises as the source of an nbgrader course, from the solutions.

``nbgrader generate_assignment`` makes of it what learners get, ``nbgrader autograde`` gives marks.
A check never raises, so that a notebook runs from top to bottom; nbgrader takes points only from a
cell that raises. Hence each check is followed by a hidden test, which learners never get: it raises
unless the check has given its points. A point is what the check counts, one an exercise: the marks
are those of ``Chapter.grade``.

Learners' code and checks run in one process there, as in any nbgrader course. ``tinytx grade``
keeps them apart.
"""

from __future__ import annotations

import importlib
import re
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from ..checks.chapter import Chapter
from ..files import write_atomic
from .course import chosen, dumped, load
from .links import retargeted
from .reading import Exercise, Work

CONFIG = """\
# Written by `tinytx release --nbgrader`; nbgrader reads it in this folder.
c = get_config()
c.CourseDirectory.course_id = "tinytx"
# What a solution becomes: the same as in the course, which its checks know as not started.
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\\nraise NotImplementedError"}
# To name a mistake takes a check some seconds, many on a busy machine.
c.ExecutePreprocessor.timeout = 300
"""
MARKER = re.compile(r"^([ \t]*)#+ (BEGIN|END) SOLUTION", re.M)
HIDDEN = """
### BEGIN HIDDEN TESTS
from tinytx.checks import {topic} as _checks
assert _checks.{name}.last.points == {points}, "no points: see what the check says"
### END HIDDEN TESTS"""


def course_source(folder: Path, chapters: list[str] | None = None) -> list[Path]:
    """Write the source of an nbgrader course into ``folder``; return the assignments' notebooks.

    What is there already and is the same stays.

    Raises
    ------
    ValueError
        If there is no such chapter, or a file is there that is another one.
    OSError
        If something cannot be written.
    """
    content: dict[Path, str] = {folder / "nbgrader_config.py": CONFIG}
    for solution in chosen(chapters, "solutions"):
        stem = Path(solution.name).stem
        content[folder / "source" / stem / solution.name] = dumped(assignment(solution))
    for path, text in content.items():
        if path.exists() and path.read_bytes() != text.encode():
            raise ValueError(f"{path} is there and differs: move it away, or give another folder")
    for path, text in content.items():
        if not path.exists():
            write_atomic(path, text)
    return [path for path in content if path.suffix == ".ipynb"]


def assignment(solution: Traversable) -> NotebookNode:
    """Return the source notebook of one chapter's assignment."""
    notebook = retargeted(load(solution), None)
    work = Work.of(notebook)
    chapter = importlib.import_module(f"tinytx.checks.{work.topic}").chapter
    notebook["cells"] = [_plain(cell) for cell in notebook["cells"]]
    marked = {id_: cell for one in work.exercises for id_, cell in _marked(one, work, chapter)}
    notebook["cells"] = [marked.get(cell["id"], cell) for cell in notebook["cells"]]
    return notebook


def _marked(exercise: Exercise, work: Work, chapter: Chapter) -> list[tuple[str, NotebookNode]]:
    """Return the answer and the check of an exercise, by id, as nbgrader knows them."""
    answer, check = exercise.answer, exercise.check
    assert answer is not None
    assert check is not None
    points = chapter.checks[exercise.name].points
    hidden = HIDDEN.format(topic=work.topic, name=exercise.name, points=points)
    written = MARKER.sub(r"\1### \2 SOLUTION", answer["source"])
    return [
        (answer["id"], _cell(answer, written, solution=True, locked=False)),
        (check["id"], _cell(check, check["source"] + hidden, grade=True, points=points)),
    ]


def _plain(cell: NotebookNode) -> NotebookNode:
    """Return a cell that learners shall read or run, and not change."""
    return _cell(cell, cell["source"])


def _cell(cell: NotebookNode, source: str, **marks: Any) -> NotebookNode:
    """Return a copy of a cell with a text and nbgrader's marks (its schema, version 3)."""
    known = {
        "schema_version": 3, "grade_id": cell["id"], "cell_type": cell["cell_type"],
        "grade": False, "solution": False, "locked": True, "task": False, **marks,
    }  # fmt: skip
    metadata = NotebookNode({**cell["metadata"], "nbgrader": NotebookNode(known)})
    copy = NotebookNode({**cell, "source": source, "metadata": metadata})
    if copy["cell_type"] == "code":
        copy |= {"outputs": [], "execution_count": None}
    return copy
