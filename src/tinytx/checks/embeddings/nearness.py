"""The check of ``nearest(weight, id, n)``: which tokens are alike, by the cosine."""

from __future__ import annotations

import numpy as np

from ..check import Check
from ..verdict import Mistake, Property
from . import neighbours as wrong
from .inputs import NEAR
from .reference import nearest as reference

Array = np.ndarray

MISTAKES = [
    Mistake(
        "the lengths of the rows are not divided out",
        wrong.by(wrong.dot),
        "a dot product is large when two rows point the same way, and also when one of them is"
        " simply long. A long row would be near to everybody.",
        "how the dot product changes when you double one row, and how the cosine does.",
    ),
    Mistake(
        "the distance is measured, and not the angle",
        wrong.by(wrong.closeness),
        "the row [1, 0] is far from [9, 0], and yet they point the same way. What two tokens have"
        " in common shows in the direction.",
        "what remains of a row when its length is taken away.",
    ),
    Mistake(
        "opposite rows count as alike",
        wrong.by(wrong.size),
        "a cosine of -1 says that two rows point in opposite directions: nothing could be less"
        " alike. The sign counts.",
        "every `abs` and every square.",
    ),
    Mistake(
        "the columns are brought to length one, and not the rows",
        wrong.by(wrong.by_columns),
        "a token is a row. Yours divides each number by the length of its column, which mixes all"
        " tokens.",
        "the `axis` of your norm or of your sum of squares.",
    ),
    Mistake(
        "it is divided by the square of the length",
        wrong.by(wrong.by_squares),
        "the length is the root of the sum of squares. Without the root short rows win.",
        "how the length of [3, 4] is computed.",
    ),
    Mistake(
        "the mean of the rows is subtracted first",
        wrong.by(wrong.from_mean),
        "angles are measured at a point, here at zero. Yours measures them at the mean of all"
        " tokens, which gives other neighbours.",
        "what you do to the table before you take dot products.",
    ),
    Mistake(
        "the least alike come out",
        wrong.by(wrong.farness),
        "a larger cosine means more alike, and `np.argsort` puts the smallest first.",
        "the direction in which you sort.",
    ),
    Mistake(
        "the token is its own neighbour",
        wrong.with_itself(wrong.ranked),
        "every row is most like itself: a cosine of 1. The question is which *others* are near.",
        "how the id that you are asked about gets out of the list.",
        also=(wrong.with_itself(wrong.ranked_from_behind),),
    ),
    Mistake(
        "the first of the list is taken for the token itself",
        wrong.less_the_first(wrong.ranked),
        "that goes well until another row points in the same direction. Then two cosines are 1,"
        " either may come first, and you throw away the wrong one. Rounding does the same.",
        "which one you leave out: it has a number.",
        also=(wrong.less_the_first(wrong.ranked_from_behind),),
    ),
    Mistake(
        "one neighbour too few comes out",
        wrong.cut_too_early(wrong.ranked),
        "the token itself was among those that you cut off the list, and then it was taken out.",
        "the order of the two: cutting and leaving out.",
        also=(wrong.cut_too_early(wrong.ranked_from_behind), wrong.one_too_few),
    ),
    Mistake(
        "the ids are those of a table with one row less",
        wrong.without_its_row,
        "when a row is deleted, all rows below move up by one, and so do their numbers.",
        "a way to leave the row out that keeps the others where they are.",
    ),
    Mistake(
        "its own similarity is set to 0",
        wrong.by(wrong.cosines, itself=0.0),
        "0 is lower than the cosine of what is alike, and higher than that of all rows that point"
        " away. Asked for enough neighbours, you list the token itself.",
        "the lowest value that a cosine can have.",
    ),
    Mistake(
        "the nearest comes last",
        wrong.nearest_last,
        "these are the right ids in ascending order of similarity.",
        "the direction of your slice.",
    ),
    Mistake(
        "the ids are sorted by their number",
        wrong.by_id,
        "these are the right ids; the task wants them in order of similarity.",
        "the last step: `argpartition`, a set and a mask all forget the order.",
    ),
    Mistake(
        "the similarities come out, and not the ids",
        wrong.similarities,
        "how alike they are is one thing, who they are another. `sort` gives the first, `argsort`"
        " the second.",
        "the type that the signature promises.",
    ),
    Mistake(
        "the rows come out, and not their ids",
        wrong.rows,
        "the task asks which tokens are near, and the id says that.",
        "the last line.",
    ),
    Mistake(
        "the table is overwritten",
        wrong.overwrites,
        "the table belongs to the model. `weight /= c` changes its weights for good, while"
        " `weight / c` makes a new array.",
        "the lines with `/=`.",
    ),
]

check = Check(
    "nearest",
    "nearest(weight, id, n)",
    reference,
    NEAR,
    MISTAKES,
    "What training writes into the rows",
    properties=(
        Property(
            "the token that is asked about is no neighbour of itself",
            lambda found, weight, id, n: id not in found,
        ),
        Property(
            "no id may come twice",
            lambda found, weight, id, n: len(set(found)) == len(found),
        ),
    ),
    errors={
        "^ValueError.*(broadcast|matmul)": "Print the shape of your lengths: one for each row, and"
        " still as many axes as the table, if they are to divide it.",
    },
)
