"""The check of ``sees_the_future(attend, T, D)``: an experiment that finds a leak."""

from __future__ import annotations

from ..check import Check
from ..verdict import Mistake, Property
from . import leaks
from . import probes as wrong
from .reference import sees_the_future as reference

EACH = (wrong.every, wrong.earlier_rows)

CASES = [
    (leaks.causal, 3, 2),
    (leaks.causal, 6, 4),
    (leaks.unmasked, 4, 3),
    (leaks.one_ahead, 4, 2),
    (leaks.by_twos, 5, 3),
    (leaks.zeroed, 4, 3),
    (leaks.first_sees, 5, 2),
    (leaks.peeks, 5, 3),
    (leaks.normed, 4, 3),
    (leaks.faint, 4, 6),
    (leaks.one_number, 4, 3),
    (leaks.balanced, 4, 3),
    (leaks.rounds, 4, 96),  # in so many numbers some are rounded differently, whatever x is
    (leaks.constant, 3, 2),
    (leaks.overwrites, 5, 3),
    (leaks.unmasked, 1, 2),
]

MISTAKES = [
    Mistake(
        "only the last position is changed",
        wrong.changing(wrong.last, wrong.earlier_rows, wrong.who_sees),
        "a position may see some of the later ones and not the last. A leak to the next position is"
        " the most common of all.",
        "which positions are later than the one you ask about: all of them have to be tried.",
        also=(wrong.changing(wrong.last, wrong.earlier_rows, wrong.who_sees, copies=False),),
    ),
    Mistake(
        "only the next position is changed",
        wrong.asking(lambda i, T: slice(i + 1, i + 2)),
        "a position may see far ahead and not its neighbour.",
        "which positions are later than the one you ask about: all of them have to be tried.",
        also=(wrong.asking(lambda i, T: slice(i + 1, i + 2), copies=False),),
    ),
    Mistake(
        "earlier positions are changed",
        wrong.asking(lambda i, T: slice(0, i)),
        "reading the past is what attention is for. Your experiment finds who sees the past.",
        "the direction: who asks, and who is changed.",
        also=(wrong.changing(lambda T: range(1), wrong.all_rows, wrong.who_sees),),
    ),
    Mistake(
        "the two inputs differ in more than the later positions",
        wrong.asking(lambda i, T: slice(i, T)),
        "every position reads itself. When its own row changes too, its output changes whether it"
        " sees the future or not. That happens as well when the changes of one round are still"
        " there in the next: `other = x` makes a second name, not a second array.",
        "the rows of your two inputs up to and including the position that you ask about.",
        also=(
            wrong.asking(lambda i, T: slice(0, T if i < T - 1 else 0)),
            wrong.changing(wrong.last, wrong.all_rows, wrong.who_sees),
            wrong.piling_up(range),
            wrong.piling_up(lambda T: range(T - 1)),
        ),
    ),
    Mistake(
        "it says who is seen, not who sees",
        wrong.changing(*EACH, wrong.who_is_seen),
        "the position that you change is the one that is seen. The list is of those whose output"
        " moves.",
        "which of your two loop variables goes into the list.",
        also=(wrong.changing(*EACH, wrong.who_is_seen, copies=False),),
    ),
    Mistake(
        "it never finds a leak",
        wrong.never,
        "the changed input reaches neither output, or both. `other = x` makes a second name, not a"
        " second array: what changes one changes the other. And zero times anything is zero.",
        "the two arrays at the moment when `attend` gets them: print their difference.",
    ),
    Mistake(
        "it starts from zeros",
        wrong.asking(wrong.later, start=wrong.zeros),
        "where the inputs are zero the values are zero, and however much the weights leak, nothing"
        " comes through.",
        "an input in which no two numbers are alike.",
    ),
    Mistake(
        "small changes are overlooked",
        wrong.asking(wrong.later, wrong.loosely),
        "`np.allclose` forgives a relative difference of 1e-5, and the effect of a tiny change is"
        " tinier still. A model that trains for days finds a leak much smaller than that. The task"
        " says what counts as rounding.",
        "the tolerance of your comparison, relative and absolute, and the size of your change.",
        also=(
            wrong.asking(wrong.later, wrong.loosely, copies=False),
            wrong.changing(*EACH, wrong.who_sees, differs=wrong.loosely, copies=False),
        ),
    ),
    Mistake(
        "rounding is taken for a leak",
        wrong.asking(wrong.later, wrong.exactly),
        "the same sum, done in another way, may differ in its sixteenth digit. The task says what"
        " counts as rounding.",
        "how you compare two floats.",
        also=(
            wrong.asking(wrong.later, wrong.exactly, copies=False),
            wrong.changing(*EACH, wrong.who_sees, differs=wrong.exactly, copies=False),
        ),
    ),
    Mistake(
        "the later positions only change places",
        wrong.moving(lambda rows: rows[::-1]),
        "attention does not know the order of what it reads: the same keys and values, shuffled,"
        " give the same result. Your experiment changes nothing that it could notice.",
        "new numbers, where you now move the old ones.",
    ),
    Mistake(
        "a position is listed more than once",
        wrong.changing(*EACH, wrong.each_time),
        "a position that sees three later ones is still one position.",
        "what happens when the same position is found again.",
        also=(
            wrong.changing(*EACH, wrong.each_time_sorted),
            wrong.changing(*EACH, wrong.each_time, copies=False),
        ),
    ),
    Mistake(
        "if one position sees the future, all are listed",
        wrong.changing(*EACH, wrong.all_or_none),
        "one maximum over the whole output says that something leaks, and not where.",
        "the axis over which you take the largest difference.",
    ),
    Mistake(
        "only one number of each output is compared",
        wrong.asking(wrong.later, wrong.first_entry),
        "an output has D numbers, and the leak may be in any of them.",
        "how many numbers of a row you compare.",
        also=(wrong.asking(wrong.later, wrong.first_entry, copies=False),),
    ),
    Mistake(
        "all numbers of an output have to change",
        wrong.asking(wrong.later, wrong.every_entry),
        "a leak in a single number is a leak.",
        "`any` or `all`.",
        also=(wrong.asking(wrong.later, wrong.every_entry, copies=False),),
    ),
    Mistake(
        "only the sum of each output is compared",
        wrong.asking(wrong.later, wrong.sums),
        "what one number gains another may lose: the sum stays, and the output has changed.",
        "the order of summing and taking the size of a difference.",
        also=(wrong.asking(wrong.later, wrong.sums, copies=False),),
    ),
    Mistake(
        "an `attend` that writes into its input spoils the experiment",
        wrong.asking(wrong.later, copies=False),
        "the task allows that. After the first call your x may hold something else, and then all"
        " that you make from it; and what came back may be the very array that you change next.",
        "what you hand out, and what you keep.",
        also=(
            wrong.changing(*EACH, wrong.who_sees, copies=False),
            wrong.in_one_array,
        ),
    ),
    Mistake(
        "the list is in descending order",
        wrong.changing(*EACH, wrong.backwards),
        "the positions are right, and the task asks for them in ascending order.",
        "the direction of your loop.",
    ),
]

check = Check(
    "sees_the_future",
    "sees_the_future(attend, T, D)",
    reference,
    CASES,
    MISTAKES,
    "The causal mask",
    properties=(
        Property(
            "the last position has no later one, so it cannot be in the list",
            lambda found, attend, T, D: T - 1 not in found,
        ),
        Property(
            "each position may be listed once",
            lambda found, attend, T, D: len(set(found)) == len(found),
        ),
    ),
    errors={
        "^(IndexError|ValueError)": "`attend` takes and gives one array of shape (T, D), and T may"
        " be 1. Then nothing is later, and the largest of no numbers is an error.",
    },
)
