"""Running learners' code where it can harm nobody: one process tree for each notebook.

::

    main ── judge ── door ── keeper ── one process for each exercise: the learner's code
            holds            ends it,
            checks           and all
                             that it left

The judge is a copy of the process that has imported the checks; the learner's code never runs in
it. The door moves into namespaces of its own (from then on it could start no thread, and the judge
has to) and starts the keeper, the first process of a new tree: when that ends, all of it does. Each
exercise is a copy of the keeper with nothing open but one pipe, its
own small disk, and limits that cannot be raised. Only bytes come back (``wire.py``).

On systems without ``fork`` or namespaces less holds, and :class:`.Held` says what.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import struct
import time
from collections.abc import Iterator, Sequence

from ..checks.pace import Clock, pace
from . import linux
from .keeper import NOW, PATIENCE, SOON, WENT_ON, Tree, Work, open_door
from .limits import MEGABYTE, Limits

ODD, LARGEST = "it sent what no check sends", 1 << 40  # bytes that no message has
LOOK = 0.2  # seconds between two looks at what a process tree uses
ENDING = 120.0  # seconds that the end of all that a work left behind may take
LATE, STARVED = "its time was up", "the machine was too busy to give it its time"


class Sandbox:
    """Runs works one after the other, each in a process that cannot reach the others.

    ``run(i)`` yields what the work ``i`` sends; afterwards ``ended`` says in words how
    it was ended from outside, or is "".
    """

    def __init__(self, works: Sequence[Work], limits: Limits, folder: str):
        self.limits, self.folder = limits, folder
        self.ended, self.status = "", 0
        self.base = linux.status("self", "RssAnon")
        self.pipes = [os.pipe() for _ in works]
        tree = Tree(works, limits, folder, self.pipes)
        orders, replies = os.pipe(), os.pipe()
        self.door = os.fork()
        if self.door == 0:
            open_door(tree, orders[0], replies[1])
        for _, writing in self.pipes:
            os.close(writing)
        os.close(orders[0])
        os.close(replies[1])
        self.orders, self.replies = orders[1], replies[0]
        self.clock = Clock(limits.notebook)

    def run(self, number: int) -> Iterator[bytes]:
        """Run one work and yield what it sends, up to its end or its limits'."""
        self.ended = ""
        os.write(self.orders, bytes([number]))
        try:
            yield from self._received(self.pipes[number][0])
        finally:
            self._clear(now=bool(self.ended))

    def close(self) -> None:
        """End the whole tree: the keeper ends when nobody can order it any more."""
        os.close(self.orders)
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if os.waitpid(self.door, os.WNOHANG)[0]:
                return
            time.sleep(0.002)
        with contextlib.suppress(OSError):
            os.kill(self.door, signal.SIGKILL)
        os.waitpid(self.door, 0)

    def _clear(self, now: bool) -> None:
        """Have the keeper end all that is left of a work, and say how the work itself ended."""
        os.write(self.orders, NOW if now else SOON)
        if not select.select([self.replies], [], [], ENDING)[0]:
            raise TimeoutError("what an answer had started could not be ended")
        reply = os.read(self.replies, 4)
        if len(reply) < 4:
            raise TimeoutError("the process that keeps the answers has ended")
        (self.status,) = struct.unpack("<i", reply)
        if self.status == WENT_ON and not self.ended:
            self.ended = "it went on and said no more"

    def _received(self, pipe: int) -> Iterator[bytes]:
        """Yield the messages of one work; the first is the sandbox's own, about what it has."""
        clock = Clock(self.limits.seconds)
        buffer, total, looked = b"", 0, time.monotonic()
        while True:
            if select.select([pipe], [], [], min(LOOK, clock.wait, self.clock.wait))[0]:
                data = os.read(pipe, 1 << 16)
                if not data:
                    return
                buffer += data
                total += len(data)
            while len(buffer) >= 8:
                (size,) = struct.unpack("<Q", buffer[:8])
                if size == 0:
                    return
                if size > self.limits.answer:
                    self.ended = ODD if size > LARGEST else self.ended
                    break
                if len(buffer) < 8 + size:
                    break
                message, buffer = buffer[8 : 8 + size], buffer[8 + size :]
                yield message
            if total > self.limits.answer:
                self.ended = f"its results take more than {_size(self.limits.answer)}"
            elif late := late_by(clock, self.clock):
                self.ended = late
            elif time.monotonic() - looked > LOOK:
                looked = time.monotonic()
                self.ended = self._too_much()
            if self.ended:
                return

    def _too_much(self) -> str:
        """Say what the process tree uses too much of; '' if nothing."""
        pids, limits = linux.children(self.door), self.limits
        own = [linux.status(pid, "RssAnon") + linux.status(pid, "RssShmem") for pid in pids]
        if sum(max(0, size - self.base) for size in own) > limits.memory:
            return f"it took more than {_size(limits.memory)} of memory"
        if sum(linux.status(pid, "Threads") for pid in pids) > limits.processes:
            return f"it had more than {limits.processes} processes and threads at once"
        if sum(map(linux.worked, pids)) > 2 * limits.work * pace():
            return f"its processes took more than {2 * limits.work:g} seconds of the processor"
        if _written(self.folder) > limits.written:  # where it has no disk of its own
            return f"it wrote more than {_size(limits.written)}"
        return ""


def late_by(exercise: Clock, notebook: Clock) -> str:
    """Say which time is up, of one exercise or of its whole notebook; '' if neither."""
    for clock, what in (exercise, "one exercise"), (notebook, "the whole notebook"):
        if clock.up():
            return STARVED if clock.starved else f"{LATE}: {clock.seconds:g} seconds for {what}"
    return ""


def _size(count: int) -> str:
    return f"{count // MEGABYTE:,} MB"


def _written(folder: str) -> int:
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(path, name)).st_blocks * 512
    return total
