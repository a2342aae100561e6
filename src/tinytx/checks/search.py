"""Which of the known wrong answers did what the learner's function did.

A suspect is one way of making a mistake, or two of different names at once, when their changes
touch different places of the right answer. Suspects are tried case by case, those cases first
where the learner's value is wrong, and each is dropped at the first case where it did something
else. So most of a thousand pairs are called once.
"""

from __future__ import annotations

import contextlib
import gc
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np

from .call import Outcome, TimeUp, guarded, once, raise_in
from .edits import Mistake, Way, both
from .pace import pace
from .values import key

Args = tuple[object, ...]
T = TypeVar("T")
ONE, ALL = 1.0, 60.0  # seconds for one call of a suspect, and for a search
TWO, PAIRS = 0.02, 1.0  # the same for suspects of two mistakes
SLIP, SLIPS = 0.02, 0.5  # the same for those that a machine has made, all searches together
SURE = 1.0  # the same where two mistakes would be named otherwise
GRACE = 1.0  # seconds after which a search is ended from outside that has not ended by itself


class Suspect:
    """A wrong answer that is known, and what it does on each case, found out when it is asked."""

    def __init__(
        self, mistakes: tuple[Mistake, ...], make: Callable[[], Callable], rows: list[Args]
    ):
        self.mistakes, self.make, self.rows = mistakes, make, rows
        self.known: dict[int, Outcome] = {}
        self.shared: set[int] = set()  # cases whose outcome here is one object with others' like it
        self.endless: Outcome | None = None
        self.fn: Callable | None = None

    @property
    def names(self) -> frozenset[str]:
        """The names of its mistakes."""
        return frozenset(m.name for m in self.mistakes)

    def outcome(self, index: int, watch: Watch) -> Outcome:
        """Return what it does on one case; of two mistakes that make no Python, an error.

        After one call without an end there is no other: nobody is named whose calls have not ended.
        """
        if index not in self.known:
            self.known[index] = self.endless or watch.call(self._call, index)
        if self.known[index].error == TimeUp.__name__:
            self.endless = self.known[index]
        return self.known[index]

    def _call(self, index: int) -> Outcome:
        try:
            self.fn = self.fn or self.make()
        except SyntaxError:
            return Outcome(error="SyntaxError")
        return once(self.fn, self.rows[index], lines=False)[0]

    def series(self, watch: Watch) -> list[Outcome]:
        """Return what it does on all cases in their order, with a new state."""
        self.known, self.shared, self.endless, self.fn = {}, set(), None, None
        found = [self.outcome(index, watch) for index in range(len(self.rows))]
        self.fn = None
        return found


class Single(Suspect):
    """One way of making a mistake."""

    def __init__(self, mistake: Mistake, way: Way, rows: list[Args]):
        super().__init__((mistake,), way.function, rows)
        self.way = way

    def fits(self, other: Single) -> bool:
        """Return whether both are edits of one answer, and of different text in it."""
        one, two = self.way.edit, other.way.edit
        same = self.way.answer.text == other.way.answer.text
        return one is not None and two is not None and same and one.fits(two)


class Pair(Suspect):
    """Two ways of one answer, of mistakes with different names, made together."""

    def __init__(self, one: Single, other: Single, make: Callable[[], Callable]):
        super().__init__(one.mistakes + other.mistakes, make, one.rows)
        self.parts = one, other


S = TypeVar("S", bound=Suspect)


def singles(mistakes: list[Mistake], rows: list[Args]) -> list[Single]:
    """Return a suspect for each way of each mistake."""
    return [Single(m, way, rows) for m in mistakes for way in m.ways]


def pairs(some: list[Single]) -> list[Pair]:
    """Return a suspect for each two edits of one answer that touch different text."""
    edits = [single for single in some if single.way.edit and single.way.pairs]
    two = [
        (one, other)
        for one, other in itertools.combinations(edits, 2)
        if one.names != other.names and one.fits(other)
    ]
    with no_collection():
        makers = both([(one.way, other.way) for one, other in two])
    return [Pair(*parts, make) for parts, make in zip(two, makers, strict=True)]


