"""What goes wrong in ``attention`` between scores and weights: the mask, and the softmax.

The first half of the catalogue of ``reading.py`` has the products and their scale.
"""

from __future__ import annotations

import numpy as np

from ..verdict import Mistake
from . import maskers
from . import readers as wrong

REPLACED = [maskers.hidden_by(value) for value in (-10.0, -100.0, -1e4)]
ADDED = [maskers.lowered_by(value) for value in (-10.0, -100.0, -1e4)]
LOWERED = REPLACED + ADDED + [maskers.emptied(way) for way in REPLACED + ADDED[:-1]]
LOWERED += [maskers.cut(way) for way in REPLACED + ADDED[:-2]]

HIDING = [
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
        wrong.weighing(LOWERED[0]),
        "visible scores may be lower still, and then a fixed number such as -100 or -10000 is the"
        " largest of all. Setting the hidden weights to zero afterwards does not bring back what"
        " the visible ones have lost.",
        "a number that is lower than every other, whatever the scores.",
        section="Masks",
        also=tuple(map(wrong.weighing, LOWERED[1:])),
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
        "one maximum is taken for all rows",
        wrong.weighing(maskers.less_one_largest(maskers.guarded)),
        "that avoids the overflow, but in a row that lies far below the largest score of the array"
        " all exponentials are 0. Then 0 / 0 is nan, and with a guard against that the query looks"
        " as if it had nothing to attend to.",
        "how many maxima there should be: one for each row of the scores.",
        section="Softmax without overflow",
        also=(
            wrong.weighing(maskers.less_one_largest_nan),
            wrong.weighing(maskers.less_one_largest(maskers.normed)),
            wrong.weighing(maskers.less_one_largest(maskers.with_guard(1e-6))),
            wrong.weighing(maskers.less_one_largest_late(maskers.normed)),
            wrong.weighing(maskers.less_one_largest_late(maskers.guarded)),
        ),
    ),
    Mistake(
        "nothing is subtracted before exp",
        wrong.weighing(maskers.unshifted_guarded),
        "exp of anything above 709 is infinity in float64, and far below zero all exponentials of a"
        " row are 0.",
        "what your softmax subtracts before exp.",
        section="Softmax without overflow",
        also=(wrong.weighing(maskers.unshifted), wrong.weighing(maskers.unshifted_hidden)),
    ),
    Mistake(
        "without a mask it fails",
        wrong.not_without_mask,
        "`mask` may be None, which means that every query may attend to every key.",
        "the lines that use the mask: they have to be left out where there is none.",
        section="Masks",
        also=(wrong.nothing_without_mask,),
    ),
    Mistake(
        "without a mask everything is hidden",
        wrong.without_mask(0.0),
        "`mask` may be None, which means that every query may attend to every key. NumPy takes"
        " None for False: `np.where(None, scores, low)` hides all of them.",
        "the lines that use the mask: they have to be left out where there is none.",
        section="Masks",
        also=(wrong.without_mask(np.nan), wrong.none_is_uniform),
    ),
    Mistake(
        "it is causal although no mask says so",
        wrong.causal(wrong.both, aligned=True),
        "who may attend to whom is for the mask to say. Without one, everyone may.",
        "any triangle that you make inside the function.",
        section="Masks",
        also=(
            wrong.causal(wrong.both, aligned=False),
            wrong.causal(wrong.triangle_alone, aligned=True),
            wrong.causal(wrong.triangle_alone, aligned=False),
            wrong.causal(wrong.where_none, aligned=True),
            wrong.causal(wrong.where_none, aligned=False),
        ),
    ),
]
