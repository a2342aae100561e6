"""The words of a verdict on a wrong answer: what was seen, never what should have come out."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .call import Outcome
from .edits import Mistake
from .question import Question
from .stubs import LEFT
from .values import plain, shown, untouched
from .words import difference, shape_fault, type_fault

REMEMBERS = (
    "the same input gives something else in a later call, with other inputs between the two: is"
    " anything kept between calls, in a global name or a default argument such as `counts={}`, or"
    " part of an `np.empty` never written?"
)
NOT_SO = "your answer does not keep to this: "
ANOTHER = "another of the words is right"
CHANGES = "the values are right, but the function changes its own input: build a new one"
SHARES = (
    "the values are right, but what comes back is the input itself or shares its memory: whoever"
    " writes into the one changes the other. Return a new one"
)
ENTANGLED = (
    "the values are right, but one and the same list stands in the result twice, or in the input as"
    " well: whoever writes into the one changes the other. Make each list in the result a new one"
)
LOST = (
    "the values are right, but a later call changes what an earlier one had given back, or gives it"
    " out again: is there one array or list, made outside the function or as a default, for all"
    " calls?"
)
DEEP = (
    "calls within calls, more than Python allows: is there an input at which the function no longer"
    " calls itself, and does each call come nearer to it?"
)
BUSY = (
    "not finished, because this machine is busy with other work and gave it hardly any time: stop"
    " that, or wait for it, and run the cell again"
)
TAKES = "the function replaces {}, which everyone else uses too: give your own things other names"


@dataclass(frozen=True)
class Property:
    """What holds for every right answer: ``test(value, *args)`` is false where it fails.

    ``more(value, *args)`` says where, for this value; the words may hold the value and the
    arguments, and not the reference's answer. ``rule``: ``says`` is true of right answers, and not
    of the one that fails, or of what it was asked about.
    """

    says: str
    test: Callable[..., bool]
    more: Callable[..., str] | None = None
    rule: bool = True

    def fault(self, value: object, args: tuple[object, ...]) -> str:
        """Return '' where the property holds or cannot be asked, or else the words for it."""
        try:
            with np.errstate(all="ignore"):
                if self.test(value, *args):
                    return ""
        except Exception:  # the value is so far off that to compare it says more, and says it truly
            return ""
        try:
            with np.errstate(all="ignore"):
                return self._words + (f": {self.more(value, *args)}" if self.more else "")
        except Exception:
            return self._words

    @property
    def _words(self) -> str:
        return f"{NOT_SO}{self.says}" if self.rule else self.says


@dataclass(frozen=True)
class Fault:
    """Where an answer was refused: the stage, the number of the case, and the words for it."""

    stage: str
    index: int
    says: str


def explain(
    check: Question,
    mistakes: tuple[Mistake, ...],
    index: int,
    got: Outcome,
    beside: Sequence[str] = (),
) -> str:
    """Name one mistake, or two: the smallest example, why it is wrong, and where to look next.

    ``beside`` is said of the notebook below the first line.
    """
    seen = _seen(check, index, got)
    names = [mistake.name for mistake in mistakes]
    lines = [
        names[0] if len(names) == 1 else f"two mistakes at once: {'; and '.join(names)}",
        *beside,
        f"Smallest example: {check.show(index)} {seen}{'' if seen.endswith('?') else '.'}",
        *check.notes(index),
    ]
    for mistake in mistakes:
        if len(mistakes) > 1:
            lines.append(f"- {mistake.name}")
        lines += [f"Why: {mistake.why}", f"Look at: {mistake.look_at}"]
        lines.append(f'Section: "{mistake.section or check.section}"')
    return _lines(*lines)


def differs(check: Question, value: object, model: object) -> str:
    """Say in what respect a value of the right type and shape differs from the right one."""
    return ANOTHER if check.of_words else difference(value, model)


def _seen(check: Question, index: int, got: Outcome) -> str:
    want, args = check.expected[index], check.cases[index]
    if got.error:
        return f"raises {got.error} in your {got.line}" if got.line else f"raises {got.error}"
    if not check.equal(got.value, want.value):
        said = (say(got.value, want.value) for say in (type_fault, shape_fault))
        how = next(filter(None, said), "") or differs(check, got.value, want.value)
        return f"gives {shown(got.value)}; {how}"
    pairs = zip(got.args, plain(args), strict=True)
    changed = [a for a, b in pairs if not untouched(a, b)]
    if changed:
        return f"turns its own input into {shown(changed[0])}"
    return "gives back its own input, or what shares its memory"


def report(
    check: Question,
    fault: Fault,
    got: Outcome,
    seen: str = "",
    later: Outcome | None = None,
    beside: Sequence[str] = (),
) -> str:
    """Say which stage refused the answer and on what input, without guessing why.

    ``seen`` says which pattern the wrong values have; ``later`` is a further call with the input,
    where that is what differs; ``beside`` is said of the notebook.
    """
    given = [f"Input: {check.show(fault.index)}", *check.notes(fault.index)]
    if fault.stage == "runs":
        return _lines(*fault.says.splitlines(), *beside, *given)
    yours = [f"Yours: {shown(got.value)}"]
    if later is not None:
        yours = [f"Yours: at first {shown(got.value)}", f"Later: {shown(later.value)}"]
    yours += [f"{seen}."] if seen else []
    return _lines(fault.says, *beside, *given, *yours, f'Section: "{check.section}"')


def raised(check: Question, got: Outcome) -> str:
    """Say what a call raised and in which line of the learner's, or return '' if nothing."""
    if not got.error:
        return ""
    where = f"\nIn your {got.line}" if got.line else f"\nIt is called as {check.signature}"
    if got.timed_out and got.starved:
        return BUSY + where
    if got.timed_out:
        after = got.detail or f"still running after {check.seconds:g} seconds"
        says = f"{after}; does a loop never end?"
        return says + (" It cannot be stopped: restart the kernel." if got.stuck else "") + where
    if got.error == "EndOfProcess":
        return f"{got.detail}: what calls os._exit(), or crashes?{where}"
    if got.left:
        return LEFT + where
    if got.error == "RecursionError":
        return f"RecursionError: {DEEP}{where}"
    says = f"{got.error}{': ' if got.detail else ''}{got.detail}"
    hints = [hint for sign, hint in check.errors.items() if re.search(sign, says)]
    return "\n".join([says + where, *hints])


def _lines(*lines: str) -> str:
    """Return the lines of a message, the further ones set in by four."""
    return "\n    ".join(lines)
