"""The check of ``is_right_split(split)``: a test that tells right splits from wrong ones."""

from __future__ import annotations

from ..check import Check
from ..verdict import Mistake
from . import proofs as wrong
from . import splits
from .reference import is_right_split as reference

CASES = [
    (splits.viewed,),
    (splits.pieced,),
    (splits.plain,),
    (splits.dealt,),
    (splits.unmoved,),
    (splits.upended,),
    (splits.reversed_heads,),
    (splits.reversed_positions,),
    (splits.reversed_numbers,),
    (splits.first_again,),
    (splits.one_sequence,),
    (splits.without_batch,),
    (splits.first_position,),
    (splits.first_number,),
    (splits.unfilled,),
    (splits.one_head_short,),
    (splits.one_position_short,),
    (splits.one_sequence_short,),
    (splits.shifted,),
]

ALL = slice(None)
SMALL = "with only one of something, nothing can be mixed up, and a wrong split looks right."

MISTAKES = [
    Mistake(
        "only the shape is tested",
        wrong.comparing(wrong.shape),
        "the classic wrong split has the right shape. That is why nobody notices. An input of zeros"
        " tests no more than the shape.",
        "where each number has gone.",
    ),
    Mistake(
        "your test takes the plain reshape for right",
        wrong.comparing(wrong.like(splits.plain)),
        "a reshape back is the way back from a reshape, and from nothing else; and a test that"
        " compares with a wrong split expects the very mistake that it should find.",
        "what you expect for head 1 of position 0, worked out by hand on two rows of four numbers.",
        also=(wrong.comparing(wrong.undone),),
    ),
    Mistake(
        "your test compares with a wrong split of its own",
        wrong.comparing(wrong.like(splits.dealt)),
        "it expects the very mistake that it should find.",
        "what you expect for head 1 of position 0, worked out by hand on two rows of four numbers.",
        also=tuple(wrong.comparing(wrong.like(s)) for s in (splits.unmoved, splits.upended)),
    ),
    Mistake(
        "all numbers of the input are alike",
        wrong.comparing(wrong.entrywise, wrong.ones),
        "when all numbers are the same, no one can see that two have changed places.",
        "an input in which every number says where it came from.",
    ),
    Mistake(
        "the numbers of the input do not tell all their coordinates",
        wrong.comparing(wrong.entrywise, wrong.naming(2)),
        "numbers that agree can change places unseen. Whatever your numbers leave out, sequence,"
        " position, head or place within the head, may be mixed up.",
        "an input in which no two numbers are alike.",
        also=tuple(
            wrong.comparing(wrong.entrywise, wrong.naming(*axes))
            for axes in ((3,), (1,), (0,), (1, 2), (2, 3), (1, 3), (1, 2, 3))
        ),
    ),
    Mistake(
        "there is only one head",
        wrong.at_sizes(2, 5, 1, 4),
        SMALL,
        "the number of heads that you try.",
    ),
    Mistake(
        "there is only one position",
        wrong.at_sizes(2, 1, 3, 4),
        SMALL,
        "the number of positions that you try.",
    ),
    Mistake(
        "there is only one sequence",
        wrong.at_sizes(1, 5, 3, 4),
        SMALL,
        "the size of your batch.",
    ),
    Mistake(
        "a head has only one number",
        wrong.at_sizes(2, 5, 3, 1),
        SMALL,
        "the width of your heads.",
    ),
    Mistake(
        "only some of the entries are compared",
        wrong.comparing(wrong.part((ALL, 0))),
        "a split may be right in one head, at one position, in one sequence, and wrong in all"
        " others.",
        "which entries of the result your test never looks at.",
        also=(
            wrong.comparing(wrong.part((ALL, ALL, 0))),
            wrong.comparing(wrong.part((ALL, ALL, ALL, 0))),
            wrong.comparing(wrong.part((0, 0))),
            wrong.comparing(wrong.part((0, 0, 0))),
            wrong.comparing(wrong.part((0, 0, 0, 0))),
            wrong.comparing(wrong.part((ALL, ALL, 0, 0))),
            wrong.comparing(wrong.part((ALL, slice(2)))),
            wrong.comparing(wrong.part((ALL, ALL, slice(2)))),
        ),
    ),
    Mistake(
        "your test compares which numbers there are, not where",
        wrong.comparing(wrong.same_set),
        "a split changes no number; where each of them goes is all that it does. A sum, or a sorted"
        " list, stays the same wherever they go.",
        "comparing entry with entry.",
        also=(wrong.comparing(wrong.same_set_of_any_shape),),
    ),
    Mistake(
        "your test says whether the split copies",
        wrong.shares,
        "a view is cheaper than a copy, and no more right. The plain reshape is a view as well.",
        "the values, not where they lie.",
        section="What happens in memory",
        also=(wrong.shares_and_fits, wrong.comparing(wrong.in_memory)),
    ),
    Mistake(
        "the answer is turned round",
        wrong.inverted,
        "asked for is True when the split is right. Yours says True when it has found a fault.",
        "your last line.",
    ),
]

check = Check(
    "is_right_split",
    "is_right_split(split)",
    reference,
    CASES,
    MISTAKES,
    "Split and merge",
    errors={
        "ambiguous": "`a == b` of two arrays is an array. Look up `np.array_equal`: it is one True"
        " or False, and False when the shapes differ.",
        "^ValueError.*n_head": "Choose a last dimension that n_head divides.",
        "^ValueError.*(broadcast|operands|reshape)": "A wrong split may give another shape. Then it"
        " is not right, and nothing need be compared.",
        "^ValueError.*unpack": "Give the splits an x of three axes, (B, T, D): that is what they"
        " ask for.",
        "^IndexError": "A wrong split may give another shape than you expect.",
        "^TypeError": "`split` takes two arguments, x of shape (B, T, D) and the number of heads.",
    },
)
