"""The check of ``merge_heads(heads)``: the heads side by side again, in each position."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from .properties import MOVES, rows_kept

# Two heads, first of one position and of one number each; then all sizes two, which lets a wrong
# transpose run; then a batch, of one and of more, all sizes different, and three axes in front.
# The last is a view, as a split leaves it: its numbers lie in memory in another order.
CASES = [
    (np.array([[[1.0, 2.0]], [[3.0, 4.0]]]),),
    (np.array([[[1.0], [2.0]], [[3.0], [4.0]]]),),
    (np.array([[[0.0], [7.0]], [[7.0], [-0.0625]]]),),
    (np.array([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]),),
    (np.array([[[[1.0], [2.0]], [[3.0], [4.0]]]]),),
    (np.array([[[[1.0], [2.0]], [[3.0], [4.0]]], [[[5.0], [6.0]], [[7.0], [8.0]]]]),),
    (draw(1, 3, 2, seed=1),),
    (draw(4, 3, 5, seed=2),),
    (draw(3, 4, 2, 5, seed=3),),
    (draw(2, 2, 2, 2, seed=4),),
    (draw(2, 3, 4, 5, 6, seed=5),),
    (draw(2, 1, 3, 2, 4, 3, seed=6),),
    (draw(3, 5, 4, 6, seed=7).swapaxes(1, 2),),
    (draw(1, 12, 2, 2, seed=8),),
    (draw(1, 3, 2, 4, seed=9)[:, ::-1],),
]

check = Check.of(
    __file__,
    "merge_heads(heads)",
    CASES,
    "Split and merge",
    properties=(
        *MOVES,
        rows_kept(
            "row t of the result has to hold the numbers that the heads have in their row t",
            lambda merged, heads: (merged, np.moveaxis(heads, -3, -2).reshape(merged.shape)),
        ),
    ),
    errors={
        "^ValueError.*unpack": "heads may have three axes or more: only the last three are H, T"
        " and Dh, and `heads.shape[-1]` is the last whatever stands before it.",
        "^ValueError.*reshape": "The sizes that you ask for have to multiply to as many numbers as"
        " there are: T positions of H · Dh numbers, for whatever stands in front.",
        "^ValueError.*axes don't match": "NumPy's `transpose` wants all axes in their new order. To"
        " let two change places, use `swapaxes`.",
        "^RuntimeError.*view": "`view` moves nothing, and the numbers of a row lie apart here. What"
        " copies them where it has to is `reshape`.",
    },
    new=False,
    own=("merge_heads",),
)
