"""What careless and hostile answers do, and that the notebook and the verdict survive it."""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from tinytx.checks import Check, intact, pace, trial
from tinytx.checks.edits import Answer, Edit, Mistake, Way


def root(x):
    return np.sqrt(x)


def make(**changes):
    cases = [(np.array([1.0, 4.0]),), (np.array([9.0, 16.0]),), (np.array([[25.0]]),)]
    settings = {"reference": root, "cases": cases, "mistakes": [], "seconds": 0.3, **changes}
    return Check("root", "root(x)", section="Roots", **settings)


def said(fn, **changes):
    return " ".join(str(make(**changes).run(fn)).split())


forked = pytest.mark.skipif(not trial.FORKS, reason="calls run in a copy of the process on Linux")
both = pytest.mark.parametrize("forks", [True, False] if trial.FORKS else [False])


@pytest.fixture(autouse=True)
def _forks(request, monkeypatch):
    if "forks" in request.fixturenames:
        monkeypatch.setattr(trial, "FORKS", request.getfixturevalue("forks"))


@forked
@pytest.mark.parametrize(
    "fn",
    [lambda x: sum(range(10**11)), lambda x: re.match(r"(a+)+$", "a" * 40 + "b")],
    ids=["sum", "regex"],
)
def test_a_call_into_c_that_never_returns_gets_a_verdict(fn, monkeypatch):
    monkeypatch.setattr(trial, "GRACE", 0.2)
    start = time.monotonic()
    text = said(fn)
    assert "still running after 0.3 seconds" in text
    assert "In your line" in text
    assert "restart" not in text
    assert time.monotonic() - start < 30 * pace.pace()


def test_what_cannot_be_ended_leaves_the_next_verdict_alone(monkeypatch):
    """A call that waits in C has its exception still to come when the next answer is called."""
    monkeypatch.setattr(trial, "FORKS", False)
    check = make()
    lock = threading.Lock()

    def waits(x):
        with lock:
            return np.sqrt(x)

    with lock:
        text = check.run(waits).message
        assert "still running after 0.3 seconds" in text
        assert "It cannot be stopped: restart the kernel." in text
        assert check.run(root).status == "ok"


@forked
def test_what_ends_the_process_ends_a_copy():
    assert "the call ended the whole process (exit code 3)" in said(lambda x: os._exit(3))
    assert "(signal 6)" in said(lambda x: os.abort())


@both
@pytest.mark.parametrize("leave", [sys.exit, exit, quit], ids=["sys.exit", "exit", "quit"])
def test_leaving_is_an_error_of_the_answer(forks, leave):
    assert "[x] root: SystemExit" in said(lambda x: leave())


@both
def test_nobody_is_asked(forks):
    assert "input() asks a person" in said(lambda x: input())


@both
@pytest.mark.parametrize("target", ["numpy.exp", "numpy.isclose", "math.exp", "builtins.sum"])
def test_a_replaced_function_is_noticed_and_put_back(forks, target):
    module, name = target.split(".")
    original = getattr(sys.modules[module], name)

    def answer(x):
        setattr(sys.modules[module], name, lambda *a, **k: True)
        return np.sqrt(x)

    assert f"the function replaces {target}" in said(answer)
    assert getattr(sys.modules[module], name) is original


def test_a_function_replaced_in_a_cell_is_put_back_and_said():
    original = np.isclose
    try:
        np.isclose = lambda *a, **k: np.array(True)
        text = said(lambda x: x)
        assert "numpy.isclose had been replaced, and is put back" in text
        assert np.isclose is original
        assert math.exp in vars(math).values()
    finally:
        np.isclose = original
    assert said(lambda x: x).startswith("[x] root: the only entry differs")


def test_nothing_is_replaced_as_a_rule():
    assert intact.restore() == []


@both
def test_what_comes_back_has_to_be_new(forks):
    check = {"reference": lambda x: np.array(x)}
    assert "or shares its memory" in said(lambda x: x, **check)
    assert "or shares its memory" in said(lambda x: x[:], **check)
    assert said(lambda x: x, new=False, **check).startswith("[ok]")
    assert said(lambda x: x.copy(), **check).startswith("[ok]")


@both
def test_a_buffer_that_is_used_again_is_noticed(forks):
    buffer = np.zeros(2)

    def fills(x):
        out = buffer[: x.size].reshape(x.shape)
        out[...] = np.sqrt(x)
        return out

    assert "a later call changes what an earlier one had given back" in said(fills)


@both
def test_a_result_that_two_calls_hand_out_is_noticed(forks):
    known, roots = {}, {}

    def remembers(x):
        return known.setdefault(x.tobytes(), np.sqrt(x))

    def copies(x):
        return roots.setdefault(x.tobytes(), np.sqrt(x)).copy()

    assert "had given back, or gives it out again" in said(remembers)
    assert said(copies).startswith("[ok]")


