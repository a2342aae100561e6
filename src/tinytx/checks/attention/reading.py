"""The check of ``attention(q, k, v, mask=None)``: scores, scale, mask, softmax, values."""

from __future__ import annotations

import math

import numpy as np

from ..check import Check
from ..verdict import Mistake, Property
from . import maskers, products
from . import readers as wrong
from .hiding import HIDING
from .inputs import CASES
from .reference import attention as reference

Array = np.ndarray
ROOT = "Why the division by √Dh"

PRODUCTS = [
    Mistake(
        "the softmax runs over the queries",
        wrong.weighing(maskers.over_queries),
        "each query divides its attention among the keys: the last axis of the scores. Yours makes"
        " the queries share each key.",
        "the `axis` of your softmax.",
        also=(wrong.weighing(maskers.over_queries_nan),),
    ),
    Mistake(
        "the scale is missing",
        wrong.scoring(products.dot),
        "the scores have to be divided by the root of Dh, or they grow with the width of the head.",
        "the line that makes the scores.",
        section=ROOT,
    ),
    Mistake(
        "the scale is Dh, not its root",
        wrong.scoring(products.times(lambda q, k: 1 / q.shape[-1])),
        "the spread of a dot product grows with the root of Dh. Dividing by more makes all weights"
        " nearly equal.",
        "how often you divide, and by what.",
        section=ROOT,
    ),
    Mistake(
        "the scale multiplies where it should divide",
        wrong.scoring(products.times(lambda q, k: math.sqrt(q.shape[-1]))),
        "the scores get larger still, and the softmax puts all weight on one key.",
        "the line that makes the scores.",
        section=ROOT,
    ),
    Mistake(
        "the division by the root comes after the softmax",
        wrong.divides_late,
        "the scores are then too large for the softmax, and the result is too small: the weights no"
        " longer sum to one.",
        "the line with your root: it belongs to the scores.",
        section=ROOT,
    ),
    Mistake(
        "the scale is that of another axis",
        wrong.scoring(products.under_root(lambda q, k: k.shape[-2])),
        "one score adds up Dh products, and only their number counts.",
        "which entry of which shape stands under your root.",
        section=ROOT,
        also=tuple(
            wrong.scoring(products.under_root(size))
            for size in (
                lambda q, k: q.shape[1] * q.shape[-1],
                lambda q, k: q.shape[1],
                lambda q, k: q.shape[2],
                lambda q, k: q.shape[0],
            )
        ),
    ),
    Mistake(
        "k is not transposed as it should be",
        wrong.scoring(products.with_keys(lambda k: k.T)),
        "within each head, S and Dh have to change places, and batch and heads stay where they are."
        " `.T` turns all four axes round; `reshape` only breaks the rows elsewhere.",
        "the shapes on both sides of your first product.",
        also=(
            wrong.scoring(products.with_keys(lambda k: k)),
            wrong.scoring(products.with_keys(products.reshaped)),
            wrong.scoring(products.with_keys(lambda k: k.swapaxes(1, 2))),
        ),
    ),
    Mistake(
        "the weights are transposed before they meet the values",
        wrong.ending(lambda weights, q, k, v: weights.swapaxes(-1, -2) @ v),
        "row i of the weights says what query i takes from each value. Transposed, it says what key"
        " i gives away.",
        "the last product: the axis of the keys has to disappear.",
    ),
    Mistake(
        "the weights come back, not what they read",
        wrong.ending(lambda weights, q, k, v: weights),
        "the weights say how much of each value to take. Taking it is one more product.",
        "the shape that the signature promises.",
    ),
    Mistake(
        "the values play no part",
        wrong.ending(lambda weights, q, k, v: weights @ k),
        "keys are for being found, values for being read. Yours reads the keys.",
        "what stands on the right of your last product.",
        section="A soft dictionary",
        also=(wrong.ending(lambda weights, q, k, v: weights @ q),),
    ),
    Mistake(
        "keys and values are mixed up",
        wrong.values_scored,
        "queries are compared with the keys, and the values are what they then read.",
        "which of the three arrays stands in which product.",
        section="A soft dictionary",
        also=(wrong.values_alone,),
    ),
    Mistake(
        "queries and keys have changed places",
        wrong.keys_first,
        "the rows of the scores belong to the queries: each of them gets one result.",
        "which of the two stands on the left of your first product.",
    ),
    Mistake(
        "there is no softmax",
        wrong.weighing(wrong.without_softmax),
        "scores may be negative and of any size. A weighted mean needs weights that sum to one.",
        "what is left out between scores and values.",
    ),
    Mistake(
        "the heads are moved in the result",
        wrong.ending(wrong.heads_behind),
        "the result keeps the layout of the queries, (B, H, T, Dh). Putting the heads together"
        " again is a later step.",
        "what you do after the last product.",
        also=(wrong.ending(wrong.heads_merged),),
    ),
    Mistake(
        "the input is overwritten",
        wrong.scales_queries,
        "q belongs to the caller, who may still need it. `q /= c` writes into it, while `q = q / c`"
        " makes a new array.",
        "the lines with `/=` or `*=`.",
    ),
]


def _within(out: Array, q: Array, k: Array, v: Array, mask: Array | None = None) -> bool:
    """Return whether each number lies between the lowest and the highest value, or is 0."""
    low, high = v.min(axis=-2, keepdims=True), v.max(axis=-2, keepdims=True)
    return bool(((out >= low - 1e-4) & (out <= high + 1e-4) | (out == 0)).all())


check = Check(
    "attention",
    "attention(q, k, v, mask=None)",
    reference,
    CASES,
    PRODUCTS + HIDING,
    "All at once",
    properties=(
        Property(
            "a weighted mean lies between the lowest and the highest of the values",
            _within,
        ),
    ),
    errors={
        "^TypeError.*NoneType": "`mask` may be None: then every query may attend to every key.",
        "^ValueError.*truth value": "A mask of several entries is neither true nor false. Whether"
        " there is one at all is another question: `mask is not None`.",
        "^ValueError.*matmul": "Write down the two shapes that meet in this product.",
        "^IndexError": "The mask need not have the shape of the scores. Which NumPy functions"
        " broadcast their arguments, and which do not?",
    },
)
