"""The check of ``layernorm(x, weight, bias, eps)``: each row by itself, then weight and bias."""

from __future__ import annotations

import numpy as np

from ..arrays import draw, first, number
from ..check import Check
from ..verdict import Property

Array = np.ndarray

PLAIN = (np.array([1.0, 1.0]), np.array([0.0, 0.0]))
TWO = (np.array([2.0, 0.5]), np.array([1.0, -2.5]))
THREE = (np.array([2.0, 0.5, 3.0]), np.array([1.0, 4.0, -2.0]))
FOUR = (np.array([2.0, 1.0, 3.0, 5.0]), np.array([1.0, 4.0, -2.0, 0.0]))
FAR = 3e8


def _outlier(x: Array) -> Array:
    x[..., 7] = 300
    return x


# Rows that can be done in the head, the first with an epsilon that shows; one constant; one so
# small that the usual epsilon shows; square ones, where a missing `keepdims` runs; one far from
# zero, also beside one that is not; one to four axes; all sizes different, and one number far from
# the rest of its row.
CASES = [
    (np.array([1.0, 5.0]), *PLAIN, 5.0),
    (np.array([1.0, 5.0]), *TWO),
    (np.array([6.0, 6.0]), *TWO),
    (np.array([0.001, 0.005]), *TWO),
    (np.array([0.0001, 0.0005]), *TWO),
    (np.array([[1.0, 5.0], [8.0, 2.0]]), *PLAIN),
    (np.array([[1.0, 5.0], [8.0, 2.0]]), *TWO),
    (np.array([[1.0, 5.0, 3.0], [9.0, 3.0, 0.0]]), *THREE),
    (np.array([[FAR + 1, FAR + 5, FAR, FAR + 6], [1.0, 5.0, 0.0, 6.0]]), *FOUR),
    (np.array([FAR + 1, FAR + 5, FAR, FAR + 6]), *FOUR),
    (np.array([[[1.0, 5.0], [8.0, 2.0]], [[4.0, 0.0], [0.0, 6.0]]]), *TWO),
    (draw(3, 4, seed=1, scale=3), draw(4, seed=2), draw(4, seed=3), 0.1),
    (draw(2, 1, 3, 2, seed=7, scale=3), draw(2, seed=8), draw(2, seed=9)),
    (_outlier(draw(2, 3, 30, seed=4, scale=3) + 7), draw(30, seed=5), draw(30, seed=6)),
    (np.array([[3.0], [5.0]]), np.array([2.0]), np.array([0.5])),
]


def _centred(out: Array, x: Array, weight: Array, bias: Array, eps: float = 1e-5) -> bool:
    """Return whether the rows have mean 0, if weight and bias leave them as they are."""
    plain = (weight == 1).all() and (bias == 0).all()
    return not plain or bool(np.allclose(out.mean(axis=-1), 0, atol=1e-4))


def _mean(out: Array, *_: object) -> str:
    means = out.mean(axis=-1)
    at = first(np.abs(means) > 1e-4)
    return f"{f'row {at}' if at else 'the row'} has mean {number(means[at].item())}"


check = Check.of(
    __file__,
    "layernorm(x, weight, bias, eps=1e-5)",
    CASES,
    "LayerNorm",
    properties=(
        Property("where the weights are 1 and the biases 0, each row has mean 0", _centred, _mean),
    ),
    errors={
        "^(AxisError|IndexError)": "Some inputs have one axis only. Which number always"
        " means the last one?",
        "^ValueError.*broadcast": "Print the shapes that meet here. Mean and variance have one"
        " number for each row, and as many axes as x; weight and bias fit the last axis as they"
        " are.",
        "^ValueError.*unpack": "Some inputs have one axis only, some have four. The last one"
        " counts.",
    },
    own=("layernorm_forward", "LayerNorm.forward"),
)
