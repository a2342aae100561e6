"""The sandbox of systems without a safe ``fork``: a new process for each notebook, and a clock.

macOS and Windows start such a process anew, which takes seconds, so the exercises of a notebook
share one; it is ended, and another is started, when one of them takes too long. Memory, files and
the network are not kept from it, and the marks say so.
"""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

from ..checks.pace import Clock, pace
from .keeper import PATIENCE, Work
from .limits import Held, Limits
from .sandbox import LOOK, late_by

STARTING = 120.0  # seconds that Python and the checks may take to load
DONE = b""  # the message after the last


class Spawned:
    """Does what :class:`tinytx.classroom.sandbox.Sandbox` does, with less to hold it."""

    def __init__(self, works: Sequence[Work], limits: Limits, folder: str):
        self.works, self.limits, self.folder = works, limits, folder
        self.ended, self.status = "", 0
        self.process: SpawnProcess | None = None
        self.clock = Clock(STARTING + limits.notebook)

    def run(self, number: int) -> Iterator[bytes]:
        """Run one work and yield what it sends, up to its end or its time's."""
        self.ended, self.status = "", 0
        if self.process is None:
            self._start()
        self.pipe.send_bytes(bytes([number]))
        clock = Clock(self.limits.seconds)
        try:
            while not self.ended:
                if self.pipe.poll(min(LOOK, clock.wait, self.clock.wait)):
                    message = self.pipe.recv_bytes(self.limits.answer)
                    if message == DONE:
                        return
                    yield message
                else:
                    self.ended = late_by(clock, self.clock)
        except (EOFError, OSError):  # it has ended, or sends too much
            self.ended = "" if self._has_ended() else "it went on and said no more"
        self._stop()

    def close(self) -> None:
        """End the process."""
        self._stop()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(
            target=_serve, args=(theirs, self.works, self.folder), daemon=True
        )
        self.process.start()
        theirs.close()
        if not self.pipe.poll(STARTING * pace()) or self.pipe.recv_bytes() != DONE:
            raise TimeoutError("a process for the answers could not be started")

    def _has_ended(self) -> bool:
        if self.process is None:
            return True
        self.process.join(PATIENCE)
        self.status = max(self.process.exitcode or 0, 0) << 8
        return self.process.exitcode is not None

    def _stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.join()
            self.pipe.close()
        self.process = None


def _serve(pipe: Connection, works: Sequence[Work], folder: str) -> None:
    """Do the works that are asked for, one after the other."""
    os.chdir(folder)
    pipe.send_bytes(DONE)
    while True:
        try:
            (number,) = pipe.recv_bytes(1)
        except EOFError:
            return
        pipe.send_bytes(json.dumps(asdict(Held(shared=True))).encode())
        works[number](pipe.send_bytes)
        pipe.send_bytes(DONE)
