"""The check of ``split_heads(x, n_head)``: pieces of each row, and then the heads in front."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Mistake, Property
from . import splitters as wrong
from .reference import split_heads as reference

Array = np.ndarray

# Where there is one head, one position or one number per head, some mistakes give the right
# numbers. All sizes two let a wrong transpose run; at the end, all are different.
CASES = [
    (np.array([[1.0, 2.0]]), 2),
    (np.array([[1.0, 2.0], [3.0, 4.0]]), 1),
    (np.array([[1.0, 2.0], [3.0, 4.0]]), 2),
    (np.array([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]), 2),
    (np.array([[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [7.0, 8.0, 9.0, 10.0, 11.0, 12.0]]), 3),
    (np.array([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]), 2),
    (draw(3, 8, seed=1), 2),
    (draw(2, 3, 20, seed=2), 4),
    (draw(4, 6, 6, seed=3), 2),
    (draw(2, 3, 4, 15, seed=4), 5),
]

FIRST_CUT = (
    "In memory the numbers of one position lie together, all heads in a row, and `reshape` reads"
    " them in that order."
)

MISTAKES = [
    Mistake(
        "the array is reshaped straight to the shape",
        wrong.plain,
        f"{FIRST_CUT} So head 0 is filled with all heads of the first few positions. The shape is"
        " right, the positions are mixed, and the future leaks.",
        "which numbers belong to position 0 of head 0, and how far apart positions 0 and 1 lie.",
        also=(wrong.plain_after_transpose,),
    ),
    Mistake(
        "neighbouring numbers go to different heads",
        wrong.every_other,
        "a head gets Dh numbers that stand side by side: the first head the first Dh, and so on."
        " Yours deals them out one by one, like cards.",
        "the order of the two sizes into which you cut the last axis.",
    ),
    Mistake(
        "the head stands behind the position",
        wrong.cut,
        "the numbers are in the right heads, and for `q @ k` turned, each head has to be a matrix"
        " of its own: T rows of Dh numbers in the last two axes.",
        "which two axes still have to change places.",
    ),
    Mistake(
        "two other axes are swapped",
        wrong.swapping(-1, -2),
        "position and head change places, and nothing else. `.T` turns all axes round, and an axis"
        " counted from the front is another one as soon as there is a batch.",
        "the number of each axis, counted from the end.",
        also=(wrong.all_axes, wrong.swapping(0, 1), wrong.swapping(-1, -3)),
    ),
    Mistake(
        "each head is transposed",
        wrong.numbers_first,
        "the rows of a head are positions, the columns its numbers. Yours has them the other way"
        " round.",
        "the last two sizes of the result.",
    ),
    Mistake(
        "n_head is taken for the width of a head",
        wrong.by_width,
        "there have to be n_head pieces. Yours has pieces of n_head numbers.",
        "which of the two sizes you let `reshape` work out.",
    ),
    Mistake(
        "the positions are shared out among the heads",
        wrong.positions_shared,
        "every head reads all positions, and has a few of the numbers of each. Yours has all the"
        " numbers of a few positions.",
        "the axis that is cut.",
    ),
    Mistake(
        "every head gets all the numbers",
        wrong.repeated,
        "the D numbers of a position are divided among the heads, D / H for each.",
        "the last size of the result.",
    ),
    Mistake(
        "the heads stand in front of the batch",
        wrong.heads_first,
        "what stands before the positions stays in front: the shape is (..., H, T, Dh). `np.stack`"
        " and `np.array` put a new axis first.",
        "where the new axis should go, counted from the end.",
    ),
    Mistake(
        "the heads are in a list",
        wrong.as_list,
        "one product for all heads at once needs one array, in which the head is an axis.",
        "what makes one array of several, and on which axis it puts them.",
    ),
    Mistake(
        "it counts on a certain number of axes",
        wrong.with_one_axis_before,
        "x may be (T, D), or have one axis in front, or several. Only the last two have a name.",
        "your line that unpacks `x.shape`. What stands in front of T and D need not be known.",
        also=(wrong.without_axes_before, wrong.with_a_batch_always),
    ),
    Mistake(
        "the input itself is given another shape",
        wrong.reshapes_input,
        "`x.shape = ...` changes the caller's array. `x.reshape(...)` gives a new view of it, which"
        " costs as little.",
        "the line that assigns to `x.shape`.",
    ),
]


def _same_numbers(heads: Array, x: Array, n_head: int) -> bool:
    return bool(np.array_equal(np.sort(heads, axis=None), np.sort(x, axis=None)))


def _positions_kept(heads: Array, x: Array, n_head: int) -> bool:
    """Return whether each position still has its own numbers, in whatever head and order."""
    rows = np.moveaxis(heads, -3, -2).reshape(x.shape)
    return bool(np.array_equal(np.sort(rows, axis=-1), np.sort(x, axis=-1)))


check = Check(
    "split_heads",
    "split_heads(x, n_head)",
    reference,
    CASES,
    MISTAKES,
    "Split and merge",
    properties=(
        Property("a split moves numbers and changes none of them", _same_numbers),
        Property(
            "row t of the heads, taken together, has to hold the numbers of row t of x",
            _positions_kept,
        ),
    ),
    errors={
        "^ValueError.*unpack": "x may have two axes, or three, or four: only the last two are T and"
        " D, and `x.shape[-1]` is the last whatever stands before it.",
        "^ValueError.*(reshape|divi)": "The sizes that you ask for have to multiply to as many"
        " numbers as x has. x may have two axes or more, so count them from the end: `x.shape[-2]`"
        " is T.",
        "^TypeError.*float": "`/` gives a float, and a size is an integer: use `//`.",
    },
)
