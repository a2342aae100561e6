"""The check of ``cross_entropy_gradient(logits, targets)``: what was said, less what was right."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Mistake
from . import losses as wrong
from .reference import cross_entropy_gradient as reference
from .sums import rows_sum_to_zero

Array = np.ndarray

# One position with equal logits; two positions; two texts; more of both; logits whose exp
# overflows; rows far apart; all sizes different.
CASES = [
    (np.array([[[0.0, 0.0]]]), np.array([[1]])),
    (np.array([[[1.0, 1.0, 1.0], [0.0, 2.0, 1.0]]]), np.array([[2, 0]])),
    (np.array([[[3.0, 3.0, 0.0]], [[0.0, 2.0, 2.0]]]), np.array([[2], [0]])),
    (np.array([[[1000.0, 1001.0]]]), np.array([[1]])),
    (np.array([[[0.0, 1.0], [-3000.0, -3001.0]]]), np.array([[0, 1]])),
    (np.array([[[1.0, 0.0], [0.0, 2.0]], [[3.0, 0.0], [0.0, 1.0]]]), np.array([[0, 1], [1, 1]])),
    (draw(2, 3, 5, seed=1, scale=2), np.array([[0, 4, 2], [1, 4, 3]])),
    (draw(4, 2, 3, seed=2, scale=2), np.array([[0, 2], [1, 1], [2, 0], [2, 2]])),
]  # fmt: skip

MEAN = "the loss is a mean over all positions of all texts"
MISTAKES = [
    Mistake(
        "it is not divided by the number of positions",
        wrong.scaled(lambda logits: 1),
        f"{MEAN}, so each position has only its share of it. Without the division the gradient"
        " grows with the batch.",
        "what the loss is a mean of.",
    ),
    Mistake(
        "it is divided by another number than that of the positions",
        wrong.scaled(len),
        f"{MEAN}: as many losses as there are targets.",
        "your divisor: for logits of shape (2, 3, 5) it should be 6.",
        also=(
            wrong.scaled(lambda logits: logits.shape[1]),
            wrong.scaled(lambda logits: logits.shape[2]),
            wrong.scaled(lambda logits: logits.size),
        ),
    ),
    Mistake(
        "the signs are turned",
        wrong.share(lambda p, onehot: onehot - p),
        "a larger logit of the right token makes the loss smaller, so its gradient is negative.",
        "the order of the two sides of your minus.",
        also=(lambda logits, targets: -wrong.all_of_it(wrong.softmax(logits), targets),),
    ),
    Mistake(
        "what was right is not subtracted",
        wrong.share(lambda p, onehot: p),
        "these are only the probabilities. The right token's logit also stands in the loss by"
        " itself, with a minus.",
        "the second term of the loss, and its derivative.",
    ),
    Mistake(
        "every position loses one at the targets of all positions",
        wrong.everywhere,
        "indexed with ids alone, NumPy takes each of these columns in *every* row. You want one"
        " column for each row.",
        "`p[..., targets]` for two positions: how many entries does it pick?",
        also=(wrong.in_its_text,),
    ),
    Mistake(
        "the logits stand where the probabilities belong",
        wrong.from_logits(lambda logits: logits),
        "the derivative of the logarithm of the sum is softmax, not the logits.",
        "what you subtract from: do its rows sum to one?",
        also=(wrong.from_logits(wrong.log_softmax), wrong.from_logits(np.exp)),
    ),
    Mistake(
        "softmax runs over another axis",
        wrong.from_logits(lambda logits: wrong.softmax(logits, 1)),
        "the logits of one position are the last axis: its probabilities sum to one.",
        "the `axis` of your sum.",
        also=(
            wrong.from_logits(lambda logits: wrong.softmax(logits, 0)),
            wrong.from_logits(lambda logits: wrong.softmax(logits, None)),
        ),
    ),
    Mistake(
        "it is multiplied by the slope of softmax once more",
        wrong.share(lambda p, onehot: p * (p - onehot)),
        "what is left of the whole way from the loss to the logits is this one difference. The"
        " slope of softmax is in it: it has cancelled the 1 / p of the logarithm.",
        "the products after your subtraction.",
        also=(
            wrong.share(lambda p, onehot: p * (1 - p) * (p - onehot)),
            wrong.share(wrong.through_softmax_again),
        ),
    ),
    Mistake(
        "it stops at the probabilities",
        wrong.share(lambda p, onehot: -onehot / p),
        "that is the gradient of the probabilities: minus one over the right one. The logits lie"
        " one step further back, behind softmax.",
        "which value the result belongs to.",
    ),
    Mistake(
        "only the right token has a gradient",
        wrong.share(lambda p, onehot: onehot * (p - 1)),
        "every logit is in the sum, and what softmax gives to a wrong token the right one lacks."
        " So each wrong one is pushed away too.",
        "the entries of a row beside the target.",
        also=(wrong.share(lambda p, onehot: (onehot * (p - 1)).sum(-1)),),
    ),
    Mistake(
        "exp overflows",
        wrong.from_logits(wrong.naive),
        "exp of 1000 is infinity in float64, and infinity over infinity is nan. Mending the nan, or"
        " cutting the logits off, gives numbers that are wrong.",
        "what may be subtracted from all logits of a position without changing the result.",
        also=(
            wrong.naive_and(wrong.all_of_it),
            wrong.naive_and(wrong.picked_everywhere),
            wrong.from_logits(lambda logits: np.nan_to_num(wrong.naive(logits))),
            wrong.from_logits(lambda logits: wrong.naive(np.clip(logits, -500, 500))),
        ),
    ),
    Mistake(
        "one maximum is subtracted for all rows",
        wrong.from_logits(wrong.one_maximum),
        "a row that lies far below it turns into zeros only, and 0 / 0 is nan.",
        "the `axis` and the `keepdims` of your maximum.",
    ),
    Mistake(
        "the targets are shifted by one",
        wrong.shifted(-1),
        "targets[b, t] is already what comes next after position t: the shift was made when the"
        " data was.",
        "the index of your targets.",
        also=(wrong.shifted(1),),
    ),
    Mistake(
        "the input is overwritten",
        wrong.into_logits,
        "the array belongs to the caller. `z -= m` writes into it, while `z = z - m` makes a new"
        " one.",
        "the lines with `-=`, `/=` or `+=`.",
    ),
]  # fmt: skip


check = Check(
    "cross_entropy_gradient",
    "cross_entropy_gradient(logits, targets)",
    reference,
    CASES,
    MISTAKES,
    "Cross-entropy and softmax",
    properties=(rows_sum_to_zero("a constant added to all logits of a position changes nothing"),),
    errors={
        "^IndexError": "`targets` is (B, T). To pick one entry in each row, every axis needs an"
        " index: `np.eye(V)[targets]` or `np.take_along_axis` do without.",
        "^ValueError": "Print the shapes of both sides: logits are (B, T, V), targets (B, T), and a"
        " maximum or sum of each row has to keep all axes to fit.",
    },
)
