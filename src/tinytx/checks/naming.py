"""How a wrong answer gets its name: from what is known, what shows, and what a machine makes.

In this order: one mistake of the catalogue, a slip that shows in the result itself
(``patterns.py``), two of the catalogue, a slip in the work or in what is read that a machine has
made (``slips/``). Two are named only where each of them is needed and no single slip does the same.
That some quantity stands where another one belongs, in a line that the learner's function does not
have, says less than the two, and is no such slip.
Each name is given only where it explains all that goes wrong, and alone. What a stage of the check
says by itself, such as a type that is not asked for, is a name where nothing else is wrong.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import numpy as np

from . import memory, patterns, search, slips
from .call import Outcome
from .edits import Mistake
from .looks import hint
from .pace import pace
from .question import Question
from .search import Pair, Watch, fitting
from .told import told
from .values import finite, telling, untouched
from .verdict import Fault
from .words import shape_fault

LEAST = 2  # wrong values that a name needs which is not the catalogue's


def named(
    check: Question, outcomes: list[Outcome], fault: Fault, own: set[str]
) -> tuple[Mistake, ...]:
    """Return the mistake that alone did what the learner's function did, or the two.

    ``own`` holds the names in the learner's function: others may not be spoken of as if they were.
    """
    if len(outcomes) < len(check.rows):
        return ()  # the time was up
    wrong = check.wrong(outcomes)
    if fault.stage not in ("input", "new") and not wrong:
        return ()  # the values are right: it is the gradients that are not
    if fault.stage == "repeat":  # what they remember depends on the order of the calls
        fits = [m for m, _, theirs in check.catalogue if check.agree(outcomes, theirs)]
        return _alone({frozenset([m.name]): (m,) for m in fits})
    values = [i for i in wrong if not outcomes[i].error]
    order = list(dict.fromkeys([*values, *wrong, *range(len(check.rows))]))

    # Who also leaves the same behind in the arguments is the closer likeness.
    for left_behind in (True, False)[: 1 + (fault.stage not in ("input", "new"))]:
        alike = partial(_likeness, check, outcomes, left_behind)
        one = {s.names: s.mistakes for s in fitting(check.suspects, order, alike)}
        if one:
            return _alone(one)
    if not wrong:
        return ()
    said = told(check, outcomes, wrong, fault)
    shown = _shown(check, outcomes, wrong, fault)
    if shown and _instead(check, shown[0].name, fault):
        return shown  # what one slip explains needs no two
    began = time.process_time()
    two = _both(check, outcomes, wrong, order)
    if two:
        left = search.SURE - (time.process_time() - began) / pace()
        made = _made(check, outcomes, wrong, order, max(left, search.SLIPS))
        if all(slip.kind == "variable" and slip.target not in own for slip in made):
            return two
        return slips.named(made, len(wrong), own)
    if said:
        return ()
    return shown or slips.named(_made(check, outcomes, wrong, order), len(wrong), own)


def _instead(check: Question, name: str, fault: Fault) -> bool:
    """Return whether what shows is named rather than two mistakes of the catalogue.

    That nothing is done says more than two that undo each other. Of arrays one slip is simpler than
    two; the few entries of a list have a pattern by chance, and what has a wrong type as well is
    more than what shows.
    """
    arrays = all(isinstance(want.value, np.ndarray) for want in check.expected)
    return patterns.idle(name) or (arrays and fault.stage != "type")


def _both(
    check: Question, outcomes: list[Outcome], wrong: list[int], order: list[int]
) -> tuple[Mistake, ...]:
    """Return the only two mistakes of the catalogue that together do the same."""
    values = [outcomes[i].value for i in wrong if not outcomes[i].error]
    if not check.two or sum(map(telling, values)) < LEAST:
        return ()
    alike = partial(_likeness, check, outcomes, False)
    limits = (search.TWO, search.PAIRS)
    fits = fitting(check.pairs, order, alike, limits)
    two = _alone({pair.names: pair.mistakes for pair in fits})
    return two if two and any(_needed(pair, wrong, alike) for pair in fits) else ()


def _needed(pair: Pair, wrong: list[int], alike: Callable[[int, Outcome], bool]) -> bool:
    """Return whether neither of two mistakes alone does all that goes wrong.

    One that does, and would go wrong elsewhere too, needs no second that mends it there.
    """

    def enough(watch: Watch) -> bool:
        return any(all(alike(i, p.outcome(i, watch)) for i in wrong) for p in pair.parts)

    return search.watched(enough, search.ONE, search.PAIRS) is False


def _alone(fits: dict[frozenset[str], tuple[Mistake, ...]]) -> tuple[Mistake, ...]:
    """Return the only entry, or () where there is none or more than one."""
    return next(iter(fits.values())) if len(fits) == 1 else ()


def _likeness(
    check: Question, outcomes: list[Outcome], inputs: bool, index: int, theirs: Outcome
) -> bool:
    mine = outcomes[index]
    if not check.alike(mine, theirs, inputs):
        return False
    # Who writes into the arguments is suspected only of one who does so, too.
    clean = inputs or theirs.error or untouched(theirs.args, check.given[index])
    return bool(clean) or check.equal(mine.args, theirs.args)


def _shown(
    check: Question, outcomes: list[Outcome], wrong: list[int], fault: Fault
) -> tuple[Mistake, ...]:
    """Return the slip that the values themselves show, in words."""
    if any(outcomes[i].error for i in wrong):
        return ()
    pairs = [(outcomes[i].value, check.expected[i].value) for i in wrong]
    args = [check.arrays(i) for i in wrong]
    name = "" if fault.stage == "type" else memory.constant(check, outcomes)
    if not name and check.two:  # an answer of a few bits has every pattern by chance
        name = patterns.slip(pairs, args) or memory.earlier(check, outcomes, wrong)
    why = f"that is what all {len(wrong)} inputs that go wrong have in common."
    if len(wrong) == 1:
        if patterns.measured(name):
            return ()  # of one input, any number would be that
        why = "that is what the one input that goes wrong shows."
    return (Mistake(name, why, hint(name)),) if name else ()


def _made(
    check: Question,
    outcomes: list[Outcome],
    wrong: list[int],
    order: list[int],
    seconds: float | None = None,
) -> list[slips.Slip]:
    """Return the slips made by machine that do the same.

    ``seconds`` is for all searches together, `search.SLIPS` where nothing is said.
    Where the learner's answer is right, the slip may also not be possible: a matrix that is not
    square cannot be transposed without an error.
    """
    values = [(outcomes[i].value, check.expected[i].value) for i in wrong if not outcomes[i].error]
    says = sum(telling(value) for value, _ in values)
    if says < LEAST and not patterns.enough(values):
        return []
    if not any(finite(value) for value, _ in values):
        return []  # many a slip makes nothing but nan
    right = set(range(len(outcomes))).difference(wrong, {len(outcomes) - 1})

    def alike(index: int, theirs: Outcome) -> bool:
        fails = index in right and bool(theirs.error)
        return fails or _likeness(check, outcomes, False, index, theirs)

    end = time.process_time() + (seconds or search.SLIPS) * pace()
    for some in ("slips", "on_the_way"):
        if time.process_time() > end:
            break
        suspects = getattr(check, some)
        left = (end - time.process_time()) / pace()
        fits = fitting(suspects, order, alike, (search.SLIP, left))
        if fits:
            return fits
    return []


def pattern(check: Question, outcomes: list[Outcome], fault: Fault) -> str:
    """Return what all wrong values have in common with the right ones, if anything."""
    if fault.stage not in ("finite", "properties", "values"):
        return ""
    pairs = list(zip(outcomes, check.expected, strict=False))
    if any(got.error or shape_fault(got.value, want.value) for got, want in pairs):
        return ""
    return patterns.common([(g.value, w.value) for g, w in pairs if not check.alike(g, w)])
