"""Some work for each of many things, each in a copy of this process, a few at once.

What runs here is this package's own code on what learners have written: a file that takes for ever
to read, or fills the memory, costs itself and nothing else. The result comes back through a pipe
that only the copy has.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import selectors
import signal
import sys
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ..checks.pace import Clock
from . import linux

FORKS = sys.platform == "linux"
T = TypeVar("T")


@dataclass(frozen=True)
class Failed:
    """What stands for a result that did not come."""

    reason: str


@dataclass
class _Copy:
    index: int
    pid: int
    pipe: int
    clock: Clock
    data: bytearray = field(default_factory=bytearray)


def each(
    work: Callable[[T], object], things: Sequence[T], jobs: int, seconds: float
) -> Iterator[tuple[int, Any]]:
    """Yield the number of each thing with what ``work`` makes of it, as they are done.

    A result is a :class:`Failed` where ``work`` raised, ended the process, or took longer than
    ``seconds``, less what the machine kept it waiting. Without ``fork`` all runs in this process,
    and nothing ends it.
    """
    if not FORKS:
        for index, thing in enumerate(things):
            yield index, _tried(work, thing)
        return
    before = {*linux.children(os.getpid())}
    linux.prctl(linux.DUMPABLE, 0)  # no other process of this user reads or writes its memory
    linux.prctl(linux.SUBREAPER)  # what a copy leaves behind is handed to this one
    waiting, running = deque(enumerate(things)), selectors.DefaultSelector()
    try:
        while waiting or running.get_map():
            while waiting and len(running.get_map()) < jobs:
                index, thing = waiting.popleft()
                copy = _start(index, work, thing, seconds)
                running.register(copy.pipe, selectors.EVENT_READ, copy)
            for key, _ in running.select(timeout=0.5):
                data = os.read(key.fd, 1 << 20)
                key.data.data += data
                if not data:
                    running.unregister(key.fd)
                    yield key.data.index, _ended(key.data)
            for key in [*running.get_map().values()]:
                if key.data.clock.up():
                    running.unregister(key.fd)
                    _end(key.data)
                    yield key.data.index, Failed("it took too long")
    finally:  # also at Ctrl-C
        for key in [*running.get_map().values()]:
            _end(key.data)
        _end_what_is_left(before)
        linux.prctl(linux.SUBREAPER, 0)
        linux.prctl(linux.DUMPABLE, 1)


def _start(index: int, work: Callable[[T], object], thing: T, seconds: float) -> _Copy:
    reading, writing = os.pipe()
    with warnings.catch_warnings():  # Python 3.12 warns of threads; the copy uses none of them
        warnings.simplefilter("ignore")
        pid = os.fork()
    if pid == 0:
        try:
            gc.freeze()
            linux.prctl(linux.PDEATHSIG, signal.SIGKILL)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            os.close(reading)
            data = pickle.dumps(_tried(work, thing))
            while data:
                data = data[os.write(writing, data) :]
        finally:
            os._exit(0)
    os.close(writing)
    return _Copy(index, pid, reading, Clock(seconds))


def _tried(work: Callable[[T], object], thing: T) -> object:
    try:
        return work(thing)
    except Exception as error:
        return Failed(" ".join(f"{error}".split())[:300] or type(error).__name__)


def _ended(copy: _Copy) -> object:
    os.close(copy.pipe)
    os.waitpid(copy.pid, 0)
    try:
        return pickle.loads(copy.data)
    except Exception:  # cut off: the process was ended by the system, mostly for its memory
        return Failed("its process ended before it was done")


def _end(copy: _Copy) -> None:
    """End a copy and all below it."""
    for pid in [*linux.children(copy.pid), copy.pid]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    os.waitpid(copy.pid, 0)
    os.close(copy.pipe)


def _end_what_is_left(before: set[int]) -> None:
    """End what copies have left behind: in sessions of their own, which nothing else here opens."""
    while left := [pid for pid in linux.children(os.getpid()) if pid not in before]:
        own = [pid for pid in left if _apart(pid)]
        if not own:
            return
        for pid in own:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)


def _apart(pid: int) -> bool:
    try:
        return os.getsid(pid) != os.getsid(0)
    except ProcessLookupError:
        return False
