"""From what an answer did to its mark: the verdict, in a process where it has never run.

The judge has the check and its inputs; what comes from the answer's process are values. So that
process can lie about what its function returned, and about nothing else: a verdict is no value. To
lie well it has to know the right values, that is, to compute them or to call this package's own
answer; ``flags.py`` looks for that.
"""

from __future__ import annotations

import importlib
import os
import signal
import time
from dataclasses import dataclass, replace
from typing import Any

from ..checks.call import Outcome, TimeUp
from ..checks.chapter import Chapter
from ..checks.check import Check
from ..checks.pace import pace
from ..checks.result import BORROWED, NOT_STARTED, OK, WRONG, Result
from ..checks.trial import GRACE, gathered
from . import pool
from .answering import DEFINING, UNFINISHED, steps
from .flags import CALLED, by_weight, flags_of, flags_of_run
from .keeper import Send
from .limits import Held, Limits
from .needed import Cells, Needed
from .sandbox import LATE, STARVED, Sandbox
from .seen import Seen
from .spawned import Spawned
from .wire import read_step, write_step

NO_CELL = "no cell defines it"
ENDED = "it was ended"
ODD = "its process sent what no check sends"
NOT_GRADED = "not graded"
NOT_OWN = "right, and not yours: it calls the right answer of the checks. Write it yourself"


@dataclass(frozen=True)
class Mark:
    """The verdict on one exercise of one learner, and what the teacher should look at."""

    result: Result
    flags: tuple[str, ...] = ()
    seconds: float = 0.0  # that it took
    given: bool = True  # False where the notebook could not be judged at all

    @property
    def state(self) -> str:
        """The verdict in a word, or that there is none."""
        return self.result.status if self.given else NOT_GRADED

    @property
    def said(self) -> str:
        """The first line of what is said of an answer that is not right."""
        return "" if self.result.status == OK else self.result.message.partition("\n")[0]


def judged(
    chapter: Chapter, sources: list[str], limits: Limits, folder: str
) -> tuple[dict[str, Mark], list[Held]]:
    """Grade the exercises of one notebook, from the sources of its code cells.

    ``folder`` is one that exists and is empty: what the answers write goes there. With the marks
    comes how the answers' processes were kept apart, each way once.
    """
    cells, checks = Cells(sources), chapter.checks
    needed = {name: cells.needed(name) for name in checks}
    run = [name for name in checks if needed[name].written and not needed[name].broken]
    seen, times, held = {}, {}, []
    works = [Answer(chapter.name.partition("_")[2], needed[name]) for name in run]
    box = (Sandbox if pool.FORKS else Spawned)(works, limits, folder)
    try:
        for number, name in enumerate(run):
            began = time.monotonic()
            seen[name], had = _seen(box, number)
            times[name] = time.monotonic() - began
            held += [had] if had and had not in held else []
    finally:
        box.close()
    return {
        name: mark(check, needed[name], seen.get(name), times.get(name, 0.0))
        for name, check in checks.items()
    }, held


@dataclass(frozen=True)
class Answer:
    """The work of one process: to define an answer and to call it on the inputs of its check."""

    topic: str
    needed: Needed

    def __call__(self, send: Send) -> None:
        """Send what the answer does, step by step."""
        module = importlib.import_module(f"tinytx.checks.{self.topic}")
        check: Check = module.chapter.checks[self.needed.name]
        rows, seconds = check.rows, check.seconds
        _arm(DEFINING)
        for kind, what in steps(self.needed, rows, seconds):
            send(write_step(kind, what))
            _arm(seconds)


