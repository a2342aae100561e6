"""All calls of a learner's function for one verdict, in a copy of the process where that is safe.

On Linux the calls run in a forked copy of the process: it is ended with all that the function did
to it. So a call into C that never returns (``sum(range(10**11))``), ``os._exit()``, a crash or a
replaced ``np.exp`` leave the notebook as it was. The copy is ended by the system when one call has
had more than its share of the processor. Elsewhere, where a fork is not safe, the calls run in
threads of this process (``call.py``), and a call into C that never returns blocks the notebook.
"""

from __future__ import annotations

import dis
import faulthandler
import gc
import importlib
import importlib.util
import linecache
import os
import pickle
import re
import select
import signal
import struct
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from types import CodeType, FrameType
from typing import Any, BinaryIO

from . import intact
from .call import Outcome, TimeUp, foreign, guarded, once, outcome, series
from .pace import SLOWEST, pace
from .quiet import hidden
from .shadowed import shadowed
from .values import plain, same, shares

Args = tuple[object, ...]
CHECKS = "tinytx.checks"  # modules whose own calls are no answer's
GRACE = 1.0  # seconds of work that a call may have beyond its limit before the system ends it
FORKS = sys.platform == "linux"
# Modules that take seconds to load: an answer that needs one gets it before the clock starts.
HEAVY = {"jax", "matplotlib", "pandas", "scipy", "sklearn", "sympy", "tensorflow", "torch"}


@dataclass
class Trial:
    """What a function did: on each case, and on the first one again at the end."""

    outcomes: list[Outcome] = field(default_factory=list)
    own: set[str] = field(default_factory=set)  # names of arguments and variables in its code
    used: set[str] = field(default_factory=set)  # functions of this package that it called
    answers: set[str] = field(default_factory=set)  # right answers of the checks that it called
    replaced: list[str] = field(default_factory=list)  # names of libraries that it overwrote
    shadowed: list[str] = field(default_factory=list)  # what is said of names that it uses


def trial(fn: Callable[..., object], rows: list[Args], seconds: float) -> Trial:
    """Call ``fn`` on each of ``rows``; a time-out, or the stub of an exercise, ends the series."""
    _load(fn)
    steps = _apart(fn, rows, seconds) if FORKS else series_of(fn, rows, seconds)
    return gathered(steps, FORKS)


def gathered(steps: Iterable[tuple[str, Any]], apart: bool) -> Trial:
    """Return what the steps of :func:`series_of` tell; ``apart`` if they come from a copy."""
    found = Trial()
    for kind, what in steps:
        if kind == "outcome":  # of a copy nothing is left that could be stuck
            found.outcomes.append(replace(what, stuck=what.stuck and not apart))
        elif kind == "lost":
            found.outcomes = [
                replace(outcome, lost=i in what) for i, outcome in enumerate(found.outcomes)
            ]
        elif kind == "used":
            found.used = {name for name in what if not name.startswith(CHECKS)}
            found.answers = set(what) - found.used
        else:
            setattr(found, kind, what)
    return found


def series_of(
    fn: Callable[..., object], rows: list[Args], seconds: float
) -> Iterator[tuple[str, object]]:
    """Yield what is found out, step by step: ("own", ...), ("outcome", ...) and so on."""
    values: list[object] = []
    used: set[str] = set()
    seen: list[Outcome] = []

    def work(args: Args, watched: bool) -> Outcome:
        if watched:
            sys.setprofile(lambda frame, event, _: _note(frame, event, used))
        try:
            found, value = once(fn, args)
        finally:
            sys.setprofile(None)
        values.append(value)
        seen.append(found)
        return found

    def works() -> Iterator[Callable[[], Outcome]]:
        for number, args in enumerate(rows):
            yield partial(work, args, number == len(rows) - 1)
            if seen[0].not_started or seen[-1].timed_out:
                return

    yield "own", _names(getattr(fn, "__code__", None))
    yield "shadowed", shadowed(fn)
    outcomes: list[Outcome] = []
    for run in series(works(), seconds):
        outcomes.append(outcome(run))
        yield "outcome", outcomes[-1]
    if outcomes[0].not_started:
        return
    yield "replaced", intact.restore()  # first of all: what follows compares with NumPy
    yield "lost", _lost(outcomes, values)
    yield "used", used


def _names(code: CodeType | None) -> set[str]:
    """Return the names of a function's arguments and variables, inner functions' included."""
    if code is None:
        return set()
    return {*code.co_varnames, *code.co_cellvars}.union(*map(_names, _inner(code)))


def _inner(code: CodeType) -> Iterator[CodeType]:
    return (const for const in code.co_consts if isinstance(const, CodeType))


def _lost(outcomes: list[Outcome], values: list[object]) -> set[int]:
    """Return which results are no longer what they were, or are handed out a second time.

    The last call has the arguments of the first.
    """

    def look() -> set[int]:
        pairs = enumerate(zip(outcomes, values, strict=False))
        lost = {i for i, (got, raw) in pairs if not got.error and not same(plain(raw), got.value)}
        again = len(values) > 1 and shares(values[-1], (values[0],))
        return lost | {0} if again else lost

    return guarded(look, 1.0).value or set()


