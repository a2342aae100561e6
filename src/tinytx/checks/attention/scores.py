"""The check of ``scaled_scores(q, k)``: every query against every key, divided by a root."""

from __future__ import annotations

import math

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Mistake, Property
from . import products as wrong
from .reference import scaled_scores as reference

Array = np.ndarray

# One query and two keys, of four numbers: the root is 2. Then keys as many as numbers, which lets
# a missing transpose run; all sizes two, which lets every transpose run; and all sizes different.
CASES = [
    (np.array([[[[1.0, 0.0, 2.0, 1.0]]]]),
     np.array([[[[2.0, 1.0, 0.0, 4.0], [0.0, 3.0, 1.0, 0.0]]]])),
    (np.array([[[[1.0, 2.0]]]]), np.array([[[[3.0, 0.0], [1.0, 4.0]]]])),
    (np.array([[[[1.0, 0.0, 1.0, 2.0]], [[0.0, 1.0, 3.0, 0.0]]]]),
     np.array([[[[4.0, 1.0, 0.0, 2.0]], [[2.0, 5.0, 1.0, 0.0]]]])),
    (draw(2, 2, 2, 2, seed=1), draw(2, 2, 2, 2, seed=2)),
    (draw(2, 3, 4, 5, seed=3), draw(2, 3, 6, 5, seed=4)),
    (draw(3, 1, 2, 6, seed=5), draw(3, 1, 5, 6, seed=6)),
]  # fmt: skip

DH = "the spread of a dot product grows with the root of how many numbers are added up."

MISTAKES = [
    Mistake(
        "the division by the root is missing",
        wrong.dot,
        f"{DH} Without the division the scores of wide heads are large, the softmax puts nearly all"
        " weight on one key, and its gradient vanishes.",
        "what is left to do after the product.",
    ),
    Mistake(
        "it is divided by Dh itself",
        wrong.times(lambda q, k: 1 / q.shape[-1]),
        f"{DH} Dividing by Dh makes the scores of wide heads too small: all weights come out nearly"
        " equal. Scaling both q and k by the root divides by Dh, too.",
        "how often the root is applied: once to the product is enough.",
    ),
    Mistake(
        "it is multiplied where it should be divided",
        wrong.times(lambda q, k: math.sqrt(q.shape[-1])),
        f"{DH} Multiplying makes the spread larger still.",
        "the direction of your scaling.",
        also=(wrong.times(lambda q, k: q.shape[-1]),),
    ),
    Mistake(
        "the root is that of the whole width, H · Dh",
        wrong.under_root(lambda q, k: q.shape[1] * q.shape[-1]),
        "each head adds up products of its own Dh numbers. How many heads work beside it makes no"
        " difference to the spread.",
        "how many products one score adds up.",
    ),
    Mistake(
        "the number under the root is the size of another axis",
        wrong.under_root(lambda q, k: k.shape[-2]),
        "the score adds up one product for each number of a query. How many sequences, heads,"
        " queries or keys there are does not enter.",
        "the axis over which the product sums, and which entry of the shape that is.",
        also=(
            wrong.under_root(lambda q, k: q.shape[-2]),
            wrong.under_root(lambda q, k: q.shape[1]),
            wrong.under_root(lambda q, k: q.shape[0]),
        ),
    ),
    Mistake(
        "all four axes of k are turned round",
        wrong.with_keys(lambda k: k.T),
        "`.T` reverses the order of all axes, batch and heads included. Only the last two should"
        " change places.",
        "`k.T.shape`, and how to name two axes counted from the end.",
        also=(wrong.unscaled_with_keys(lambda k: k.T),),
    ),
    Mistake(
        "k is not transposed",
        wrong.with_keys(lambda k: k),
        "a matrix product sums over the last axis of the left and the second last of the right."
        " Without a transpose that is Dh against S. Where these happen to be equal nothing is"
        " raised, and the result means nothing.",
        "the shapes: which axis should disappear?",
        also=(wrong.unscaled_with_keys(lambda k: k),),
    ),
    Mistake(
        "k is reshaped, not transposed",
        wrong.with_keys(wrong.reshaped),
        "`reshape` reads the same numbers in the same order and only breaks the rows elsewhere, so"
        " pieces of different keys end up in one column. The shape is right and hides it.",
        "what happens to a 2 × 3 matrix in a `reshape` to 3 × 2, written out on paper.",
        also=(wrong.unscaled_with_keys(wrong.reshaped),),
    ),
    Mistake(
        "two other axes of k are swapped",
        wrong.with_keys(lambda k: k.swapaxes(1, 2)),
        "the keys have to be turned within each head: S and Dh change places, and batch and heads"
        " stay where they are.",
        "the numbers of the axes, counted from 0 or from the end.",
        also=(
            wrong.with_keys(lambda k: k.swapaxes(0, 1)),
            wrong.with_keys(lambda k: k.swapaxes(1, 3)),
            wrong.with_keys(lambda k: k.swapaxes(0, 3)),
        ),
    ),
    Mistake(
        "queries and keys have changed places",
        wrong.swapped,
        "the rows of the result belong to the queries, who ask, and the columns to the keys. Yours"
        " has them the other way round.",
        "which of the two stands on the left of the product.",
        also=(wrong.swapped_unscaled,),
    ),
    Mistake(
        "each query meets only the key at its own position",
        wrong.elementwise,
        "`q * k` pairs entries at the same place. Every query has to be compared with every key.",
        "the operator: `@` multiplies matrices, `*` single numbers.",
    ),
    Mistake(
        "the lengths of the vectors are divided out",
        wrong.cosine,
        "that is the cosine of the angle. Here a longer key may win over a shorter one, and one"
        " fixed number scales all scores.",
        "what you divide by: does it depend on the numbers in q and k, or only on their shape?",
    ),
    Mistake(
        "the softmax is already taken",
        wrong.weights,
        "scores are asked for, which may be negative and need not sum to one. The mask comes"
        " between them and the softmax.",
        "the last step.",
    ),
    Mistake(
        "the heads are added up",
        wrong.heads_summed,
        "each head keeps scores of its own: the axis of the heads is still there in the result.",
        "the letters on the right of the arrow, if you use `einsum`.",
    ),
    Mistake(
        "the input is overwritten",
        wrong.scales_queries,
        "q and k belong to the caller, who may still need them. `q /= c` writes into q, while"
        " `q = q / c` makes a new array.",
        "the lines with `/=` or `*=`.",
        also=(wrong.scales_keys, wrong.scales_both),
    ),
]


def _proportional(out: Array, q: Array, k: Array) -> bool:
    """Return whether ``out`` is the dot products times one number above zero."""
    products = np.einsum("bhtd,bhsd->bhts", q, k)
    factor = (out * products).sum() / (products**2).sum()
    return bool(factor > 0 and np.allclose(out, factor * products, rtol=1e-3, atol=1e-6))


check = Check(
    "scaled_scores",
    "scaled_scores(q, k)",
    reference,
    CASES,
    MISTAKES,
    "Why the division by √Dh",
    properties=(
        Property(
            "up to one common factor, the scores have to be the dot product of each query with each"
            " key of the same head",
            _proportional,
        ),
    ),
    errors={
        "^ValueError.*(matmul|einsum|operands|broadcast)": "Write down the two shapes that meet in"
        " your product: (B, H, T, Dh) on the left, and on the right?",
        "^ValueError.*axes": "There are four axes. Name the two that change places.",
    },
)
