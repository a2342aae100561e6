"""What goes wrong within each head of ``multi_head_attention``: scale, softmax and mask."""

from __future__ import annotations

import math

import numpy as np

from ..attention import maskers, products
from ..verdict import Mistake
from . import layers as wrong

BY_HAND = "Two heads by hand"

WITHIN_A_HEAD = [
    Mistake(
        "the division by the root is missing",
        wrong.layer(score=products.dot),
        "the spread of a score grows with the root of Dh. Without the division the softmax puts"
        " nearly all weight on one key.",
        "the line that makes the scores.",
        section=BY_HAND,
    ),
    Mistake(
        "the root is not that of the width of one head",
        wrong.layer(score=products.under_root(lambda q, k: q.shape[1] * q.shape[-1])),
        "one score adds up Dh products. How many heads there are, how wide x is and how long the"
        " text is makes no difference to it.",
        "the number under your root.",
        section=BY_HAND,
        also=(
            wrong.by_root_of_width,
            wrong.layer(score=products.under_root(lambda q, k: q.shape[1])),
            wrong.layer(score=products.under_root(lambda q, k: q.shape[2])),
        ),
    ),
    Mistake(
        "the scale is not one division by the root",
        wrong.layer(score=products.times(lambda q, k: 1 / q.shape[-1])),
        "dividing by Dh itself, or by its root twice, makes all weights nearly equal; multiplying"
        " makes one of them take all.",
        "how often you divide, and by what.",
        section=BY_HAND,
        also=(wrong.layer(score=products.times(lambda q, k: math.sqrt(q.shape[-1]))),),
    ),
    Mistake(
        "the softmax runs over the heads",
        wrong.layer(weigh=wrong.over_heads(-1e9)),
        "each head divides its attention among the keys, whatever the other heads do. Yours makes"
        " the heads share each key.",
        "the `axis` of your softmax.",
        section=BY_HAND,
        also=(wrong.layer(weigh=wrong.over_heads(-np.inf)),),
    ),
    Mistake(
        "the softmax runs over the queries",
        wrong.layer(weigh=maskers.over_queries),
        "each query divides its attention among the keys: the last axis of the scores.",
        "the `axis` of your softmax.",
        section=BY_HAND,
    ),
    Mistake(
        "there is no softmax",
        wrong.layer(weigh=wrong.bare),
        "scores may be negative and of any size. A weighted mean needs weights that sum to one.",
        "what is left out between scores and values.",
        section=BY_HAND,
    ),
    Mistake(
        "the weights are transposed before they meet the values",
        wrong.layer(weigh=wrong.transposed_weights),
        "row i of the weights says what query i takes from each value. Transposed, it says what key"
        " i gives away.",
        "the product with v: the axis of the keys has to disappear.",
        section=BY_HAND,
    ),
    Mistake(
        "there is no mask",
        wrong.layer(weigh=maskers.ignored),
        "the layer is causal: a position reads itself and what came before. Yours reads the future"
        " as well.",
        "the scores of the first query.",
        section=BY_HAND,
    ),
    Mistake(
        "the mask hides the past and shows the future",
        wrong.under_mask(np.logical_not),
        "True means *may attend*, and a position may attend to itself and to what came before. In"
        " yours it is the other way round.",
        "which of its two values your `np.where` takes, and which triangle your mask is.",
        section=BY_HAND,
        also=(
            wrong.under_mask(np.logical_not, maskers.hidden_by(-np.inf, maskers.plain)),
            wrong.under_mask(np.logical_not, maskers.hidden_by(-1e9)),
            wrong.under_mask(np.transpose),
        ),
    ),
    Mistake(
        "the diagonal of the mask is one place off",
        wrong.under_mask(wrong.shifted(1)),
        "a position sees itself, and not the one after it.",
        "the first row of your mask: what may position 0 see?",
        section=BY_HAND,
        also=(
            wrong.under_mask(wrong.shifted(-1)),
            wrong.under_mask(wrong.shifted(-1), maskers.hidden_by(-np.inf, maskers.plain)),
            wrong.under_mask(wrong.shifted(-1), maskers.hidden_by(-1e9)),
        ),
    ),
    Mistake(
        "the mask comes after the softmax",
        wrong.layer(weigh=maskers.zeroed_after),
        "hidden scores still stand in the sum that everything is divided by. Dividing anew comes"
        " too late: when a hidden score is far above the others, nothing is left to divide.",
        "the order of mask and softmax.",
        section=BY_HAND,
        also=(
            wrong.layer(weigh=maskers.divided_again),
            wrong.layer(weigh=maskers.divided_again_guarded),
        ),
    ),
    Mistake(
        "hidden scores are not low enough",
        wrong.layer(weigh=maskers.hidden_by(-100.0)),
        "a score of 0, or of -100, may be the highest of its row when the visible ones are lower"
        " still. Then the hidden key takes all the weight.",
        "which score has an exponential of zero, whatever the others are.",
        section=BY_HAND,
        also=(
            wrong.layer(weigh=maskers.zeroed_before),
            wrong.layer(weigh=maskers.hidden_by(-10.0)),
            wrong.layer(weigh=maskers.hidden_by(-1e4)),
            wrong.layer(weigh=maskers.lowered_by(-10.0)),
            wrong.layer(weigh=maskers.lowered_by(-100.0)),
            wrong.layer(weigh=maskers.lowered_by(-1e4)),
        ),
    ),
    Mistake(
        "large scores overflow",
        wrong.layer(weigh=maskers.unshifted_hidden),
        "exp of anything above 709 is infinity in float64, and infinity by infinity is nan.",
        "what your softmax subtracts before exp.",
        section=BY_HAND,
        also=(
            wrong.layer(weigh=maskers.hidden_by(-np.inf, maskers.raw)),
            wrong.layer(weigh=maskers.unshifted),
            wrong.layer(weigh=maskers.unshifted_guarded),
        ),
    ),
    Mistake(
        "one maximum is subtracted from the scores of all queries",
        wrong.layer(weigh=maskers.less_one_largest(maskers.normed)),
        "each row is a softmax of its own. Far below the largest score of another row, all"
        " exponentials of a row are 0. Then 0 / 0 is nan, and a guard against that leaves zeros.",
        "the `axis` of your maximum.",
        section=BY_HAND,
        also=(
            wrong.layer(weigh=maskers.less_one_largest(maskers.guarded)),
            wrong.layer(weigh=maskers.less_one_largest(maskers.with_guard(1e-9))),
            wrong.layer(weigh=maskers.less_one_largest(maskers.with_guard(1e-12))),
        ),
    ),
]
