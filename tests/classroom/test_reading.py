"""A notebook of exercises is read as it is, whatever a learner or an editor did to it."""

from __future__ import annotations

import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tinytx.checks import attention
from tinytx.checks.latest import UNREAD
from tinytx.checks.result import Result
from tinytx.checks.stubs import LEFT
from tinytx.classroom import Exercise, Work, read_notebook, read_work
from tinytx.classroom.cells import is_stub, names_told
from tinytx.classroom.course import exercise_notebooks, load
from tinytx.classroom.reading import read_verdict

STUB = "def half(x):\n    # YOUR CODE HERE\n    raise NotImplementedError"
ERROR = new_output("error", ename="SyntaxError", evalue="expected ':'", traceback=[])
TOLD = str(Result("half", "wrong", UNREAD.format("half", "a SyntaxError")))
EMPTY = "[ ] half: not started yet\n"
BEGUN = "def half(x):\n    y = x / 2\n    raise NotImplementedError"
TO_TAKE_AWAY = f"{LEFT}\n    In your line 3: raise NotImplementedError\n    Input: half(1)"
RIGHT = "def half(x):\n    return x / 2"


def said(text):
    return [new_output("stream", name="stdout", text=text)]


def exercise(answer=RIGHT, verdict="", ran=2, judged=3, extra=(), outputs=()):
    cells = [
        new_markdown_cell(
            "## 1. Half\n\n*5 minutes. One line.*\n\n`half(x) -> float`\n- `x`: a float"
        ),
        new_code_cell(answer, execution_count=ran, outputs=[*outputs]),
        *extra,
        new_code_cell(
            "check.half(half)", execution_count=judged, outputs=said(verdict) if verdict else []
        ),
    ]
    return Exercise.of(cells)


@pytest.mark.parametrize("kind", ["exercises", "solutions"])
def test_the_course_is_read_whole(kind):
    works = {one.name: Work.of(load(one)) for one in exercise_notebooks(kind)}
    assert len(works) == 14
    for name, work in works.items():
        assert f"{work.chapter}.ipynb" == name
        for one in work.exercises:
            assert one.minutes > 0
            assert one.answer.source.startswith(f"def {one.name}(")
            assert one.check.source == f"check.{one.name}({one.name})"
            assert one.started == (kind == "solutions")
            assert one.verdict.status == ("ok" if kind == "solutions" else "not started")
            assert not one.changed
    assert [e.name for e in works["03_attention.ipynb"].exercises] == list(attention.chapter.checks)


@pytest.mark.parametrize(
    "source",
    [
        "def softmax(x):\n    return x",
        "def softmax(x):\n    return np.exp(x) / np.exp(x).sum(axis=0, keepdims=True)",
        "def softmax(x):\n    return None",
        "def softmax(x):\n    return np.exp(-x + 1) / 3",
        "def softmax(x):\n    return undefined",
        "def softmax(x):\n    raise NotImplementedError",
        "def softmax(x):\n    e = np.exp(x)\n    x[:] = 0\n    return e",
    ],
)
def test_what_a_check_prints_is_read_back(source):
    """The verdict of a real check, by way of its words alone."""
    space = {"np": __import__("numpy")}
    exec(source, space)
    result = attention.softmax.run(space["softmax"])
    back = read_verdict(f"something before\n{result}\n", "softmax")
    assert (back.name, back.status, back.message) == ("softmax", result.status, result.message)
    if "Why:" in result.message:
        assert back.mistakes == result.mistakes
    else:
        assert back.mistakes == ()


def test_two_mistakes_at_once_are_both_read():
    def scaled_scores(q, k):
        return q @ k.reshape(*k.shape[:2], k.shape[3], -1) / q.shape[2] ** 0.5

    result = attention.scaled_scores.run(scaled_scores)
    assert len(result.mistakes) == 2
    assert read_verdict(str(result), "scaled_scores").mistakes == result.mistakes


def test_the_last_verdict_counts_and_only_its_own():
    text = "[x] half: bad\n[ok] other: right on 3 inputs\n[ok] half: right on 8 inputs\n"
    assert read_verdict(text, "half").status == "ok"
    assert read_verdict(text, "none") is None


