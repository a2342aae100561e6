"""The check of ``masked_weights(scores, mask)``: a softmax over what a query may attend to."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Mistake, Property
from . import maskers as wrong
from .properties import adds_up_or_empty, no_less_than_zero
from .reference import causal_mask
from .reference import masked_weights as reference

Array = np.ndarray


def _row(*scores: float) -> Array:
    return np.array([[scores]], dtype=float)[None]


BOTH = np.array([[True, True]])
FIRST = np.array([[True, False]])
PADDING = np.array([True, True, False, True, True, True, False, False, True, False])

# One query, two keys, the visible one ever further below the hidden one; a row with nothing to
# attend to, with five keys, so that it is shown only when nothing shorter fails; a hidden score far
# above the others; two rows far apart; then whole matrices and masks that broadcast.
CASES = [
    (_row(1, 3), FIRST),
    (_row(2, 0.5), FIRST[:, ::-1]),
    (_row(0, 2, 1, 0, 1), np.array([[False] * 5])),
    (_row(-2, 1), BOTH),
    (_row(800, 798), BOTH),
    (_row(-30, 0), FIRST),
    (_row(-300, 0), FIRST),
    (_row(-900, 0), FIRST),
    (_row(-3000, 0), FIRST),
    (_row(-30_000, 0), FIRST),
    (_row(-300_000, 0), FIRST),
    (_row(1000, 999, 5000), np.array([[True, True, False]])),
    (np.array([[[[0.0, 0.0], [-3000.0, -3000.0]]]]), np.array([[True, True], [True, True]])),
    (np.array([[[[1.0, 2.0], [3.0, 1.0]]]]), causal_mask(2, 2)),
    (draw(1, 2, 3, 3, seed=1), causal_mask(3, 3)),
    (draw(2, 3, 4, 5, seed=2, scale=2), causal_mask(4, 5)),
    (draw(2, 3, 4, 5, seed=3, scale=2), PADDING.reshape(2, 1, 1, 5)),
    (draw(2, 3, 4, 5, seed=4, scale=2), draw(2, 3, 4, 5, seed=5) > 0.3),
]

GUARDS = (1e-6, 1e-8, 1e-9, 1e-10, 1e-12)
LOW = (-1.0, -10.0, -100.0, -1e3, -1e4, -1e5)
# A number that does not hide takes the place of the hidden scores, or is added to them. Then some
# people empty the rows with nothing to attend to, and some multiply by the mask. To add -1 to the
# hidden scores is to add 1 to the others: another mistake, below.
REPLACED = [wrong.hidden_by(value) for value in (-5.0, -20.0, *LOW)]
ADDED = [wrong.lowered_by(value) for value in (-5.0, -20.0, *LOW[1:])]
LOWERED = REPLACED + ADDED
LOWERED += [then(way) for then in (wrong.emptied, wrong.cut) for way in REPLACED + ADDED[:-2]]

MISTAKES = [
    Mistake(
        "the mask is read the wrong way round",
        wrong.inverted,
        "True means *may attend*. Yours hides those places and shows the others.",
        "which of its two values your `np.where` takes when the mask is True.",
        also=(wrong.inverted_by(-np.inf), wrong.inverted_by(-1e9)),
    ),
    Mistake(
        "the mask has no effect",
        wrong.ignored,
        "hidden keys get weight as if there were no mask. Some functions return a changed array and"
        " leave the old one as it was.",
        "whether what comes out of your masking goes into the softmax.",
    ),
    Mistake(
        "the weights are set to zero after the softmax",
        wrong.zeroed_after,
        "the hidden scores still stand in the sum that everything is divided by. So the rows no"
        " longer sum to one, and the lower a row's sum, the more there was to see: the future leaks"
        " through the denominator.",
        "what the sum adds up.",
    ),
    Mistake(
        "the hidden scores are set to zero before the softmax",
        wrong.zeroed_before,
        "exp(0) is 1, so a score of zero is as good as any, and better than all negative ones.",
        "which score has an exponential of zero.",
        also=(wrong.zeroed_before_and_after,),
    ),
    Mistake(
        "the number in the hidden places is not low enough",
        LOWERED[0],
        "how much weight a hidden key keeps depends on how far it lies below the visible ones."
        " Those may be low themselves, and then a fixed number such as -100 or -10000 is the"
        " largest of all. Setting its weight to zero afterwards does not bring back what the others"
        " lost.",
        "a number that is lower than every other, whatever the scores.",
        also=tuple(LOWERED[1:]),
    ),
    Mistake(
        "a row with nothing to attend to spreads its weight over hidden keys",
        wrong.hidden_by(-1e9),
        "when all scores of a row are equally low, none is lower than the others, and the softmax"
        " compares them as usual. Such a row comes from padding, and should read nothing: zeros.",
        "a row of the mask that is False throughout.",
        also=(wrong.lowered_by(-1e9),),
    ),
    Mistake(
        "a row with nothing to attend to becomes nan",
        wrong.hidden_by(-np.inf, wrong.plain),
        "its largest score is minus infinity, and infinity less infinity is nan; so is 0 / 0. One"
        " such row, from padding, is enough to make the whole loss nan.",
        "a row of the mask that is False throughout, and what your softmax does with it step by"
        " step.",
    ),
    Mistake(
        "the hidden scores are taken out too late",
        wrong.divided_again,
        "on paper that is right. But when a hidden score is far above the others, it sets the"
        " maximum: the exponentials of all visible ones come out as 0 or nearly 0, and there is"
        " nothing left to divide by.",
        "hiding first, and the largest *visible* score.",
        section="Softmax without overflow",
        also=(
            wrong.divided_again_guarded,
            wrong.less_one_largest_late(wrong.normed),
            wrong.less_one_largest_late(wrong.guarded),
            *(wrong.divided_late(guard) for guard in GUARDS),
        ),
    ),
    Mistake(
        "one maximum is taken for all rows",
        wrong.less_one_largest(wrong.guarded),
        "that avoids the overflow, but in a row that lies far below the largest score of the array"
        " all exponentials are 0. Then 0 / 0 is nan, and with a guard against that the row looks as"
        " if it had nothing to attend to.",
        "how many maxima there should be: one for each row.",
        section="Softmax without overflow",
        also=(
            wrong.less_one_largest_nan,
            wrong.less_one_largest(wrong.normed),
            *(wrong.less_one_largest(wrong.with_guard(guard)) for guard in GUARDS[:2]),
        ),
    ),
    Mistake(
        "large scores overflow",
        wrong.unshifted_guarded,
        "exp of anything above 709 is infinity in float64, and far below zero all exponentials of a"
        " row are 0.",
        "what may be subtracted from a row before exp.",
        section="Softmax without overflow",
        also=(
            wrong.unshifted,
            wrong.unshifted_hidden,
            wrong.hidden_by(-np.inf, wrong.raw),
        ),
    ),
    Mistake(
        "the weights are normalized over the queries",
        wrong.over_queries,
        "each query divides its attention among the keys, so each row sums to one. Yours makes the"
        " columns sum to one.",
        "the `axis` of your sum and of your maximum.",
        also=(wrong.over_queries_nan,),
    ),
    Mistake(
        "all weights of the array are normalized together",
        wrong.over_all,
        "each row is a softmax of its own.",
        "the `axis` of your sum.",
    ),
    Mistake(
        "the mask is transposed",
        wrong.turned,
        "the rows of the mask are the queries, as are the rows of the scores. They already fit.",
        "what you do to the mask before you use it.",
    ),
    Mistake(
        "zero is multiplied by infinity",
        wrong.zero_times_infinity,
        "in floating-point numbers 0 times infinity is nan, so the places that should stay as they"
        " are become nan.",
        "choosing between two values, where you now multiply and add.",
    ),
    Mistake(
        "the mask is added to the scores as a number",
        wrong.counted_as_one,
        "True counts as 1 in a sum, so visible scores are raised by one and hidden ones stay.",
        "what has to happen to a hidden score.",
    ),
    Mistake(
        "the weights are not normalized",
        wrong.not_normalized,
        "these are exponentials in the right proportion, but they do not sum to one.",
        "the last step of a softmax.",
        also=(wrong.raw_exponentials,),
    ),
    Mistake(
        "the softmax is missing",
        wrong.masked_scores,
        "these are scores with the hidden ones marked. Weights are asked for.",
        "what turns scores into numbers that sum to one.",
    ),
    Mistake(
        "the scores that came in are overwritten",
        wrong.overwrites(-np.inf),
        "the array belongs to the caller, who may still need it. `scores[...] = value` writes into"
        " it.",
        "a copy, or a function that makes a new array.",
        also=(wrong.overwrites(0.0),),
    ),
]


def _hidden(weights: Array, scores: Array, mask: Array) -> bool:
    return bool((np.abs(np.where(mask, 0, weights)) < 1e-9).all())


check = Check(
    "masked_weights",
    "masked_weights(scores, mask)",
    reference,
    CASES,
    MISTAKES,
    "Masks",
    properties=(
        Property("where the mask is False the weight has to be zero", _hidden),
        no_less_than_zero,
        adds_up_or_empty,
    ),
    errors={
        "^IndexError": "The mask need not have the shape of the scores. Which NumPy functions"
        " broadcast their arguments, and which do not?",
        "^ValueError.*truth value": "`if` decides once, and a mask holds a decision for each score."
        " Which NumPy function chooses between two values entry by entry?",
    },
)
