"""Answers that are right in their notebook are right here, and a teacher reads why one is not."""

from __future__ import annotations

import csv
import io
import sys
from dataclasses import replace

import numpy as np
import pytest

from tinytx.checks import attention
from tinytx.checks.call import Outcome
from tinytx.checks.result import Result
from tinytx.classroom import answering, marks, wire
from tinytx.classroom.class_page import class_page
from tinytx.classroom.counting import to_go_over, unnamed
from tinytx.classroom.flags import CALLED, PATCHES, READS, by_weight, disagrees, flags_of, patched
from tinytx.classroom.grading import Graded, Row, grade
from tinytx.classroom.judging import Mark, mark
from tinytx.classroom.needed import Cells
from tinytx.classroom.seen import Seen

from .grading_made import hand_in, notebook
from .test_grading_hostile import right

AXIS = "def softmax(x):\n    y = np.exp(x - x.max(axis=A, keepdims=True))\n"
LIST = AXIS.replace("A,", "TAB[-1],") + "    return y / y.sum(axis=TAB[-1], keepdims=True)"
GLOBAL = AXIS + "    return y / y.sum(axis=A, keepdims=True)"


def run_of(*sources):
    return Cells([*sources]).needed("f").text


# --- calls at the top of a cell


@pytest.mark.parametrize(
    "call",
    [
        "fill()",
        "for i in range(3):\n    fill()",
        "if True:\n    fill()",
        "n = fill()",
        "def more(): fill()\nmore()",
        "def onto(t): t.append(1)\nonto(TAB)",
        "def onto(t): t[0] = 1\nonto(t=TAB)",
    ],
)
def test_a_call_that_changes_what_the_answer_uses_is_run(call):
    text = run_of(
        "TAB = []\ndef fill(): TAB.append(-1)", call, "def f(x): return TAB", "check.f(f)"
    )
    assert call.splitlines()[-1].strip().replace("(): ", "():\n    ") in text


@pytest.mark.parametrize(
    "call",
    [
        "look(TAB)",
        "other()",
        "huge = train()",
        "f(3)",
        "def demo(): f(3)\ndemo()",
        "def local():\n    TAB = []\n    TAB.append(1)\nlocal()",
        "def onto(t): t.append(1)\nonto(OTHER)",
    ],
)
def test_other_calls_and_experiments_with_the_answer_are_not_run(call):
    helpers = "TAB = []\ndef look(t): return t[0]\ndef other():\n    global O\n    O = 1"
    text = run_of(helpers, call, "def f(x):\n    TAB.append(x)\n    return TAB", "check.f(f)")
    assert call.splitlines()[-1] not in text


def test_answers_whose_helpers_set_things_up_are_right(tmp_path):
    before = "def setup():\n    global A\n    A = -1\nTAB = []\ndef fill(): TAB.append(-1)"
    hand_in(tmp_path, "ada", answers={"softmax": GLOBAL}, before=f"{before}\nsetup()\nfill()")
    hand_in(tmp_path, "bob", answers={"softmax": LIST}, before=f"{before}\nsetup()\nfill()")
    states = {row.learner: row.marks["softmax"].result.status for row in grade(tmp_path).rows}
    assert states == {"ada": "ok", "bob": "ok"}


def test_what_the_notebook_s_own_check_had_called_right_is_flagged(tmp_path):
    wrong = {"softmax": "def softmax(x):\n    return x"}
    for learner, kind in (("ada", "solutions"), ("bob", "exercises")):  # with outputs, without
        hand_in(tmp_path, learner, answers=wrong, kind=kind)
    assert "[ok] softmax" in str(notebook("03_attention", wrong))
    assert "[ok] softmax" not in str(notebook("03_attention", wrong, kind="exercises"))
    ada, bob = grade(tmp_path).rows
    assert ada.marks["softmax"].result.status == bob.marks["softmax"].result.status == "wrong"
    assert ada.marks["softmax"].flags == ("its own check said [ok]",)
    assert bob.marks["softmax"].flags == ()
    assert ada.marks["causal_mask"].flags == ()


# --- whose answer it is


