"""Calling a learner's function so that nothing it does can stop the notebook.

The call runs in a thread of its own, because that is the one time limit that works alike on Linux,
macOS and Windows and inside a notebook kernel. Alarms (`signal`) need Unix and the main thread;
a process cannot be handed a function that was typed into a cell. When the time is up, an exception
is raised inside the thread at whatever line of Python it has reached, so the verdict can say where.
What this cannot stop is a single call into C that never returns, and code that catches everything
and goes on: for that the verdict asks for a restart of the kernel.
"""

from __future__ import annotations

import contextlib
import copy
import ctypes
import io
import sysconfig
import threading
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from .values import brief, plain

SECONDS = 3.0
_PACKAGE = str(Path(__file__).parents[1])
_LIBRARIES = tuple(sysconfig.get_paths()[name] for name in ("stdlib", "purelib", "platlib"))


class _TimeUp(BaseException):
    """Raised inside a learner's function that runs for too long."""


@dataclass(frozen=True)
class Outcome:
    """What one call did: a value or an error, and what became of its arguments."""

    value: object = None
    error: str = ""  # class name of the exception; empty when a value came back
    detail: str = ""  # the first line of its message
    line: str = ""  # the learner's own line it came from, as "line 3: total += x"
    args: tuple[object, ...] = ()  # the arguments as the call left them
    printed: int = 0  # lines that the function printed, which the check hides
    stuck: bool = False  # true when the time was up and the function could not be stopped

    @property
    def timed_out(self) -> bool:
        """Whether the call was ended by the time limit."""
        return self.error == _TimeUp.__name__


def call(fn: Callable[..., object], args: tuple[object, ...], seconds: float = SECONDS) -> Outcome:
    """Call ``fn`` on a deep copy of ``args`` and return what happened; raise nothing.

    Parameters
    ----------
    fn
        Any callable. It may raise, loop, recurse, print, exit, or change its arguments.
    args
        The positional arguments. The originals are never handed out.
    seconds
        After so long the call is ended and counts as timed out.
    """
    box: list[Outcome] = []
    done = threading.Event()
    work = threading.Thread(target=_work, args=(fn, copy.deepcopy(args), box, done), daemon=True)
    sink = _Lines()
    with (
        contextlib.redirect_stdout(sink),
        contextlib.redirect_stderr(sink),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")  # NumPy's, of an overflow: the verdict says it better
        work.start()
        try:
            done.wait(seconds)
        finally:  # also when the reader presses stop: leave nothing running
            stopped = _stop(work, done)
    outcome = box[0] if box else Outcome(error=_TimeUp.__name__)
    return replace(outcome, printed=sink.count, stuck=not stopped)


def _work(
    fn: Callable[..., object], args: tuple[object, ...], box: list[Outcome], done: threading.Event
) -> None:
    try:
        value = plain(fn(*args))  # plain() walks the learner's objects, so it is inside the guard
        box.append(Outcome(value=value, args=plain(args)))
    except BaseException as error:
        box.append(Outcome(error=type(error).__name__, detail=_detail(error), line=_line(error)))
    finally:
        done.set()


def _stop(work: threading.Thread, done: threading.Event) -> bool:
    """End the thread and say whether it has ended; code that catches everything gets 20 tries.

    An event says when it is done, because in Python 3.11 a ``join`` that is interrupted takes a
    running thread for a stopped one.
    """
    for _ in range(20):
        if done.is_set():
            work.join(1.0)
            return True
        ident = ctypes.c_ulong(work.ident or 0)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, ctypes.py_object(_TimeUp))
        done.wait(0.05)
    return done.is_set()


def _detail(error: BaseException) -> str:
    try:
        return brief((str(error).strip().splitlines() or [""])[0], 160)
    except Exception:  # an exception class of the learner's own whose __str__ fails
        return ""


def _line(error: BaseException) -> str:
    """Return the innermost line that is neither this package's nor a library's."""
    own = [f for f in traceback.extract_tb(error.__traceback__) if not _foreign(f.filename)]
    return f"line {own[-1].lineno}: {own[-1].line}" if own else ""


def _foreign(filename: str) -> bool:
    return filename.startswith((_PACKAGE, *_LIBRARIES, "<frozen"))


class _Lines(io.TextIOBase):
    """Counts lines and keeps none of them: a function may print without end."""

    count = 0

    def write(self, text: str) -> int:
        self.count += text.count("\n")
        return len(text)
