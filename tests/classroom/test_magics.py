"""What IPython alone understands takes no right answer away, and none of it is run."""

from __future__ import annotations

import ast
import sys

import pytest

from tinytx.checks import attention
from tinytx.classroom.judging import mark
from tinytx.classroom.magics import without_magics
from tinytx.classroom.needed import Cells
from tinytx.classroom.seen import Seen

DEF = "def f(x):\n    return x - 1"
CASES = [
    ("files = !ls\nimport math", "files = None\nimport math"),
    ("out = %pip --version\ncwd = %pwd", "out = None\ncwd = None"),
    (f"{DEF}\n%timeit -n 100 f(3)", f"{DEF}\nf(3)"),
    (f"{DEF}\n%timeit -n1 -r1 f(3)", f"{DEF}\nf(3)"),
    (f"{DEF}\nt = %timeit -o -n1 f(3)", f"{DEF}\nt = f(3)"),
    ("%time x = 3\ny = %time 4", "x = 3\ny = 4"),
    ("%matplotlib inline\n" + DEF + "  # stable?", "pass\n" + DEF + "  # stable?"),
    (
        DEF.replace("\n", "\n# why?\n") + "\n%time f(1)",
        DEF.replace("\n", "\n# why?\n") + "\nf(1)",
    ),
    ("x = max(  # which?\n    3, 4)\n%time x", "x = max(  # which?\n    3, 4)\nx"),
    ("A = (7\n     % 8 - 8)\n%time A", "A = (7\n     % 8 - 8)\nA"),
    ('s = """\n%time 3\n!ls\n"""\n%time s', 's = """\n%time 3\n!ls\n"""\ns'),
    ("a = 7 \\\n  % 4\n!ls", "a = 7 \\\n  % 4\npass"),
    ("?max\nmax?\nmax??\nx = 1", "pass\npass\npass\nx = 1"),
    ("!echo a \\\n  b\nx = 1", "pass\nx = 1"),
    ("!!ls\n%load_ext autoreload\nx = 1", "pass\npass\nx = 1"),
    ("if True:\n    !ls\n    %time x = 1", "if True:\n    pass\n    x = 1"),
    (f"\n\n%%time\n%matplotlib inline\n{DEF}", f"pass\n{DEF}"),
    ("%%capture --no-stderr\nx = 1", "x = 1"),
    ("%%writefile x.py\nx = 1", ""),
    ("%timeit\nx = 1", "pass\nx = 1"),
    ("ä = 'ö'\nb = !ls ü\n%time ä", "ä = 'ö'\nb = None\nä"),
]


@pytest.mark.parametrize("ipython", [True, False])
@pytest.mark.parametrize(("cell", "plain"), CASES)
def test_a_cell_becomes_plain_python(cell, plain, ipython, monkeypatch):
    if ipython:
        pytest.importorskip("IPython")
    else:
        monkeypatch.setitem(sys.modules, "IPython.core.inputtransformer2", None)
    made = without_magics(cell)
    assert ast.dump(ast.parse(made)) == ast.dump(ast.parse(plain))
    assert made.strip() == plain


def test_what_ipython_alone_tells_stays_in_its_place():
    pytest.importorskip("IPython")
    assert without_magics("  x = 1\n  !ls") == "x = 1\npass"  # pasted with its indent
    assert without_magics(">>> x = 1\n>>> !ls") == "x = 1\npass"
    lines = without_magics("\n\n%time x = 1\ny = x / 0").split("\n")
    assert lines[3] == "y = x / 0"  # as its line number is told


@pytest.mark.parametrize("cell", ["x = (", "def f(:\n%time 3", "!ls\n" + "(" * 5000, "%time x = ("])
def test_what_cannot_be_read_stays_so_or_is_left_out(cell):
    made = without_magics(cell)
    assert cell.startswith("%time") or made
    assert "get_ipython" not in made


def test_a_helper_s_cell_that_cannot_be_read_is_named():
    helper, answer = "def safe(x:\n    return x", "def softmax(x):\n    return safe(x)"
    needed = Cells([helper, answer, "check.softmax(softmax)"]).needed("softmax")
    assert (needed.written, needed.broken, len(needed.unread)) == (True, "", 1)
    seen = Seen(kind="missing", errors=["NameError: name 'safe' is not defined"])
    said = mark(attention.chapter.checks["softmax"], needed, seen).said
    assert "name 'safe' is not defined; a cell of the notebook cannot be read: SyntaxError" in said


def test_the_imports_of_a_cell_with_magics_are_run():
    cells = ["import math\nfiles = !ls\nout = %pip --version", "def f(x):\n    return math.exp(x)"]
    assert "import math" in Cells(cells).needed("f").text
