"""The check of ``wiring(block, T, D)``: an experiment that tells norms and sums from outside."""

from __future__ import annotations

from ..check import Check
from ..verdict import Mistake, Property
from . import boxes
from . import guesses as wrong
from .reference import wiring as reference

CASES = [
    (boxes.pre, 3, 4),
    (boxes.post, 3, 4),
    (boxes.bare, 3, 4),
    (boxes.unnormed, 3, 4),
    (boxes.trained_pre, 2, 5),
    (boxes.trained_post, 4, 6),
    (boxes.trained_bare, 4, 5),
    (boxes.quiet_pre, 3, 6),
    (boxes.quiet_unnormed, 3, 6),
    (boxes.loud_pre, 4, 6),
    (boxes.loud_unnormed, 3, 5),
    (boxes.loud_bare, 3, 5),
    (boxes.overwriting_pre, 3, 4),
    (boxes.overwriting_post, 3, 6),
    (boxes.overwriting_bare, 3, 5),
    (boxes.pre, 1, 6),
    (boxes.post, 1, 8),
]

FORMS = "Pre-norm and post-norm"
MISTAKES = [
    Mistake(
        "a norm behind the sum is expected to leave mean 0 and variance 1",
        wrong.asking(post=wrong.standard_rows),
        "that is so in a fresh model. Afterwards the norm multiplies by its weight and adds its"
        " bias, and both are learned.",
        "what a norm keeps, whatever its weights: how large can its output get?",
        section="LayerNorm",
        also=(wrong.asking(bare=wrong.standard_rows),),
    ),
    Mistake(
        "the size of one output decides",
        wrong.asking(post=wrong.small),
        "a norm with large weights gives large numbers, and a block without norms gives small ones"
        " where its input is small.",
        "how the output changes when the input gets very large.",
        also=(wrong.asking(bare=wrong.small),),
    ),
    Mistake(
        "how close the output is to the input decides",
        wrong.asking(pre=wrong.close_to_input),
        "parts that add little leave the output close to the input, with norms or without. Parts"
        " that add much do not, and the sum is still there.",
        "two outputs: the difference between them says more than one alone.",
        also=(wrong.asking(pre=wrong.roughly),),
    ),
    Mistake(
        "a block without norms is taken for one with norms in front",
        wrong.asking(pre=wrong.grows),
        "without norms the output grows with the input too. But what the parts add grows as well.",
        "not only whether the output grows: by exactly how much?",
        section=FORMS,
    ),
    Mistake(
        "a norm behind the sum is taken for one without a sum",
        wrong.asking(bare=wrong.bounded),
        "both give bounded outputs. But a norm *in front* takes a shift or a factor away before"
        " anything is computed, so the output stays the same for small inputs too. Behind the sum"
        " it comes too late: the parts have seen the change.",
        "the size of the inputs that you compare.",
        section=FORMS,
    ),
    Mistake(
        "a norm in front is never noticed",
        wrong.asking(bare=wrong.unlike, pre=wrong.unlike_passed_on),
        "a norm takes away a shift that is the same for all numbers of a position, or a positive"
        " factor: no other change, and not to the last digit, because of epsilon and rounding.",
        "what you add or multiply by, and how you compare.",
        section="LayerNorm",
        also=(wrong.asking(bare=wrong.unlike),),
    ),
    Mistake(
        "a sum behind a norm is not noticed",
        wrong.asking(pre=wrong.never),
        "where the parts do not see a change and the sum does, it comes out as it went in. For a"
        " shift that is exact. For a factor it is not: what attention adds keeps its size while x"
        " grows, so the MLP reads another mixture, unless x is very large in both inputs.",
        "the difference of two outputs, beside the difference of their inputs.",
        section="The residual stream",
    ),
    Mistake(
        "the two words come in the other order",
        wrong.in_other_order,
        "the list says what happens first. In pre-norm that is the norm, in post-norm the sum.",
        "the two forms, side by side in the table of the chapter.",
        section=FORMS,
    ),
    Mistake(
        "a block that writes into its input spoils the experiment",
        wrong.hands_out_its_own,
        "the task allows that. After the first call your x may hold something else, and so does all"
        " that you make from it or compare with it.",
        "what you hand out, and what you keep.",
        also=(wrong.keeps_what_it_handed_out,),
    ),
]

ANSWERS = (["norm", "sum"], ["sum", "norm"], ["sum"], ["norm"])

check = Check(
    "wiring",
    "wiring(block, T, D)",
    reference,
    CASES,
    MISTAKES,
    FORMS,
    properties=(
        Property(
            "the answer has to be one of the four lists of the task",
            lambda found, block, T, D: found in ANSWERS,
        ),
    ),
    errors={
        "^(IndexError|ValueError)": "`block` takes and gives one array of shape (T, D), and T may"
        " be 1.",
    },
)
