"""The check of ``layernorm(x, weight, bias, eps)``: each row by itself, then weight and bias."""

from __future__ import annotations

import numpy as np

from ..arrays import draw, first, number
from ..check import Check
from ..verdict import Mistake, Property
from . import norms as wrong
from .reference import layernorm as reference

Array = np.ndarray

TWO = (np.array([2.0, 3.0]), np.array([1.0, 4.0]))
THREE = (np.array([2.0, 0.5, 3.0]), np.array([1.0, 4.0, -2.0]))
FOUR = (np.array([2.0, 1.0, 3.0, 5.0]), np.array([1.0, 4.0, -2.0, 0.0]))

# A first row that can be done in the head, a constant one, one with an epsilon that counts; square
# ones, where a missing `keepdims` runs; one far from zero; all sizes different.
CASES = [
    (np.array([1.0, 5.0]), *TWO),
    (np.array([6.0, 6.0]), *TWO),
    (np.array([1.0, 5.0]), *TWO, 5.0),
    (np.array([[1.0, 5.0], [8.0, 2.0]]), *TWO),
    (np.array([[1.0, 5.0, 3.0], [9.0, 3.0, 0.0]]), *THREE),
    (np.array([3e8 + 1, 3e8 + 5, 3e8, 3e8 + 6]), *FOUR),
    (np.array([[[1.0, 5.0], [8.0, 2.0]], [[4.0, 0.0], [0.0, 6.0]]]), *TWO),
    (draw(3, 4, seed=1, scale=3), draw(4, seed=2), draw(4, seed=3), 0.1),
    (draw(2, 3, 5, seed=4, scale=3) + 7, draw(5, seed=5), draw(5, seed=6)),
]  # fmt: skip

