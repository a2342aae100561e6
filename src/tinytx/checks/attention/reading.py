"""The check of ``attention(q, k, v, mask=None)``: scores, scale, mask, softmax, values."""

from __future__ import annotations

import math

import numpy as np

from ..check import Check
from ..verdict import Mistake, Property
from . import maskers, products
from . import readers as wrong
from .inputs import CASES
from .reference import attention as reference

Array = np.ndarray
ROOT = "Why the division by √Dh"

MISTAKES = [
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
        "the mask is read the wrong way round",
        wrong.weighing(wrong.inverted),
        "True means *may attend*. Yours hides those places and shows the others.",
        "which of its two values your `np.where` takes when the mask is True.",
        section="Masks",
        also=(wrong.weighing(wrong.inverted_uniform), wrong.weighing(wrong.inverted_nan)),
    ),
    Mistake(
        "the mask comes after the softmax",
        wrong.weighing(maskers.zeroed_after),
        "hidden scores still stand in the sum that everything is divided by, so they shrink the"
        " result: what is hidden leaks through the denominator.",
        "the order of mask and softmax.",
        section="The causal mask",
    ),
    Mistake(
        "the mask has no effect",
        wrong.weighing(maskers.ignored),
        "the result is the same as without a mask.",
        "whether what comes out of your masking goes into the softmax.",
        section="Masks",
    ),
    Mistake(
        "hidden scores are set to zero before the softmax",
        wrong.weighing(maskers.zeroed_before),
        "exp(0) is 1, so a score of zero is as good as any.",
        "which score has an exponential of zero.",
        section="Masks",
    ),
    Mistake(
        "the hidden scores are taken out too late",
        wrong.weighing(maskers.divided_again),
        "when a hidden score is far above the others, it sets the maximum: the exponentials of all"
        " visible ones come out as 0 or nearly 0, and there is nothing left to divide by.",
        "hiding first, and the largest *visible* score.",
        section="Masks",
        also=(wrong.weighing(maskers.divided_again_guarded),),
    ),
    Mistake(
        "the number in the hidden places is not low enough",
        wrong.weighing(maskers.hidden_by(-10.0)),
        "when the visible scores lie far below the hidden ones, or are low themselves, a fixed"
        " number such as -100 does not hide anything.",
        "a number that is lower than every other, whatever the scores.",
        section="Masks",
        also=(
            wrong.weighing(maskers.hidden_by(-100.0)),
            wrong.weighing(maskers.lowered_by(-10.0)),
            wrong.weighing(maskers.lowered_by(-100.0)),
        ),
    ),
    Mistake(
        "a query with nothing to attend to reads hidden values",
        wrong.weighing(maskers.hidden_by(-1e9)),
        "when all scores of a row are equally low, the softmax compares them as usual. Such a query"
        " should read nothing: zeros.",
        "a row of the mask that is False throughout.",
        section="Masks",
        also=(wrong.weighing(maskers.lowered_by(-1e9)),),
    ),
    Mistake(
        "a query with nothing to attend to reads nan",
        wrong.weighing(maskers.hidden_by(-np.inf, maskers.plain)),
        "the largest of its scores is minus infinity, and infinity less infinity is nan. Such a"
        " query should read nothing: zeros.",
        "a row of the mask that is False throughout.",
        section="Masks",
    ),
    Mistake(
        "large scores overflow",
        wrong.weighing(maskers.unshifted_guarded),
        "exp of anything above 709 is infinity in float64.",
        "what your softmax subtracts before exp.",
        section="Softmax without overflow",
        also=(wrong.weighing(maskers.unshifted), wrong.weighing(maskers.unshifted_hidden)),
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
        "without a mask it fails",
        wrong.not_without_mask,
        "`mask` may be None, which means that every query may attend to every key.",
        "the lines that use the mask.",
        section="Masks",
        also=(wrong.without_mask(0.0), wrong.without_mask(np.nan), wrong.none_is_uniform),
    ),
    Mistake(
        "it is causal whether a mask says so or not",
        wrong.always_causal,
        "who may attend to whom is for the mask to say. Without one, everyone may.",
        "any triangle that you make inside the function.",
        section="Masks",
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
    MISTAKES,
    "All at once",
    properties=(
        Property(
            "a weighted mean lies between the lowest and the highest of the values",
            _within,
        ),
    ),
    errors={
        "^TypeError.*NoneType": "`mask` may be None: then every query may attend to every key.",
        "^ValueError.*matmul": "Write down the two shapes that meet in this product.",
        "^IndexError": "The mask need not have the shape of the scores. Which NumPy functions"
        " broadcast their arguments, and which do not?",
    },
)
