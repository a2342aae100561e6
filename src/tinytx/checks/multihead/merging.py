"""The check of ``merge_heads(heads)``: the heads side by side again, in each position."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Mistake, Property
from . import mergers as wrong
from .reference import merge_heads as reference

Array = np.ndarray

# Two heads, first of one position and of one number each; then all sizes two, which lets a wrong
# transpose run; then a batch, and all sizes different.
CASES = [
    (np.array([[[1.0, 2.0]], [[3.0, 4.0]]]),),
    (np.array([[[1.0], [2.0]], [[3.0], [4.0]]]),),
    (np.array([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]),),
    (np.array([[[[1.0], [2.0]], [[3.0], [4.0]]], [[[5.0], [6.0]], [[7.0], [8.0]]]]),),
    (draw(1, 3, 2, seed=1),),
    (draw(4, 3, 5, seed=2),),
    (draw(3, 4, 2, 5, seed=3),),
    (draw(2, 2, 2, 2, seed=4),),
    (draw(2, 3, 4, 5, 6, seed=5),),
]

MISTAKES = [
    Mistake(
        "the heads are not moved behind the positions first",
        wrong.plain,
        "`reshape` reads number after number: all positions of head 0, then all of head 1. So a row"
        " of your result holds several positions of one head. With a single head nobody notices.",
        "which axis has to stand next to Dh before the two can become one.",
    ),
    Mistake(
        "two other axes change places before the reshape",
        wrong.after_swapping(-1, -2),
        "a row of the result is a position, and holds the numbers of head 0, then those of head 1,"
        " and so on. So the last three axes have to be position, head, number.",
        "the order of your last three axes just before the reshape.",
        also=(wrong.turned, wrong.after_swapping(-1, -3)),
    ),
    Mistake(
        "the numbers of the heads are shuffled together",
        wrong.dealt,
        "the Dh numbers of a head stay side by side. Yours takes the first number of each head,"
        " then the second of each.",
        "which of the two axes that you merge comes last.",
    ),
    Mistake(
        "the last two axes are not made one",
        wrong.not_flattened,
        "the axes are in the right order, position, head, number. The heads of a position have to"
        " become one row of H · Dh numbers.",
        "the number of axes that the signature promises.",
    ),
    Mistake(
        "the heads are added up",
        wrong.total,
        "then nobody could tell any more what came from which head. They are put side by side; it"
        " is the output projection that adds.",
        "the last size of the result.",
        also=(wrong.mean,),
    ),
    Mistake(
        "the heads stand below each other",
        wrong.stacked,
        "the number of positions stays as it is, and each gets longer. Yours has H times as many"
        " rows.",
        "the axis along which the heads are put together.",
    ),
    Mistake(
        "rows and columns are swapped",
        wrong.columns_as_rows,
        "the result is (..., T, H · Dh): a row for each position.",
        "the last two sizes of the result.",
    ),
    Mistake(
        "it is the first axis that is merged",
        wrong.along_first_axis,
        "`np.concatenate` takes an array apart along its first axis. That is the head only where"
        " there is nothing before it; else yours joins the sequences of a batch.",
        "the axes of `heads`, counted from the end.",
    ),
    Mistake(
        "it counts on a certain number of axes",
        wrong.with_one_axis_before,
        "heads may be (H, T, Dh), or have one axis in front, or several. Only the last three have a"
        " name.",
        "your line that unpacks `heads.shape`. What stands in front of H, T and Dh need not be"
        " known.",
        also=(wrong.without_axes_before, wrong.with_a_batch_always),
    ),
    Mistake(
        "the positions are merged as well",
        wrong.one_row,
        "each position keeps a row of its own.",
        "the sizes that you give to `reshape`.",
    ),
    Mistake(
        "the input itself is overwritten",
        wrong.reshapes_input,
        "`heads` belongs to the caller. Assigning to its shape or into it changes it for everyone.",
        "the lines that assign to `heads.shape` or `heads[...]`.",
    ),
]


def _same_numbers(merged: Array, heads: Array) -> bool:
    return bool(np.array_equal(np.sort(merged, axis=None), np.sort(heads, axis=None)))


def _positions_kept(merged: Array, heads: Array) -> bool:
    """Return whether each row holds the numbers of its position, in whatever order."""
    rows = np.moveaxis(heads, -3, -2).reshape(merged.shape)
    return bool(np.array_equal(np.sort(rows, axis=-1), np.sort(merged, axis=-1)))


check = Check(
    "merge_heads",
    "merge_heads(heads)",
    reference,
    CASES,
    MISTAKES,
    "Split and merge",
    properties=(
        Property("a merge moves numbers and changes none of them", _same_numbers),
        Property(
            "row t of the result has to hold the numbers that the heads have in their row t",
            _positions_kept,
        ),
    ),
    errors={
        "^ValueError.*unpack": "heads may have three axes, or four, or five: only the last three"
        " are H, T and Dh, and `heads.shape[-1]` is the last whatever stands before it.",
        "^ValueError.*reshape": "The sizes that you ask for have to multiply to as many numbers as"
        " there are: T positions of H · Dh numbers, for whatever stands in front.",
    },
)
