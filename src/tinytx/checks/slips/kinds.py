"""The words for each kind of slip: what is done, in one clause, and where to look next.

A kind belongs to a family. When slips of several kinds in one family do what the learner's
function does, the family's sentence is still true of each.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A kind of slip: ``name`` is its headline, and reads on after "when" as well."""

    name: str
    look_at: str
    family: str = ""


KINDS = {
    "sign": Kind(
        "a plus stands where a minus belongs, or a minus where a plus does",
        "each sign, beside the formula or the task.",
        "sign",
    ),
    "term": Kind(
        "one term of a sum or a difference is left out",
        "the formula, term by term: is each one in your line?",
        "out",
    ),
    "factor": Kind(
        "one factor or divisor is left out",
        "the formula, factor by factor: is each one in your line?",
        "out",
    ),
    "power": Kind("a power is left out", "each exponent of the formula.", "out"),
    "divide": Kind(
        "a product stands where a division belongs, or a division where a product does",
        "each `*` and each `/`, beside the formula.",
    ),
    "floor": Kind(
        "`/` and `//` are mixed up",
        "which of your divisions may cut off what is behind the point.",
    ),
    "order": Kind(
        "two things stand in the other order",
        "the order of the operands and of the arguments of each call.",
        "mixed",
    ),
    "brackets": Kind(
        "a bracket closes in another place",
        "each bracket: what does it hold in the formula, and what in your line?",
    ),
    "twice": Kind(
        "one function is applied twice",
        "what happens to the numbers from line to line: is each step there once?",
    ),
    "elementwise": Kind(
        "numbers are multiplied place by place where a matrix product belongs",
        "each `*` and each `@`: does the sum over the shared axis take place?",
    ),
    "transpose": Kind(
        "a transpose is missing, or there is one too many",
        "which axis of each factor a product sums over. Write the shapes beside the line.",
    ),
    "boundary": Kind(
        "a comparison is wrong in the case of equality",
        "`<` and `<=`: what should happen when both sides are equal?",
        "bound",
    ),
    "condition": Kind(
        "one condition is the other way round, or asks for too much or too little",
        "each condition: read it aloud, and name an input for which it is true.",
        "case",
    ),
    "identity": Kind(
        "`is` stands where `==` belongs",
        "whether you ask for the same value or for the same object.",
    ),
    "truth": Kind(
        "a value that counts as false in an `if` is taken for one that is not there",
        "what your condition does with 0, with an empty list, or with a number below 0.",
    ),
    "case": Kind(
        "one of two cases is left out",
        "the inputs for which the task asks for something special.",
        "case",
    ),
    "copy": Kind(
        "a copy is left out",
        "which names belong to one and the same array, and who writes into it.",
        "out",
    ),
    "call": Kind(
        "one function is not applied",
        "what happens to the numbers from line to line: is each step there?",
        "out",
    ),
    "keepdims": Kind(
        "an axis that is summed away is not kept as one of size 1",
        "the shapes before and after each sum or maximum, and how they broadcast.",
        "axis",
    ),
    "argument": Kind(
        "one argument of a call is left out or has another value",
        "the defaults of the functions you call.",
    ),
    "axis": Kind(
        "one step runs along another axis",
        "the axes that each sum, mean, maximum, swap or transpose names.",
        "axis",
    ),
    "size": Kind(
        "the size of another axis is used",
        "what each entry of the shape counts.",
        "axis",
    ),
    "average": Kind(
        "a sum stands where a mean belongs, or a mean where a sum does",
        "whether the number of the terms divides the total.",
    ),
    "function": Kind(
        "one function stands where its counterpart belongs, such as `min` for `max`",
        "the name of each function that you call.",
    ),
    "bound": Kind(
        "an index, or the bound of a loop or a slice, is off by one or left out",
        "the first and the last place that each loop and each slice reaches.",
        "bound",
    ),
    "direction": Kind(
        "a loop runs the other way",
        "in which order the entries are gone through, and with which one it begins.",
    ),
    "constant": Kind(
        "one constant has another value",
        "each number that you have typed, beside the task.",
    ),
    "variable": Kind(
        "one quantity stands where another one belongs",
        "the names in each line: which quantity does the formula have there?",
        "mixed",
    ),
    "step": Kind(
        "one step of the work is left out",
        "the steps that the task asks for, one by one.",
        "out",
    ),
    "replaces": Kind(
        "`=` stands where `+=` belongs, so that the last one replaces those before it",
        "what a second value at the same place does to the first.",
    ),
    "early": Kind(
        "the result comes back after the first round of the work",
        "what is done after the first round, and how far `return` is indented.",
    ),
    "sequence": Kind(
        "two steps are done in the other order",
        "which step needs what the other one has made.",
    ),
}
FAMILIES = {
    "sign": KINDS["sign"],
    "out": Kind(
        "one step of the work, or one part of a formula, is left out",
        "the formula and the task, part by part: is each one in your lines?",
    ),
    "bound": Kind(
        "at one end, a bound or a comparison takes one too many or one too few",
        "the first and the last place that each loop, slice and comparison reaches.",
    ),
    "axis": Kind(
        "one step runs along another axis, or takes the size of another one",
        "the axes: which one is summed over, which one is kept, and the size of which is meant.",
    ),
    "mixed": Kind(
        "one quantity stands where another one belongs",
        "the names in each line, and the order in which they stand.",
    ),
    "case": Kind(
        "a condition is not the one that the task asks for, or is left out",
        "the inputs for which the task asks for something special.",
    ),
}


def covering(kinds: set[str]) -> Kind | None:
    """Return the one kind, or what covers several of one family, or None.

    Another constant is said only where nothing else fits: 0 for a term, or 1 for a factor, leaves
    it out, and 2 for 1 in a bound is a bound that is off by one. So is another variable: what a
    step has been given, for what it has made, leaves the step out.

    >>> covering({"constant", "term", "variable"}).name
    'one term of a sum or a difference is left out'

    >>> covering({"factor", "term"}).name
    'one step of the work, or one part of a formula, is left out'
    >>> covering({"sign", "axis"}) is None
    True
    """
    for vague in (set(), {"constant"}, {"constant", "variable"}):
        left = kinds - vague
        families = {KINDS[kind].family for kind in left}
        if len(left) == 1:
            return KINDS[left.pop()]
        if len(families) == 1 and families != {""}:
            return FAMILIES[families.pop()]
    return None
