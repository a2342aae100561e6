"""The check of ``layernorm_gradient(dy, x, gamma, eps)``: input, weight and bias of a norm."""

from __future__ import annotations

import numpy as np

from ..arrays import draw, first, number
from ..check import Check
from ..verdict import Mistake, Property
from . import norms as wrong
from .reference import layernorm_gradient as reference

Array = np.ndarray

GAMMA = np.array([2.0, 1.0, 3.0])
DY = np.array([[1.0, 0.0, 2.0], [0.0, 5.0, 1.0]])
X = np.array([[0.0, 3.0, 6.0], [4.0, 0.0, 2.0]])

# One row whose deviation is 3 with this epsilon; two positions; two texts; a row far from zero;
# sizes all equal, where a lost axis raises no error; all sizes different.
CASES = [
    (np.array([[[1.0, 0.0, 0.0]]]), np.array([[[0.0, 3.0, 6.0]]]), GAMMA, 3.0),
    (np.array([[[3.0, 1.0, 0.0]]]), np.array([[[2.0, 8.0, 5.0]]]), GAMMA, 1e-5),
    (DY[None], X[None], GAMMA, 3.0),
    (DY[:, None], X[:, None], GAMMA, 3.0),
    (draw(3, 3, 3, seed=1), draw(3, 3, 3, seed=2, scale=2), draw(3, seed=3), 0.1),
    (draw(2, 3, 5, seed=4), draw(2, 3, 5, seed=5, scale=3) + 7, draw(5, seed=6), 0.1),
    (draw(4, 2, 6, seed=7), draw(4, 2, 6, seed=8), draw(6, seed=9), 1e-5),
]  # fmt: skip

