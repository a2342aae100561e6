"""How long a call may take here and now: limits that a slow or a busy machine does not break.

A limit in seconds is meant for an ordinary laptop. On a slower machine it is stretched, by how much
longer a fixed little loop takes. On a busy one the clock on the wall goes on while the call waits
for its turn. Then what counts is the work of the processor; and of the time in which there is
little of that, because the call sleeps or because it is kept waiting, as much as a little work of
the clock's own is given of its time. So ``time.sleep`` is ended when its time is up, and a process
that gets a fiftieth of a core is not taken for one that sleeps. A look that comes later than
asked for was itself kept waiting, as when the whole machine stands still: the delay hardly counts.
"""

from __future__ import annotations

import hashlib
import time
from functools import cache

NOMINAL = 0.0025  # seconds that the loop takes on an ordinary laptop
SLOWEST = 20.0  # no limit is stretched further
BUSY = 0.9  # of the time: who works so much is not kept waiting
TRIED = 0.01  # seconds of work that tell how busy the machine is: some turns of a scheduler
LOOKS = 4  # at a call that does not end, before its time is up on an idle machine


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


def share() -> float:
    """Return which share of its time a thread that works is given a processor now, at most 1.

    The work lets other threads of Python go on.
    """
    wall, work = time.monotonic(), time.thread_time()
    while (done := time.thread_time() - work) < TRIED:
        hashlib.sha256(bytes(1 << 22))
    return min(done / max(time.monotonic() - wall, done), 1.0)


class Clock:
    """Tells when a limit is over for this process; starts when it is made."""

    def __init__(self, seconds: float):
        self.seconds, self.limit = seconds, seconds * pace()
        self.wall, self.work = time.monotonic(), time.process_time()
        self.counted = self.given = 0.0  # seconds, up to the last look
        self.asked = self.left()  # seconds from there to the next

    def over(self) -> bool:
        """Look whether the time is up; what has passed since the last look counts now."""
        wall, work = time.monotonic() - self.wall, time.process_time() - self.work
        self.wall, self.work = self.wall + wall, self.work + work
        awake = min(wall, self.asked)
        given = wall if work > BUSY * wall else min(max(work, share() * awake), wall)
        self.given += given
        self.counted += max(given, wall / SLOWEST)
        self.asked = self.left()
        return self.counted >= self.limit

    def up(self) -> bool:
        """Whether the time is up, looking no more often than makes sense; for loops that ask."""
        return not self.wait and self.over()

    @property
    def starved(self) -> bool:
        """Whether the limit is over and the machine was too busy to give the call its time."""
        return self.counted >= self.limit > 2 * self.given

    @property
    def wait(self) -> float:
        """The seconds until the next look; 0 when it is time for one."""
        return max(self.wall + self.asked - time.monotonic(), 0.0)

    def left(self) -> float:
        """Return how long it makes sense to wait before asking again."""
        return min(max(self.limit - self.counted, self.limit / 20), self.limit / LOOKS)
