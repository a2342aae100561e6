"""A thread that makes things ahead of their use, a bounded number of them."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from ..patience import Stop, Stopped

T = TypeVar("T")
GLANCE = 0.5  # seconds of waiting between two chances for Ctrl-C, which Windows needs


class Background(Generic[T]):
    """Calls ``make`` again and again in a thread, and keeps up to ``depth`` results ready.

    An error of ``make`` ends the thread and is raised by :meth:`get`, behind the results that came
    before it. The thread is a daemon: a program that forgets to close it can end.
    """

    def __init__(self, make: Callable[[], T], depth: int, stop: Stop, name: str):
        self._make, self._depth, self._stop = make, depth, stop
        self._ready: deque[T] = deque()
        self._changed = threading.Condition()
        self._error: BaseException | None = None
        self.waited = 0.0  # seconds spent in get
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            while self._has_room():
                made = self._make()
                with self._changed:
                    self._ready.append(made)
                    self._changed.notify_all()
        except Stopped:
            pass
        except BaseException as error:
            with self._changed:
                self._error = error
                self._changed.notify_all()

    def _has_room(self) -> bool:
        """Wait until something may be made; False when stopped."""
        with self._changed:
            self._changed.wait_for(lambda: self._stop.is_set() or len(self._ready) < self._depth)
        return not self._stop.is_set()

    def get(self) -> T:
        """Return the next result; wait for it if need be.

        Raises
        ------
        Exception
            What ``make`` raised.
        """
        begin = time.perf_counter()
        with self._changed:
            while not self._ready and self._error is None:
                self._changed.wait(GLANCE)
            self.waited += time.perf_counter() - begin
            if not self._ready:
                assert self._error is not None, "nothing else ends the wait"
                raise self._error
            made = self._ready.popleft()
            self._changed.notify_all()
        return made

    def close(self) -> None:
        """End the thread and wait for its end."""
        self._stop.set()
        with self._changed:
            self._changed.notify_all()
        if self._thread is not threading.current_thread():
            self._thread.join()


class Fetcher:
    """Brings the next shard to the disk while this one is read, in a thread of its own."""

    def __init__(self, fetch: Callable[[int, Stop], object]):
        self._fetch, self.stop = fetch, Stop()
        self._thread: threading.Thread | None = None
        self._last: int | None = None

    def want(self, shard: int) -> None:
        """Start to fetch ``shard``, unless that was wanted last, or one is on its way."""
        busy = self._thread is not None and self._thread.is_alive()
        if shard == self._last or busy or self.stop.is_set():
            return
        self._last = shard
        self._thread = threading.Thread(
            target=self._run, args=(shard,), name="tinytx next shard", daemon=True
        )
        self._thread.start()

    def _run(self, shard: int) -> None:
        # An error here is nobody's yet: the reader tries again when it gets there, and says so.
        with contextlib.suppress(Exception):
            self._fetch(shard, self.stop)

    def close(self) -> None:
        """End the thread and wait for its end."""
        self.stop.set()
        if self._thread is not None:
            self._thread.join()
