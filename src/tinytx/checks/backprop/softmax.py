"""The check of ``softmax_gradient(dp, p)``: less the average of the row, times the weight."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Mistake
from . import softmaxes as wrong
from .reference import softmax_gradient as reference
from .sums import rows_sum_to_zero

Array = np.ndarray

# In the head: two weights, three of them, one that is zero; a row that is certain; two rows;
# square, where a lost axis raises no error; all sizes different.
CASES = [
    (np.array([8.0, 0.0]), np.array([0.25, 0.75])),
    (np.array([4.0, 0.0, -8.0]), np.array([0.5, 0.25, 0.25])),
    (np.array([2.0, 6.0, 9.0]), np.array([0.5, 0.5, 0.0])),
    (np.array([7.0, 5.0]), np.array([0.0, 1.0])),
    (np.array([[8.0, 0.0], [2.0, -6.0]]), np.array([[0.25, 0.75], [0.5, 0.5]])),
    (
        np.array([[4.0, 0.0, -8.0], [2.0, 8.0, 0.0]]),
        np.array([[0.5, 0.25, 0.25], [0.25, 0.25, 0.5]]),
    ),
    (
        np.array([[[8.0, 0.0], [2.0, -6.0]], [[4.0, 2.0], [0.0, 1.0]]]),
        np.array([[[0.25, 0.75], [0.5, 0.5]], [[1.0, 0.0], [0.75, 0.25]]]),
    ),
    (draw(3, 4, seed=1, scale=3), wrong.softmax(draw(3, 4, seed=2))),
    (draw(2, 3, 5, seed=3, scale=3), wrong.softmax(draw(2, 3, 5, seed=4, scale=2))),
]  # fmt: skip

AVERAGE = "what is subtracted is the average of dp, weighted by p"
MISTAKES = [
    Mistake(
        "only the slope of each weight along its own score is used",
        wrong.times(lambda dp, p: (1 - p) * dp),
        "p (1 - p) is how a weight moves with its own score. But each score moves all weights of"
        " the row, because they sum to one. The sigmoid is without these cross terms, softmax not.",
        "the case that the two indices differ, in the derivative of p_j by z_i.",
    ),
    Mistake(
        "nothing is subtracted",
        wrong.times(lambda dp, p: dp),
        "when one weight gains, the others lose. Without the subtraction a dp that is the same for"
        " all would move the scores, and it must not.",
        "the sum over j in the derivation.",
    ),
    Mistake(
        "the factor p in front is missing",
        lambda dp, p: dp - wrong.weighted(dp, p),
        "a weight near zero hardly moves with its score, however much the loss would like it to.",
        "what the bracket is multiplied by.",
    ),
    Mistake(
        "p multiplies only one of the two terms",
        lambda dp, p: p * dp - wrong.weighted(dp, p),
        "the factor p stands before the whole bracket.",
        "your brackets.",
        also=(lambda dp, p: dp - p * wrong.weighted(dp, p),),
    ),
    Mistake(
        "the average is not weighted",
        wrong.times(lambda dp, p: dp - dp.mean(-1, keepdims=True)),
        f"{AVERAGE}: a weight that is hardly there has hardly a say. The plain mean belongs to"
        " layer norm.",
        "the sum in the bracket: a product stands in it.",
        section="Cross-entropy and softmax",
    ),
    Mistake(
        "the sum of dp is subtracted, without the weights",
        wrong.times(lambda dp, p: dp - dp.sum(-1, keepdims=True)),
        f"{AVERAGE}.",
        "the sum in the bracket: a product stands in it.",
    ),
    Mistake(
        "the sum runs over another axis",
        wrong.times(lambda dp, p: dp - (p * dp).sum(0, keepdims=True)),
        "softmax has made each row, which is the last axis, sum to one; so each row has an average"
        " of its own.",
        "the `axis` of your sum.",
        also=(
            wrong.times(lambda dp, p: dp - (p * dp).sum()),
            wrong.times(lambda dp, p: dp - (p * dp).sum(-2 if dp.ndim > 1 else -1, keepdims=True)),
        ),
    ),
    Mistake(
        "the sum loses its axis",
        wrong.times(lambda dp, p: dp - (p * dp).sum(-1)),
        "a sum over an axis gives an array with one axis less, and NumPy lines that up with the"
        " columns. In a square array this raises no error.",
        "the shapes on both sides of your minus, and what `keepdims` does.",
    ),
    Mistake(
        "the average is added",
        wrong.times(lambda dp, p: dp + wrong.weighted(dp, p)),
        "what one weight gains the others lose: the sign of the cross terms is a minus.",
        "the sign in the derivative of p_j by z_i, where i and j differ.",
    ),
    Mistake(
        "the signs are turned",
        wrong.times(lambda dp, p: wrong.weighted(dp, p) - dp),
        "a score that grows makes its own weight grow, so it has the sign of what the loss thinks"
        " of that weight, compared with the rest of the row.",
        "the order of the two sides of your minus.",
    ),
    Mistake(
        "a weight is multiplied in once too often",
        lambda dp, p: p**2 * (dp - wrong.weighted(dp, p)),
        "there is one p in front of the bracket, and one in the sum.",
        "each p in your code, and which index it has in the derivation.",
        also=(
            wrong.times(lambda dp, p: dp - wrong.weighted(dp, p**2)),
            wrong.times(lambda dp, p: dp - p * wrong.weighted(dp, p)),
            wrong.times(lambda dp, p: p * dp - wrong.weighted(dp, p)),
        ),
    ),
    Mistake(
        "its own gradient is missing",
        wrong.times(lambda dp, p: -wrong.weighted(dp, p)),
        "the cross terms alone push all scores the same way.",
        "the case that the two indices are equal.",
    ),
    Mistake(
        "it is the gradient of the logarithm of softmax",
        lambda dp, p: dp - p * dp.sum(-1, keepdims=True),
        "that is right when dp belongs to log p. Here it belongs to p itself.",
        "what p_j is differentiated by, and whether a logarithm stands before it.",
    ),
    Mistake(
        "p is put through a softmax again",
        lambda dp, p: reference(dp, wrong.softmax(p)),
        "p is what came out of the forward pass: weights that sum to one. The scores are not"
        " needed.",
        "the argument that you are handed.",
    ),
    Mistake(
        "what comes from above is ignored",
        wrong.times(lambda dp, p: 1 - p),
        "p (1 - p) is a slope. A gradient is a slope times what comes from above.",
        "where dp stands in your code.",
        section="The chain rule, from the end",
    ),
    Mistake(
        "the input is overwritten",
        wrong.into_dp,
        "dp and p belong to the caller, who may need them for another gradient: attention takes"
        " the weights once more, for the values.",
        "the lines with `-=` or `*=`.",
        also=(wrong.into_p,),
    ),
]  # fmt: skip


check = Check(
    "softmax_gradient",
    "softmax_gradient(dp, p)",
    reference,
    CASES,
    MISTAKES,
    "Cross-entropy and softmax",
    properties=(rows_sum_to_zero("a constant added to a whole row of scores changes no weight"),),
    errors={
        "^ValueError.*broadcast": "Rows run along the last axis, and any axes may come before it."
        " Print the shapes on both sides: an average has one number for each row, and still as many"
        " axes as dp.",
        "^(AxisError|IndexError)": "Some inputs have one axis only. Which number always means the"
        " last one?",
    },
)
