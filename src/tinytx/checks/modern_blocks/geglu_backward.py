"""The check of ``geglu_backward(dy, gate, up)``: the gradients of both branches of a gate."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Property

Array = np.ndarray


def _drawn(*shape: int, seed: int, scale: float) -> tuple[Array, Array, Array]:
    dy, gate, up = (draw(*shape, seed=seed + i, scale=scale) for i in range(3))
    return dy, gate, up


# A gate at 0; open and shut; nothing from above, nothing in `up`; negative gates, where the slope
# is below zero; far out on both sides, where the cube is large; two equal branches; then rows, a
# square and texts, where a sum too many or a wrong axis raises no error.
CASES = [
    (np.array([1.0]), np.array([0.0]), np.array([6.0])),
    (np.array([1.0]), np.array([1.0]), np.array([3.0])),
    (np.array([2.0]), np.array([-1.0]), np.array([0.5])),
    (np.array([2.0, 0.0]), np.array([1.5, 0.5]), np.array([0.0, 2.0])),
    (np.array([2.0, 1.0, 3.0]), np.array([-0.5, -2.0, -3.0]), np.array([4.0, 1.0, -2.0])),
    (np.array([2.0, 4.0]), np.array([50.0, -50.0]), np.array([-50.0, 3.0])),
    (np.array([1.0, 2.0]), np.array([2.0, -1.0]), np.array([2.0, -1.0])),
    (np.array([[1.0, 2.0], [-1.0, 3.0]]), np.array([[0.5, 1.0], [2.0, -1.0]]),
     np.array([[1.0, -2.0], [0.5, 3.0]])),
    _drawn(3, 3, seed=1, scale=1.0),
    _drawn(3, 4, seed=11, scale=2.0),
    _drawn(2, 3, 5, seed=21, scale=1.5),
    _drawn(4, 2, 3, 2, seed=31, scale=1.0),
    _drawn(40, seed=41, scale=3.0),
]  # fmt: skip


def _silent(got: tuple[Array, Array], dy: Array, gate: Array, up: Array) -> bool:
    return not (got[0][dy == 0].any() or got[1][dy == 0].any())


def _shut(got: tuple[Array, Array], dy: Array, gate: Array, up: Array) -> bool:
    far = gate <= -20
    return bool(np.allclose(got[0][far], 0) and np.allclose(got[1][far], 0))


def _open(got: tuple[Array, Array], dy: Array, gate: Array, up: Array) -> bool:
    far = gate >= 20
    at = np.allclose(got[0][far], (dy * up)[far]) and np.allclose(got[1][far], (dy * gate)[far])
    return bool(at)


check = Check.of(
    __file__,
    "geglu_backward(dy, gate, up)",
    CASES,
    "SwiGLU: a gate",
    properties=(
        Property("where nothing comes from above, nothing goes on below", _silent),
        Property("a gate far below zero is shut: neither branch gets anything", _shut),
        Property("a gate far above zero is a plain product: dy times the other branch", _open),
    ),
    errors={
        "^(ValueError|IndexError)": "dy, gate, up and both results have one shape, which may have"
        " any number of axes. Each number is on its own: nothing is summed.",
        "^OverflowError": "Write the tanh with `np.tanh`: it never overflows.",
        "^TypeError": "The functions of `math` take one number, those of NumPy whole arrays.",
    },
)
