"""The check of ``gelu(x)``: GPT-2's form, with a tanh."""

from __future__ import annotations

import numpy as np

from ...manual.activation import A, C
from ..arrays import draw
from ..check import Check
from ..verdict import Mistake, Property
from . import bends as wrong
from .reference import gelu as reference

CASES = [
    (np.array([1.0, 2.0]),),
    (np.array([-2.0, 0.0]),),
    (np.array([30.0, -30.0]),),
    (np.array([[-1000.0], [1000.0]]),),
    (np.array([[0.5, -1.0, 2.5]]),),
    (draw(2, 3, 4, seed=1, scale=2),),
]

MISTAKES = [
    Mistake(
        "it is the exact GELU",
        wrong.exact,
        "that is what GELU means, and PyTorch's `gelu` gives it unless told otherwise. GPT-2 was"
        " trained with the formula of the task, which differs from it in the fourth digit. Copied"
        " weights want the same formula.",
        "the tanh in the task.",
    ),
    Mistake(
        "it is the approximation by a sigmoid",
        wrong.times_sigmoid(1.702),
        "x times the sigmoid of 1.702 x is another approximation, cheaper and less close.",
        "the tanh in the task.",
    ),
    Mistake(
        "it is SiLU, x times its sigmoid",
        wrong.times_sigmoid(1.0),
        "SiLU looks alike and is used in later models. It comes from another curve.",
        "the tanh in the task.",
    ),
    Mistake(
        "it is ReLU",
        wrong.relu,
        "left of zero ReLU gives nothing and has no slope. GELU lets a little through.",
        "what should come out for -1: not quite zero.",
    ),
    Mistake(
        "the half in front is missing",
        wrong.after(lambda x, t: x * (1 + t)),
        "far right of zero the tanh is 1, so the bracket is 2. GELU should give x there.",
        "what comes out for a large x.",
    ),
    Mistake(
        "the x in front is missing",
        wrong.after(lambda x, t: 0.5 * (1 + t)),
        "what is left is the chance, a number from 0 to 1. GELU is the input *times* that chance.",
        "what comes out for a large x.",
    ),
    Mistake(
        "the 1 beside the tanh is missing",
        wrong.after(lambda x, t: 0.5 * x * t),
        "a tanh runs from -1 to 1, a chance from 0 to 1. Without the 1 the curve rises on both"
        " sides.",
        "what comes out for -30.",
    ),
    Mistake(
        "a bracket is missing around 1 + tanh",
        wrong.after(lambda x, t: 0.5 * x * 1 + t),
        "Python multiplies before it adds, so only the 1 gets the factor in front.",
        "where the bracket after `0.5 * x *` opens and closes.",
        also=(wrong.after(lambda x, t: 0.5 * x + 0.5 * t), wrong.after(lambda x, t: 0.5 + x * t)),
    ),
    Mistake(
        "the power of the last x is wrong",
        wrong.of(lambda x: C * (x + A * x**2)),
        "a cube keeps the sign of x, and so the two sides mirror each other. A square does not, and"
        " without any power the correction is only another factor.",
        "the small number behind the last x.",
        also=(
            wrong.of(lambda x: C * (x + A * x)),
            wrong.of(lambda x: C * x),
            wrong.of(lambda x: C * (x + (A * x) ** 3)),
            wrong.of(lambda x: C * (x + A * x) ** 3),
        ),
    ),
    Mistake(
        "the root is not taken of 2 / π",
        wrong.factor(wrong.WITHOUT_ROOT),
        "the factor before the bracket makes the slope at zero right: it is √(2/π), the root of"
        " the whole fraction, about 0.8.",
        "the value of your factor.",
        also=(
            wrong.factor(wrong.UPSIDE_DOWN),
            *map(wrong.factor, wrong.OTHER_ROOTS),
        ),
    ),
    Mistake(
        "the factor does not stand before the whole bracket",
        wrong.of(lambda x: C * x + A * x**3),
        "√(2/π) multiplies both terms, x and the cube.",
        "the brackets inside your tanh.",
        also=(wrong.of(lambda x: x + A * x**3), wrong.of(lambda x: x + C * A * x**3)),
    ),
    Mistake(
        "the constant before the cube is mistyped",
        wrong.small(0.44715),
        "0.044715 was fitted: any other makes the distance to the exact form larger.",
        "the zeros after the point.",
        also=tuple(map(wrong.small, (0.0044715, 0.04715, 0.044175, 0.4715))),
    ),
    Mistake(
        "the tanh overflows",
        wrong.by_exponentials,
        "exp of anything above 709 is infinity, and infinity over infinity is nan. Because of the"
        " cube, that happens for quite small x.",
        "a function of NumPy that does it safely.",
        also=(wrong.by_one_exponential,),
    ),
    Mistake(
        "the input is overwritten",
        wrong.overwrites_input,
        "the array belongs to the caller, and the backward pass needs it. `x *= c` writes into it,"
        " while `x = x * c` makes a new one.",
        "the lines with `*=` or `out=`.",
        also=(wrong.halves_input,),
    ),
]

check = Check(
    "gelu",
    "gelu(x)",
    reference,
    CASES,
    MISTAKES,
    "The MLP",
    properties=(
        Property(
            "GELU never lies below -0.18, nor above x, where x is positive, or 0, where it is not",
            lambda out, x: bool(((out > -0.18) & (out <= np.maximum(x, 0) + 1e-6)).all()),
        ),
    ),
    errors={
        "^TypeError.*bitwise_xor": "In Python a power is `**`; `^` is something else.",
        "^TypeError.*(only .* converted|must be real)": "The functions of `math` take single"
        " numbers. NumPy has the same ones for arrays.",
    },
)