def _arm(seconds: float) -> None:
    """Have the system end this process when the next step takes much longer: a call into C."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, 1.5 * seconds * pace() + GRACE)


def _seen(box: Sandbox | Spawned, number: int) -> tuple[Seen, Held | None]:
    """Run one answer; return what was seen of it, and what its process had been kept apart by."""
    seen, held = Seen(), None
    for i, message in enumerate(box.run(number)):
        if i == 0:
            held = Held.read(message)
        elif not seen.odd:
            _take(seen, message)
    seen.ended, seen.status = box.ended, box.status
    return seen, held


def _take(seen: Seen, message: bytes) -> None:
    """Add one message to what was seen; what no check sends makes all of it odd."""
    try:
        kind, what = read_step(message)
        if kind == "defined":
            seen.kind, seen.errors = _texts(what[:1])[0], _texts(what[1])  # type: ignore[index]
        elif kind == "restored":
            seen.restored = _texts(what)
        elif kind == "outcome":
            seen.steps.append((kind, what))
        elif kind in ("own", "used"):
            seen.steps.append((kind, set(_texts(what))))
        elif kind in ("replaced", "shadowed"):
            seen.steps.append((kind, _texts(what)))
        elif kind == "lost" and all(isinstance(index, int) for index in what):  # type: ignore[attr-defined]
            seen.steps.append((kind, what))
        else:
            raise ValueError(kind)
    except (ValueError, TypeError, IndexError):
        seen.odd = True


def _texts(value: Any) -> list[str]:
    texts = [*value]
    if len(texts) > 10_000 or not all(isinstance(text, str) for text in texts):
        raise ValueError("no list of texts")
    return [text[:300] for text in texts]


def mark(check: Check, needed: Needed, seen: Seen | None, seconds: float = 0.0) -> Mark:
    """Return the mark for what was seen of one answer; None if nothing was run."""
    flags = flags_of(needed, check)
    if seen is None:
        if needed.broken:
            return Mark(_wrong(check, f"the cell cannot be read: {needed.broken}"), flags)
        return Mark(_result(check, NOT_STARTED, NO_CELL))
    result = _with_errors(_verdict(check, seen), seen, needed)
    ran = flags_of_run(seen)
    if result.status == NOT_STARTED:
        return Mark(result, ran, seconds)
    if result.status == OK and CALLED in ran:
        result = _result(check, BORROWED, NOT_OWN)
    return Mark(result, by_weight(flags + ran), seconds)


def _with_errors(result: Result, seen: Seen, needed: Needed) -> Result:
    """Say with an answer that raises what of its cells had failed before, or cannot be read."""
    if result.status != WRONG or result.stage != "runs":
        return result
    first, mark, rest = result.message.partition("\n")
    more = []
    if seen.errors and seen.errors[0] not in first:
        more.append(f"before that its cell had failed: {seen.errors[0]}")
    if needed.unread and "NameError" in first:
        more.append(f"a cell of the notebook cannot be read: {needed.unread[0]}")
    if not more:
        return result
    text = "; ".join([first.rstrip("."), *more])
    return replace(result, message=text + mark + rest)


def _verdict(check: Check, seen: Seen) -> Result:
    outcomes = [what for kind, what in seen.steps if kind == "outcome"]
    if seen.odd:
        return _wrong(check, f"{ODD}: the function is not judged")
    if not seen.kind:
        return _wrong(check, f"the cell did not come to its end: {_how(seen)}")
    if seen.kind == "missing":
        return _wrong(check, f"no function comes out of the cell: {'; '.join(seen.errors[:1])}")
    if seen.kind == UNFINISHED:
        return _wrong(check, "; ".join(seen.errors[:1]))
    if seen.kind == "stub":
        return check.run(...)
    if seen.kind.startswith("type "):
        return check.misused(f"a value of {seen.kind}")
    if seen.restored:
        return check.had_replaced(seen.restored)
    if not _whole(check, outcomes, seen.steps):
        seen = replace(seen, steps=[*seen.steps, ("outcome", _last(seen))])
    return check.judged(lambda: gathered(seen.steps, apart=True))


def _whole(check: Check, outcomes: list[Outcome], steps: list) -> bool:
    """Return whether a series came to its own end: all calls, or one that had to be the last."""
    if outcomes and (outcomes[0].not_started or outcomes[-1].timed_out):
        return True
    return len(outcomes) == len(check.rows) and {"replaced", "lost", "used"} <= {
        k for k, _ in steps
    }


def _last(seen: Seen) -> Outcome:
    """Return how a series ended that did not come to its end by itself."""
    names = [name for name in ("SIGKILL", "SIGPROF", "SIGXCPU") if hasattr(signal, name)]
    signals = [-getattr(signal, name) for name in names]
    if seen.ended.startswith((LATE, STARVED)):
        return Outcome(error=TimeUp.__name__, detail=seen.ended, starved=seen.ended == STARVED)
    if not seen.ended and _code(seen) in signals:
        return Outcome(error=TimeUp.__name__)
    if seen.ended:
        return Outcome(error=ENDED, detail=seen.ended)
    detail = f"the call ended the whole process ({_how(seen)})"
    return Outcome(error="EndOfProcess", detail=detail)


def _code(seen: Seen) -> int:
    return os.waitstatus_to_exitcode(max(seen.status, 0))


def _how(seen: Seen) -> str:
    code = _code(seen)
    return seen.ended or (f"signal {-code}" if code < 0 else f"exit code {code}")


def _wrong(check: Check, text: str) -> Result:
    return _result(check, WRONG, text, "runs")


def _result(check: Check, status: str, text: str, stage: str = "") -> Result:
    return Result(check.name, status, text, stage, (), check.points)


def left_out(checks: dict[str, Check], reason: str) -> dict[str, Mark]:
    """Return the marks of a notebook that could not be judged."""
    wrong = {name: _wrong(check, f"not judged: {reason}") for name, check in checks.items()}
    return {name: Mark(result, given=False) for name, result in wrong.items()}