@pytest.mark.parametrize(
    ("changed", "given"),
    [
        (False, {"verdict": "[ok] half: right on 8 inputs\n"}),
        (False, {"answer": STUB, "verdict": "[ ] half: not started yet\n"}),
        (False, {"verdict": ""}),
        (True, {"verdict": "[ok] half: right\n", "ran": 4}),
        (False, {"verdict": "[ok] half: right\n", "ran": 3}),  # both in one cell
        (False, {"verdict": "[ok] half: right\n", "ran": 4, "judged": None}),
        (False, {"verdict": "[x] half: E\n    In your line 12: return x…\n"}),
        (True, {"verdict": "[ok] half: right\n", "ran": None}),
        (True, {"verdict": "[ok] half: right\n", "answer": STUB}),
        (True, {"verdict": "[ok] half: right\n", "answer": ""}),
        (True, {"verdict": "[ ] half: not started yet\n"}),
        (False, {"answer": STUB, "verdict": "[ ] half: not started yet\n", "ran": None}),
        (False, {"answer": STUB, "verdict": "[ ] half: not started yet\n", "ran": 9}),
        (
            True,
            {
                "verdict": "[ ] half: not started yet\n",
                "answer": "def half(x):\n  if x:\n    return 1\n  raise NotImplementedError",
            },
        ),
        (False, {"answer": f"def own(x):\n    return x\n{STUB}", "verdict": EMPTY}),
        (False, {"answer": f"%%time\n{STUB}", "verdict": EMPTY}),
        (False, {"answer": BEGUN, "verdict": str(Result("half", "wrong", TO_TAKE_AWAY))}),
        (True, {"answer": RIGHT, "verdict": str(Result("half", "wrong", TO_TAKE_AWAY))}),
        (True, {"verdict": "[x] half: E\n    In your line 12: return x / 3\n"}),
        (False, {"verdict": "[x] half: E\n    In your line 2: return x / 2\n"}),
        (
            True,
            {"verdict": "[x] half: bad\n    Smallest example: half(1) raises E in your line 2: y."},
        ),
        (False, {"verdict": "[x] half: E\n    In your line 2: return\n      x / 2\n"}),
        (True, {"verdict": "[ok] half: right\n", "outputs": [ERROR]}),
        (True, {"verdict": "[ok] half: right\n", "answer": "def half(x)\n    return x / 2"}),
        (True, {"verdict": "[ ] half: not started yet\n", "answer": f"{STUB}\n)"}),
        (False, {"verdict": "[ok] half: right\n", "answer": f"%%time\n{RIGHT}\n!ls"}),
        (False, {"answer": "def half(x)\n    return x / 2", "outputs": [ERROR], "verdict": TOLD}),
    ],
)
def test_a_change_since_the_check_is_told_where_it_shows(changed, given):
    assert exercise(**given).changed is changed


def test_a_function_with_another_name_is_the_answer_where_the_check_is_given_it():
    made = exercise("def mine(x):\n    return x / 2", "[ok] half: right\n")
    for source, function in (("check.half(mine)", "mine"), ("check.half(other)", "half")):
        made.check.source = source
        assert made.function == function
        assert made.started is (function == "mine")
    made.check.source = "check.half(mine)"
    assert (made.changed, made.verdict.status) == (False, "ok")


def test_of_two_checks_the_last_one_says_what_was_given_and_what_was_said():
    again = new_code_cell("check.half(half)", execution_count=4, outputs=said("[x] half: no\n"))
    one = exercise(extra=[again], verdict="[ok] half: right\n", judged=5)
    assert one.verdict.status == "ok"
    one.check.source = "check.half(half)\ncheck.half(mine)"
    one.cells[1].source = f"{RIGHT}\nmine = half"
    assert one.function == "mine"


@pytest.mark.parametrize("kind", ["Exercises", "Solutions"])
def test_headings_cut_a_notebook_wherever_a_learner_has_written(kind):
    """A note above a heading or a few spaces before it; headings of other levels are notes."""
    cells = [
        new_markdown_cell("A note of mine"),
        new_markdown_cell(f"# {kind} 03: Attention\n\ntext"),
        new_code_cell("from tinytx.checks import attention as check\n## 9. no heading"),
        new_markdown_cell("A note.\n\n   ## 2. Half\n\n*15 minutes. One line.*\n"),
        *(new_markdown_cell(f"{marks} 3. A thought") for marks in ("#", "###", "    ##")),
        new_code_cell("x"),
        new_markdown_cell("A note.\n\n  ## Playground"),
        new_code_cell("y"),
    ]
    work = Work.of(new_notebook(cells=cells))
    assert (work.number, work.title, work.chapter) == (3, "Attention", "03_attention")
    (one,) = work.exercises
    assert (one.number, one.title, one.minutes) == (2, "Half", 15)
    assert (len(work.opening), len(one.cells), len(work.closing)) == (3, 5, 2)


def task(number, name="", *cells):
    told = f"## {number}. Task\n\n" + (f"`{name}(x) -> float`" if name else "")
    return [new_markdown_cell(told), *map(new_code_cell, cells)]


