"""What goes wrong in ``sees_the_future`` with the outputs: how they are compared and reported.

``trials.py`` has what goes wrong with the inputs, and ``probing.py`` the check.
"""

from __future__ import annotations

from functools import partial

from . import changes
from . import probes as wrong
from .probes import asking, changing, later, with_all, with_both
from .trials import EACH, known

FINDINGS = [
    known(
        "it says who is seen, not who sees",
        with_all(partial(changing, *EACH, wrong.who_is_seen)),
        "the position that you change is the one that is seen. The list is of those whose output"
        " moves.",
        "which of your two loop variables goes into the list.",
    ),
    known(
        "the whole outputs are compared",
        (asking(later, asked=lambda T: range(T - 1), compared=wrong.all_of_them),),
        "the outputs of the changed positions change, of course. The question is whether that of an"
        " earlier position does.",
        "which rows of the two outputs you compare: only the one of the position that you ask"
        " about.",
    ),
    known(
        "earlier rows are compared as well",
        with_all(partial(asking, later, compared=wrong.up_to)),
        "when an earlier position sees the future, this one need not. Then it is listed for what"
        " the other does.",
        "which rows of the two outputs you compare: only the one of the position that you ask"
        " about.",
    ),
    known(
        "small changes are overlooked",
        (
            asking(later, changes.loosely),
            asking(later, changes.loosely, copies=False),
            changing(*EACH, wrong.who_sees, changes.loosely, copies=False),
        ),
        "a model that trains for days finds a leak that is smaller still. Either your limit is too"
        " high, or your change is too small to bring the effect above it. `np.allclose`, if you use"
        " it, forgives a relative difference of 1e-5 on top of 1e-8.",
        "the tolerance of your comparison, relative and absolute, and the size of your change. The"
        " task says what counts as rounding.",
    ),
    known(
        "rounding is taken for a leak",
        (asking(later, changes.exactly),),
        "the same sum, done in another way, may differ in its sixteenth digit. The task says what"
        " counts as rounding.",
        "how you compare two floats.",
    ),
    known(
        "a position is listed more than once",
        with_all(partial(changing, *EACH, wrong.each_time))
        + with_all(partial(changing, *EACH, wrong.each_time_sorted)),
        "a position that sees three later ones is still one position.",
        "what happens when the same position is found again.",
    ),
    known(
        "if one position sees the future, all are listed",
        with_both(partial(changing, *EACH, wrong.all_or_none)),
        "one maximum over the whole output says that something leaks, and not where.",
        "the axis over which you take the largest difference.",
    ),
    known(
        "only one number of each output is compared",
        with_all(partial(asking, later, changes.first_entry)),
        "an output has D numbers, and the leak may be in any of them.",
        "how many numbers of a row you compare.",
    ),
    known(
        "all numbers of an output have to change",
        with_all(partial(asking, later, changes.every_entry)),
        "a leak in a single number is a leak.",
        "`any` or `all`.",
    ),
    known(
        "only the sum of each output is compared",
        with_all(partial(asking, later, changes.sums)),
        "what one number gains another may lose: the sum stays, and the output has changed.",
        "the order of summing and taking the size of a difference.",
    ),
    known(
        "the list is in descending order",
        with_all(partial(changing, *EACH, wrong.backwards)),
        "the positions are right, and the task asks for them in ascending order.",
        "the direction of your loop.",
    ),
]
