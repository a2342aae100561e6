"""The check of ``sinusoids(positions, d_model)``: clocks that turn at different speeds."""

from __future__ import annotations

import numpy as np

from ..check import Check
from ..verdict import Mistake, Property
from . import clocks as wrong
from .inputs import CLOCKS
from .reference import sinusoids as reference

Array = np.ndarray

MISTAKES = [
    Mistake(
        "all sines come first, and then all cosines",
        wrong.turning(wrong.speeds, wrong.halves),
        "the sine and the cosine of one hand stand side by side, in columns 2i and 2i + 1. Some"
        " programs do keep them in two halves; a model that was trained with one order cannot"
        " read the other.",
        "what `concatenate` does with two arrays, and what else could put them together.",
        also=(wrong.turning(wrong.speeds, wrong.halves_swapped),),
    ),
    Mistake(
        "sine and cosine are swapped",
        wrong.turning(wrong.speeds, wrong.swapped),
        "in each pair the sine comes first. At position 0 the sines are 0 and the cosines 1.",
        "which of the two goes into the even columns.",
    ),
    Mistake(
        "all columns are sines",
        wrong.turning(wrong.speeds, wrong.sines),
        "a sine alone does not say where a hand points: it is 0 at the start and again half a turn"
        " later.",
        "the odd columns.",
        section="A shift is a rotation",
        also=(wrong.turning(wrong.speeds, wrong.cosines),),
    ),
    Mistake(
        "the exponent is i / D",
        wrong.to_the_power(lambda i, D: i / D),
        "i numbers the pairs, of which there are D/2. So i / D ends halfway, and the slowest hand"
        " is nearly a hundred times too fast, as with a base of 100.",
        "the exponent of the last pair: how near does it come to 1 when D is large?",
    ),
    Mistake(
        "the exponent counts the 2 twice",
        wrong.to_the_power(lambda i, D: 4 * i / D),
        "`arange(0, D, 2)` already runs over 0, 2, 4, which is 2i. Another factor of 2 makes the"
        " exponent go to 2, and the slow hands stand still.",
        "the exponent of the last pair: how near does it come to 1 when D is large?",
    ),
    Mistake(
        "sine and cosine of a pair turn at different speeds",
        wrong.own_speed_for_each_column,
        "two columns make one hand, so they share its angle. With a speed for each column they"
        " say nothing about each other, and a shift is no rotation any more.",
        "how many speeds there are: one for each pair.",
        section="A shift is a rotation",
        also=(wrong.doubled_speed_for_each_column,),
    ),
    Mistake(
        "the slowest hand gets exactly the speed 1/10000",
        wrong.to_the_power(lambda i, D: 2 * i / (D - np.float64(2))),
        "yours divides by D - 2, so that the exponent of the last pair is 1. Some programs do so."
        " The formula of the original transformer divides by D and stops before; it also works"
        " for a single pair, where yours divides by zero.",
        "what your exponent is divided by.",
    ),
    Mistake(
        "the hands turn ever faster",
        wrong.to_the_power(lambda i, D: -2 * i / D),
        "the first hand turns by one radian for each position, and each further one more slowly."
        " Yours are faster and faster: after many turns in a single step, where a hand points is"
        " as good as random.",
        "the sign of the exponent, or whether you multiply or divide.",
    ),
    Mistake(
        "the slow hands come first",
        wrong.turning(lambda D: wrong.speeds(D)[::-1]),
        "pair 0 is the fast one: its exponent is 0.",
        "the direction in which i runs.",
    ),
    Mistake(
        "all hands turn at the same speed",
        wrong.to_the_power(lambda i, D: 0.0),
        "after 6.3 positions a single speed starts over, and two positions look the same. The"
        " slower hands tell them apart.",
        "the exponent: print it. A `//` gives 0 for all.",
    ),
    Mistake(
        "the base is another one",
        wrong.to_the_power(lambda i, D: 2 * i / D, 1000.0),
        "the formula works with other bases too, but a model can only use the one that it was"
        " trained with: 10000.",
        "the number of zeros, and any `exp` that has no `log` beside it.",
        also=(
            wrong.to_the_power(lambda i, D: 2 * i / D, 100_000.0),
            wrong.to_the_power(lambda i, D: 2 * i / D, np.e),
        ),
    ),
    Mistake(
        "the angle is turned into other units",
        wrong.turning(lambda D: np.radians(wrong.speeds(D))),
        "`np.sin` takes radians, and the formula gives radians.",
        "every factor of pi, and every `radians` or `deg2rad`.",
        also=(
            wrong.turning(lambda D: 2 * np.pi * wrong.speeds(D)),
            wrong.turning(lambda D: np.pi * wrong.speeds(D)),
            wrong.turning(lambda D: np.degrees(wrong.speeds(D))),
        ),
    ),
    Mistake(
        "the positions are counted anew from 0",
        wrong.at(wrong.renumbered),
        "the numbers in `positions` say where each row stands. They need not begin at 0, nor come"
        " in order, as in a text that is continued or padded on the left.",
        "every `arange`: what does it count?",
    ),
    Mistake(
        "the positions are counted from 1",
        wrong.at(lambda positions: positions + 1),
        "position 0 is the start: all hands at angle 0.",
        "what you add to the positions.",
    ),
    Mistake(
        "all sequences get the positions of the first",
        wrong.at(wrong.of_first_sequence),
        "each row of `positions` is a sequence of its own.",
        "the index on `positions`.",
        also=(wrong.one_sequence,),
    ),
    Mistake(
        "the sequences are strung together",
        wrong.flat,
        "the result keeps the axis of the batch: (B, T, D).",
        "the shape of what you return, and how `[..., None]` differs from `[:, None]`.",
    ),
    Mistake(
        "a table of all positions comes out",
        wrong.whole_table,
        "the task asks for the vectors of the positions that it names, in their order.",
        "the last step from your table to the result.",
    ),
    Mistake(
        "the pairs have an axis of their own",
        wrong.turning(wrong.speeds, wrong.stacked),
        "the two columns of a pair are the last axis of yours, (B, T, D/2, 2). One vector has D"
        " numbers in a row.",
        "the step after `stack`.",
    ),
]


def _on_the_circle(out: Array, *args: object) -> bool:
    return bool(np.allclose(out[..., 0::2] ** 2 + out[..., 1::2] ** 2, 1, atol=1e-5))


check = Check(
    "sinusoids",
    "sinusoids(positions, d_model)",
    reference,
    CLOCKS,
    MISTAKES,
    "Sinusoidal positions",
    properties=(
        Property(
            "columns 2i and 2i + 1 are the sine and cosine of one angle, so their squares have to"
            " sum to one",
            _on_the_circle,
        ),
    ),
    errors={
        "^ValueError.*(broadcast|assign|reshape)": "Each position meets each of the D/2 speeds:"
        " (B, T) and (D/2,). Which axis is missing where?",
        "^IndexError": "A table of positions needs a row for the highest of them. How many there"
        " are says nothing about that.",
        "^ValueError: Integers to negative": "A NumPy integer has no negative powers:"
        " 10000.0 is a float, 10000 is not.",
    },
)
