"""What goes wrong in ``gradient_is_right`` with the comparison of differences and gradient.

``questions.py`` has what goes wrong before it, and ``rightness.py`` the check.
"""

from __future__ import annotations

from ..verdict import Mistake
from . import checkers as wrong
from .checkers import checking

LIMITS = [
    Mistake(
        "the limit is a fixed number",
        checking(judge=wrong.fixed(1e-6)),
        "gradients may be billionths, and then all of them are within a fixed limit, zeros too. Or"
        " they are millions, and no difference comes so close.",
        "what your limit is a share of.",
        also=(
            checking(judge=wrong.fixed(1e-3)),
            checking(judge=wrong.allclose),
        ),
    ),
    Mistake(
        "a right gradient of zero is found wrong",
        checking(judge=wrong.each_relative),
        "some gradients are exactly zero, and the difference then is not: rounding leaves"
        " about 1e-16 of y, divided by the step. No share of zero is large enough for it.",
        "what your limit is made of. The largest slope tells what counts as large, and the size of"
        " y how much rounding leaves.",
        section="Attention",
        also=(checking(judge=wrong.relative),),
    ),
    Mistake(
        "the limit is too loose",
        checking(judge=wrong.within(1e-2)),
        "an error of three thousandths is an error: with a good step, a right gradient agrees in"
        " five digits and more.",
        "how close a right one comes, before you choose the limit.",
        also=(checking(judge=wrong.within(0.1)),),
    ),
    Mistake(
        "the limit is too tight",
        checking(judge=wrong.within(1e-10, 0.0)),
        "the difference is not exact: its own error is about the square of h, plus rounding over"
        " h.",
        "how close a right one comes, before you choose the limit.",
        also=(checking(judge=wrong.within(1e-8)), checking(judge=wrong.within(1e-13, 0.0))),
    ),
    Mistake(
        "only sizes or sums are compared, not number by number",
        checking(judge=wrong.by_norm),
        "numbers that have changed places or signs have the same size, the same sum or the same"
        " list as the right ones.",
        "what you do with the two arrays before you compare them.",
        also=(
            checking(judge=wrong.by_size),
            checking(judge=wrong.by_sum),
            checking(judge=wrong.by_sorted),
        ),
    ),
    Mistake(
        "it is enough that some number is right",
        checking(judge=wrong.somewhere),
        "a gradient is right when all of its numbers are.",
        "`any` and `all`, and a `return` inside a loop.",
    ),
    Mistake(
        "nan passes",
        checking(judge=wrong.unless_above),
        "every comparison with nan is False, so `error > limit` never catches it.",
        "which way round you ask: what has to be True for a right gradient?",
    ),
    Mistake(
        "every backward pass is found right",
        wrong.always,
        "a backward pass that is compared with itself, or not at all, always agrees. What is right"
        " can only be seen from forward.",
        "where forward occurs in your comparison.",
        section="One weight",
    ),
    Mistake(
        "every backward pass is found wrong",
        wrong.never,
        "a right one has to pass.",
        "both sides of your comparison, for the square of one number.",
        section="One weight",
    ),
]
