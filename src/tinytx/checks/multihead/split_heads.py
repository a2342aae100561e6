"""The check of ``split_heads(x, n_head)``: pieces of each row, and then the heads in front."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from .properties import MOVES, rows_kept

# Where there is one head, one position or one number per head, some mistakes give the right
# numbers. All sizes two let a wrong transpose run; then a batch of one, all sizes different, and
# three axes in front, and a view, whose numbers lie in memory in another order. One number has four
# decimals, which rounding would change.
CASES = [
    (np.array([[1.0, 2.0]]), 2),
    (np.array([[1.0, 2.0], [3.0, 4.0]]), 1),
    (np.array([[1.0, 2.0], [3.0, 4.0]]), 2),
    (np.array([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]), 2),
    (np.array([[0.0, 7.0, 7.0, -1.0], [2.0, 0.0, 0.0625, 3.0]]), 2),
    (np.array([[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [7.0, 8.0, 9.0, 10.0, 11.0, 12.0]]), 3),
    (np.array([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]), 2),
    (np.array([[[1.0, 2.0, 3.0, 4.0]]]), 2),
    (draw(3, 8, seed=1), 2),
    (draw(2, 2, 4, seed=5), 2),
    (draw(2, 3, 20, seed=2), 4),
    (draw(4, 6, 6, seed=3), 2),
    (draw(4, 3, 6, seed=7).swapaxes(0, 1), 3),
    (draw(2, 3, 4, 15, seed=4), 5),
    (draw(2, 1, 3, 4, 10, seed=6), 5),
]

check = Check.of(
    __file__,
    "split_heads(x, n_head)",
    CASES,
    "Split and merge",
    properties=(
        *MOVES,
        rows_kept(
            "row t of the heads, taken together, has to hold the numbers of row t of x",
            lambda heads, x, n_head: (np.moveaxis(heads, -3, -2).reshape(x.shape), x),
        ),
    ),
    errors={
        "^ValueError.*unpack": "x may have two axes or more: only the last two are T and D,"
        " and `x.shape[-1]` is the last whatever stands before it.",
        "^ValueError.*reshape": "The sizes that you ask for have to multiply to as many"
        " numbers as x has. x may have two axes or more, so count them from the end: `x.shape[-2]`"
        " is T.",
        "^ValueError.*equal division": "`np.split` cuts the first axis, unless you name another.",
        "^ValueError.*axes don't match": "NumPy's `transpose` wants all axes in their new order. To"
        " let two change places, use `swapaxes`.",
        "^TypeError.*float": "`/` gives a float, and a size is an integer: use `//`.",
    },
    new=False,
    own=("split_heads",),
)
