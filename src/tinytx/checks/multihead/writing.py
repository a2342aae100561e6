"""The check of ``head_outputs(out, w_o)``: what each head alone adds to the layer's result."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Mistake, Property
from . import writers as wrong
from .reference import head_outputs as reference

Array = np.ndarray

# Two heads of one number; two heads of two, square, so that rows for columns can run; then more
# columns than rows, and more rows than columns. At the end all sizes are different.
CASES = [
    (np.array([[[[1.0]], [[2.0]]]]), np.array([[3.0, 1.0], [0.0, 4.0]])),
    (np.array([[[[1.0]], [[2.0]]]]), np.array([[2.0, 5.0]])),
    (np.array([[[[1.0], [2.0]], [[3.0], [0.0]]]]), np.array([[1.0, 2.0], [5.0, 3.0]])),
    (np.array([[[[1.0, 2.0]], [[3.0, 1.0]]]]),
     np.array([[1.0, 0.0, 2.0, 5.0], [3.0, 1.0, 0.0, 4.0]])),
    (np.array([[[[1.0, 2.0]], [[3.0, 1.0]]]]),
     np.array([[1.0, 0.0, 2.0, 5.0], [3.0, 1.0, 0.0, 4.0], [0.0, 6.0, 1.0, 2.0],
               [2.0, 1.0, 3.0, 0.0]])),
    (draw(2, 2, 2, 2, seed=1), draw(4, 4, seed=2)),
    (draw(2, 3, 5, 4, seed=3), draw(7, 12, seed=4)),
    (draw(3, 2, 4, 5, seed=5), draw(13, 10, seed=6)),
]  # fmt: skip

MISTAKES = [
    Mistake(
        "each head goes through rows of w_o",
        wrong.through(wrong.rows),
        "w_o is (out, in): a row for each number that is written, a column for each that is read."
        " The numbers of head h are among those that are read.",
        "which of the two sizes of w_o is H · Dh.",
        also=(wrong.through(wrong.square_of_rows),),
    ),
    Mistake(
        "w_o is cut up by a reshape",
        wrong.through(wrong.reshaped),
        "`reshape` walks through w_o row by row, so a piece of it holds whole rows, and the columns"
        " of a head are scattered over all rows.",
        "how the columns of one head lie in memory.",
        also=(wrong.through(wrong.reshaped_then_turned),),
    ),
    Mistake(
        "every H-th column is taken for a head's",
        wrong.through(wrong.every_other),
        "a merge puts the heads side by side, Dh numbers each, so the columns of a head are"
        " neighbours.",
        "which columns meet the numbers of head 1 after a merge.",
    ),
    Mistake(
        "all heads go through the columns of head 0",
        wrong.through(wrong.first_block),
        "each head has Dh columns of its own, and so its own way of writing.",
        "what in your slice depends on the head.",
    ),
    Mistake(
        "the columns of the heads overlap",
        wrong.through(wrong.one_column_on),
        "from one head to the next it is Dh columns, not one.",
        "where the slice of head 1 begins.",
    ),
    Mistake(
        "the block of w_o is not transposed",
        wrong.through(wrong.not_transposed),
        "a layer computes `x @ w.T`, because a weight is (out, in). That is as true of a few of its"
        " columns. Where D and Dh are equal nothing is raised.",
        "the shapes on both sides of the product.",
    ),
    Mistake(
        "the heads are already added up",
        wrong.summed,
        "that is the result of the whole layer. Asked for is the sum before anyone adds: a vector"
        " from each head.",
        "the axis of the heads, which is still there in the result.",
    ),
    Mistake(
        "every head is given the whole result",
        wrong.whole_for_each,
        "added up, your parts are H times too much. A head writes what its own numbers give.",
        "which numbers of `out` enter into the vector of head 0.",
        also=(wrong.shared_out,),
    ),
    Mistake(
        "the heads are averaged",
        wrong.averaged,
        "the parts add up to the result of the layer. Nothing is divided: a layer with many heads"
        " writes as much as they all write together.",
        "any division.",
    ),
    Mistake(
        "the axes of the result are in another order",
        wrong.positions_first,
        "asked for is (B, H, T, D): the heads before the positions, as in `out`.",
        "the order in which your axes come out.",
        also=(wrong.heads_first,),
    ),
    Mistake(
        "the heads are merged without a transpose before they are taken apart",
        wrong.merged_plainly,
        "a plain reshape of (B, H, T, Dh) mixes positions and heads. You need no merge at all: the"
        " heads lie apart already.",
        "what `out[:, h]` holds.",
        section="Split and merge",
    ),
    Mistake(
        "it is the result without a head, not that of the head",
        wrong.without_head,
        "that is what remains when head h is switched off. The difference between the two is what"
        " the head writes.",
        "which numbers you set to zero, or leave out of your sum.",
    ),
    Mistake(
        "each head includes those before it",
        wrong.up_to_head,
        "your vectors are running sums. The heads do not know of each other.",
        "what you start from for each head.",
    ),
    Mistake(
        "the heads that came in are overwritten",
        wrong.zeroes_others,
        "`out` belongs to the caller, and to the next turn of your loop: what you set to zero for"
        " one head stays zero for the next.",
        "the lines that assign into `out`, and what would be a copy.",
        also=(wrong.clears_each,),
    ),
]


def _adds_up(parts: Array, out: Array, w_o: Array) -> bool:
    H, Dh = out.shape[1], out.shape[3]
    whole = sum(out[:, h] @ w_o[:, h * Dh : (h + 1) * Dh].T for h in range(H))
    return bool(np.allclose(parts.sum(axis=1), whole, rtol=1e-4, atol=1e-5))


def _own_numbers(parts: Array, out: Array, w_o: Array) -> bool:
    """Return whether each head's vectors lie in what its Dh columns can write."""
    H, Dh = out.shape[1], out.shape[3]
    for h in range(H):
        columns = w_o[:, h * Dh : (h + 1) * Dh]
        written = parts[:, h].reshape(-1, len(w_o)).T  # (D, B * T)
        rest = written - columns @ np.linalg.lstsq(columns, written, rcond=None)[0]
        if np.abs(rest).max() > 1e-4:
            return False
    return True


check = Check(
    "head_outputs",
    "head_outputs(out, w_o)",
    reference,
    CASES,
    MISTAKES,
    "The output projection is a sum over heads",
    properties=(
        Property(
            "added up over the heads, the parts have to be the result of the whole layer",
            _adds_up,
        ),
        Property(
            "a head can write nothing but mixtures of its own columns of w_o",
            _own_numbers,
        ),
    ),
    errors={
        "^ValueError.*(matmul|einsum|operands|broadcast)": "Write down the two shapes that meet in"
        " your product: Dh numbers of one head on the left, and on the right?",
        "^ValueError.*(reshape|axes)": "`out` is (B, H, T, Dh) and w_o is (D, H · Dh). D need not"
        " be H · Dh.",
    },
)
