"""Calling a function so that nothing it does can stop the notebook.

The call runs in a thread of its own, because that is the one time limit that works alike on Linux,
macOS and Windows and inside a notebook kernel. When the time is up, an exception is raised inside
the thread at whatever line of Python it has reached, so the verdict can say where. What this
cannot stop is a single call into C that never returns, and code that catches everything and goes
on: ``trial.py`` runs what learners write in a copy of the process, where the system allows it.
"""

from __future__ import annotations

import contextlib
import copy
import ctypes
import re
import sys
import sysconfig
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Any

import numpy as np

from .pace import Clock
from .quiet import hidden
from .stubs import STUB, begun
from .values import SIMPLE, brief, entangled, plain, shares

SECONDS = 3.0
STOPPING = 1.0  # seconds in which what is interrupted has to end
IMPORTING = 120.0  # seconds to wait for an import: interrupted, it would leave half a module
_SHAPES = re.compile(
    "must match the size|size mismatch|mat1 and mat2|shape .* is invalid|[Ee]xpected size|can't be"
    " broadcast|not broadcastable|match the broadcast|number of dimensions|[Ss]izes of tensors"
)
_PACKAGE = str(Path(__file__).parents[1])
_LIBRARIES = tuple(sysconfig.get_paths()[name] for name in ("stdlib", "purelib", "platlib"))


class TimeUp(BaseException):
    """Raised inside a function that runs for too long."""


@dataclass(frozen=True)
class Outcome:
    """What one call did: a value or an error, and what became of its arguments."""

    value: Any = None
    error: str = ""  # class name of the exception; empty when a value came back
    detail: str = ""  # the first line of its message
    line: str = ""  # the learner's own line it came from, as "line 3: total += x"
    args: tuple[object, ...] = ()  # the arguments as the call left them
    shared: bool = False  # true when the value is one of the arguments, or a view of one
    entangled: bool = False  # true when a list within it stands there twice, or in an argument
    lost: bool = False  # true when a later call changed the value that this one had given
    printed: int = 0  # lines that the function printed, which the check hides
    stuck: bool = False  # true when the time was up and the function could not be stopped
    starved: bool = False  # true when the machine was too busy to give it its time
    begun: bool = False  # true when it raised as the stub does, and holds more than the stub

    @property
    def timed_out(self) -> bool:
        """Whether the call was ended by the time limit."""
        return self.error == TimeUp.__name__

    @property
    def kind(self) -> str:
        """The class of the error; PyTorch's for shapes that do not fit is NumPy's, by its words."""
        shapes = self.error == "RuntimeError" and _SHAPES.search(self.detail)
        return "ValueError" if shapes else self.error

    @property
    def not_started(self) -> bool:
        """Whether the function is still the stub: PyTorch's own such errors say more."""
        return self.error == STUB and not self.detail and not self.begun

    @property
    def left(self) -> bool:
        """Whether the stub's line was reached below code of the learner's."""
        return self.begun and not self.detail and f": raise {STUB}" in self.line


def once(
    fn: Callable[..., object], args: tuple[object, ...], lines: bool = True
) -> tuple[Outcome, object]:
    """Call ``fn`` on a deep copy of ``args``; return what happened and the value as it came.

    Without ``lines`` it is not found out where an error came from, which takes longer than most
    calls.
    """
    try:
        given = _copied(args)
        with np.errstate(all="ignore"):  # of an overflow the verdict speaks
            value = fn(*given)
        # plain() walks the learner's objects, so it is inside the guard
        left, tied = plain(given), entangled(value, given)
        return Outcome(plain(value), args=left, shared=shares(value, given), entangled=tied), value
    except BaseException as error:
        kind = type(error).__name__
        line, more = _line(error) if lines else "", kind == STUB and lines and begun(fn)
        return Outcome(error=kind, detail=_detail(error), line=line, begun=more), None


def _copied(args: tuple[object, ...]) -> tuple[object, ...]:
    """Return a deep copy; most arguments are arrays, for which this takes a third of the time."""
    memo: dict[int, object] = {}
    made = []
    for arg in args:
        if type(arg) in SIMPLE:
            made.append(arg)
        elif type(arg) is np.ndarray and arg.dtype.kind in "fiubc":
            found = memo.get(id(arg))
            made.append(arg.copy("K") if found is None else found)
            memo[id(arg)] = made[-1]
        else:
            made.append(copy.deepcopy(arg, memo))
    return tuple(made)


@dataclass(frozen=True)
class Run:
    """What became of some work under a time limit."""

    value: Any  # None when the time was up
    finished: bool
    stopped: bool  # false when it is running still, and cannot be ended
    printed: int
    line: str = ""  # where it was when it could not be ended
    starved: bool = False  # true when the machine was too busy to give it its time


def call(fn: Callable[..., object], args: tuple[object, ...], seconds: float = SECONDS) -> Outcome:
    """Call ``fn`` on a deep copy of ``args`` and return what happened; raise nothing.

    Parameters
    ----------
    fn
        Any callable. It may raise, loop, recurse, print, exit, or change its arguments.
    args
        The positional arguments. The originals are never handed out.
    seconds
        After so long on an ordinary machine the call is ended and counts as timed out.
    """
    return outcome(guarded(lambda: once(fn, args)[0], seconds))


