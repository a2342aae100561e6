"""Grading a folder: whose notebook, which statements run, which marks, what is written."""

from __future__ import annotations

import builtins
import csv
import importlib
import io
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from functools import cache

import pytest

from tinytx import cli
from tinytx.checks import attention
from tinytx.checks.result import Result
from tinytx.classroom import collecting, grading, marks
from tinytx.classroom.answering import _run as run_statement
from tinytx.classroom.class_page import class_page
from tinytx.classroom.collecting import Missing
from tinytx.classroom.counting import mistakes_made, stops, to_go_over
from tinytx.classroom.flags import SAME
from tinytx.classroom.grading import Graded, Row, collect, grade
from tinytx.classroom.judging import Mark
from tinytx.classroom.needed import Cells
from tinytx.cli.grade import _show as show_grades

from .grading_made import ROOT, hand_in, notebook, statuses

CHAPTERS = sorted(collecting.topics().values())


# --- the same marks as in the notebook


@cache
def wrong_answers(chapter):
    """Return a catalogued wrong answer for each exercise, as text and as a function."""
    topic = chapter.partition("_")[2]
    checks = importlib.import_module(f"tinytx.checks.{topic}").chapter.checks
    found = {}
    for name, check in checks.items():
        ways = [way for m in check.mistakes for way in m.ways]
        # From the middle on: to read all five thousand takes longer than to grade the class.
        late = (way for way in ways[len(ways) // 2 :] + ways if _as_typed(way, checks))
        if way := next(late, None):
            found[name] = way
    return checks, found


COMMON = "import collections, functools, itertools, math, re"


def _as_typed(way, checks):
    """Return whether a way is an edit that uses only what a notebook has too."""
    if not (way.edit and way.pairs):
        return False
    module = sys.modules[next(iter(checks.values())).reference.__module__]
    (statement,) = Cells([way.text]).statements
    return statement.reads <= {*vars(module), *vars(builtins), *re.findall(r"\w+", COMMON)}


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    """Grade all chapters: solutions, stubs, and a wrong answer to every exercise."""
    folder = tmp_path_factory.mktemp("class")
    for chapter in CHAPTERS:
        hand_in(folder, "perfect", chapter)
        hand_in(folder, "empty", chapter, kind="exercises")
        texts = {name: way.text for name, way in wrong_answers(chapter)[1].items()}
        hand_in(folder, "wrong", chapter, texts, COMMON)
    graded = grade(folder)
    return {(row.learner, row.topic): row for row in graded.rows}, graded


def test_there_are_fourteen_chapters():
    assert len(CHAPTERS) == 14
    assert sorted(path.stem for path in (ROOT / "solutions").glob("*.ipynb")) == CHAPTERS


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_marks_are_those_of_the_checks(everything, chapter):
    rows, topic = everything[0], chapter.partition("_")[2]
    assert set(statuses(rows["perfect", topic]).values()) == {"ok"}
    assert set(statuses(rows["empty", topic]).values()) == {"not started"}
    checks, ways = wrong_answers(chapter)
    assert len(ways) >= 4
    for name, way in ways.items():
        told, graded = checks[name].run(way.function()), rows["wrong", topic].marks[name].result
        assert graded.status == told.status == "wrong", name
        assert graded.mistakes == told.mistakes, name
        assert graded.message.partition("\n")[0] == told.message.partition("\n")[0]


def test_no_solution_of_the_course_reads_what_it_should_not(everything):
    rows = everything[0].items()
    flags = {
        f for key, row in rows if key[0] != "wrong" for m in row.marks.values() for f in m.flags
    }
    assert flags <= {SAME}
    # The wrong ones stand in notebooks that still hold what the checks said of the solutions.
    flags = {
        f for key, row in rows if key[0] == "wrong" for m in row.marks.values() for f in m.flags
    }
    assert flags <= {SAME, "its own check said [ok]"}


def test_an_answer_that_calls_the_package_is_borrowed(tmp_path):
    text = "from tinytx.manual.softmax import softmax_forward\ndef softmax(x):\n"
    hand_in(tmp_path, "ada", answers={"softmax": text + "    return softmax_forward(x)[0]"})
    (row,) = grade(tmp_path).rows
    assert row.marks["softmax"].result.status == "borrowed"
    assert (row.points, row.total) == (6, 7)


# --- what runs


def run_of(sources, name="f"):
    """Return the statements that run for one exercise."""
    return Cells(sources).needed(name).text


def test_only_what_an_answer_needs_by_name_is_run():
    cells = [
        "import numpy as np\nimport matplotlib.pyplot as plt\nfrom math import pi, e",
        "huge = train()\nplt.plot(huge)\nSIZE = 3",
        "def helper(x):\n    return x * SIZE\ntable = []\nfor i in range(3):\n    table.append(i)",
        "def f(x):\n    huge = x\n    return helper(huge) + table[0] + pi\nprint(f(1))",
        "check.f(f)",
        "while True: pass",
    ]
    text = run_of(cells)
    for needed in ("from math", "SIZE = 3", "def helper", "table = []", "table.append", "def f"):
        assert needed in text
    for other in ("train", "plot", "print", "check", "while", "numpy"):
        assert other not in text


def test_the_check_s_own_argument_and_the_last_definition_before_it_count():
    cells = ["def f(x): return 1", "def f(x): return 2", "check.f(f)", "def f(x): return 3"]
    text = run_of(cells)
    assert text.endswith("return 2")
    assert "3" not in text
    cells = ["def g(x): return 1", "check.f(lambda x: g(x))"]
    needed = Cells(cells).needed("f")
    assert needed.expression == "lambda x: g(x)"
    assert "def g" in needed.text
    assert needed.written


@pytest.mark.parametrize(
    "stores",
    ["import math as used", "from math import pi as used", "def used(): 1", "class used: x = 1"],
)
def test_a_helper_that_stores_a_global_name_without_an_assignment_is_called(stores):
    setup = f"def setup():\n    global used\n    {stores}\nsetup()"
    assert run_of([setup, "def f(x): return used", "check.f(f)"]).count("setup()") == 2
    assert "\nsetup()" not in run_of([setup.replace("global", "other ="), "def f(x): return used"])


def test_a_cell_may_await_by_itself_as_in_a_notebook():
    waits = "import asyncio\nasync def two():\n    await asyncio.sleep(0)\n    return 2\n"
    cell = waits + "n = await two()\nasync with later: pass\ndef f(x): return n"
    needed, space = Cells([cell, "check.f(f)"]).needed("f"), {}
    errors = [run_statement(needed, one, space) for one in needed.statements]
    assert [error for error in errors if error] == [
        "NameError: name 'later' is not defined (line 6 of the cell)"
    ]
    assert space["f"](1) == 2


def test_a_function_with_another_name_is_the_answer_where_the_check_is_given_it():
    stub, mine, call = (
        "def f(x): raise NotImplementedError",
        "def my_f(x): return 1",
        "check.f(my_f)",
    )
    for cells in ([mine, call], [stub, mine, call], [mine, stub, call]):
        needed = Cells(cells).needed("f")
        assert (needed.written, needed.text) == (True, "def my_f(x):\n    return 1")
    assert Cells(["def my_f(x)\n    1", call]).needed("f").broken
    assert not Cells(["def other(x): 1", call]).needed("f").written
    assert Cells([stub, call]).needed("f").expression == "my_f"


def test_what_stands_after_the_check_is_taken_where_nothing_else_defines_it():
    assert "def helper" in run_of(["def f(x): return helper(x)", "check.f(f)", "def helper(x): 1"])
    assert run_of(["check.f(f)", "def f(x): return 1"]) == "def f(x):\n    return 1"


def test_a_later_import_of_everything_is_taken_for_names_that_nothing_else_defines():
    """Behind the check, ``from numpy import *`` made another thing of a right answer's ``any``."""
    right, later = "def f(x): return any(x)", "from numpy import *"
    assert run_of([right, "check.f(f)", later]) == "def f(x):\n    return any(x)"
    assert run_of([later, right, "check.f(f)"]).startswith(later)
    unknown = "def f(x): return array(x)"
    assert later in run_of([unknown, "check.f(f)", later])
    assert later not in run_of(["from torch import *", unknown, "check.f(f)", later])


def test_another_answer_s_patch_is_not_run():
    cells = ["import numpy as np", "def f(x): return np.exp(x)", "np.exp = None\ndef g(): pass"]
    assert "None" not in run_of(cells)
    assert "np.exp = None" in run_of(cells, "g")


def test_magics_are_passed_over_and_a_broken_cell_says_why():
    assert run_of(["%matplotlib inline\n!ls\ndef f(x):\n    return 1"]).endswith("return 1")
    assert "def f" in run_of(["%%time\ndef f(x): return 1"])
    needed = Cells(["def f(x): return 1", "def f(x)\n    return 2"]).needed("f")
    assert needed.broken.startswith("SyntaxError: expected ':', line 1")
    assert not Cells(["x = 1"]).needed("f").written


def test_a_notebook_that_is_too_long_is_told_so_at_once():
    began = time.monotonic()
    chain = "\n".join(f"a{i} = a{i + 1}" for i in range(4000))
    assert "a3999 = a4000" in run_of([chain, "def f(x): return a0"])
    needed = Cells([chain, chain + "\ndef f(x): return 1"]).needed("f")
    assert "more than 5,000 statements" in needed.broken
    assert "too long" in Cells(["def f(x): return " + "1 + " * 60_000 + "1"]).needed("f").broken
    assert time.monotonic() - began < 60


def test_a_cell_that_fails_stops_no_exercise_but_its_own(tmp_path):
    answers = {
        "softmax": "1 / 0\ndef softmax(x):\n    return 1 / 0",
        "causal_mask": "def causal_mask(T, S)\n    return 1",
        "who_moves": "",
        "masked_weights": "max = 3\ndef masked_weights(scores, mask):\n    return max(scores)",
    }
    hand_in(tmp_path, "ada", answers=answers, before="raise ValueError('stop')")
    (row,) = grade(tmp_path).rows
    assert statuses(row) == {
        "softmax": "wrong", "causal_mask": "wrong", "scaled_scores": "ok",
        "masked_weights": "wrong", "who_moves": "not started", "attention": "ok",
        "sees_the_future": "ok",
    }  # fmt: skip
    assert "\n    `max` is 3 in your notebook" in row.marks["masked_weights"].result.message
    assert "ZeroDivisionError" in row.marks["softmax"].result.message
    assert "SyntaxError" in row.marks["causal_mask"].result.message


def test_helpers_and_torch_do(tmp_path):
    text = (
        "import torch\nimport dataclasses\n\n@dataclasses.dataclass\nclass Row:\n    of: object\n\n"
        "def softmax(x):\n    return torch.softmax(torch.tensor(Row(x).of), dim=AXIS).numpy()"
    )
    hand_in(tmp_path, "ada", answers={"softmax": text}, before="AXIS = -1")
    (row,) = grade(tmp_path).rows
    assert row.marks["softmax"].result.status == "ok", row.marks["softmax"]


# --- whose, and which cannot be graded


def test_a_folder_full_of_trouble(tmp_path):
    good = json.dumps(notebook("03_attention"))
    hand_in(tmp_path, "ada")
    for name in ("03_attention_bob.ipynb", "cleo-03_attention.ipynb", "submitted/dan/ps1/p.ipynb"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(good, "utf-8")
    hand_in(tmp_path, "eve")
    (tmp_path / "eve" / "again.ipynb").write_text(good, "utf-8")
    bad = {
        "cut.ipynb": good[:4000],
        "text.ipynb": "no notebook",
        "empty.ipynb": "",
        "list.ipynb": "[]",
        "none.ipynb": '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
        "deep.ipynb": "[" * 100_000,
    }
    for name, text in bad.items():
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "bytes.ipynb").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "folder.ipynb").mkdir()
    (tmp_path / "link.ipynb").symlink_to(tmp_path / "ada" / "03_attention.ipynb")
    os.mkfifo(tmp_path / "pipe.ipynb")
    (tmp_path / ".ipynb_checkpoints").mkdir()
    (tmp_path / ".ipynb_checkpoints" / "x.ipynb").write_text(good, "utf-8")
    collected = collect(tmp_path)
    found, lines = collected.found, collected.lines
    assert sorted(one.learner for one in found) == ["ada", "bob", "cleo", "dan"]
    assert {one.topic for one in found} == {"attention"}
    told = {line.partition(":")[0] for line in lines}
    assert told == {*bad, "bytes.ipynb", "link.ipynb", "pipe.ipynb"} | {
        line.partition(":")[0] for line in lines if line.startswith("eve has 2 notebooks")
    }
    assert any("again.ipynb" in line and "keep one" in line for line in lines)
    assert all("\n" not in line and str(tmp_path) not in line for line in lines)


def test_the_chapter_is_told_by_the_notebook_before_its_name(tmp_path):
    hand_in(tmp_path, "ada", "04_multihead").rename(tmp_path / "ada" / "03_attention.ipynb")
    made = notebook("05_blocks")
    made["cells"] = [c for c in made["cells"] if c["id"] not in ("start", "imports")]
    path = tmp_path / "bob" / "x.ipynb"
    path.parent.mkdir()
    path.write_text(json.dumps(made), "utf-8")
    assert {one.learner: one.topic for one in collect(tmp_path).found} == {
        "ada": "multihead", "bob": "blocks",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere"], "nowhere is no folder"),
        (["."], "holds no notebook"),
        ([".", "--chapter", "99"], "chapter is '99'"),
        ([".", "--jobs", "0"], "jobs is 0"),
        ([".", "--memory", "1"], "memory is 1, and"),
        ([".", "--memory", str(10**19)], f"memory is {10**19}, and at most 4,398,046,511,104 "),
        ([".", "--seconds", "0"], "seconds is 0, and"),
        ([".", "--seconds", "nan"], "seconds is nan, and"),
        ([".", "--seconds", "inf"], "seconds is inf, and"),
    ],
)
def test_wrong_input_is_one_line(arguments, says, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["grade", *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert says in line


# --- what is written


def made_up():
    """Return a class whose learners have chosen names that want to do something."""
    chapter = attention.chapter
    checks = [*chapter.checks]
    mistake = chapter.checks["softmax"].mistakes[0].name
    rows = []
    for learner in ("=1+1", "<script>alert(1)</script>", "zoë"):
        said = {name: Mark(Result(name, "ok", "right"), ("a & b",), 0.5) for name in checks}
        wrong = Result("softmax", "wrong", "<img src=x>", "values", (mistake,))
        said["softmax"] = Mark(wrong, (), 1.0)
        rows.append(Row(learner, "attention", f"{learner}/x.ipynb", said))
    return Graded(rows, ["<b>.ipynb: no notebook"], ["held"], {"attention": chapter}), mistake


def table(text):
    assert text.startswith("\ufefflearner,")
    return [*csv.DictReader(io.StringIO(text[1:]))]


def test_the_marks_are_tables_that_start_no_formula():
    graded, mistake = made_up()
    lines = table(marks.marks_csv(graded))
    assert len(lines) == 21
    assert lines[0] == {
        "learner": "'=1+1", "chapter": "03_attention", "exercise": "softmax", "state": "wrong",
        "points": "0", "of": "1", "mistake": marks.safe(mistake), "said": "<img src=x>",
        "flags": "", "seconds": "1.0",
    }  # fmt: skip
    totals = table(marks.totals_csv(graded))
    assert [row["points"] for row in totals] == ["6", "6", "6"]
    assert totals[2]["learner"] == "zoë"
    assert (totals[0]["right"], totals[0]["wrong"], totals[0]["flagged"]) == ("6", "1", "6")


def test_the_page_counts_and_escapes():
    graded, mistake = made_up()
    (made,) = mistakes_made(graded, "attention")
    assert (made.name, len(made.learners)) == (mistake, 3)
    assert stops(graded, "attention")["softmax"] == Counter(wrong=3)
    (section,) = to_go_over(graded, "attention")
    assert section.exercises == {"softmax"}
    assert str(section) == "3 by a named mistake"
    page = class_page(graded, "A <class>")
    assert section.name in page
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page
    assert "A &lt;class&gt;" in page
    assert not re.search(r"(?:https?:)?//\w", page)
    assert not re.search(r"\s(?:src|href)=|url\(", page.replace("img src=x", ""))


def test_a_name_steers_neither_a_terminal_nor_the_reading(capsys):
    graded, _ = made_up()
    row, bad = graded.rows[0], "a\x1b[2J\n\u202eb\udce9"
    graded.rows = [Row(bad, row.topic, f"{bad}.ipynb", row.marks)]
    graded.missing = [Missing(bad, "attention", bad, "it is a link")]
    graded.left, graded.notes = [f"{bad}: why"], [f"{bad}: note"]
    show_grades(graded)
    shown = capsys.readouterr().out
    texts = [shown, marks.marks_csv(graded), marks.totals_csv(graded), class_page(graded)]
    for text in texts:
        assert not re.search("[\x1b\u202e\udce9]", text)
        assert re.search("a\ufffd\\[2J[\ufffd ]\ufffdb\ufffd", text)


def test_the_command_writes_all_and_prints_a_table(tmp_path, capsys):
    hand_in(tmp_path / "class", "ada")
    hand_in(tmp_path / "class", "bob", answers={"softmax": "def softmax(x):\n    return x"})
    (tmp_path / "class" / "notes.ipynb").write_text("{", "utf-8")
    out = tmp_path / "marks"
    code = cli.main(["grade", str(tmp_path / "class"), "--chapter", "03", "--out", str(out)])
    said = capsys.readouterr().out
    assert code == 2  # notes.ipynb
    assert {path.name for path in out.iterdir()} == {"marks.csv", "totals.csv", "class.html"}
    assert re.search(r"^ada +03_attention +7/7", said, re.M)
    assert re.search(r"^bob +03_attention +6/7", said, re.M)
    assert "1  softmax: `x` comes back as it is" in said
    assert "notes.ipynb: no notebook" in said
    assert "held apart" in said


def test_without_copies_of_a_process_it_works_too(tmp_path):
    """As on macOS and Windows: slower, one notebook in a process of its own, and it says so."""
    endless = "def causal_mask(T, S):\n    while True: sum(range(10**12))"
    answers = {"softmax": "def softmax(x):\n    return x", "causal_mask": endless}
    hand_in(tmp_path, "ada", answers=answers)
    text = (
        "from tinytx.classroom import pool\n"
        "from tinytx.classroom.grading import grade\n"
        "from tinytx.classroom.limits import Limits\n"
        "if __name__ == '__main__':\n"
        "    pool.FORKS = False\n"
        f"    graded = grade({str(tmp_path)!r}, limits=Limits(seconds=2))\n"
        "    (row,) = graded.rows\n"
        "    print(*[m.result.status for m in row.marks.values()])\n"
        "    print(row.marks['softmax'].result.mistakes, graded.held)\n"
    )
    (tmp_path / "go.py").write_text(text, "utf-8")
    ran = subprocess.run(
        [sys.executable, "go.py"], cwd=tmp_path, capture_output=True, text=True, timeout=240
    )
    assert ran.stdout.startswith("wrong wrong ok ok ok ok ok\n"), ran.stdout + ran.stderr
    assert "`x` comes back as it is" in ran.stdout
    assert "share one process, and a clock alone ends it" in ran.stdout
    assert "Warning" in ran.stdout


def test_a_judge_that_ends_costs_its_own_notebook_alone(tmp_path, monkeypatch):
    hand_in(tmp_path, "ada")
    hand_in(tmp_path, "bob", answers={"softmax": "BOB = 1"})
    whole = grading.judged

    def judged(chapter, sources, limits, folder):
        if any("BOB" in source for source in sources):
            os._exit(1)
        return whole(chapter, sources, limits, folder)

    monkeypatch.setattr(grading, "judged", judged)
    graded = grade(tmp_path)
    ada, bob = graded.rows
    assert ada.points == 7
    assert bob.points == 0
    assert graded.left == [
        "bob/03_attention.ipynb: not judged: its process ended before it was done"
    ]