def test_an_answer_that_calls_the_right_answer_is_borrowed(tmp_path):
    text = (
        "import importlib\ndef softmax(x):\n"
        "    m = importlib.import_module('tinytx.checks' + '.attention.answers')\n"
        "    return m.softmax(x)"
    )
    alias = "from tinytx.checks.attention.answers import causal_mask"
    hand_in(tmp_path, "ada", answers={"softmax": text, "causal_mask": alias})
    (row,) = grade(tmp_path).rows
    for name in ("softmax", "causal_mask"):
        mark = row.marks[name]
        assert (mark.result.status, mark.result.points) == ("borrowed", 0)
        assert mark.flags[0] == CALLED
        assert "not yours" in mark.said
    assert row.points == 5


def test_a_check_that_a_cell_replaces_is_flagged_from_the_source(tmp_path):
    patch = "check.softmax = lambda f: print('[ok] softmax: right')"
    patch += "\nsetattr(check.causal_mask, 'cases', [])"
    hand_in(tmp_path, "ada", before=patch)
    (row,) = grade(tmp_path).rows
    assert {n for n, mark in row.marks.items() if PATCHES in mark.flags} == {
        "softmax", "causal_mask",
    }  # fmt: skip
    assert patched(("setattr(check, name, 1)",)) == {"any"}
    assert patched(("check.softmax(softmax)\nx = check.softmax.shown\ny.check = 1",)) == set()


LOOKED_UP = "def softmax(x):\n    c = {}.chapter.checks['softmax']\n    return c.expected[len(x)]"


def flags_for(text):
    start = "import numpy as np\nfrom tinytx.checks import attention as check"
    needed = Cells([start, text, "check.softmax(softmax)"]).needed("softmax")
    return flags_of(needed, attention.chapter.checks["softmax"])


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        (LOOKED_UP.format("check"), READS),
        ("from tinytx.checks import attention as a\n" + LOOKED_UP.format("a"), READS),
        ("from tinytx import checks\n" + LOOKED_UP.format("checks.attention"), READS),
        ("import tinytx.checks.attention\n" + LOOKED_UP.format("tinytx.checks.attention"), READS),
        ("import tinytx.checks.attention as a\n" + LOOKED_UP.format("a"), READS),
        ("from tinytx.checks.attention import softmax as s\nsoftmax = s.reference", READS),
        ("from tinytx.checks import attention as a\na.softmax.run = print\nsoftmax = 1", PATCHES),
        ("check.__dict__['softmax'] = print\nsoftmax = 1", PATCHES),
        ("vars(check)['softmax'] = print\nsoftmax = 1", PATCHES),
        ("check.__dict__.update(softmax=print)\nsoftmax = 1", PATCHES),
        ("check.chapter.checks['softmax'] = print\nsoftmax = 1", PATCHES),
        ("c = check.softmax\nc.cases = []\nsoftmax = 1", PATCHES),
        ("class Tab:\n    last = -1\nshown = check.softmax.shown\nsoftmax = Tab.last", None),
        ("rows = np.arange(3)\nclass T: rows = 1\nsoftmax = T.rows", None),
        ("table = {}\ntable['softmax'] = 1\nsoftmax = table['softmax']", None),
    ],
)
def test_the_checks_are_known_under_any_name(text, flag):
    assert flags_for(text) == ((flag,) if flag else ())


def test_what_weighs_most_comes_first():
    assert by_weight(["imports os", "its own check said [ok]", PATCHES, CALLED]) == (
        CALLED, PATCHES, "its own check said [ok]", "imports os",
    )  # fmt: skip


# --- why


def test_an_import_that_failed_is_said_with_the_name_error(tmp_path):
    text = "import nowhere_to_be_found as nw\n" + right("softmax").replace("np.exp", "nw.exp")
    hand_in(tmp_path, "ada", answers={"softmax": text})
    (row,) = grade(tmp_path).rows
    said = row.marks["softmax"].said
    assert "NameError" in said
    assert "No module named 'nowhere_to_be_found'" in said


@pytest.mark.parametrize("state", ["wrong", "not started"])
def test_what_was_right_when_it_was_saved_and_is_not_here_is_flagged(state):
    assert disagrees("ok", state) == "its own check said [ok]"
    assert disagrees("wrong", state) == disagrees("ok", "ok") == disagrees("", state) == ""


