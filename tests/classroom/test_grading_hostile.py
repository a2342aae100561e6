"""Notebooks that want to harm: the others' marks stay as they are, and no forged mark counts."""

from __future__ import annotations

import ast
import os
import sys

import pytest

from tinytx.checks import attention
from tinytx.classroom.grading import grade
from tinytx.classroom.limits import MEGABYTE, Limits

from .grading_made import hand_in, notebook, statuses
from .left import Left

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")
LIMITS = Limits(
    seconds=10, work=5, memory=256 * MEGABYTE, written=8 * MEGABYTE, answer=8 * MEGABYTE
)
NAMES = list(attention.chapter.checks)
IMPORTS = "import json, os, resource, signal, socket, struct, sys, threading, time\n"

# What stands at the start of a right function, and what its mark has to be.
INSIDE = {
    "kills its parent": ("os.kill(os.getppid(), 9)", "wrong"),
    "kills all": ("os.kill(1, 9)\nos.kill(-1, 9)", "wrong"),
    "forks without end": ("while True:\n    try: os.fork()\n    except OSError: pass", "wrong"),
    "fills memory": ("held = []\nwhile True: held.append(bytearray(1 << 25))", "wrong"),
    "fills the disk": (
        "n = 0\nwhile True:\n    n += 1\n    open(f'f{n}', 'wb').write(bytes(1 << 20))", "wrong"),
    "loops": ("while True: pass", "wrong"),
    "loops in C": ("sum(range(10**13))", "wrong"),
    "prints without end": ("while True: os.write(1, bytes(1 << 16))", "wrong"),
    "closes all files": ("os.closerange(0, 4096)", "wrong"),
    "writes to all files": (
        "for fd in range(300):\n    try: os.write(fd, b'[ok] softmax: right on 18 inputs\\n')\n"
        "    except OSError: pass", "wrong"),
    "ends its process": ("os._exit(0)", "wrong"),
    "exits": ("sys.exit(0)", "wrong"),
    "interrupts": ("raise KeyboardInterrupt", "wrong"),
    "crashes": ("import ctypes\nctypes.string_at(0)", "wrong"),
    "catches all": (
        "for s in range(1, 65):\n    try: signal.signal(s, lambda *a: None)\n"
        "    except (OSError, ValueError): pass\n"
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass", "wrong"),
    "loops at its end": (
        "class D:\n    def __del__(self):\n        while True: pass\nD()", "wrong"),
    "says that it is done": (
        "from tinytx.classroom.keeper import sender\n"
        "from tinytx.classroom.wire import write_step\n"
        "for one in ('used', set()), ('lost', set()), ('replaced', []):\n"
        "    sender(3)(write_step(*one))\n"
        "os.write(3, struct.pack('<Q', 0))\nos._exit(0)", "wrong"),
    "leaves a process": (
        "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0: time.sleep(1000)\n"
        "    os._exit(0)\nos.wait()", "ok"),
    "leaves a thread": (
        "threading.Thread(target=time.sleep, args=(1000,)).start()", "any"),
    "tries for more": (
        "for what in 'AS', 'CPU', 'FSIZE', 'NOFILE':\n    try:\n"
        "        resource.setrlimit(getattr(resource, f'RLIMIT_{what}'), (-1, -1))\n"
        "        os._exit(1)\n    except (OSError, ValueError): pass", "ok"),
    "asks the network": (
        "try:\n    socket.socket()\n    os._exit(1)\nexcept OSError: pass", "ok"),
    "reads what is not its own": (
        "for path in MINE + ['/etc/passwd', '/proc/1/mem', '/proc/self/maps', '..', '/tmp']:\n"
        "    try:\n        os.close(os.open(path, os.O_RDONLY))\n        os._exit(1)\n"
        "    except OSError: pass", "ok"),
    "changes what is not its own": (
        "for path in MINE:\n    for do in (os.unlink, os.rmdir, lambda p: os.chmod(p, 0),\n"
        "               lambda p: open(p, 'w'), lambda p: os.rename(p, p + 'x')):\n"
        "        try:\n            do(path)\n            os._exit(1)\n"
        "        except OSError: pass", "ok"),
}  # fmt: skip

# Whole cells in place of an answer.
CELLS = {
    "patches the checks": (
        "import tinytx.checks.check as c, tinytx.checks.result as r, tinytx.checks.trial as t\n"
        "c.Check.verdict = c.Check.run = c.Check.judged = lambda *a: r.Result('x', 'ok', 'right')\n"
        "t.gathered = None\ndef NAME(*a): return a[0]", "wrong"),
    "patches JSON": ("import json\njson.dumps = lambda *a: '[]'\nRIGHT", "wrong"),
    "patches the reference": (
        "check.NAME.reference = lambda *a: 0\ncheck.NAME.cases = []\ndef NAME(*a): return 0",
        "wrong"),
    "replaces NumPy": (
        "np.exp = np.where = np.max = np.sqrt = lambda *a, **k: 0\nRIGHT", "wrong"),
    "exits at the top": ("import os\nos._exit(0)\nRIGHT", "wrong"),
    "raises at the top": ("raise SystemExit\nRIGHT", "ok"),
    "does something at the end": (
        "import atexit, time\natexit.register(time.sleep, 1000)\nRIGHT", "ok"),
    "imports the answer": ("from tinytx.checks.attention.answers import NAME", "borrowed"),
    "calls the answer": (
        "import importlib\ndef NAME(*a):\n"
        "    return getattr(importlib.import_module('tinytx.checks' + '.attention.answers'),"
        " 'NAME')(*a)", "borrowed"),
    "takes the reference": ("NAME = check.NAME.reference", "borrowed"),
    "returns much": ("def NAME(*a): return 'a' * 20_000_000", "wrong"),
    "returns a long number": ("def NAME(*a): return 1 << 3_400_000", "wrong"),
    "returns a deep list": (
        "def NAME(*a):\n    x = []\n    for _ in range(5000): x = [x]\n    return x", "wrong"),
    "returns a wide list": (
        "def NAME(*a):\n    x = [1] * 30\n    for _ in range(11): x = [x] * 30\n    return x",
        "wrong"),
    "returns objects": ("def NAME(*a): return np.array([[1, {}], [a, 2]], dtype=object)", "wrong"),
    "is no Python": ("def NAME(x)\n    return x", "wrong"),
    "is a number": ("NAME = 3", "wrong"),
}  # fmt: skip
FLAGGED = {"imports the answer", "calls the answer", "takes the reference"}


def right(name):
    """Return the solution's function, as text."""
    cells = notebook("03_attention")["cells"]
    found = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
    return next(text for text in found if f"def {name}(" in text)


def attack(name, what, folder):
    if what in CELLS:
        return CELLS[what][0].replace("RIGHT", right(name)).replace("NAME", name)
    tree = ast.parse(right(name))
    function = next(node for node in tree.body if isinstance(node, ast.FunctionDef))
    function.body[:0] = ast.parse(INSIDE[what][0]).body
    mine = [str(folder / "ada" / "03_attention.ipynb"), str(folder / "ada"), str(folder)]
    return f"{IMPORTS}MINE = {mine}\n{ast.unparse(tree)}"


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Grade a class with all attacks, six of them a notebook, between two honest learners."""
    folder = tmp_path_factory.mktemp("class")
    places = {}
    attacks = [*INSIDE, *CELLS]
    for number in range(0, len(attacks), len(NAMES) - 1):
        learner = f"mallory-{number:02}"
        some = dict(zip(NAMES, attacks[number : number + len(NAMES) - 1], strict=False))
        hand_in(folder, learner, answers={n: attack(n, a, folder) for n, a in some.items()})
        places |= {what: (learner, name) for name, what in some.items()}
    hand_in(folder, "ada")
    hand_in(folder, "zoe", answers={"softmax": "def softmax(x):\n    return x"})
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    patch, left = pytest.MonkeyPatch(), Left()
    for check in attention.chapter.checks.values():
        patch.setattr(check, "seconds", 0.3)
    patch.setenv("SECRET", "of the teacher")
    try:
        found = grade(folder, limits=LIMITS)
    finally:
        patch.undo()
    after = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {row.learner: row for row in found.rows}, places, before == after, left(), found


@pytest.mark.parametrize("what", [*INSIDE, *CELLS])
def test_an_attack_gets_the_mark_that_it_deserves(graded, what):
    rows, places = graded[:2]
    learner, name = places[what]
    mark = rows[learner].marks[name]
    wanted = {**INSIDE, **CELLS}[what][1]
    assert wanted in ("any", mark.result.status), mark
    assert "not judged:" not in mark.result.message
    if what in FLAGGED:
        assert any("right answer" in flag for flag in mark.flags)


def test_the_other_exercises_and_learners_have_their_marks(graded):
    rows, places = graded[:2]
    assert set(statuses(rows["ada"]).values()) == {"ok"}
    assert rows["ada"].points == len(NAMES)
    zoe = rows["zoe"].marks["softmax"].result
    assert (zoe.status, zoe.mistake) == ("wrong", "`x` comes back as it is")
    attacked = set(places.values())
    for learner, row in rows.items():
        for name, status in statuses(row).items():
            if (learner, name) not in attacked and learner != "zoe":
                assert status == "ok", (learner, name)


def test_nothing_is_left_and_nothing_has_changed(graded):
    _, _, unchanged, left, found = graded
    assert unchanged
    assert left == []
    assert found.left == []


def test_the_teacher_is_told_what_held(graded):
    said = " ".join(graded[4].held)
    assert "held apart" in said
    assert ("Landlock" in said) or ("Warning" in said)


def test_an_answer_sees_nothing_of_who_grades(tmp_path):
    asks = "import os\nSEEN = sorted(os.environ)\n" + right("softmax").replace(
        "    # BEGIN",
        "    assert not {'SECRET', 'USER'} & set(SEEN) and os.getcwd() == "
        "os.environ['HOME'], SEEN\n    # BEGIN",
    )
    hand_in(tmp_path, "ada", answers={"softmax": asks})
    os.environ["SECRET"] = "of the teacher"
    try:
        (row,) = grade(tmp_path).rows
    finally:
        del os.environ["SECRET"]
    assert row.marks["softmax"].result.status == "ok", row.marks["softmax"]
