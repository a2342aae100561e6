"""The nbgrader course: it generates, grades, and its marks are those of the checks."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import numpy as np
import pytest

from tinytx.checks import attention
from tinytx.classroom import read_work
from tinytx.classroom.cells import names_told
from tinytx.classroom.course import exercise_notebooks, load
from tinytx.classroom.links import retargeted
from tinytx.classroom.nbgrader import CONFIG, course_source

NAME = "03_attention"
pytest.importorskip("nbgrader")


@pytest.fixture(scope="module")
def monkeypatch():
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def course(tmp_path_factory, monkeypatch):
    """An nbgrader course of one chapter, its assignment generated and three learners graded."""
    from nbgrader.apps import NbGraderAPI
    from traitlets.config import Config

    bin_folder = str(Path(sys.executable).parent)  # nbgrader calls alembic by its name
    monkeypatch.setenv("PATH", bin_folder, prepend=os.pathsep)
    folder = tmp_path_factory.mktemp("course")
    course_source(folder, ["3"])
    config = Config()
    exec((folder / "nbgrader_config.py").read_text(), {"get_config": lambda: config})
    config.CourseDirectory.root = str(folder)
    api = NbGraderAPI(config=config)
    done = api.generate_assignment(NAME)
    assert done["success"], done["log"]
    for learner, notebook in submissions(folder).items():
        place = folder / "submitted" / learner / NAME / f"{NAME}.ipynb"
        place.parent.mkdir(parents=True)
        nbformat.write(notebook, place)
        done = api.autograde(NAME, learner)
        assert done["success"], done["log"]
    return folder, api


WRONG = {
    "softmax": """\
def softmax(x):
    e = np.exp(x)  # overflows, and warns
    return e / e.sum(axis=-1, keepdims=True)""",
    "scaled_scores": """\
def scaled_scores(q, k)
    return q  # a colon is missing above""",
    "masked_weights": """\
from tinytx.manual.softmax import softmax_forward
def masked_weights(scores, mask):
    return softmax_forward(scores, mask)[0]""",
    "who_moves": """\
def who_moves(mask, changed, j):
    return []
class check:  # a forgery, which never complains
    who_moves = print""",
}


def submissions(folder):
    """Return what three learners hand in: nothing, all right, and one right with four not."""
    released = folder / "release" / NAME / f"{NAME}.ipynb"
    right = answers(folder / "source" / NAME / f"{NAME}.ipynb")
    mixed = {**WRONG, "causal_mask": right["causal_mask"]}
    sources = {"empty": {}, "perfect": right, "mixed": mixed}
    return {learner: written(released, some) for learner, some in sources.items()}


def answers(path):
    return {one.name: one.source for one in read_work(path).exercises}


def written(path, sources):
    notebook = nbformat.read(path, as_version=4)
    for name, source in sources.items():
        (cell,) = (c for c in notebook.cells if c.source.startswith(f"def {name}("))
        cell.source = source
    return notebook


def marks(course, learner):
    """Return the points of each exercise, by the name of its function."""
    folder, api = course
    checks = {
        e.check["id"]: e.name
        for e in read_work(folder / "source" / NAME / f"{NAME}.ipynb").exercises
    }
    with api.gradebook as book:
        grades = book.find_submission_notebook(NAME, NAME, learner).grades
        return {checks[grade.name]: grade.auto_score for grade in grades}


def by_the_checks(course, learner):
    """Return the points that the checks give the same answers, each run by itself."""
    functions = {}
    for name, source in answers(course[0] / "submitted" / learner / NAME / f"{NAME}.ipynb").items():
        space = {"np": np, "Callable": Callable}
        with contextlib.suppress(SyntaxError):
            exec(source, space)
        functions[name] = space.get(name, ...)
    return {name: one.points for name, one in attention.chapter.grade(functions).results.items()}


@pytest.mark.parametrize(("learner", "points"), [("empty", 0), ("perfect", 7), ("mixed", 1)])
def test_marks_are_those_of_the_checks(course, learner, points):
    given = marks(course, learner)
    assert given == by_the_checks(course, learner)
    assert sum(given.values()) == points


def test_what_is_released_is_the_exercise_and_gives_no_hidden_test_away(course):
    released = nbformat.read(course[0] / "release" / NAME / f"{NAME}.ipynb", as_version=4)
    (handed_out,) = (one for one in exercise_notebooks() if NAME in one.name)
    wanted = retargeted(load(handed_out), None)
    assert [cell.source for cell in released.cells] == [cell.source for cell in wanted.cells]


def test_what_a_learner_may_change_is_the_answers(course):
    released = nbformat.read(course[0] / "release" / NAME / f"{NAME}.ipynb", as_version=4)
    free = [cell for cell in released.cells if not cell.metadata.nbgrader.locked]
    assert [next(iter(names_told(cell.source))) for cell in free] == list(attention.chapter.checks)
    graded = [c.metadata.nbgrader.points for c in released.cells if c.metadata.nbgrader.grade]
    assert graded == [check.points for check in attention.chapter.checks.values()]


def test_a_course_is_not_overwritten(tmp_path):
    (path,) = course_source(tmp_path, ["attention"])
    before = path.stat().st_mtime_ns
    course_source(tmp_path, ["attention"])
    assert path.stat().st_mtime_ns == before
    path.write_text("mine")
    with pytest.raises(ValueError, match=r"03_attention\.ipynb is there and differs: move it"):
        course_source(tmp_path, ["attention"])
    assert path.read_text() == "mine"


def test_every_chapter_has_a_source_that_nbgrader_can_strip(tmp_path):
    """Its stub is the course's own, cell by cell."""
    from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions
    from traitlets.config import Config

    config = Config()
    exec(CONFIG, {"get_config": lambda: config})
    for path, handed_out in zip(course_source(tmp_path), exercise_notebooks(), strict=True):
        notebook, resources = nbformat.read(path, as_version=4), {}
        for step in (ClearSolutions, ClearHiddenTests):
            notebook, resources = step(config=config).preprocess(notebook, resources)
        wanted = retargeted(load(handed_out), None)
        assert [cell.source for cell in notebook.cells] == [cell.source for cell in wanted.cells]
        ids = [cell.metadata.nbgrader.grade_id for cell in notebook.cells]
        assert len(set(ids)) == len(ids)