def calls(
    fn: Callable[..., object], rows: Iterable[tuple[object, ...]], seconds: float = SECONDS
) -> list[Outcome]:
    """Return what happened for each of ``rows``, as :func:`call` does; one that fails is the last.

    One thread makes all calls: to start one takes longer than most of them.

    >>> [one.value or one.error for one in calls(len, [("a",), ("bc",), (3,), ("",)])]
    [1, 2, 'TypeError']
    """
    given = list(rows)  # here, where an error of theirs is not taken for the function's
    found: list[Outcome] = []

    def work(args: tuple[object, ...]) -> Outcome:
        found.append(once(fn, args)[0])
        return found[-1]

    def works() -> Iterator[Callable[[], Outcome]]:
        for args in given:
            yield partial(work, args)
            if found[-1].error:
                return

    return [outcome(run) for run in series(works(), seconds)]


def outcome(run: Run) -> Outcome:
    """Return the outcome that a run of ``once`` has found, or that its time was up."""
    found = run.value if run.finished else Outcome(error=TimeUp.__name__, line=run.line)
    return replace(found, printed=run.printed, stuck=not run.stopped, starved=run.starved)


def guarded(work: Callable[[], object], seconds: float) -> Run:
    """Do ``work`` in a thread, for a limited time; what it prints is counted and hidden."""
    (run,) = series([work], seconds)
    return run


def series(works: Iterable[Callable[[], object]], seconds: float) -> Iterator[Run]:
    """Do all ``works`` in one thread, each for a limited time; one whose time is up is the last.

    The thread asks for the next work itself. What is printed meanwhile is counted and hidden.
    """
    found: SimpleQueue[Run | None] = SimpleQueue()
    done = threading.Event()
    ended = Run(None, False, True, 0)

    def run() -> None:
        try:
            for work in works:
                before = sink.count
                found.put(Run(work(), True, True, sink.count - before))
            done.set()  # before what follows is read: who is done is not to be stopped
            found.put(None)
        except TimeUp:  # that no value comes says so
            pass
        finally:
            done.set()
            found.put(ended)

    with hidden() as sink:
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            while (one := _awaited(found, clock := Clock(seconds))) and one.finished:
                yield one
        except Empty:
            one = ended
        finally:  # also when the reader presses stop: leave nothing running
            stopped = _stop(thread, done)
    if one is not None:
        with contextlib.suppress(Empty):  # where it was stopped
            one = found.get_nowait() or one
        line = "" if stopped else _own(traceback.extract_stack(_frame(thread)))
        yield replace(one, stopped=stopped, line=line, starved=clock.starved)


def _awaited(found: SimpleQueue[Run | None], clock: Clock) -> Run | None:
    """Return what comes next; raise ``Empty`` if the time is up."""
    while True:
        try:
            return found.get(timeout=clock.left())
        except Empty:
            if clock.over():
                raise


def raise_in(ident: int) -> None:
    """Raise ``TimeUp`` inside the thread of that number, at its next line of Python."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(TimeUp))


def _stop(thread: threading.Thread, done: threading.Event) -> bool:
    """End the thread and say whether it has ended; code that catches everything is given a second.

    An event says when it is done, because in Python 3.11 a ``join`` that is interrupted takes a
    running thread for a stopped one.
    """
    patience = time.monotonic() + IMPORTING
    while not done.is_set() and _imports(thread) and time.monotonic() < patience:
        done.wait(0.1)
    clock = Clock(STOPPING)
    while not done.is_set() and not clock.up():
        raise_in(thread.ident or 0)
        done.wait(0.05)
    if done.is_set():
        thread.join(1.0)
        return True
    _take_back()
    return done.is_set()


def _take_back() -> None:
    """Clear the sign that an exception waits in some thread, by taking one in this.

    Python 3.11 keeps the sign up until a thread takes its exception, and a thread with a profiler
    then does not get beyond the first line of a function: the next verdict's calls would time out.
    The stuck thread has its exception still, and puts the sign up again when it goes on.
    """
    with contextlib.suppress(TimeUp):
        raise_in(threading.get_ident())
        while True:  # it comes at one of the next jumps
            pass


def _imports(thread: threading.Thread) -> bool:
    """Return whether the thread is inside an import."""
    frame = _frame(thread)
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def _frame(thread: threading.Thread) -> FrameType | None:
    return sys._current_frames().get(thread.ident or 0)


def _detail(error: BaseException) -> str:
    try:
        return brief((str(error).strip().splitlines() or [""])[0], 160)
    except Exception:  # an exception class of the learner's own whose __str__ fails
        return ""


def _line(error: BaseException) -> str:
    """Return the innermost line that is neither this package's nor a library's."""
    return _own(traceback.extract_tb(error.__traceback__))


def _own(stack: traceback.StackSummary) -> str:
    own = [frame for frame in stack if not foreign(frame.filename)]
    return f"line {own[-1].lineno}: {own[-1].line}" if own else ""


def foreign(filename: str) -> bool:
    """Return whether a file is this package's or a library's, not the learner's.

    ``<string>`` is what was made of a string: a lambda that an exercise hands over, for instance.
    """
    return filename.startswith((_PACKAGE, *_LIBRARIES, "<frozen", "<string>"))
