"""Which slip did what the learner's function did: one kind alone, or what covers two, or nothing.

The sentence that comes of it is true by construction: a right answer with this slip gives, on all
inputs, what the learner's function gives. It adds that another slip may come to the same. Where
slips of several kinds do so, it is not known which one was made, and nothing is said unless one
sentence holds for each of them.
"""

from __future__ import annotations

from ..edits import Mistake
from .kinds import covering
from .made import Slip

# What the book calls by one name everywhere. Others are the solution's own, or mean many things.
BOOK = {
    "scores", "weights", "out", "logits", "loss", "mask", "probs", "merges", "counts", "tokens",
    "q", "k", "v", "x", "dx", "dv", "dweights", "dscores", "hidden", "pattern", "merged", "inner",
    "centred", "variance", "rstd", "xhat", "speeds", "angle",
}  # fmt: skip
OTHERS = "Another slip may come to the same."


def named(fits: list[Slip], wrong: int, own: set[str]) -> tuple[Mistake, ...]:
    """Return the mistake that all of ``fits`` are, in words, or () where they are several.

    ``wrong`` is the number of inputs on which the learner's function went wrong, and ``own`` has
    the names in it: others are not spoken of, since it may have no such line.
    """
    known = BOOK & own
    works = [slip for slip in fits if " " not in slip.kind]
    readings = [slip for slip in fits if " " in slip.kind]
    return _of_the_given(readings, wrong, known) or _of_the_work(works, wrong, known)


def _of_the_work(fits: list[Slip], wrong: int, known: set[str]) -> tuple[Mistake, ...]:
    kind = covering({slip.kind for slip in fits}) if fits else None
    if kind is None:
        return ()
    targets = {slip.target for slip in fits}
    place = f" in the line of `{targets.pop()}`" if len(targets) == 1 and targets <= known else ""
    why = f"{_what(wrong)} when {kind.name}{place}. {OTHERS}"
    return (Mistake(kind.name, why, kind.look_at),)


def _of_the_given(fits: list[Slip], wrong: int, known: set[str]) -> tuple[Mistake, ...]:
    says = {slip.kind for slip in fits}
    name = next(iter(says), "")
    _, quantity, what = name.split("`", 2) if name else ("", "", "")
    if not name or any(not other.endswith(what) for other in says):
        return ()
    ours = any(slip.target and slip.target not in known for slip in fits)
    if len(says) > 1 or ours:  # which quantity it is has several answers, or a name of our own
        name, quantity = f"a quantity on the way{what}", ""
    elif all(slip.part for slip in fits):  # elsewhere the right answer reads it as it is
        name += " in one of its uses"
    where = f"use `{quantity}`" if quantity else "make what the result is made of"
    why = f"{_what(wrong)} when {name}. {OTHERS}"
    return (Mistake(name, why, f"the lines that {where}."),)


def _what(wrong: int) -> str:
    which = "on all inputs" if wrong < 2 else f"on all {wrong} inputs that go wrong"
    return f"what you return is, {which}, what a right answer returns"
