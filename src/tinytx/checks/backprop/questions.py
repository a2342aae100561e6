"""What goes wrong in ``gradient_is_right`` with the question, the step, and what is handed out.

``limits.py`` has what goes wrong with the comparison, and ``rightness.py`` the check.
"""

from __future__ import annotations

import numpy as np

from ..verdict import Mistake
from . import checkers as wrong
from .checkers import checking

QUESTIONS = [
    Mistake(
        "the question is asked with ones",
        checking(ask=wrong.ones),
        "that is what checking `y.sum()` comes to. The outputs of a softmax or a layer norm always"
        " sum to the same, so the right answer to ones is zero, and a backward pass that knows"
        " nothing but zeros gives it.",
        "what you hand to backward as dy.",
        also=(checking(ask=lambda shape: 3.0 * wrong.ones(shape)),),
    ),
    Mistake(
        "only one output is asked about",
        checking(ask=wrong.one_output(0)),
        "a dy with a single one in it asks for one row of the slopes. What is wrong about the other"
        " outputs does not show.",
        "the entries of your dy.",
        also=(checking(ask=wrong.one_output(-1)),),
    ),
    Mistake(
        "not every number of x is moved",
        checking(places=wrong.first_place),
        "a backward pass may be wrong in one number only: a last row, a first token.",
        "the range of your loop.",
        also=(checking(places=wrong.last_place), checking(places=wrong.first_row)),
    ),
    Mistake(
        "the step is too large",
        checking(h=1e-2),
        "between x - h and x + h the function bends, and the error of the difference grows with the"
        " square of h.",
        "the figure of the errors over the step, on its left and on its right.",
        also=(checking(h=1e-1),),
    ),
    Mistake(
        "the step is too small",
        checking(h=1e-10),
        "an output has sixteen digits. The smaller the step, the fewer of them change, and the"
        " difference of two nearly equal numbers is mostly rounding.",
        "the figure of the errors over the step, on its left and on its right.",
        also=(checking(h=1e-12), checking(h=1e-15)),
    ),
    Mistake(
        "the step is a share of x",
        checking(difference=wrong.in_proportion),
        "where x is zero it does not move at all, and 0 / 0 is nan.",
        "what h is for a number that is exactly zero.",
    ),
    Mistake(
        "the difference is one-sided",
        checking(difference=wrong.one_sided, h=1e-4),
        "its error grows with h itself, that of a two-sided difference with the square of h. At"
        " 1e-4 that is the difference between 1e-4 and 1e-8.",
        "the two inputs that you compare: x should lie in the middle.",
        section="One weight",
        also=(checking(difference=wrong.one_sided, h=1e-3),),
    ),
    Mistake(
        "the difference and dx do not answer the same question",
        checking(difference=wrong.half_as_long),
        "dx is about the sum of dy times y. The difference has to be of that very sum, and divided"
        " by all of the way from the one input to the other, which is 2 h.",
        "three places: is the same dy on both sides, is it multiplied in before you sum, and what"
        " do you divide by?",
        section="One weight",
        also=(checking(weigh=lambda dy, d: d),),
    ),
    Mistake(
        "it tries numbers of its own, not x",
        checking(at=lambda x: wrong.random(x.shape)),
        "the question is whether the gradient is right at x. Elsewhere it may be.",
        "where x occurs in your code.",
        also=(checking(at=np.ones_like), checking(at=np.zeros_like)),
    ),
    Mistake(
        "dy has the shape of x",
        wrong.shaped_like_x,
        "dy is what the loss thinks of the output, so it has the output's shape.",
        "how you find out the shape of dy.",
        section="The chain rule, from the end",
    ),
    Mistake(
        "the numbers have become float32",
        checking(difference=wrong.in_float32),
        "float32 has seven digits, and a step of 1e-5 changes the last two of them. There is no"
        " good step for it.",
        "the dtype of what you hand to forward.",
    ),
    Mistake(
        "x is left moved",
        wrong.leaves_moved,
        "the array belongs to the caller, and each number has to be back in its place before the"
        " next one moves.",
        "what becomes of x after each round of your loop: move a copy, or write the old number"
        " back.",
    ),
    Mistake(
        "the functions write into arrays that are still needed",
        wrong.hands_out,
        "the task allows them to. After the first call your x or dy may hold something else.",
        "what you hand out, and what you keep.",
        also=(wrong.keeps_dy, wrong.hands_x_to_forward),
    ),
]
