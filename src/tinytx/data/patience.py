"""How often and how long a download is tried again: one policy for every source."""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from ..manual.shapes import check_count

T = TypeVar("T")

# Too many requests, or trouble on the server's side: what may be otherwise in a moment.
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


class Fault(Exception):  # noqa: N818 (no error yet: it may pass)
    """A failure that may pass. ``wait`` is how many seconds the server asked for, if it did."""

    def __init__(self, reason: str, wait: float | None = None):
        super().__init__(reason)
        self.wait = wait


class Stopped(Exception):  # noqa: N818 (no error: somebody asked for it)
    """The work was given up because its owner was closed."""


class Stop(threading.Event):
    """An event that also wakes who is waiting for something else, such as a network."""

    def __init__(self) -> None:
        super().__init__()
        self._calls: list[Callable[[], object]] = []

    def set(self) -> None:
        """Set the event, then make the calls that are registered now."""
        super().set()
        for call in tuple(self._calls):
            with contextlib.suppress(OSError):
                call()

    @contextlib.contextmanager
    def calling(self, call: Callable[[], object]) -> Iterator[None]:
        """Have :meth:`set` make ``call`` while the block runs; raise Stopped if it is set."""
        self._calls.append(call)
        try:
            self.check()
            yield
        finally:
            self._calls.remove(call)

    def check(self) -> None:
        """Raise :class:`Stopped` if the event is set."""
        if self.is_set():
            raise Stopped


@dataclass(frozen=True)
class Patience:
    """Try again after a fault, each time after twice as long a wait; then say why in one line.

    Parameters
    ----------
    tries
        How many attempts in all.
    first_wait, longest_wait
        Seconds between the first two attempts, and the most between any. A quarter more or less
        is drawn at random, so that many processes that failed together do not return together.
    longest_ask
        Seconds that a server may ask for (``Retry-After``); if it asks for more, that is the end.
    timeout
        Seconds without a single byte after which a connection counts as dead.
    least_rate
        Bytes per second, over three timeouts, below which a connection counts as dead too.
    """

    tries: int = 8
    first_wait: float = 1.0
    longest_wait: float = 60.0
    longest_ask: float = 600.0
    timeout: float = 10.0
    least_rate: float = 1_000.0

    def __post_init__(self) -> None:
        check_count("tries", self.tries)

    def run(
        self,
        attempt: Callable[[], T],
        what: str,
        stop: Stop | None = None,
        *,
        tell: Callable[[str], object] | None = None,
        way_out: str = "",
    ) -> T:
        """Return ``attempt()``, repeated while it raises ``Fault``.

        Parameters
        ----------
        attempt
            What is tried.
        what
            What it is called in messages.
        stop
            What ends the waiting.
        tell
            Called with a line before each wait; None to wait in silence.
        way_out
            What to do when the last try has failed; empty if that is all there is to say.

        Raises
        ------
        ValueError
            If the last try failed, or the server asks for too long a wait.
        Stopped
            If ``stop`` was set meanwhile.
        """
        stop = stop or Stop()
        for tried in range(1, self.tries + 1):
            try:
                return attempt()
            except Fault as fault:
                if tried == self.tries:
                    times = "once" if tried == 1 else f"{tried} times"
                    more = f": {way_out}" if way_out else ""
                    raise ValueError(
                        f"{what} failed {times}, the last time: {fault}{more}"
                    ) from None
                wait = self._wait(tried, fault, what)
                if tell is not None:
                    again = f"try {tried + 1} of {self.tries} in {wait:.0f} s"
                    tell(f"{what} failed ({fault}): {again}")
            if stop.wait(wait):
                raise Stopped
        raise AssertionError("unreachable")

    def _wait(self, tried: int, fault: Fault, what: str) -> float:
        if fault.wait is None:
            wait = min(self.first_wait * 2 ** (tried - 1), self.longest_wait)
            return wait * random.uniform(0.75, 1.25)
        if fault.wait > self.longest_ask:
            raise ValueError(
                f"{what} failed: {fault}; the server asks to wait {fault.wait:,.0f} s, and the "
                f"limit is {self.longest_ask:,.0f} s: try again later"
            )
        return fault.wait


def seconds_asked(value: str | None) -> float | None:
    """Return the seconds of a ``Retry-After`` header (RFC 9110, section 10.2.3), or None.

    It may hold a number or a date. What is neither is taken as not sent.

    >>> seconds_asked("120"), seconds_asked("soon"), seconds_asked(None)
    (120.0, None, None)
    """
    value = (value or "").strip()
    if value.isdecimal():
        return float(value)
    try:
        asked = parsedate_to_datetime(value)
    except ValueError:
        return None
    asked = asked if asked.tzinfo else asked.replace(tzinfo=UTC)
    return max(0.0, (asked - datetime.now(UTC)).total_seconds())
