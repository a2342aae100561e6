"""The check of ``mlp(x, ...)``: a linear layer, a bend, a linear layer."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check

Array = np.ndarray
Args = tuple[Array, ...]  # x, and the weight and bias of both layers


def _drawn(shape: tuple[int, ...], F: int, seed: int) -> Args:
    D, seeds = shape[-1], range(10 * seed, 10 * seed + 5)
    shapes = (shape, (F, D), (F,), (D, F), (D,))
    return tuple(draw(*s, seed=n, scale=2) for s, n in zip(shapes, seeds, strict=True))


# Three units read two numbers, and one of them stays silent. Two units read one, which makes little
# of them; the second is silent, or the first. With two units for two numbers every
# transpose runs. Then two positions, the second with the signs of the first turned round; two
# texts of one position; fewer units than numbers, all sizes different, and four axes.
CASES = [
    (np.array([1.0, -2.0]), np.array([[3.0, 1.0], [0.0, 2.0], [1.0, -1.0]]),
     np.array([1.0, 0.0, -1.0]), np.array([[2.0, 0.0, 1.0], [0.0, 5.0, -1.0]]),
     np.array([0.0, 3.0])),
    (np.array([0.004]), np.array([[1.0], [-1.0]]), np.zeros(2), np.array([[500.0, 700.0]]),
     np.array([0.25])),
    (np.array([-0.75]), np.array([[1.0], [-1.0]]), np.zeros(2), np.array([[5.0, 7.0]]),
     np.array([0.25])),
    (np.array([1.0, 2.0]), np.array([[3.0, 1.0], [-1.0, 0.0]]), np.array([0.0, 2.0]),
     np.array([[1.0, 4.0], [0.0, -3.0]]), np.array([1.0, -1.0])),
    (np.array([[1.0, 2.0], [-1.0, -2.0]]), np.array([[3.0, 1.0], [-1.0, 0.0]]),
     np.array([1.0, 2.0]), np.array([[1.0, 4.0], [0.0, -3.0]]), np.array([1.0, -1.0])),
    (np.array([[[2.0, 1.0]], [[-1.0, 0.0]]]), np.array([[3.0, 1.0], [-1.0, 0.0]]),
     np.array([1.0, 2.0]), np.array([[1.0, 4.0], [0.0, -3.0]]), np.array([1.0, -1.0])),
    _drawn((2, 3), 1, seed=3),
    _drawn((3, 4), 6, seed=1),
    _drawn((2, 1, 2, 3), 4, seed=4),
    _drawn((2, 3, 5), 7, seed=2),
    (np.zeros((2, 2)), np.array([[3.0, 1.0], [-1.0, 0.0]]), np.array([1.0, 2.0]),
     np.array([[1.0, 4.0], [0.0, -3.0]]), np.array([1.0, -1.0])),
]  # fmt: skip

check = Check.of(
    __file__,
    "mlp(x, up_weight, up_bias, down_weight, down_bias)",
    CASES,
    "The MLP",
    errors={
        "^ValueError.*truth value": "`max(z, 0)` compares two numbers. NumPy has a function that"
        " takes the larger of the two, entry by entry.",
        "^ValueError.*unpack": "Some inputs have one axis only, some have four. The last one"
        " counts.",
        "has 0, gufunc": "`np.max(z, 0)` is the largest number along axis 0. The larger of two"
        " numbers, entry by entry, is another function.",
        "^ValueError.*(matmul|broadcast|operands|core dimension|einsum|aligned)": "Write down the"
        " two shapes that meet here. Weights are (out, in), and the last axis of x holds what goes"
        " in.",
    },
    own=("MLP.forward",),
)
