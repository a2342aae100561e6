"""Ctrl-C between two steps instead of in the middle of one.

An exception can land between two lines of a step and leave half of the weights changed. Here the
signal only sets a flag, which the loop reads when a step is done. A second one is obeyed at once.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType


class Interrupt:
    """Whether somebody asked to stop."""

    asked = False

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


@contextlib.contextmanager
def deferred_interrupt() -> Iterator[Interrupt]:
    """Turn Ctrl-C (SIGINT), SIGTERM and a closed terminal (SIGHUP) into a flag in the block.

    Only a program's main thread may handle signals; in any other the flag just stays False.
    """
    interrupt = Interrupt()
    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return
    names = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = [signal.signal(number, interrupt._note) for number in numbers]
    try:
        yield interrupt
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