ROW = "each position is treated alone: its own D numbers, which are the last axis, give one mean"
MISTAKES = [
    Mistake(
        "the mean does not run over the numbers of one position",
        wrong.over(0),
        f"{ROW} and one variance. Over another axis, what one text does depends on its neighbours"
        " in the batch, or on later positions.",
        "the `axis` of your mean and of your variance.",
        also=(wrong.over(-2), wrong.over(1), wrong.over((0, 1))),
    ),
    Mistake(
        "all numbers share one mean and one variance",
        wrong.over(None),
        f"{ROW} and one variance. Without an `axis`, all positions are thrown together.",
        "the shape of your mean: it should have one number for each row.",
        also=(wrong.over((-2, -1)),),
    ),
    Mistake(
        "the variance does not run over the axis of the mean",
        wrong.half_over(0),
        f"{ROW}, and the same numbers give the variance.",
        "the `axis` of your variance.",
        also=(wrong.half_over(-2), wrong.half_over(None)),
    ),
    Mistake(
        "the variance divides by D - 1",
        wrong.dividing(wrong.sample),
        "that is how one estimates the variance of a population from a sample. Nothing is estimated"
        " here: the size of these D numbers is asked for. PyTorch's `var` and `std` do it unless"
        " told otherwise.",
        "the divisor: `ddof` in NumPy, `correction` in PyTorch.",
        also=(wrong.dividing(lambda x, eps: wrong.std(x, 1) + eps),),
    ),
    Mistake(
        "epsilon is added outside the root",
        wrong.dividing(lambda x, eps: wrong.std(x) + eps),
        "it is added to the variance, and then the root is taken. Outside, the result differs in"
        " the third digit for small numbers, and copied weights give other outputs.",
        "what stands under your root.",
        also=(wrong.dividing(lambda x, eps: np.maximum(wrong.std(x), eps)),),
    ),
    Mistake(
        "epsilon is missing",
        wrong.dividing(lambda x, eps: wrong.std(x)),
        "the variance of a constant row is 0, and 0 / 0 is nan. Mending that row alone is not"
        " enough: epsilon belongs to every row.",
        "what you divide by when all numbers of a row are the same.",
        also=(wrong.dividing(wrong.safe),),
    ),
    Mistake(
        "the argument eps is not used",
        wrong.dividing(lambda x, eps: np.sqrt(wrong.spread(x) + 1e-5)),
        "1e-5 is what it is when nothing is said. A caller may give another one.",
        "the numbers that are written out in your code.",
    ),
    Mistake(
        "it is divided by the variance, not by its root",
        wrong.dividing(lambda x, eps: wrong.spread(x) + eps),
        "the variance is in squared units. A row that is twice as large would come out half as"
        " large, where it should come out the same.",
        "the last step before you divide.",
        also=(wrong.dividing(lambda x, eps: wrong.spread(x) + np.sqrt(eps)),),
    ),
    Mistake(
        "the rows are centred and not divided",
        wrong.dividing(lambda x, eps: 1.0),
        "the mean is 0 then, but the numbers keep their size, and the next layer sees them grow"
        " from block to block.",
        "what is done to the centred row.",
    ),
    Mistake(
        "what the row is divided by is not its standard deviation",
        wrong.dividing(wrong.absolute),
        "the standard deviation is the root of the *mean* of the *squares* of the *centred* row."
        " One of the three is different in yours.",
        "the size of a result before weight and bias: its squares should have mean 1.",
        also=(wrong.dividing(wrong.length), wrong.dividing(wrong.size)),
    ),
    Mistake(
        "the mean is not subtracted",
        wrong.uncentred,
        "without it a constant that is added to all numbers of a row shows in the result."
        " Dividing by the root mean square alone is another norm, RMSNorm, which comes later.",
        "the mean of a result before weight and bias.",
        also=(wrong.rms,),
    ),
    Mistake(
        "the variance is a difference of two large numbers",
        wrong.dividing(wrong.gap_of_squares),
        "on paper the mean of the squares less the square of the mean is the variance. But far from"
        " zero both have seventeen digits and float64 keeps sixteen: the difference is noise, and"
        " sometimes negative.",
        "which of your arrays has small numbers to square.",
    ),
    Mistake(
        "weight and bias have changed places",
        wrong.ending(lambda normal, weight, bias: normal * bias + weight),
        "the weight multiplies, the bias is added.",
        "your last line.",
    ),
    Mistake(
        "the bias is added before the weight multiplies",
        wrong.ending(lambda normal, weight, bias: (normal + bias) * weight),
        "then the weight scales the bias too.",
        "the brackets in your last line.",
    ),
    Mistake(
        "weight or bias is missing",
        wrong.ending(lambda normal, weight, bias: normal),
        "with both, the layer can undo what does not suit it.",
        "which of the arguments occur in your code.",
        also=(
            wrong.ending(lambda normal, weight, bias: normal * weight),
            wrong.ending(lambda normal, weight, bias: normal + bias),
        ),
    ),
    Mistake(
        "the mean or the variance loses its axis",
        wrong.without_keepdims,
        "`mean` and `var` over an axis give an array with one axis less. Set against the rows,"
        " NumPy lines that up with the columns. In a square matrix this raises no error.",
        "the shapes on both sides of your `-` and your `/`, and what `keepdims` does.",
        also=(wrong.without_keepdims_of_variance,),
    ),
    Mistake(
        "the input is overwritten",
        wrong.centres_input,
        "the array belongs to the caller, who adds it to the result of this very block later."
        " `x -= m` writes into it, while `x = x - m` makes a new one.",
        "the lines with `-=`, `/=`, `*=` or `+=`.",
        also=(wrong.overwrites_input,),
    ),
]  # fmt: skip


def _means(out: Array, x: Array, weight: Array, bias: Array, eps: float = 1e-5) -> Array:
    return ((out - bias) / weight).mean(axis=-1)


def _off_centre(out: Array, *args: object) -> str:
    means = _means(out, *args)
    at = first(np.abs(means) > 1e-4)
    return f"{f'row {at}' if at else 'the row'} has mean {number(means[at].item())}"


check = Check(
    "layernorm",
    "layernorm(x, weight, bias, eps=1e-5)",
    reference,
    CASES,
    MISTAKES,
    "LayerNorm",
    properties=(
        Property(
            "before weight and bias, each row has to have mean 0",
            lambda *given: bool(np.allclose(_means(*given), 0, atol=1e-4)),
            _off_centre,
        ),
    ),
    errors={
        "^(AxisError|IndexError)": "Some inputs have one axis only. Which number always"
        " means the last one?",
        "^ValueError.*broadcast": "Print the shape of your mean and of your variance: one number"
        " for each row, and still as many axes as x.",
    },
)