@both
def test_what_comes_back_is_not_what_a_list_held(forks):
    check = {"reference": lambda xs: [x * 1 for x in xs], "cases": [([np.ones(2)],)]}
    assert "or shares its memory" in said(lambda xs: list(xs), **check)
    assert said(lambda xs: [x.copy() for x in xs], **check).startswith("[ok]")


@both
def test_a_stub_of_pytorch_is_no_stub(forks):
    def meta(x):
        import torch

        return torch.zeros(2, device="meta")

    assert "[x] root: NotImplementedError: Cannot copy out of meta tensor" in said(meta)


def test_heavy_modules_are_loaded_before_the_clock_starts():
    """In a process of its own: here such a module may be loaded already; PyTorch takes longer."""
    code = """if True:
        import sys
        import numpy as np
        from tinytx.checks import Check
        def answer(x):
            def inner():
                import matplotlib.colors as colors
                return colors
            inner()
            return np.sqrt(x)
        check = Check("f", "f(x)", np.sqrt, [(np.ones(2),)], [], "S", seconds=0.05)
        assert "matplotlib" not in sys.modules
        print(check.run(answer).status, "matplotlib" in sys.modules)
    """
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert run.stdout == "ok True\n", run.stderr


def test_an_import_is_not_interrupted(tmp_path, monkeypatch):
    (tmp_path / "slow_to_load.py").write_text("import time\ntime.sleep(1)\nvalue = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(trial, "FORKS", False)

    def answer(x):
        import slow_to_load

        return np.sqrt(x) * slow_to_load.value

    assert said(answer).startswith("[ok]")
    assert sys.modules.pop("slow_to_load").value == 1


@both
def test_a_function_of_the_package_is_right_and_not_the_learners(forks):
    from tinytx.manual.softmax import softmax_forward

    settings = {"reference": lambda x: softmax_forward(x)[0], "own": ("softmax_forward",)}
    right = "[=] root: right, and not yours: tinytx.manual.softmax.softmax_forward does it all"
    assert said(lambda x: softmax_forward(x)[0], **settings).startswith(right)
    assert make(**settings).run(lambda x: softmax_forward(x)[0]).points == 0

    def own(x):
        e = np.exp(x - x.max(-1, keepdims=True))
        return e / e.sum(-1, keepdims=True)

    assert said(own, **settings).startswith("[ok]")


def test_limits_are_stretched_where_the_machine_is_slow(monkeypatch):
    assert 1 <= pace.pace() <= pace.SLOWEST

    def slower_by(factor):
        monkeypatch.setattr("tinytx.checks.pace.pace", lambda: factor)
        monkeypatch.setattr("tinytx.checks.trial.pace", lambda: factor)

    def takes(seconds):
        def root(x):
            until = time.process_time() + seconds
            while time.process_time() < until:
                pass
            return np.sqrt(x)

        return root

    slower_by(1.0)  # so long that also a clock that looks late finds it running
    assert "still running" in said(takes(10.0), seconds=0.05)
    slower_by(20.0)
    assert said(takes(0.15), seconds=0.05).startswith("[ok]")


class Machine:
    """Clocks that go on as the test says, and how much of a core a thread gets."""

    def __init__(self, monkeypatch, share):
        self.wall, self.work, self.share, self.asked = 100.0, 5.0, share, 0
        monkeypatch.setattr(pace, "time", self)
        monkeypatch.setattr(pace, "pace", lambda: 1.0)
        monkeypatch.setattr(pace, "share", self._share)

    def monotonic(self):
        return self.wall

    def process_time(self):
        return self.work

    def _share(self):
        self.asked += 1
        return self.share

    def ends_after(self, clock, works):
        """Return the seconds on the wall after which the clock is over; a part of them is work."""
        start = self.wall
        while True:
            step = clock.left()
            self.wall, self.work = self.wall + step, self.work + works * step
            if clock.over():
                return self.wall - start


def test_on_an_idle_machine_what_works_and_what_sleeps_are_ended_in_time(monkeypatch):
    machine = Machine(monkeypatch, share=1.0)
    assert machine.ends_after(pace.Clock(3.0), works=1.0) == pytest.approx(3.0)
    assert machine.ends_after(pace.Clock(3.0), works=4.0) == pytest.approx(3.0)  # four threads
    assert machine.asked == 0
    assert machine.ends_after(pace.Clock(3.0), works=0.0) == pytest.approx(3.0)
    assert machine.ends_after(pace.Clock(3.0), works=0.5) == pytest.approx(3.0)
    assert machine.asked == 2 * pace.LOOKS


@pytest.mark.parametrize("share", [0.5, 0.08])
def test_on_a_busy_machine_a_call_gets_as_much_work_as_on_an_idle_one(share, monkeypatch):
    machine = Machine(monkeypatch, share)
    assert share * machine.ends_after(pace.Clock(3.0), works=share) == pytest.approx(3.0, rel=0.1)
    assert share * machine.ends_after(pace.Clock(3.0), works=0.0) == pytest.approx(3.0, rel=0.1)


def test_who_gets_next_to_nothing_of_a_core_is_no_endless_loop(monkeypatch):
    """Two seconds of a hundred: that was taken for a sleep, at three seconds on the wall."""
    machine = Machine(monkeypatch, share=0.02)
    clock = pace.Clock(3.0)
    assert machine.ends_after(clock, works=0.02) == pytest.approx(3.0 * pace.SLOWEST, rel=0.1)
    assert clock.starved
    for share in (0.08, 1.0):
        machine.share, clock = share, pace.Clock(3.0)
        assert not clock.starved
        machine.ends_after(clock, works=0.0)
        assert not clock.starved


def test_to_who_was_given_no_time_the_verdict_says_so(monkeypatch):
    monkeypatch.setattr(trial, "FORKS", False)
    monkeypatch.setattr(pace, "share", lambda: 0.001)
    monkeypatch.setattr(pace, "SLOWEST", 2.0)

    def naps(x):  # and can be ended
        while True:
            time.sleep(0.01)

    text = said(naps, seconds=0.1)
    assert text.startswith("[x] root: not finished, because this machine is busy")
    assert "a loop" not in text


def test_a_moment_of_rest_does_not_end_who_was_kept_waiting(monkeypatch):
    machine = Machine(monkeypatch, share=0.05)
    clock = pace.Clock(3.0)
    machine.wall += 2.9
    assert not clock.over()
    machine.share = 1.0
    machine.wall += 0.2
    assert not clock.over()
    assert machine.ends_after(clock, works=0.0) < 3.0


def test_a_machine_that_stood_still_is_no_endless_loop(monkeypatch):
    """A notebook's sleep of a second met one of ten, and was called an endless loop."""
    machine = Machine(monkeypatch, share=1.0)
    clock = pace.Clock(3.0)
    machine.wall += clock.left() + 10.0
    assert not clock.over()
    assert machine.ends_after(clock, works=0.0) == pytest.approx(2.25)
    assert not clock.starved


def test_a_look_is_due_after_the_time_that_was_asked_for(monkeypatch):
    machine = Machine(monkeypatch, share=1.0)
    clock = pace.Clock(4.0)
    machine.wall += 0.99
    assert clock.wait == pytest.approx(0.01)
    machine.wall += 0.02
    assert clock.wait == 0.0
    assert not clock.over()
    assert clock.wait == pytest.approx(1.0)


def test_how_busy_the_machine_is_is_measured():
    assert 0 < pace.share() <= 1


def test_what_sleeps_is_ended_by_the_clock_on_the_wall():
    """In the time that the machine leaves to a thread that works, as this one could."""
    clock = pace.Clock(0.1)
    start = time.monotonic()
    while not clock.over():
        time.sleep(clock.left())
    assert clock.limit <= time.monotonic() - start < 2 * pace.SLOWEST * clock.limit


def line(x, w, b):
    return x @ w + b


TEXT = "def line(x, w, b):\n    return x @ w + b\n"
SLIPS = {"the weight is turned": "@ w → @ w.T", "the bias is taken away": "+ b → - b",
         "the input is negative": "x @ → -x @", "the bias is doubled": "+ b → + 2 * b"}  # fmt: skip


def pairs(*names, cases=None):
    answer = Answer("line", TEXT, {})
    mistakes = [
        Mistake(n, f"WHY {n}.", "LOOK.", ways=(Way(answer, edit.apply(TEXT), edit),))
        for n, edit in ((n, Edit.of(TEXT, [SLIPS[n]])) for n in names)
    ]
    rng = np.random.default_rng(0)
    cases = cases or [
        (rng.standard_normal((n, 3)), rng.standard_normal((3, 3)), rng.standard_normal(3))
        for n in (1, 2, 3)
    ]
    return Check("line", "line(x, w, b)", line, cases, mistakes, "Lines")


def test_two_mistakes_at_once_are_both_named():
    result = pairs(*SLIPS).run(lambda x, w, b: np.einsum("ti,oi->to", x, w) - b)
    assert set(result.mistakes) == {"the weight is turned", "the bias is taken away"}
    assert result.mistake == ""
    text = result.message
    assert text.startswith("two mistakes at once: the weight is turned; and the bias is")
    assert "WHY the weight is turned." in text
    assert "WHY the bias is taken away." in text


def test_two_mistakes_are_not_named_when_two_pairs_fit():
    names = ("the bias is taken away", "the bias is doubled", "the weight is turned")
    wrong = lambda x, w, b: x @ w.T - b  # noqa: E731
    both = pairs(*names).run(wrong)
    assert set(both.mistakes) == {"the weight is turned", "the bias is taken away"}
    check = pairs(*names)
    check.mistakes.append(Mistake("the twin", "WHY.", "LOOK.", ways=check.mistakes[0].ways))
    assert check.run(wrong).mistakes == ()


def test_what_one_slip_explains_is_not_called_two():
    """Here -x @ w and the bias taken away is the same as all of it turned round."""
    check = pairs("the bias is taken away", "the bias is doubled", "the input is negative")
    result = check.run(lambda x, w, b: -(x @ w) - b)
    assert result.mistakes == ("the result has the opposite sign",)


def test_two_mistakes_need_two_wrong_values_that_say_something():
    one = [(np.ones((1, 3)), np.arange(9.0).reshape(3, 3), np.ones(3))]
    wrong = lambda x, w, b: x @ w.T - b  # noqa: E731
    assert pairs(*SLIPS, cases=one).run(wrong).mistakes == ()
    assert len(pairs(*SLIPS, cases=[*one, (2 * one[0][0], *one[0][1:])]).run(wrong).mistakes) == 2
    fails = lambda x, w, b: x @ w[:2] - b  # noqa: E731
    assert pairs(*SLIPS).run(fails).mistakes == ()


def test_who_does_all_that_goes_wrong_needs_no_second():
    """The sign of k explains each wrong value; that it is right for k < 0 is no mistake."""
    text = "def line(x, w, k):\n    return x + k * w\n"
    answer = Answer("line", text, {})
    mistakes = []
    for name, change in {"k is negative": "+ k → + -k", "k has no sign": "k * → abs(k) *"}.items():
        edit = Edit.of(text, [change])
        mistakes.append(Mistake(name, "WHY.", "LOOK.", ways=(Way(answer, edit.apply(text), edit),)))
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 6))
    cases = [(x[:n], w[:n], k) for n, k in ((2, 1), (3, 2), (4, -1), (5, -2), (6, 3))]
    check = Check("line", "line(x, w, k)", lambda x, w, k: x + k * w, cases, mistakes, "Lines")
    (pair,) = check.pairs
    assert check.run(pair.make()).mistakes == ()
    assert check.run(lambda x, w, k: x + k * -w).mistakes == ("k is negative",)