def _note(frame: FrameType, event: str, used: set[str]) -> None:
    """Keep the name of a function that is called, if it belongs to this package."""
    module = frame.f_globals.get("__name__", "")
    if event != "call" or not module.startswith("tinytx."):
        return
    answer = module.startswith(CHECKS) and module.endswith(".answers") and not _by_checks(frame)
    if answer or not module.startswith(CHECKS):
        used.add(f"{module}.{frame.f_code.co_qualname}")


def _by_checks(frame: FrameType) -> bool:
    """Return whether what is called was called by the checks, not by the learner's function."""
    caller = frame.f_back
    return caller is not None and caller.f_globals.get("__name__", "").startswith(CHECKS)


def _load(fn: Callable[..., object]) -> None:
    """Import the heavy modules that the function names, here and without a limit."""
    for name in sorted(_imports(getattr(fn, "__code__", None)) - sys.modules.keys()):
        whole = name.partition(".")[0]
        if whole in HEAVY and importlib.util.find_spec(whole):
            try:
                with hidden():
                    importlib.import_module(name)
            except Exception:  # the answer will meet the same error, and the verdict shows it
                continue


def _imports(code: CodeType | None) -> set[str]:
    """Return the modules that a function's code imports, inner functions included."""
    if code is None:
        return set()
    found = {
        str(step.argval) for step in dis.get_instructions(code) if step.opname == "IMPORT_NAME"
    }
    return found.union(*map(_imports, _inner(code)))


def _apart(
    fn: Callable[..., object], rows: list[Args], seconds: float
) -> Iterator[tuple[str, object]]:
    """Do ``_series`` in a forked copy of this process; the last step may be how it ended."""
    reading, writing = os.pipe()
    with tempfile.TemporaryFile() as where:
        child = _fork()
        if child == 0:
            os.close(reading)
            _child(fn, rows, seconds, writing, where)
        os.close(writing)
        try:
            done = yield from _received(reading, _patience(seconds))
        finally:  # also when the reader presses stop
            os.close(reading)
            os.kill(child, signal.SIGKILL)
            status = os.waitpid(child, 0)[1]
        if not done:
            yield "outcome", _ended(status, _where(where))


def _fork() -> int:
    with warnings.catch_warnings():  # Python 3.12 warns of threads; the copy uses none of them
        warnings.simplefilter("ignore")
        return os.fork()


def _patience(seconds: float) -> float:
    """Return how long to wait for a sign of the copy: beyond what its own clocks allow."""
    return 1.5 * SLOWEST * seconds * pace()


def _child(
    fn: Callable[..., object], rows: list[Args], seconds: float, pipe: int, where: BinaryIO
) -> None:
    """Send what ``series_of`` yields, and end the process, whatever happens."""
    try:
        gc.freeze()  # nothing of the notebook's is to be finalized here
        faulthandler.disable()  # of a crash the verdict speaks
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        if "torch" in sys.modules:  # its threads were not copied
            sys.modules["torch"].set_num_threads(1)
        limit = seconds * pace()
        armed = _arm(limit, where)
        for step in series_of(fn, rows, seconds):
            data = pickle.dumps(step)
            _send(pipe, struct.pack("<Q", len(data)) + data)
            if time.monotonic() - armed > limit / 4:
                armed = _arm(limit, where)
        _send(pipe, struct.pack("<Q", 0))
    finally:
        os._exit(0)


def _arm(limit: float, where: BinaryIO) -> float:
    """Have the system write down the running line, and later end the process; return the time.

    It starts a thread, which takes as long as many a call: so not before each of them.
    """
    signal.setitimer(signal.ITIMER_PROF, 1.5 * limit + GRACE)
    faulthandler.dump_traceback_later(limit + GRACE / 2, file=where)
    return time.monotonic()


def _send(pipe: int, data: bytes) -> None:
    while data:
        data = data[os.write(pipe, data) :]


def _received(pipe: int, patience: float) -> Generator[tuple[str, Any], None, bool]:
    """Yield the steps that arrive, and return whether the series came to its end."""
    buffer = b""
    while select.select([pipe], [], [], patience)[0]:
        data = os.read(pipe, 1 << 16)
        if not data:
            return False
        buffer += data
        while len(buffer) >= 8:
            size = struct.unpack("<Q", buffer[:8])[0]
            if size == 0:
                return True
            if len(buffer) < 8 + size:
                break
            yield pickle.loads(buffer[8 : 8 + size])
            buffer = buffer[8 + size :]
    return False


def _ended(status: int, line: str) -> Outcome:
    """Say how the copy ended without a result: by its limit, or by what the function did."""
    code = os.waitstatus_to_exitcode(status)
    if code in (-signal.SIGPROF, -signal.SIGKILL):
        return Outcome(error=TimeUp.__name__, line=line)
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    return Outcome(error="EndOfProcess", detail=f"the call ended the whole process ({how})")


def _where(file: BinaryIO) -> str:
    """Return the learner's own line in what ``faulthandler`` wrote, innermost first."""
    file.seek(0)
    threads = file.read().decode("utf-8", "replace").split("\n\n")
    ours = next((text for text in threads if text.rstrip().endswith("_bootstrap")), "")
    for name, number in re.findall(r'File "(.+?)", line (\d+)', ours):
        if not foreign(name):
            return f"line {number}: {linecache.getline(name, int(number)).strip()}"
    return ""
