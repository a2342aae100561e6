"""The check of ``shift(x, k)``: k positions on, by turning each pair."""

from __future__ import annotations

import numpy as np

from ..check import Check
from ..verdict import Mistake, Property
from . import rotations as wrong
from .inputs import SHIFTS
from .reference import shift as reference

Array = np.ndarray
CLOCKS = "Sinusoidal positions"

MISTAKES = [
    Mistake(
        "the hands turn backwards",
        wrong.by(lambda x, k: -k * wrong.speeds(x.shape[1])),
        "yours gives the rows k positions earlier. In most textbooks the cosine is the first"
        " number of a pair; here the sine is, and what turns forward there turns back here. A"
        " transposed matrix turns back too.",
        "position 0, the pair (0, 1), and which sign its first number has at position 1.",
    ),
    Mistake(
        "a minus is missing",
        wrong.turned(wrong.without_minus),
        "one of the four entries of a rotation is negative. Without it the pair is not turned but"
        " squeezed, and its length changes.",
        "the signs of the two sines, and the derivative of the cosine.",
    ),
    Mistake(
        "there is a minus too many",
        wrong.turned(wrong.two_minuses),
        "one of the four entries of a rotation is negative, not two. Yours changes the length of a"
        " pair.",
        "the signs of the two sines.",
    ),
    Mistake(
        "the second number of a pair is made from the new first one",
        wrong.turned(wrong.already_turned),
        "both new numbers come from both old ones. Once the first is overwritten, the old one is"
        " gone.",
        "what stands in the even columns when you compute the odd ones.",
        also=(wrong.turned(wrong.already_turned_back), wrong.overwrites_in_turn),
    ),
    Mistake(
        "the columns are paired across two halves",
        wrong.halves,
        "a pair is made of two neighbours, columns 2i and 2i + 1. Yours turns a sine of one clock"
        " with a sine or cosine of another.",
        "how you cut the columns: `[0::2]` and `[1::2]`, or two halves?",
        section=CLOCKS,
        also=(wrong.halves_back,),
    ),
    Mistake(
        "all pairs turn by the same angle",
        wrong.by(wrong.one_speed),
        "each pair is a clock of its own, and turns by its own speed times k.",
        "how many angles you have: there should be D/2.",
        section=CLOCKS,
    ),
    Mistake(
        "the pairs turn at other speeds",
        wrong.by(wrong.without_two),
        "k positions on, a clock has turned by k times its speed in the sinusoidal table. With"
        " other speeds a row of the table becomes no row of the table.",
        "the exponents for D = 4, written out.",
        section=CLOCKS,
        also=(wrong.by(wrong.two_twice), wrong.by(wrong.growing), wrong.by(wrong.degrees)),
    ),
    Mistake(
        "sine and cosine have changed places in the matrix",
        wrong.turned(wrong.exchanged),
        "a shift by 0 must change nothing: the cosine of 0 is 1, the sine 0. Yours turns by a"
        " quarter then.",
        "what your matrix is for k = 0.",
    ),
    Mistake(
        "the two numbers of a pair are not mixed",
        wrong.turned(wrong.unmixed),
        "multiplying each number by itself shrinks it or changes its sign. To turn a hand, each"
        " new number needs both old ones.",
        "the addition theorems: how many products stand on the right?",
        also=(wrong.turned(wrong.each_by_its_own), wrong.place_multiplied),
    ),
    Mistake(
        "the row of position k is added",
        wrong.place_added,
        "positions add up, but their sines do not: sin(a) + sin(b) is not sin(a + b).",
        "what happens to an angle, and what to the pair that shows it.",
        also=(wrong.angle_added,),
    ),
    Mistake(
        "each row turns by another angle",
        wrong.by(wrong.with_row),
        "all rows go on by the same k, wherever they stand. That the angle does not depend on the"
        " position is the point of it.",
        "whether the number of a row stands anywhere in your angle.",
        also=(wrong.by(wrong.plus_row),),
    ),
    Mistake(
        "the rows move, and not the hands",
        wrong.rolled,
        "moving rows up or down an array gives the same vectors in other places, and drops some"
        " or takes them from the other end. Each row has to become another vector.",
        "an input with a single row: what does yours do to it?",
        also=(wrong.rolled_back, wrong.rolled_columns),
    ),
    Mistake(
        "the shift is always by one position",
        wrong.by(wrong.one_step),
        "that is right for k = 1 only.",
        "where k stands in your code.",
    ),
    Mistake(
        "the rows are taken for positions 0, 1, 2",
        wrong.from_zero,
        "where the rows stand is not known, and they need not be rows of the table at all. The"
        " rotation works on any vector; that is why the result must depend on x.",
        "where x stands in your code.",
    ),
    Mistake(
        "the length of the pairs is lost",
        wrong.turned(wrong.unit),
        "a hand may have any length: x is any array. Turning keeps the length as it is. Reading"
        " the angle off a pair and taking its sine and cosine gives a hand of length 1.",
        "the pair (3, 4), whose length is 5.",
    ),
    Mistake(
        "the input is overwritten",
        wrong.overwrites,
        "x belongs to the caller, who may still need it.",
        "the assignments to parts of x: make a new array for them.",
    ),
]


def _lengths(x: Array) -> Array:
    return np.hypot(x[:, 0::2], x[:, 1::2])


check = Check(
    "shift",
    "shift(x, k)",
    reference,
    SHIFTS,
    MISTAKES,
    "A shift is a rotation",
    properties=(
        Property(
            "a shift by 0 has to leave everything as it is",
            lambda out, x, k: k != 0 or bool(np.allclose(out, x, atol=1e-5)),
        ),
        Property(
            "turning keeps the length of each pair: columns 2i and 2i + 1",
            lambda out, x, k: bool(np.allclose(_lengths(out), _lengths(x), atol=1e-5)),
        ),
    ),
    errors={
        "^ValueError.*(matmul|broadcast|operands)": "x has T rows of D numbers, that is D/2 pairs,"
        " and there are D/2 angles. Which two shapes meet in your product?",
    },
)