IN = "in the three terms of dx"
MISTAKES = [
    Mistake(
        "the part of the gradient along xhat is not taken out",
        wrong.inner(lambda d, xhat, r, x: r * (d - wrong.mean(d))),
        "the deviation depends on every x of the row. Stretch a row and the norm undoes it: in that"
        " direction there is no gradient.",
        "your third term, or the way by the deviation in the derivation.",
    ),
    Mistake(
        "the mean of the gradient is not taken out",
        wrong.inner(lambda d, xhat, r, x: r * (d - xhat * wrong.mean(d * xhat))),
        "the mean depends on every x of the row. Shift a row and the norm undoes it: in that"
        " direction there is no gradient.",
        "your second term, or the way by the mean in the derivation.",
    ),
    Mistake(
        "mean and deviation are taken for constants",
        wrong.inner(lambda d, xhat, r, x: r * d),
        "both are computed from the row, so each x reaches all outputs of its row by way of them.",
        "the three ways from one x to one y.",
    ),
    Mistake(
        "gamma is missing in dx",
        wrong.with_gamma(lambda dy, gamma, r, xhat: r * wrong.projected(dy, xhat)),
        "on the way back dy meets gamma first, and the norm after that.",
        "what your means are taken of.",
    ),
    Mistake(
        "gamma comes after the projection",
        wrong.with_gamma(lambda dy, gamma, r, xhat: gamma * r * wrong.projected(dy, xhat)),
        "forward, gamma was the last step but one, so backward it is one of the first: what the"
        " norm itself gets is dy times gamma.",
        "the order of your lines, against that of the forward pass turned round.",
        section="The chain rule, from the end",
    ),
    Mistake(
        "dx is not divided by the deviation",
        wrong.inner(lambda d, xhat, r, x: wrong.projected(d, xhat)),
        "a row that is twice as large needs a step that is twice as large for the same effect, so"
        " its gradient is half as large.",
        f"what stands before the bracket {IN}.",
    ),
    Mistake(
        "dx is divided by the deviation in another way",
        wrong.inner(lambda d, xhat, r, x: r**2 * wrong.projected(d, xhat)),
        "all of it is divided once, by the root of variance plus eps.",
        f"what stands before the bracket {IN}.",
        also=(
            wrong.inner(lambda d, xhat, r, x: wrong.projected(d, xhat) / r),
            wrong.inner(lambda d, xhat, r, x: r**3 * wrong.projected(d, xhat)),
            wrong.inner(lambda d, xhat, r, x: (r - 1) * d + wrong.projected(d, xhat)),
        ),
    ),
    Mistake(
        "the variance divides by D - 1",
        wrong.deviating(lambda x, eps: np.sqrt(x.var(-1, ddof=1, keepdims=True) + eps)),
        "layer norm takes the plain mean of the squares. PyTorch's `var` and `std` divide by one"
        " less unless told otherwise.",
        "the divisor: `ddof` in NumPy, `correction` in PyTorch.",
    ),
    Mistake(
        "epsilon is not where the forward pass has it",
        wrong.deviating(lambda x, eps: x.std(-1, keepdims=True) + eps),
        "the forward pass adds it to the variance, under the root. A backward pass belongs to one"
        " forward pass, with all its details.",
        "what stands under your root, and whether eps occurs in it.",
        also=(
            wrong.deviating(lambda x, eps: x.std(-1, keepdims=True)),
            wrong.deviating(lambda x, eps: np.sqrt(x.var(-1, keepdims=True) + 1e-5)),
        ),
    ),
    Mistake(
        "dgamma and dbeta are summed over the wrong axes",
        wrong.collected(lambda d: d.sum(0)),
        "gamma and beta have one number for each column, and so have their gradients. Texts and"
        " positions are the axes that have to go.",
        "the `axis` of your sums: it may be a tuple.",
        also=(
            wrong.collected(lambda d: d.sum(1)),
            wrong.collected(lambda d: d.sum(-1)),
            wrong.collected(lambda d: d),
        ),
    ),
    Mistake(
        "dgamma and dbeta are averages",
        wrong.collected(lambda d: d.mean((0, 1))),
        "all positions use the same gamma and beta, and what is used several times gets the sum.",
        "each `mean` in the last lines.",
        section="The chain rule, from the end",
        also=(
            wrong.collected(lambda d: d.mean(0).sum(0)),
            wrong.collected(lambda d: d.mean(1).sum(0)),
        ),
    ),
    Mistake(
        "dgamma is not measured with xhat",
        wrong.scaling(lambda dy, xhat, r, x: dy * x),
        "gamma was multiplied with the *normalized* row, so its gradient is dy times that.",
        "what gamma meets in the forward pass.",
        also=(
            wrong.scaling(lambda dy, xhat, r, x: dy * xhat / r),
            wrong.scaling(lambda dy, xhat, r, x: dy),
        ),
    ),
    Mistake(
        "gamma is in dgamma or dbeta",
        wrong.weighed_down(True, False),
        "gamma is multiplied with dy only on the way further back, to x. The slope of y along gamma"
        " is xhat, and along beta it is 1.",
        "which of your variables is dy, and which is dy times gamma.",
        also=(wrong.weighed_down(False, True), wrong.weighed_down(True, True)),
    ),
    Mistake(
        "the part along xhat is measured with another vector",
        wrong.less(lambda d, xhat, r, x: xhat * wrong.mean(d * xhat / r)),
        "both times it is xhat: once to measure how much of the gradient lies along it, once to"
        " take that much away.",
        f"the two vectors in the last term {IN}.",
        also=(
            wrong.less(lambda d, xhat, r, x: xhat * wrong.mean(d * x)),
            wrong.less(lambda d, xhat, r, x: x * wrong.mean(d * xhat)),
            wrong.less(lambda d, xhat, r, x: wrong.mean(d * xhat)),
        ),
    ),
    Mistake(
        "sums stand where means belong",
        wrong.less(lambda d, xhat, r, x: xhat * wrong.total(d * xhat), wrong.total),
        "each x has a D-th share in the mean and in the variance of its row.",
        f"the second and the third {IN}.",
        also=(
            wrong.less(lambda d, xhat, r, x: xhat * wrong.mean(d * xhat), wrong.total),
            wrong.less(lambda d, xhat, r, x: xhat * wrong.total(d * xhat)),
        ),
    ),
    Mistake(
        "a term is added where it has to be subtracted",
        wrong.less(lambda d, xhat, r, x: -xhat * wrong.mean(d * xhat)),
        "both parts are taken *out* of the gradient.",
        f"the signs {IN}.",
        also=(
            wrong.less(
                lambda d, xhat, r, x: xhat * wrong.mean(d * xhat), lambda d: -wrong.mean(d)
            ),
            wrong.inner(lambda d, xhat, r, x: -r * wrong.projected(d, xhat)),
        ),
    ),
    Mistake(
        "the means do not run over the numbers of one position",
        wrong.inner(lambda d, xhat, r, x: r * wrong.projected(d, xhat, 1)),
        "each position was normalized alone, with its own D numbers, which are the last axis. Its"
        " gradient stays with it.",
        "the `axis` of the two means in dx.",
        also=(
            wrong.inner(lambda d, xhat, r, x: r * wrong.projected(d, xhat, 0)),
            wrong.inner(lambda d, xhat, r, x: r * wrong.projected(d, xhat, None)),
        ),
    ),
    Mistake(
        "the three gradients come in another order",
        wrong.ordered(0, 2, 1),
        "the order is that of the task: dx, dgamma, dbeta.",
        "your `return`.",
        also=(wrong.ordered(1, 2, 0), wrong.ordered(2, 1, 0)),
    ),
    Mistake(
        "the input is overwritten",
        wrong.centres_input,
        "the arrays belong to the caller. `x -= m` writes into one, while `x = x - m` makes a new"
        " one.",
        "the lines with `-=`, `/=`, `*=` or `+=`.",
        also=(wrong.normalizes_input,),
    ),
]  # fmt: skip


def _sums(got: tuple[Array, ...], *_: object) -> str:
    sums = got[0].sum(axis=-1)
    at = first(~np.isclose(sums, 0, atol=1e-6))
    return f"row {at} of dx sums to {number(sums[at].item())}"


check = Check(
    "layernorm_gradient",
    "layernorm_gradient(dy, x, gamma, eps)",
    reference,
    CASES,
    MISTAKES,
    "Layer norm",
    properties=(
        Property(
            "a row that is shifted by a constant gives the same output, so each row of dx has to"
            " sum to zero",
            lambda got, *_: bool(np.allclose(got[0].sum(axis=-1), 0, atol=1e-6)),
            _sums,
        ),
    ),
    errors={
        "^ValueError.*broadcast": "Print the shape of each mean: one number for each row, and still"
        " as many axes as x.",
    },
)
