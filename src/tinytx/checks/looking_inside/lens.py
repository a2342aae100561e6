"""The check of ``lens(stream, weight, bias, eps, head)``: what every depth would say."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays import draw
from ..check import Check

Array = np.ndarray
UNIT, NONE = np.array([1.0, 1.0]), np.array([0.0, 0.0])
READ = np.array([[1.0, 0.0]])


def _stream(*rows: list[float]) -> Array:
    return np.array(rows)[:, None, None]


def _case(
    L: int, B: int, T: int, D: int, V: int, seed: int, eps: float, scale: float = 1.0
) -> tuple[Any, ...]:
    stream = draw(L + 1, B, T, D, seed=seed, scale=scale).cumsum(axis=0).round(2)
    weight, bias = draw(D, seed=seed + 1) + 1.5, draw(D, seed=seed + 2)
    return stream, weight, bias, eps, draw(V, D, seed=seed + 3)


# Two depths and three, two numbers and three; a weight and a bias that are not the first ones; an
# eps that counts; numbers that are all the same; several texts, several positions, each alone; all
# sizes different, and all equal; a stream that is small, and one that is far from 0.
CASES = [
    (_stream([1.0, 3.0], [2.0, 6.0]), UNIT, NONE, 1.0, READ),
    (_stream([1.0, 3.0], [4.0, 2.0]), UNIT, NONE, 0.01, READ),
    (_stream([1.0, 3.0], [2.0, 6.0]), np.array([2.0, 1.0]), NONE, 1.0, np.array([[1.0, 2.0]])),
    (_stream([1.0, 3.0], [2.0, 6.0]), UNIT, np.array([1.0, -2.0]), 1.0, np.array([[1.0, 2.0]])),
    (_stream([2.0, 2.0], [5.0, 5.0]), UNIT, np.array([1.0, -2.0]), 0.01, READ),
    (_stream([1.0, 3.0], [5.0, 2.0], [1.0, 6.0]), UNIT, NONE, 0.01, READ),
    (_stream([0.0, 3.0], [5.0, 2.0], [7.0, 6.0], [9.0, 4.0]), UNIT, NONE, 0.01, READ),
    _case(1, 1, 1, 3, 2, seed=1, eps=0.5),
    _case(1, 2, 1, 2, 1, seed=2, eps=0.5),
    _case(1, 1, 2, 2, 1, seed=3, eps=0.5),
    _case(1, 2, 2, 2, 2, seed=4, eps=0.1),
    _case(2, 1, 1, 3, 3, seed=5, eps=0.1),
    _case(4, 3, 5, 6, 7, seed=6, eps=0.00001),
    _case(2, 3, 3, 3, 3, seed=7, eps=0.1),
    _case(3, 4, 4, 4, 4, seed=11, eps=0.1),
    _case(5, 2, 7, 4, 3, seed=8, eps=0.00001, scale=0.01),
    _case(3, 7, 2, 8, 30, seed=9, eps=0.00001, scale=10.0),
    (_case(2, 2, 3, 5, 4, seed=10, eps=0.00001)[0] + 10.0, *_case(2, 2, 3, 5, 4, 10, 1e-5)[1:]),
    _case(2, 2, 2, 4, 3, seed=12, eps=0.00001, scale=100.0),
]

check = Check.of(
    __file__,
    "lens(stream, weight, bias, eps, head)",
    CASES,
    "The stream, read halfway",
    errors={
        "^ValueError.*matmul": "`head` has a row for each of V tokens; its columns are the D"
        " numbers of the stream.",
        "^ValueError.*broadcast": "Mean and variance are one number for each place of each text at"
        " each depth: keep their axis, so that they fit.",
    },
)
