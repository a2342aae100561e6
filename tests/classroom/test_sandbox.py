"""A sandbox holds with what the system grants, and what it grants less it says."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import fields

import numpy as np
import pytest

from tinytx.checks import pace
from tinytx.checks.call import Outcome
from tinytx.checks.values import Foreign, untouched
from tinytx.classroom import linux, pool
from tinytx.classroom.limits import Held, Limits
from tinytx.classroom.sandbox import LATE, STARVED, Sandbox
from tinytx.classroom.wire import pack, read_step, unpack, write_step

from .left import Left

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="copies of a process are Linux's")


# --- values as bytes

VALUES = [
    None, True, 1, -(2**70), 10**5000, 1.5, float("inf"), 2j, "a\udc80", b"\x00", [1, (2, [])],
    {1, 2}, frozenset({"a"}), {"a": {(1, 2): [None]}}, Foreign("generator"), np.zeros((0, 3)),
    np.arange(6, dtype="int8").reshape(2, 3).T, np.array([np.nan, -0.0]), np.array(["a", "bc"]),
    np.array([True]), np.array(3.5, dtype="float32"), np.array(["2020-01-01"], dtype="M8[D]"),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_comes_back_as_it_was(value):
    _, step = read_step(write_step("outcome", Outcome(value, args=(value,), printed=3)))
    assert untouched(step.value, value)
    assert untouched(step.args, (value,))
    assert step.printed == 3


def test_an_array_of_objects_comes_back_too():
    array = np.array([[1, "a"], [None, (2,)]], dtype=object)
    again = unpack(pack(array))
    assert again.dtype == object
    assert again.tolist() == array.tolist()


def test_all_that_was_seen_of_a_call_comes_back():
    seen = {one.name: True for one in fields(Outcome) if one.type in (bool, "bool")}
    _, step = read_step(write_step("outcome", Outcome([1], **seen)))
    assert {name: getattr(step, name) for name in seen} == seen


def test_what_holds_code_does_not_come_through():
    class Odd:
        def __reduce__(self):
            return os.system, ("echo",)

    assert unpack(pack([Odd(), len])) == [
        Foreign("Odd"),
        Foreign("builtin_function_or_method"),
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{}", b"[1, 2]", b"[" * 100_000, b"1" * 10_000, b'["outcome", [1, 2]]',
        b'["outcome", [1, ["t", []], {"error": 1}]]', b'["x", ["q", 1]]', b'["used", ["S"]]',
        b'["used", ["a", "<f8", [1000000000000], ""]]', b'["used", ["a", "O", [1], "AAAA"]]',
        b'["used", ["a", "<f8", [-1], ""]]', b'["used", ["d", [[["l", []], 1]]]]',
        b'["used", ["i", "zz"]]', b'["used", ["b", "\xff"]]', b'["used", ["o", [2], [1]]]',
        b'["used", ' + b'["l", [' * 100 + b"]]" * 100 + b"]",
    ],
)  # fmt: skip
def test_what_no_check_sends_is_refused_in_one_way(data):
    with pytest.raises(ValueError, match=r"step|value"):
        read_step(data)


# --- copies of this process


@LINUX
def test_each_thing_has_a_copy_of_its_own_and_a_failure_costs_itself_alone():
    def work(thing):
        if thing == 1:
            raise ValueError("one\nis odd")
        if thing == 2:
            os._exit(3)
        if thing == 3:
            time.sleep(60)
        return thing, os.getpid()

    left = Left()
    found = dict(pool.each(work, range(6), 3, 1.0))
    assert found[1] == pool.Failed("one is odd")
    assert found[2] == pool.Failed("its process ended before it was done")
    assert found[3] == pool.Failed("it took too long")
    assert [found[i][0] for i in (0, 4, 5)] == [0, 4, 5]
    assert len({found[i][1] for i in (0, 4, 5)} | {os.getpid()}) == 4
    assert left() == []


@LINUX
def test_what_a_copy_leaves_behind_is_ended_and_nothing_else_is():
    def work(thing):
        if os.fork() == 0:
            os.setsid()
            os.closerange(3, 1000)
            time.sleep(600)
        return thing

    left = Left()
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as other:
        try:
            assert dict(pool.each(work, [1, 2, 3], 2, 20.0)) == {0: 1, 1: 2, 2: 3}
            assert [one.pid for one in left()] == [other.pid]
        finally:
            other.kill()


def test_without_copies_all_is_done_here(monkeypatch):
    monkeypatch.setattr(pool, "FORKS", False)
    found = dict(pool.each(lambda thing: (1 / thing, os.getpid()), [1, 0], 2, 1.0))
    assert found[0] == (1.0, os.getpid())
    assert isinstance(found[1], pool.Failed)


# --- the sandbox

QUICK = Limits(seconds=2, work=3, memory=128 << 20, written=4 << 20, processes=20)


def seen(work, folder, limits=QUICK):
    """Run one work in a sandbox; return its messages, how it was kept, and how it was ended.

    In a copy of this process: which has no threads, and takes what a sandbox changes with it.
    """

    def run(_):
        box = Sandbox([work], limits, str(folder))
        messages = list(box.run(0))
        box.close()
        # A limit of a moment may be over, on a busy machine, before it could say how it was kept.
        held = Held.read(messages.pop(0)) if messages else None
        return [message.decode() for message in messages], held, box.ended, box.status

    ((_, found),) = pool.each(run, [0], 1, 60.0)
    assert not isinstance(found, pool.Failed), found
    return found


@pytest.fixture(params=["all", "no namespaces", "no Landlock", "nothing"])
def system(request, monkeypatch):
    """Let the system grant less: containers and older kernels do."""
    if request.param in ("no namespaces", "nothing"):
        monkeypatch.setattr(linux, "apart", lambda: False)
    if request.param in ("no Landlock", "nothing"):
        monkeypatch.setattr(linux, "fence", lambda *_: 0)
    if request.param == "nothing":
        monkeypatch.setattr(linux, "refuse_calls", lambda: False)
    return request.param


@LINUX
def test_it_tells_what_it_was_granted(system, tmp_path):
    _, held, ended, status = seen(lambda send: send(b"x"), tmp_path)
    said = " ".join(held.lines())
    if system in ("no namespaces", "nothing"):
        assert not held.tree
        assert not held.disk
    if system in ("no Landlock", "nothing"):
        assert held.fence == 0
    assert ("Warning" in said) == (not (held.fence or held.disk))
    assert ("network was within" in said) == (not (held.tree or held.calls))
    assert (ended, status) == ("", 0)


@pytest.mark.parametrize(
    ("held", "files", "network"),
    [
        (Held(), True, True),
        (Held(shared=True), True, True),
        (Held(disk=True), False, True),
        (Held(fence=4), False, True),
        (Held(tree=True), True, False),
        (Held(calls=True), True, False),
        (Held(tree=True, disk=True, fence=4, calls=True), False, False),
    ],
)
def test_what_the_system_did_not_grant_is_said(held, files, network):
    first, *warnings = held.lines()
    assert ("(Landlock 4)" in first, "(seccomp)" in first) == (held.fence == 4, held.calls)
    assert ("share one process" in first) is held.shared
    said = [words in " ".join(warnings) for words in ("read and write files", "The notebooks had")]
    assert said == [files, files]
    assert ("Warning: the network was within its reach." in warnings) is network
    assert len(warnings) == files + network


def tried(path):
    """Return what a process can do to a file."""

    def work(send):
        for do in (lambda: path.read_text(), lambda: path.write_text("x"), lambda: path.chmod(0)):
            try:
                do()
                send(b"done")
            except OSError:
                send(b"refused")

    return work


@LINUX
def test_files_of_others_are_out_of_reach(system, tmp_path):
    other, own = tmp_path / "other", tmp_path / "own"
    other.write_text("marks")
    own.mkdir()
    said, held, *_ = seen(tried(other), own)
    if held.fence:
        assert said == ["refused"] * 3
    elif held.disk:
        assert said == ["done", "refused", "refused"]
    if held.fence or held.disk:
        assert other.read_text() == "marks"
    else:
        assert system == "nothing"


@LINUX
def test_nothing_goes_on_when_it_has_ended(system, tmp_path):
    def work(send):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                time.sleep(600)
            os._exit(0)
        os.wait()
        send(b"started")

    left = Left()
    said, *_ = seen(work, tmp_path)
    assert said == ["started"]
    assert left() == []


def fill(send):
    held = []
    while True:
        held.append(b"x" * (1 << 22))


def fill_disk(send):
    with open("f", "wb") as file:
        while True:
            file.write(bytes(1 << 20))
            file.flush()


def fill_many(send):
    for number in range(10_000):
        with open(f"f{number}", "wb") as file:
            file.write(bytes(1 << 16))
        time.sleep(0.002)


def fork(send):
    while True:
        try:
            os.fork()
        except OSError:
            time.sleep(0.01)


def wait(send):
    time.sleep(600)


def spin(send):
    while True:
        pass


def spin_together(send):
    for _ in range(3):
        if os.fork() == 0:
            spin(send)
    time.sleep(600)


def flood(send):
    while True:
        send(bytes(1 << 20))


@LINUX
@pytest.mark.parametrize(
    "work", [fill, fill_disk, fill_many, fork, wait, spin, spin_together, flood]
)
def test_a_limit_ends_it(work, system, tmp_path):
    left, before, more = Left(), time.monotonic(), {"answer": 8 << 20, "seconds": 0.5}
    _, held, ended, status = seen(work, tmp_path, Limits(**{**vars(QUICK), **more}))
    assert ended or status != 0 or work in (fill, fill_disk, fill_many)
    assert time.monotonic() - before < 50
    if not held.disk:
        size = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
        assert size < 64 << 20
    assert left() == []


@LINUX
def test_work_counts_of_all_processes_together(tmp_path):
    most = Limits(**{**vars(QUICK), "work": 0.5, "seconds": 30})
    _, _, ended, _ = seen(spin_together, tmp_path, most)
    assert ended == "its processes took more than 1 seconds of the processor"


def nap(send, seconds=1.0):
    time.sleep(seconds)
    send(b"awake")


def long_nap(send):
    nap(send, 60.0)


@pytest.fixture
def idle(monkeypatch):
    """An ordinary machine with nothing else to do, as far as clocks can tell."""
    monkeypatch.setattr(pace, "pace", lambda: 1.0)
    monkeypatch.setattr(pace, "share", lambda: 1.0)


@LINUX
def test_on_a_busy_machine_the_clock_on_the_wall_ends_nobody(tmp_path, monkeypatch, idle):
    """What took its second beside others was ended after half of one, as if it looped."""
    most = Limits(**{**vars(QUICK), "seconds": 0.4})
    said, _, ended, _ = seen(long_nap, tmp_path, most)
    assert (said, ended) == ([], f"{LATE}: 0.4 seconds for one exercise")
    monkeypatch.setattr(pace, "share", lambda: 0.1)
    said, _, ended, _ = seen(nap, tmp_path, most)
    assert (said, ended) == (["awake"], "")


@LINUX
def test_who_is_given_hardly_any_time_is_told_so(tmp_path, monkeypatch):
    monkeypatch.setattr(pace, "share", lambda: 0.001)
    monkeypatch.setattr(pace, "SLOWEST", 2.0)
    most = Limits(**{**vars(QUICK), "seconds": 0.2})
    said, _, ended, _ = seen(nap, tmp_path, most)
    assert (said, ended) == ([], STARVED)


@LINUX
def test_a_notebook_has_a_time_of_its_own(tmp_path, idle):
    said, _, ended, _ = seen(long_nap, tmp_path, Limits(**{**vars(QUICK), "notebook": 0.3}))
    assert (said, ended) == ([], f"{LATE}: 0.3 seconds for the whole notebook")


@LINUX
def test_no_limit_can_be_raised_again(system, tmp_path):
    def work(send):
        import resource

        for name in ("AS", "CPU", "FSIZE", "NOFILE", "CORE"):
            kind = getattr(resource, f"RLIMIT_{name}")
            soft, hard = resource.getrlimit(kind)
            try:
                resource.setrlimit(kind, (hard + 1, hard + 1))
                send(name.encode())
            except (OSError, ValueError):
                send(b"refused" if soft == hard else b"soft")

    assert seen(work, tmp_path)[0] == ["refused"] * 5


@LINUX
def test_nothing_is_open_but_its_pipe(tmp_path):
    def work(send):
        found = [n for n in range(1000) if _is_open(n)]
        send(str(found).encode())

    assert seen(work, tmp_path)[0] == ["[0, 1, 2, 3]"]


def _is_open(number):
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
