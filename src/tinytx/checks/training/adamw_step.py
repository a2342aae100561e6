"""The check of ``adamw_step(...)``: one step, with each symbol in its place."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays import draw
from ..check import Check

Array = np.ndarray
ONE, ZERO = np.array([1.0]), np.array([0.0])
PLAIN = (0.1, 0.5, 0.75, 0.0)  # lr, beta1, beta2, eps
PAIR = (np.array([4.0, -2.0]), np.array([1.0, -3.0]), np.array([0.5, 1.0]), np.array([2.0, 8.0]))

# The task's; later steps; averages that are not zero; a decay; an epsilon that shows; a gradient of
# zero with and without a history; usual numbers; several axes, all sizes different.
CASES: list[tuple[Any, ...]] = [
    (ONE, np.array([2.0]), ZERO, ZERO, 1, *PLAIN, 0.0),
    (ONE, np.array([-2.0]), ZERO, ZERO, 1, *PLAIN, 0.5),
    (ONE, np.array([2.0]), ONE, ONE, 2, *PLAIN, 0.0),
    (ONE, np.array([2.0]), ONE, np.array([4.0]), 3, 0.1, 0.5, 0.75, 1.0, 0.0),
    (np.array([8.0]), np.array([2.0]), ONE, np.array([4.0]), 3, 0.1, 0.5, 0.75, 1.0, 0.25),
    (np.array([8.0]), ZERO, ONE, np.array([4.0]), 2, *PLAIN, 0.25),
    (np.array([8.0]), ZERO, ZERO, ZERO, 1, 0.1, 0.5, 0.75, 1.0, 0.25),
    (*PAIR, 1, 0.5, 0.9, 0.99, 0.1, 0.0),
    (*PAIR, 4, 0.5, 0.9, 0.99, 0.1, 0.3),
    (*PAIR, 2, 0.5, 0.0, 0.0, 0.5, 0.3),
    (draw(3, 4, seed=1), draw(3, 4, seed=2), 0.1 * draw(3, 4, seed=3),
     np.square(draw(3, 4, seed=4)) + 0.01, 5, 1e-2, 0.9, 0.95, 1e-8, 0.1),
    (draw(2, 3, 5, seed=5), draw(2, 3, 5, seed=6), 0.1 * draw(2, 3, 5, seed=7),
     np.square(draw(2, 3, 5, seed=8)) + 0.01, 1000, 3e-2, 0.9, 0.999, 1e-8, 0.01),
    (*PAIR, 1500, 0.5, 0.9, 0.9999, 0.1, 0.3),
]  # fmt: skip
# An array of its own for each argument: written into, one must not change another.
CASES = [tuple(np.array(a) if isinstance(a, Array) else a for a in case) for case in CASES]

check = Check.of(
    __file__,
    "adamw_step(w, g, m, v, t, lr, beta1, beta2, eps, decay)",
    CASES,
    "Decay, apart from the gradient",
    errors={
        "^ZeroDivisionError": "t is counted from 1: what is 1 - β to the power t in the first"
        " step?",
        "^TypeError.*unsupported": "Each of the five names is one array; the result is a tuple of"
        " three.",
    },
    own=("Adam.step", "AdamW.step"),
)