def fitting(
    suspects: list[S],
    order: list[int],
    alike: Callable[[int, Outcome], bool],
    limits: tuple[float, float] = (ONE, ALL),
) -> list[S]:
    """Return the suspects that are ``alike`` on the cases of ``order``; [] if the time runs out."""
    # What some have done already, for an answer before this one, is looked at first and unwatched.
    left = suspects
    for index in order:
        left = _alike(index, left, alike)
    ahead = [index for index in order if any(index not in suspect.known for suspect in left)]

    def search(watch: Watch) -> list[S]:
        some = left
        for index in ahead:
            some = [s for s in some if alike(index, s.outcome(index, watch))]
            if not some:
                break
        return some

    return watched(search, *limits) or [] if left and ahead else left


def _alike(index: int, some: list[S], alike: Callable[[int, Outcome], bool]) -> list[S]:
    """Return those of ``some`` that were ``alike`` on a case, or were not called on it.

    Most did what others did as well, to the last bit: such an outcome is kept once, and looked at
    once. Of a thousand suspects some hundred differ on a small input.
    """
    met: dict[object, Outcome] = {}
    says: dict[int, bool] = {}
    left = []
    for suspect in some:
        did = suspect.known.get(index)
        if did is not None:
            if index not in suspect.shared:
                did = met.setdefault(key((did.kind, did.value, did.args, did.shared)), did)
                suspect.known[index] = did
                suspect.shared.add(index)
            if id(did) not in says:
                says[id(did)] = alike(index, did)
            if not says[id(did)]:
                continue
        left.append(suspect)
    return left


def watched(work: Callable[[Watch], T], one: float, all_: float) -> T | None:
    """Do ``work`` with a watch over each of its calls; None if all of it takes too long."""

    def run() -> T:
        with Watch(one, all_).on() as watch, np.errstate(all="ignore"), no_collection():
            return work(watch)

    return guarded(run, max(all_, 0) + GRACE).value


@contextlib.contextmanager
def no_collection() -> Iterator[None]:
    """Keep the garbage collector off: where much is alive, one round of it outlasts a call."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class Watch:
    """Ends a call that takes longer than a limit, and lets the thread go on with the next.

    Once ``whole`` seconds are spent it lets no further call begin: it raises ``TimeUp``. What
    counts is the work of the processor, so that a busy machine ends nothing early.
    """

    def __init__(self, seconds: float, whole: float):
        self.seconds = seconds * pace()
        self.end = time.process_time() + whole * pace()
        self.lock = threading.Lock()
        self.due: float | None = None
        self.ended = threading.Event()
        self.thread = threading.get_ident()

    @contextlib.contextmanager
    def on(self) -> Iterator[Watch]:
        """Watch the thread that enters, until it leaves."""
        looks = threading.Thread(target=self._look, daemon=True)
        looks.start()
        try:
            yield self
        finally:
            self.ended.set()
            looks.join()

    def call(self, fn: Callable[[int], Outcome], index: int) -> Outcome:
        """Return what ``fn`` returns, or that its time was up."""
        if time.process_time() > self.end:
            raise TimeUp
        try:
            with self.lock:
                self.due = time.process_time() + self.seconds
            try:
                return fn(index)
            finally:
                self._rest()
        except TimeUp:
            return Outcome(error=TimeUp.__name__)

    def _rest(self) -> None:
        with self.lock:
            self.due = None
        time.process_time()  # what was raised at the last moment comes out here

    def _look(self) -> None:
        while not self.ended.wait(self.seconds / 2):
            with self.lock:
                if self.due is not None and time.process_time() > self.due:
                    raise_in(self.thread)
                    self.due = None
