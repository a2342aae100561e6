"""The check of ``softmax(x)``: over the last axis, and safe from overflow."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Mistake
from . import softmaxes as wrong
from .properties import adds_up, larger_gets_more, no_less_than_zero
from .reference import softmax as reference

# Those that overflow are longer than those that do not: the first that fails is shown, and it is to
# show a wrong axis before it shows nan.
CASES = [
    (np.array([0.0, 2.0]),),
    (np.array([[1.0, 4.0]]),),
    (np.array([[0.0, 1.0], [2.0, 4.0]]),),
    (np.array([1000.0, 998.0, 0.0, 0.0, 0.0]),),
    (np.array([-1000.0, -1001.0, -1000.0, -1000.0, -1001.0]),),
    (np.array([0.0, 1000.0, 0.0, 1000.0, 0.0]),),
    (np.array([0.0, 3000.0, 0.0, 0.0, 0.0]),),
    (np.array([[0.0, 1.0, 1.0], [2000.0, 1999.0, 2000.0]]),),
    (np.array([[1.0, 3.0, 0.0], [2.0, 2.0, 5.0]]),),
    (draw(3, 3, seed=1, scale=2),),
    (draw(2, 3, 4, seed=2, scale=2),),
    (draw(2, 3, 5, 4, seed=3, scale=3),),
]

MISTAKES = [
    Mistake(
        "the exponentials are normalized over the wrong axis",
        wrong.over(0),
        "softmax turns each row, which is the last axis, into weights that sum to one. Yours sum to"
        " one in another direction. A number of the axis that fits a matrix is another axis when"
        " two more stand before it; counted from the end, it stays the same.",
        "the `axis` of your sum and of your maximum.",
        also=(
            wrong.over(1),
            wrong.over(-2),
            wrong.summed_over(0),
            wrong.summed_over(1),
            wrong.summed_over(-2),
            wrong.raw_over(0),
            wrong.raw_over(1),
            wrong.raw_over(-2),
        ),
    ),
    Mistake(
        "all numbers together are normalized, not each row",
        wrong.over(None),
        "without an `axis`, `sum` adds up the whole array. Then only all weights together make one,"
        " and the rows compete with each other.",
        "the shape of your sum: it should have one number for each row.",
        also=(wrong.summed_over(None), wrong.raw_over(None)),
    ),
    Mistake(
        "large numbers overflow",
        wrong.raw_over(-1),
        "exp of anything above 709 is infinity in float64, and infinity over infinity is nan. Far"
        " below zero all exponentials are 0, and 0 / 0 is nan too. Putting a number in the place of"
        " nan does not bring the weights back.",
        "what you may add to all numbers of a row without changing their softmax.",
        also=(wrong.nan_replaced, wrong.infinity_replaced, wrong.all_replaced),
    ),
    Mistake(
        "one maximum is taken for the whole array",
        wrong.less(lambda x: x.max()),
        "that avoids the overflow, but a row that lies far below the largest row has nothing left:"
        " all its exponentials are 0, and 0 / 0 is nan.",
        "how many maxima there should be: one for each row.",
    ),
    Mistake(
        "the maximum is taken along the wrong axis",
        wrong.less(lambda x: x.max(axis=0, keepdims=True)),
        "the shift cancels only when it is the same for all numbers that are compared with each"
        " other. Yours differs from column to column, and that changes the result.",
        "the `axis` of your maximum and that of your sum.",
        also=(
            wrong.less(lambda x: x.max(axis=1, keepdims=True)),
            wrong.less(lambda x: x.max(axis=-2, keepdims=True)),
        ),
    ),
    Mistake(
        "what is subtracted is not the largest number of the row",
        wrong.less(wrong.mean),
        "any constant leaves the result as it is, on paper. In float64 the exponents must not get"
        " too large, nor all of them too low, and only one constant rules out both.",
        "which number of a row becomes 0, and whether any can lie above it.",
        also=(wrong.less(wrong.smallest), wrong.less(wrong.largest_size)),
    ),
    Mistake(
        "it is divided by the maximum, where it should be subtracted",
        wrong.divided_by_largest,
        "dividing changes how far the numbers lie apart, and so the weights. A maximum of 0 gives"
        " nan, and a negative one turns the order round.",
        "which of the two, a common factor or a common summand, cancels between exp and its sum.",
    ),
    Mistake(
        "the exponentials are not normalized",
        wrong.exponentials,
        "these are positive numbers in the right proportion, but they do not sum to one.",
        "the step that is left after exp.",
        also=(wrong.raw_exponentials,),
    ),
    Mistake(
        "it is the logarithm of the softmax",
        wrong.log_softmax,
        "the weights themselves are asked for, from 0 to 1. Their logarithms, which a loss needs,"
        " are never above zero.",
        "the last step: nothing should follow the division.",
    ),
    Mistake(
        "the exponential is missing",
        wrong.without_exponential,
        "dividing numbers by their sum makes them sum to one, but some may be negative, and a sum"
        " of zero gives infinity. Weights must not be negative.",
        "what makes any number positive and keeps the order.",
        also=(wrong.shifted_without_exponential, wrong.from_smallest_without_exponential),
    ),
    Mistake(
        "large numbers are clipped",
        wrong.clipped,
        "clipping keeps exp finite, but two different numbers above the limit become equal, and so"
        " do their weights.",
        "a change that leaves all differences within a row as they are.",
    ),
    Mistake(
        "the maximum or the sum loses its axis",
        wrong.without_keepdims(False, False),
        "`max` and `sum` over an axis give one number for each row, in an array with one axis less."
        " Set against the rows, NumPy lines that up with the columns. In a square matrix this"
        " raises no error.",
        "the shapes on both sides of your `-` and your `/`, and what `keepdims` does.",
        also=(
            wrong.without_keepdims(True, False),
            wrong.without_keepdims(False, True),
            wrong.raw_without_keepdims,
        ),
    ),
    Mistake(
        "the maximum is subtracted in one of the two places only",
        wrong.only_above,
        "the shift cancels because it stands above and below the fraction line. In one place alone"
        " it scales all weights, and the other place still overflows.",
        "which numbers go into the sum.",
        also=(wrong.only_below,),
    ),
    Mistake(
        "the sign is turned round",
        wrong.turned,
        "the smallest number gets the largest weight.",
        "what is subtracted from what, or a minus before x.",
        also=(wrong.turned_difference, wrong.raw_turned),
    ),
    Mistake(
        "the input is overwritten",
        wrong.shifts_input,
        "the array belongs to the caller, who may still need it. `x -= m` writes into it, while"
        " `x = x - m` makes a new one.",
        "the lines with `-=`, `/=` or `out=`.",
        also=(wrong.overwrites_input,),
    ),
]

check = Check(
    "softmax",
    "softmax(x)",
    reference,
    CASES,
    MISTAKES,
    "Softmax without overflow",
    properties=(no_less_than_zero, adds_up, larger_gets_more),
    errors={
        "^AxisError": "Some inputs have one axis only. Which number always means the last one?",
        "^ValueError.*broadcast": "Print the shape of your maximum or sum: it should have one"
        " number for each row, and still as many axes as x.",
    },
)
