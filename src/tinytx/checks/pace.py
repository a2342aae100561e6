"""How long a call may take here and now: limits that a slow or a busy machine does not break.

A limit in seconds is meant for an ordinary laptop. On a slower machine it is stretched, by how much
longer a fixed little loop takes. On a busy one the clock on the wall goes on while the call waits
for its turn: then only the seconds in which the processor really worked count.
"""

from __future__ import annotations

import time
from functools import cache

NOMINAL = 0.0025  # seconds that the loop takes on an ordinary laptop
SLOWEST = 20.0  # no limit is stretched further
IDLE = 0.05  # of the time spent working: below that the call sleeps, or waits for something


@cache
def pace() -> float:
    """Return how many times slower this machine is than an ordinary one, from 1 to 20."""
    best = min(_loop() for _ in range(3))
    return min(max(best / NOMINAL, 1.0), SLOWEST)


def _loop() -> float:
    start, total = time.thread_time(), 0
    for number in range(50_000):
        total += number
    return time.thread_time() - start


class Clock:
    """Tells when a limit is over for this process; starts when it is made."""

    def __init__(self, seconds: float):
        self.limit = seconds * pace()
        self.wall, self.work = time.monotonic(), time.process_time()

    def over(self) -> bool:
        """Return whether the time is up: worked through, slept through, or far beyond both."""
        wall, work = time.monotonic() - self.wall, time.process_time() - self.work
        if wall < self.limit:
            return False
        return work >= self.limit or work < IDLE * wall or wall > SLOWEST * self.limit

    def left(self) -> float:
        """Return how long it makes sense to wait before asking again."""
        return max(self.limit - (time.monotonic() - self.wall), self.limit / 10)
