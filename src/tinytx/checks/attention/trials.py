"""What goes wrong in ``sees_the_future`` with the inputs: what is changed, and what is not.

``findings.py`` has what goes wrong with the outputs, and ``probing.py`` the check.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ..verdict import Mistake
from . import changes
from . import probes as wrong
from .probes import asking, changing, later, with_all, with_both

EACH = (wrong.every, wrong.earlier_rows)


def known(
    name: str, ways: tuple[Callable[..., object], ...], why: str, look_at: str, section: str = ""
) -> Mistake:
    """Return the mistake of that name, which is made in these ways."""
    return Mistake(name, ways[0], why, look_at, section, ways[1:])


TRIALS = [
    known(
        "only the last position is changed",
        with_all(partial(changing, wrong.last, wrong.earlier_rows, wrong.who_sees)),
        "a position may see some of the later ones and not the last. A leak to the next position is"
        " the most common of all.",
        "which positions are later than the one you ask about: all of them have to be tried.",
    ),
    known(
        "only the next position is changed",
        with_all(partial(asking, lambda i, T: slice(i + 1, i + 2))),
        "a position may see far ahead and not its neighbour.",
        "which positions are later than the one you ask about: all of them have to be tried.",
    ),
    known(
        "the last position is never changed",
        with_all(partial(asking, lambda i, T: slice(i + 1, T - 1))),
        "a position may see the last one and no other later one. The end of a range or a slice does"
        " not belong to it.",
        "the last index that your range or slice reaches.",
    ),
    known(
        "a position is left out of the experiment",
        with_all(partial(asking, later, asked=lambda T: range(T - 2)))
        + with_all(partial(asking, later, asked=lambda T: range(1, T))),
        "all positions but the last have a later one that they might see: 0 is the first and T - 2"
        " the last of them. The end of a range does not belong to it.",
        "the first and the last position that your loop asks about.",
    ),
    Mistake(
        "earlier positions are changed",
        asking(lambda i, T: slice(0, i)),
        "reading the past is what attention is for. Your experiment finds who sees the past.",
        "the direction: who asks, and who is changed.",
        also=(changing(lambda T: range(1), wrong.all_rows, wrong.who_sees),),
    ),
    known(
        "the two inputs differ in more than the later positions",
        (
            *with_both(partial(asking, lambda i, T: slice(i, T))),
            asking(lambda i, T: slice(0, T if i < T - 1 else 0)),
            changing(wrong.last, wrong.all_rows, wrong.who_sees),
            wrong.piling_up(range),
            wrong.piling_up(lambda T: range(T - 1)),
        ),
        "every position reads itself. When its own row changes too, its output changes whether it"
        " sees the future or not. That happens as well when the changes of one round are still"
        " there in the next: `other = x` makes a second name, not a second array.",
        "the rows of your two inputs up to and including the position that you ask about.",
    ),
    Mistake(
        "it never finds a leak",
        wrong.never,
        "the changed input reaches neither output, or both. `other = x` makes a second name, not a"
        " second array: what changes one changes the other. Zero times anything is zero, and a"
        " difference that is nan is not greater than anything.",
        "the two arrays at the moment when `attend` gets them: print their difference.",
    ),
    Mistake(
        "the later positions are set to nan",
        asking(later, changes.exactly, change=changes.to_nan),
        "zero times nan is nan: it comes through even where a weight is exactly zero. Nobody looks"
        " ahead then, and everybody seems to.",
        "what you put in the later positions: ordinary numbers show who reads them.",
        also=(asking(later, changes.exactly, change=changes.to_nan, copies=False),),
    ),
    Mistake(
        "it starts from zeros",
        asking(later, start=changes.zeros),
        "where the inputs are zero the values are zero, and however much the weights leak, nothing"
        " comes through.",
        "an input in which no two numbers are alike.",
        also=(asking(later, start=changes.zeros, change=changes.shifted),),
    ),
    Mistake(
        "the numbers are so large that a softmax gives all weight to one position",
        asking(later, start=changes.counting),
        "then the weights stay at 0 and 1 whatever you change, and a leak through their sum does"
        " not show. That is what becomes of scores in the hundreds.",
        "the size of your numbers: around 1 is best.",
        section="Why the division by √Dh",
        also=(asking(later, start=changes.counting, change=changes.shifted),),
    ),
    known(
        "the later positions are only shifted or scaled",
        (
            asking(later, change=changes.shifted),
            asking(later, change=changes.shifted, copies=False),
            changing(*EACH, wrong.who_sees, change=changes.shifted, copies=False),
            asking(later, changes.loosely, change=changes.shifted),
            asking(later, changes.loosely, change=changes.shifted, copies=False),
        ),
        "whoever looks at them through a LayerNorm, as a block does, sees no difference: it takes"
        " the mean of a row away and divides by its size. A row of equal numbers becomes zeros"
        " there, whichever number it is.",
        "new numbers in the later rows, all different, where you now add to the old ones, multiply"
        " them or write the same number everywhere.",
    ),
    Mistake(
        "only one number of each input is changed",
        asking(later, change=changes.in_column(0)),
        "a position holds D numbers, and the leak may come from any of them.",
        "which columns of your two inputs differ.",
        also=(
            asking(later, change=changes.in_column(-1)),
            asking(later, change=changes.in_column(1)),
            asking(later, change=changes.in_column(0), copies=False),
            asking(later, change=changes.in_column(-1), copies=False),
        ),
    ),
    Mistake(
        "the later positions only change places",
        wrong.moving(lambda rows: rows[::-1]),
        "attention does not know the order of what it reads: the same keys and values, shuffled,"
        " give the same result. Your experiment changes nothing that it could notice.",
        "new numbers, where you now move the old ones.",
    ),
    known(
        "an `attend` that writes into its input spoils the experiment",
        (
            asking(later, copies=False),
            changing(*EACH, wrong.who_sees, copies=False),
            wrong.in_one_array,
            asking(later, changes.exactly, copies=False),
            changing(*EACH, wrong.who_sees, changes.exactly, copies=False),
        ),
        "the task allows that. After the first call your x may hold something else, and then all"
        " that you make from it; and what came back may be the very array that you change next.",
        "what you hand out, and what you keep.",
    ),
]