def test_an_exercise_that_stands_there_twice_has_the_cells_of_both():
    half, other = "def half(x): return 1", "def other(x): return 2"
    parts = [*task(2, "half", half), *task(3), *task(4), *task(2, "half", "half(1)")]
    work = Work.of(new_notebook(cells=[new_code_cell(other), *parts]))
    course = Work.of(new_notebook(cells=[*task(2, "half"), *task(1, "other")]))
    both = work.beside(course).exercises
    assert [(one.number, one.name) for one in both] == [(1, "other"), (2, "half"), (3, ""), (4, "")]
    found, twice, *_ = both
    assert (found.source, twice.source) == (other, half)  # in the cells above the first heading
    assert len(twice.cells) == 4


def test_cells_of_the_learners_own_may_stand_anywhere():
    extra = [
        new_markdown_cell("## My notes"),
        new_code_cell("half(4)", execution_count=9),
        new_code_cell("def half(x):\n    return 0.5 * x", execution_count=2),
    ]
    one = exercise(extra=extra, verdict="[ok] half: right\n")
    assert one.source.endswith("0.5 * x")
    assert one.verdict.status == "ok"
    assert not one.changed


def test_an_exercise_without_its_cells_is_still_one():
    one = Exercise.of([new_markdown_cell("## 2. Half\n\n*5 minutes. x*\n\n`half(x) -> float`")])
    assert (one.name, one.answer, one.check, one.verdict, one.started) == (
        "half",
        None,
        None,
        None,
        False,
    )
    bare = Exercise.of([new_markdown_cell("## 2. Half")])
    assert (bare.name, bare.minutes, bare.answer) == ("", 0, None)


def test_names_and_stubs_of_unfinished_code():
    assert names_told("def half(x:\n  return") == {"half"}
    assert names_told("%time x = 3") == set()
    assert names_told("(" * 5000) == set()
    assert is_stub("def f(x):\n    raise NotImplementedError('later')")
    assert is_stub("class A:\n    pass") is False
    assert not is_stub("def f(x:")


def test_ids_and_outputs_may_be_missing_and_old_formats_are_read(tmp_path):
    path = tmp_path / "x.ipynb"
    cells = [
        {"cell_type": "markdown", "source": ["# Exercises 03: Attention\n", "text"]},
        {"cell_type": "code", "source": "from tinytx.checks import attention as check"},
        {"cell_type": "markdown", "source": "## 1. Half"},
        {"cell_type": "code", "source": "x", "execution_count": "many", "outputs": [], "more": 1},
    ]
    cells = [{"metadata": {}, **cell} for cell in cells]
    path.write_text(
        json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 0})
    )
    work = read_work(path)
    assert (work.chapter, len(work.exercises)) == ("03_attention", 1)
    head = {"cell_type": "heading", "level": 2, "source": "1. Half", "metadata": {}}
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": [head]}]}
    path.write_text(json.dumps(old))
    assert [one.title for one in read_work(path).exercises] == ["Half"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        (b'{"cells": [', "it is cut off, or was never JSON"),
        (b"\xff\xfe", "it is not text in UTF-8"),
        (b"[]", "it is JSON, and has no cells as a notebook has them"),
        (b"{}", "is no notebook: "),
        (
            b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}}',
            "it lacks what every notebook has, cells",
        ),
        (b'{"nbformat": 4, "nbformat_minor": 5, "cells": [1]}', "has no cells"),
        (
            b'{"nbformat": 4, "nbformat_minor": 5, "cells": [{"cell_type": "code"}]}',
            "has, metadata",
        ),
        (b'{"nbformat": -1, "nbformat_minor": 5, "cells": []}', "is no notebook"),
        (b"[" * 100_000, "is no notebook"),
    ],
)
def test_what_is_no_notebook_is_one_line(content, says, tmp_path):
    path = tmp_path / "x.ipynb"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is no notebook") as caught:
        read_notebook(path)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < len(str(path)) + 120


def test_a_newer_format_is_said_to_be_one(tmp_path):
    path = tmp_path / "x.ipynb"
    path.write_bytes(b'{"nbformat": 5, "nbformat_minor": 0, "metadata": {}, "cells": []}')
    with pytest.raises(ValueError, match="newer") as caught:
        read_notebook(path)
    assert str(caught.value) == f"{path} is of a newer nbformat (5) than this reads (4)"


def test_a_notebook_without_exercises_has_none(tmp_path):
    path = tmp_path / "x.ipynb"
    nbformat.write(new_notebook(cells=[new_markdown_cell("# Mine")]), path)
    work = read_work(path)
    assert (work.exercises, work.chapter, work.number) == ((), "", None)