@pytest.mark.parametrize("came", [True, False])
def test_a_cell_that_goes_on_behind_its_function_is_told_so(came, monkeypatch):
    monkeypatch.setattr(answering, "DEFINING", 0.1)
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])  # put back afterwards
    parts = ["def softmax(x):\n    return x", "while True: pass"]
    needed = Cells(["\n".join(parts if came else parts[::-1])]).needed("softmax")
    kind, errors = next(answering.steps(needed, [], 1.0))[1]
    said = said_of(Seen(kind=kind, errors=errors))
    assert "the cell was not finished after" in said
    assert (answering.BEHIND in said) == came
    assert ("no function comes out" in said) == (not came)


def said_of(seen):
    needed = Cells(["def softmax(x):\n    return x"]).needed("softmax")
    return mark(attention.chapter.checks["softmax"], needed, seen).said


def test_a_limit_is_told_as_what_ended_the_call():
    ended = "its results take more than 64 MB"
    assert said_of(Seen(kind="function", ended=ended)) == f"it was ended: {ended}"
    assert "what calls os._exit()" in said_of(Seen(kind="function", status=256))


def test_a_result_too_large_to_be_handed_on_says_so(monkeypatch):
    def full(value):
        if isinstance(value, np.ndarray):
            raise MemoryError
        return pack(value)

    pack = wire.pack
    monkeypatch.setattr(wire, "pack", full)
    step = wire.read_step(wire.write_step("outcome", Outcome(np.ones(3))))
    assert said_of(Seen(kind="function", steps=[step])).startswith("MemoryError: its result is too")


def made_up(names=3, others=7):
    """Return a class in which some have a named mistake in softmax, and others a wrong answer."""
    check = attention.chapter.checks["softmax"]
    mistake = check.mistakes[0].name
    rows = []
    for number in range(names + others):
        named = (mistake,) if number < names else ()
        wrong = Result("softmax", "wrong", f"=raises `NameError` <b>\nmore {number}", "runs", named)
        rows.append(Row(f"l{number}", "attention", "x", {"softmax": Mark(wrong)}))
        rows[-1].marks["attention"] = Mark(Result("attention", "ok", "right"))
    return Graded(rows, [], [], {"attention": attention.chapter})


def test_what_was_said_stands_in_the_marks():
    lines = [*csv.DictReader(io.StringIO(marks.marks_csv(made_up())[1:]))]
    assert {line["said"] for line in lines if line["exercise"] == "softmax"} == {
        "'=raises `NameError` <b>"
    }
    assert {line["said"] for line in lines if line["exercise"] == "attention"} == {""}


def test_the_page_lists_who_is_wrong_without_a_name():
    graded = made_up()
    fine = Mark(Result("attention", "ok", "right"))
    for row in graded.rows:
        row.marks.update({**dict.fromkeys(attention.chapter.checks, fine), **row.marks})
    assert len(unnamed(graded, "attention")) == 7
    page = class_page(graded)
    assert "7 wrong without a name</summary>" in page
    assert "<td>=raises <code>NameError</code> &lt;b&gt;</td>" in page
    assert "Chapter 03: Attention" in page


def test_the_page_promises_a_why_only_where_there_is_one():
    graded = made_up(1, 0)
    for name in attention.chapter.checks:
        graded.rows[0].marks.setdefault(name, Mark(Result(name, "ok", "right")))
    assert "<summary>Why, where and who</summary>" in class_page(graded)
    (row,) = graded.rows
    result = replace(row.marks["softmax"].result, mistakes=("the order is turned round",))
    row.marks["softmax"] = Mark(result)
    page = class_page(graded)
    assert "<summary>Where and who</summary><p>Section: " in page
    assert "Why, where" not in page


def test_a_section_counts_named_mistakes_first():
    (section,) = to_go_over(made_up(3, 7), "attention")
    assert str(section) == "3 by a named mistake, 7 otherwise"


def test_what_could_not_be_judged_counts_nowhere():
    graded = made_up(1, 0)
    (row,) = graded.rows
    row.marks["softmax"] = Mark(row.marks["softmax"].result, given=False)
    assert to_go_over(graded, "attention") == []
    row.marks.update(dict.fromkeys(attention.chapter.checks, row.marks["softmax"]))
    assert "No answer is wrong." in class_page(graded)
