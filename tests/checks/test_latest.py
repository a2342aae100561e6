"""A check speaks of the last version that was written, or says that there is a newer one."""

from __future__ import annotations

import pytest
from IPython.core.interactiveshell import InteractiveShell

from tinytx.checks import latest
from tinytx.checks import tokenization as check

ASK = "check.count_pairs(count_pairs)"
DEF = "def count_pairs(ids):\n"
RIGHT = f"""{DEF}    found = {{}}
    for p in zip(ids, ids[1:]):
        found[p] = found.get(p, 0) + 1
    return found"""
OLD, NEW = f"{DEF}    return ids[0]", f"{DEF}    return {{}}"
BROKEN = RIGHT.replace("ids[1:]):", "ids[1:])")
NOT_CHECKED = "so count_pairs is still the older one, which is not checked."


@pytest.fixture
def run(capsys):
    """Run cells one after the other, as a notebook does, and return what the last one printed."""
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(history_length=0)
    shell.history_manager.enabled = False

    def run(*cells):
        shell.user_ns["check"] = check
        for cell in cells:
            capsys.readouterr()
            shell.run_cell(cell, store_history=True)
        return capsys.readouterr().out

    yield run
    InteractiveShell.clear_instance()


@pytest.mark.parametrize(
    ("newest", "kind"),
    [
        (BROKEN, "a SyntaxError"),
        (f"import math\n{BROKEN}\n{ASK}", "a SyntaxError"),
        (f"%%time\n{BROKEN}", "a SyntaxError"),
        (f"{DEF}return {{}}", "an IndentationError"),
        ("count_pairs = lambda ids: (", "a SyntaxError"),
        ("count_pairs: object = {", "a SyntaxError"),
        ("async def count_pairs(ids)\n    return {}", "a SyntaxError"),
    ],
)
@pytest.mark.parametrize("before", [RIGHT, OLD, f"{DEF}    raise NotImplementedError"])
def test_a_version_that_python_cannot_read_is_told(run, newest, kind, before):
    said = run(before, ASK, newest, ASK)
    told = f"[x] count_pairs: your last version of count_pairs has {kind}, {NOT_CHECKED}"
    assert " ".join(said.split()).startswith(told)
    assert check.count_pairs.last.status == "wrong"
    assert run(RIGHT, ASK).startswith("[ok]")


@pytest.mark.parametrize(
    "newest",
    [f"import nonesuch\n{NEW}", f"1 / 0\n{NEW}", f"%%time\n1 / 0\n{NEW}", f"{NEW}\n    break"],
)
def test_a_version_that_its_cell_did_not_come_to_is_told(run, newest):
    said = run(RIGHT, ASK, newest, ASK)
    told = "[x] count_pairs: the cell with your last version of count_pairs failed before it was"
    assert " ".join(said.split()).startswith(f"{told} defined, {NOT_CHECKED}")
    assert run(RIGHT, ASK).startswith("[ok]")


@pytest.mark.parametrize(
    "cells",
    [
        [RIGHT],
        [f"%%time\n{RIGHT}"],
        [NEW, f"%%time\n{RIGHT}"],
        [f"%%capture\n{RIGHT}"],
        [NEW, f"%%capture\n{RIGHT}"],
        [f"%precision 3\n{RIGHT}\ncount_pairs([1, 2])"],
        [f"{RIGHT}\n1 / 0"],
        [BROKEN, RIGHT],
        [RIGHT, "count_pairs([1, 2]"],
        [RIGHT, "%%writefile /dev/null\ndef count_pairs(ids)"],
        [RIGHT, "def count_pairs_fast(ids):\nreturn"],
        [RIGHT, "import math\nmath.count_pairs = {"],
        [RIGHT, "text = '''\ndef count_pairs(ids)\n'''"],
        [RIGHT.replace("count_pairs", "mine"), NEW, "count_pairs = mine"],
        ["same = lambda fn: fn", NEW, f"@same\n{RIGHT}"],
        [
            "def told(fn):\n    def new(*given):\n        return fn(*given)\n    return new",
            NEW,
            f"@told\n{RIGHT}",
        ],
        [NEW, "from tinytx.checks.tokenization.answers import count_pairs"],
        [NEW, f"exec({RIGHT!r})"],
        [f"if True:\n{RIGHT}".replace("\n", "\n    ")],
    ],
)
def test_the_last_version_is_checked_as_always(run, cells):
    assert run(*cells, ASK).startswith("[ok] count_pairs: right on ")


def test_another_name_for_the_function_is_looked_for_too(run):
    mine, broken = (text.replace("count_pairs", "mine") for text in (RIGHT, BROKEN))
    said = run(mine, broken, "check.count_pairs(mine)")
    assert said.startswith("[x] count_pairs: your last version of mine has a SyntaxError")
    assert run(RIGHT, BROKEN, f"check.count_pairs({'lambda ids: count_pairs(ids)'})").startswith(
        "[ok]"
    )


def test_without_ipython_nothing_is_said(run):
    run(RIGHT, BROKEN)
    fn = InteractiveShell.instance().user_ns["count_pairs"]
    assert latest.overtaken(fn)
    assert check.count_pairs.run(fn).status == "ok"  # this is what grades
    InteractiveShell.instance().history_manager.input_hist_parsed = [1]
    assert latest.overtaken(fn) == ""
    InteractiveShell.clear_instance()
    assert latest.overtaken(fn) == ""
