"""The check of ``linear_gradients(dy, x, weight)``: input, weight and bias of a linear layer."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Mistake, Property
from . import lines as wrong
from .reference import linear_gradients as reference

Array = np.ndarray

TALL = np.array([[1.0, 3.0, 0.0], [2.0, -1.0, 7.0]])
EVEN = np.array([[1.0, 3.0], [2.0, -4.0]])

# One position; two positions of one text; two texts; square, where a transpose too many raises no
# error; all sizes different.
CASES = [
    (np.array([[[1.0, 2.0]]]), np.array([[[4.0, 0.0, 5.0]]]), TALL),
    (np.array([[[1.0], [2.0]]]), np.array([[[4.0, 3.0], [0.0, 5.0]]]), np.array([[7.0, -1.0]])),
    (np.array([[[1.0]], [[2.0]]]), np.array([[[4.0, 3.0]], [[0.0, 5.0]]]), np.array([[7.0, -1.0]])),
    (np.array([[[1.0, 2.0], [0.0, 3.0]]]), np.array([[[4.0, -1.0], [5.0, 6.0]]]), EVEN),
    (draw(2, 2, 2, seed=1), draw(2, 2, 2, seed=2), draw(2, 2, seed=3)),
    (draw(2, 3, 5, seed=4), draw(2, 3, 4, seed=5), draw(5, 4, seed=6)),
]  # fmt: skip

USED = "the same weight and the same bias are used at every position of every text"
MISTAKES = [
    Mistake(
        "dweight is transposed",
        wrong.with_weight(lambda dy, x: wrong.rows(x).T @ wrong.rows(dy)),
        "a gradient has the shape of its value, and weights are (out, in) in this course.",
        "which of your two factors has the outputs, and which axis of a product it gives.",
    ),
    Mistake(
        "dweight is reshaped where it has to be transposed",
        wrong.with_weight(wrong.reshaped),
        "`reshape` leaves the numbers in their order and only breaks the lines elsewhere. The shape"
        " is right then, and hardly any number stands where it belongs.",
        "each `reshape`: it may merge axes that stand side by side, but not swap any.",
        also=(wrong.with_weight(lambda dy, x: dy.reshape(dy.shape[-1], -1) @ wrong.rows(x)),),
    ),
    Mistake(
        "dx goes through the transposed weight",
        wrong.with_input(lambda dy, weight: dy @ weight.T),
        "forward, x met the transposed weight. On the way back each output hands its gradient to"
        " the inputs it came from. With a square weight the wrong way round raises no error.",
        "the shapes: dy has the outputs last, and dx the inputs.",
    ),
    Mistake(
        "dweight is an average",
        wrong.with_weight(lambda dy, x: wrong.weight(dy, x) / (dy.size // dy.shape[-1])),
        f"{USED}, and what is used several times gets the sum. Whether the loss is a mean, dy"
        " knows already.",
        "the divisions, and each `mean`.",
        also=(
            wrong.with_weight(lambda dy, x: wrong.weight(dy, x) / len(dy)),
            wrong.with_weight(lambda dy, x: wrong.weight(dy, x) / dy.shape[1]),
        ),
    ),
    Mistake(
        "dbias is an average",
        wrong.with_bias(lambda dy: dy.mean((0, 1))),
        f"{USED}, and what is used several times gets the sum.",
        "the last of your three results.",
        also=(
            wrong.with_bias(lambda dy: dy.mean(0).sum(0)),
            wrong.with_bias(lambda dy: dy.mean(1).sum(0)),
        ),
    ),
    Mistake(
        "weight and bias are both averaged",
        wrong.averaged(lambda dy: dy.size // dy.shape[-1]),
        f"{USED}, and what is used several times gets the sum. Whether the loss is a mean, dy"
        " knows already.",
        "the divisions, and each `mean`.",
        also=(wrong.averaged(len), wrong.averaged(lambda dy: dy.shape[1])),
    ),
    Mistake(
        "dbias is summed over the wrong axes",
        wrong.with_bias(lambda dy: dy.sum(0)),
        "the bias has one number for each output, and so has its gradient. Texts and positions"
        " are the axes that have to go.",
        "the `axis` of your sum: it may be a tuple.",
        also=(
            wrong.with_bias(lambda dy: dy.sum(1)),
            wrong.with_bias(lambda dy: dy.sum(-1)),
            wrong.with_bias(lambda dy: dy.sum()),
            wrong.with_bias(lambda dy: dy),
        ),
    ),
    Mistake(
        "each text has a dweight of its own",
        wrong.with_weight(lambda dy, x: dy.swapaxes(1, 2) @ x),
        f"{USED}: there is one weight, and its gradient has its shape.",
        "the first axis of your product.",
    ),
    Mistake(
        "dweight comes from one text only",
        wrong.with_weight(lambda dy, x: dy[0].T @ x[0]),
        f"{USED}, so all texts add to the gradient.",
        "the first axis of dy and of x: is there a loop or a reshape for it, and is anything"
        " overwritten in the loop?",
        also=(wrong.with_weight(lambda dy, x: dy[-1].T @ x[-1]),),
    ),
    Mistake(
        "dweight multiplies sums over the positions",
        wrong.with_weight(lambda dy, x: np.outer(dy.sum((0, 1)), x.sum((0, 1)))),
        "each position has its own product of dy and x; then the products are summed. A product of"
        " sums also multiplies the gradient of one position with the input of another.",
        "which comes first in your code, the product or the sum.",
    ),
    Mistake(
        "the three gradients come in another order",
        wrong.ordered(1, 0, 2),
        "the order is that of the task: dx, dweight, dbias.",
        "your `return`.",
        also=(wrong.ordered(0, 2, 1), wrong.ordered(1, 2, 0), wrong.ordered(2, 1, 0)),
    ),
    Mistake(
        "a gradient is missing",
        wrong.ordered(0, 1),
        "three values go into the layer, and each has a gradient: input, weight and bias.",
        "your `return`.",
        also=(wrong.ordered(1, 2),),
    ),
    Mistake(
        "dbias does not depend on dy",
        wrong.with_bias(lambda dy: np.full(dy.shape[-1], float(dy.size // dy.shape[-1]))),
        "the slope of y along the bias is 1; the gradient is that times what comes from above.",
        "the chain rule: d is always something times dy.",
        also=(wrong.with_bias(lambda dy: np.ones(dy.shape[-1])),),
    ),
]  # fmt: skip

check = Check(
    "linear_gradients",
    "linear_gradients(dy, x, weight)",
    reference,
    CASES,
    MISTAKES,
    "Linear",
    properties=(
        Property(
            "a number of the bias has been added to y at every position, so dbias has to sum to"
            " what dy sums to",
            lambda got, dy, x, weight: bool(np.isclose(got[2].sum(), dy.sum())),
        ),
    ),
    errors={
        "^ValueError": "Write the shape of both factors beside each other: the inner sizes have to"
        " be equal. It may help to merge texts and positions into one axis first.",
    },
)
