"""The input of a verdict, and the words around a value that is not there."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest

from tinytx.checks import Check, attention

from .made import mistake


def test_the_arguments_in_a_verdict_are_at_hand(capsys):
    check = attention.sees_the_future
    check(lambda attend, T, D: [])
    attend, T, D = check.shown
    assert f"sees_the_future({attend.__name__}, {T}, {D})" in capsys.readouterr().out
    assert attend(np.ones((T, D))).shape == (T, D)
    check(check.reference)
    assert check.shown == ()


def test_what_is_done_to_them_leaves_the_check_alone(capsys):
    attention.scaled_scores(lambda q, k: q @ k.swapaxes(-1, -2))
    named = attention.scaled_scores.last
    assert named.mistake
    q, k = attention.scaled_scores.shown
    assert "scaled_scores(np.array([[[[1., 2.]]]])" in capsys.readouterr().out
    q[...] = k[...] = 0
    attention.scaled_scores(attention.scaled_scores.reference)
    assert attention.scaled_scores.last.status == "ok"


def test_a_verdict_that_names_nothing_shows_the_input_where_it_was_refused():
    check = Check("f", "f(x)", lambda x: x, [(1.0,), (np.ones(30),)], [], "PART")
    check(lambda x: x if isinstance(x, float) else 2 * x)
    assert check.last.case == 1
    assert (check.shown[0] == 1).all()


def test_a_question_gets_no_full_stop():
    missing = mistake("nothing comes back", lambda x: None)
    check = Check("f", "f(x)", lambda x: x, [(1.0,)], [missing], "PART")
    said = check.run(lambda x: None).message
    assert "is a `return` missing?\n" in said


SOLUTIONS = sorted((Path(__file__).parents[2] / "solutions").glob("*.ipynb"))


@pytest.mark.parametrize("path", SOLUTIONS[1:], ids=lambda path: path.stem)
def test_the_first_cell_says_what_cannot_be_pasted_as_it_is(path):
    """So does the task, of a class among the arguments; chapter 01 promises no pasting."""
    cells = nbformat.read(path, 4).cells
    chapter = importlib.import_module(f"tinytx.checks.{path.stem[3:]}")
    start, whole = cells[0].source, "\n".join(cell.source for cell in cells)
    assert "paste it" in start
    imported = re.search(r"from numpy import ([^`]*)`", start)
    numbers = set(imported[1].split(", ")) if imported else set()
    for check in chapter.chapter.checks.values():
        for says in map(check.show, range(len(check.cases))):
            assert numbers.issuperset(re.findall(r"\b(?:inf|nan)\b", says)), says
            assert " ... " not in says or re.search("of a long (list|dictionary) the ends", start)
            classes = re.findall(r"\b(?:check\.)?[A-Z]\w+(?=\()", says)
            assert all(name in whole for name in classes), says