def test_an_answer_with_one_mistake_is_called_by_one_name():
    assert pairs(*SLIPS).run(lambda x, w, b: x @ w.T + b).mistakes == ("the weight is turned",)


def test_two_edits_that_loop_for_ever_are_passed_over():
    text = "def count(n):\n    i = 0\n    while i < n:\n        i += 1\n    return [i, n]\n"
    answer = Answer("count", text, {})
    changes = {"it starts late": "i = 0 → i = 1", "it stands still": "i += 1 → i += 0",
               "it goes on": "[i, n] → [i + 1, n]"}  # fmt: skip
    mistakes = []
    for name, change in changes.items():
        edit = Edit.of(text, [change])
        mistakes.append(Mistake(name, "WHY.", "LOOK.", ways=(Way(answer, edit.apply(text), edit),)))

    def count(n):
        return [max(n, 0), n]

    check = Check("count", "count(n)", count, [(0,), (1,), (-2,), (-3,), (3,)], mistakes, "Loops")
    result = check.run(lambda n: [max(n, 1) + 1, n])
    assert set(result.mistakes) == {"it starts late", "it goes on"}
    assert check.run(lambda n: [7, 7]).mistakes == (
        "the same comes back on every input of the check: [7, 7]",
    )


def test_shapes_that_do_not_fit_are_one_error_in_numpy_and_pytorch():
    import torch

    rng = np.random.default_rng(0)
    cases = [
        (rng.standard_normal((2, 3)), rng.standard_normal((4, 3)), rng.standard_normal(4)),
        (rng.standard_normal((1, 2)), rng.standard_normal((2, 2)), rng.standard_normal(2)),
    ]
    text = "def line(x, w, b):\n    return x @ w.T + b\n"
    edit = Edit.of(text, ["w.T → w"])
    way = Way(Answer("line", text, {}), edit.apply(text), edit)
    known = [Mistake("the weight is not turned", "WHY.", "LOOK.", ways=(way,))]
    check = Check("line", "line(x, w, b)", lambda x, w, b: x @ w.T + b, cases, known, "Lines")

    def in_torch(x, w, b):
        return torch.tensor(x) @ torch.tensor(w) + torch.tensor(b)

    assert check.run(in_torch).mistake == "the weight is not turned"
    assert check.run(lambda x, w, b: in_torch(x, w, b) if len(x) == 1 else 1 // 0).mistakes == ()
