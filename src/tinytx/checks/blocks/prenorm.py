"""The check of ``pre_norm(x, parts, norms, ln_f)``: parts read a norm and add to the stream."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Mistake
from . import streams as wrong
from .inputs import Part
from .reference import pre_norm as reference

ROW = np.array([[1.0, 3.0]])
HALF, DOUBLE, SQUARE, TURN = Part("x / 2"), Part("2 * x"), Part("x * x"), Part("-x")
ONE, THREE = Part("x + 1"), Part("x - 3")
CENTRE = Part("x - x.mean(-1, keepdims=True)")
UNIT = Part("x / np.abs(x).max(-1, keepdims=True)")
EARLIER = Part("np.cumsum(x, axis=0)")
BEND, WAVE = Part("np.maximum(x, 0)"), Part("np.sin(x)")

# One part to four, which are two blocks, and none; then positions that read each other.
CASES = [
    (ROW, [ONE], [DOUBLE], TURN),
    (ROW, [SQUARE, ONE], [HALF, DOUBLE], TURN),
    (ROW, [ONE, SQUARE, THREE], [DOUBLE, HALF, TURN], HALF),
    (ROW, [ONE, SQUARE, THREE, HALF], [DOUBLE, HALF, TURN, ONE], THREE),
    (np.array([[2.0, 0.0, 5.0]]), [], [], DOUBLE),
    (draw(3, 4, seed=1), [EARLIER, BEND], [CENTRE, UNIT], CENTRE),
    (draw(3, 4, seed=2), [EARLIER, WAVE, EARLIER, BEND], [UNIT, CENTRE, DOUBLE, UNIT], CENTRE),
]

FORMS = "Pre-norm and post-norm"
WHOLE = "The whole model"
MISTAKES = [
    Mistake(
        "the norm comes after the sum",
        wrong.going(wrong.post),
        "that is post-norm. The stream then goes through a norm at every step, and with it the"
        " gradient: the free way down is gone.",
        "what your norm gets: the stream, or the stream with something added to it?",
        section=FORMS,
        also=(wrong.going(wrong.post, ends=False), wrong.going(wrong.both_sides)),
    ),
    Mistake(
        "the stream is replaced, not added to",
        wrong.going(wrong.bare),
        "each part should only add to what is there. Otherwise what came before is gone, and so is"
        " the way of the gradient past the part.",
        "the right side of your assignment: is x itself in it?",
        also=(wrong.by_turns(wrong.right, wrong.bare), wrong.by_turns(wrong.bare, wrong.right)),
    ),
    Mistake(
        "what is added to is the norm of the stream",
        wrong.going(wrong.from_normal),
        "the part reads the norm; the sum takes the stream as it was. With `x = norm(x)` before it"
        " the stream itself is gone.",
        "whether your norm has a name of its own.",
    ),
    Mistake(
        "the parts read the stream without its norm",
        wrong.going(wrong.unnormed),
        "nothing shrinks the stream, so it grows from part to part. The norm is what lets each part"
        " read it at one size.",
        "what you hand to each part.",
        section=FORMS,
        also=(
            wrong.by_turns(wrong.right, wrong.unnormed),
            wrong.by_turns(wrong.unnormed, wrong.right),
        ),
    ),
    Mistake(
        "the norm is applied to what the part gives",
        wrong.going(wrong.behind),
        "the norm belongs in front of the part: it is what the part *reads* that has to be of one"
        " size.",
        "the order of part and norm.",
        section=FORMS,
        also=(wrong.going(wrong.before_and_after), wrong.going(wrong.behind, ends=False)),
    ),
    Mistake(
        "a part does not see what was added before it",
        wrong.side_by_side,
        "each part reads the stream as it has become. An MLP that reads the input of its block"
        " does not know what attention has just fetched.",
        "the array that your second part reads.",
        also=(wrong.pairs_side_by_side, wrong.only_the_last),
    ),
    Mistake(
        "each sum starts again from the first x",
        wrong.from_the_start,
        "what the parts before have added is lost, except for what the next one makes of it.",
        "what stands on the left of your `+` in the second round.",
    ),
    Mistake(
        "several parts share one sum",
        wrong.one_sum,
        "each part has its own sum. A chain of parts inside one sum has to pass everything on"
        " through all of them.",
        "how many `+` there are for each part.",
        also=(wrong.sum_in_pairs,),
    ),
    Mistake(
        "all parts use the same norm",
        wrong.numbered(lambda i, n: (i, 0)),
        "each part has a norm with weights of its own, at the same place in its list.",
        "the index of your norm.",
        section=FORMS,
        also=(wrong.numbered(lambda i, n: (i, n - 1)), wrong.numbered(lambda i, n: (i, i // 2))),
    ),
    Mistake(
        "the parts come in another order",
        wrong.numbered(lambda i, n: (n - 1 - i, n - 1 - i)),
        "the first of the list reads first. In a block that is attention, and the MLP then works on"
        " what attention has fetched.",
        "the direction of your loop.",
        also=(
            wrong.numbered(lambda i, n: (min(i ^ 1, n - 1), min(i ^ 1, n - 1))),
            wrong.numbered(lambda i, n: (i, n - 1 - i)),
        ),
    ),
    Mistake(
        "it stops after the first part",
        wrong.only_the_first,
        "a `return` inside the loop ends the function in its first round.",
        "how far your last line is indented.",
    ),
    Mistake(
        "the last norm is missing",
        wrong.going(wrong.right, ends=False),
        "in pre-norm nothing has shrunk the stream, so what leaves it needs one more norm. Without"
        " it the logits come out very large.",
        "the last argument.",
        section=WHOLE,
    ),
    Mistake(
        "the last norm comes more than once",
        wrong.ended_each_time(1),
        "`ln_f` stands at the very end, behind all blocks. Inside the loop it interrupts the"
        " stream.",
        "how far the line with `ln_f` is indented.",
        section=WHOLE,
        also=(wrong.ended_each_time(2), wrong.ended_and_ended),
    ),
    Mistake(
        "the first x is missing in the end",
        wrong.without_start,
        "the last vector is the embedding plus all that was added. Yours is only what was added.",
        "what your sum starts with.",
    ),
    Mistake(
        "the input is overwritten",
        wrong.into_its_input,
        "array and lists belong to the caller, who may run the model again. `x += y` writes into"
        " the array, while `x = x + y` makes a new one; `pop` takes a part out of the list.",
        "the lines with `+=` or `pop`.",
        also=(wrong.empties_its_lists,),
    ),
]

check = Check(
    "pre_norm",
    "pre_norm(x, parts, norms, ln_f)",
    reference,
    CASES,
    MISTAKES,
    "The residual stream",
    errors={
        "^TypeError.*not callable": "`parts` and `norms` are lists of functions: take one out"
        " before you call it.",
        "^IndexError": "There may be one part, or none. Both lists are equally long.",
    },
)
