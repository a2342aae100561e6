"""What shows only over several calls: a result that belongs to another input, or never changes."""

from __future__ import annotations

import itertools

import numpy as np

from .call import Outcome
from .patterns import enough
from .question import Question
from .values import Foreign, same, shown, telling
from .words import shape_fault, type_fault

LEAST = 3  # inputs from which on it is odd that all give the same
SEVERAL = 2  # inputs that get what belongs to another one: the one or the other may by chance


def constant(check: Question, outcomes: list[Outcome]) -> str:
    """Say that every input gets the same answer, of a few bits: yes, no, an empty list."""
    values = [outcome.value for outcome in outcomes]
    wanted = [want.value for want in check.expected]
    varies = any(not same(wanted[0], other) for other in wanted)
    alike = all(same(values[0], other) for other in values)
    nothing = values[0] is None or isinstance(values[0], Foreign)
    if len(values) < LEAST or not varies or not alike or nothing:
        return ""
    short = not isinstance(values[0], np.ndarray) and len(shown(values[0])) < 20
    which = f": {shown(values[0])}" if short else ""
    return f"the same comes back on every input of the check{which}"


def earlier(check: Question, outcomes: list[Outcome], wrong: list[int]) -> str:
    """Say that where it is wrong, what comes back is the answer to an earlier input.

    There have to be several such inputs, with much in them: one result is another's by chance.
    """
    pairs = [(outcomes[i].value, check.expected[i].value) for i in wrong]
    if len(wrong) < SEVERAL or not enough(pairs):
        return ""
    for i, (value, want) in zip(wrong, pairs, strict=True):
        owners = [j for j, one in enumerate(check.expected) if check.equal(value, one.value)]
        fits = not type_fault(value, want) and not shape_fault(value, want)
        if not telling(value) or not fits or len(owners) != 1 or owners[0] > i:
            return ""
    return "what comes back belongs to an earlier input, and is kept from there"


def kept(check: Question, outcomes: list[Outcome]) -> tuple[str, ...]:
    """Return what is kept between calls, of a function whose second answer is another one."""
    first, again = outcomes[0], outcomes[-1]
    values = [outcome.value for outcome in outcomes]
    if any(outcome.error for outcome in outcomes):
        return ()
    if all(isinstance(value, list) for value in values) and again.value:
        pairs = itertools.pairwise(values)
        if all(same(after[: len(before)], before) for before, after in pairs):
            return ("the entries of earlier calls are still there",)
    if check.alike(first, check.expected[0]) and telling(again.value):
        return ("something is kept from one call to the next",)
    return ()
