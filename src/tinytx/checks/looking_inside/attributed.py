"""The check of ``attributed(parts, weight, bias, eps, u)``: one logit as a sum over the parts."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Property

Array = np.ndarray
UNIT, NONE, READ = np.array([1.0, 1.0]), np.array([0.0, 0.0]), np.array([1.0, 0.0])


def _case(P: int, D: int, seed: int, eps: float = 0.00001, scale: float = 1.0) -> tuple:
    weight, bias, u = draw(3, D, seed=seed + 1)
    return draw(P, D, seed=seed, scale=scale), weight + 1.5, bias, eps, u


# One part and two; a weight, a bias and an eps that count; a part of equal numbers, which the norm
# takes away, and two that cancel; three numbers; all sizes different and equal; far from 0; many.
CASES = [
    (np.array([[1.0, 3.0]]), UNIT, NONE, 3.0, READ),
    (np.array([[1.0, 3.0]]), UNIT, np.array([1.0, 2.0]), 0.0, READ),
    (np.array([[1.0, 3.0]]), np.array([3.0, 1.0]), NONE, 0.0, np.array([1.0, 2.0])),
    (np.array([[1.0, 3.0], [0.0, 6.0]]), UNIT, NONE, 0.0, READ),
    (np.array([[1.0, 3.0], [8.0, 4.0]]), UNIT, np.array([4.0, 0.0]), 0.0, READ),
    (np.array([[1.0, 3.0], [5.0, 5.0]]), UNIT, NONE, 0.01, READ),
    (np.array([[1.0, 3.0], [6.0, 2.0], [-6.0, -2.0]]), UNIT, NONE, 0.01, np.array([1.0, 2.0])),
    _case(2, 2, seed=1, eps=0.5),
    _case(2, 3, seed=2, eps=0.5),
    _case(3, 2, seed=3, eps=0.1),
    _case(3, 3, seed=4, eps=0.1),
    _case(4, 3, seed=5, eps=0.01),
    _case(5, 7, seed=6),
    _case(7, 5, seed=7, eps=0.0),
    _case(6, 6, seed=8),
    _case(1, 9, seed=9),
    _case(11, 4, seed=10, scale=0.001),
    _case(30, 64, seed=11, scale=10.0),
    (draw(4, 6, seed=12) + 10.0, *_case(4, 6, seed=13)[1:]),
    _case(3, 4, seed=14, scale=1e-4),
]


def _logit(parts: Array, weight: Array, bias: Array, eps: float, u: Array) -> float:
    x = parts.sum(axis=0)
    return float(((x - x.mean()) / np.sqrt(x.var() + eps) * weight + bias) @ u)


def _adds_up(got: Array, *given: Any) -> bool:
    return bool(np.isclose(got.sum(), _logit(*given), rtol=1e-4, atol=1e-4))


def _flat(got: Array, parts: Array, *given: object) -> bool:
    """Return whether a part of equal numbers has no share: the norm takes it away."""
    equal = np.ptp(parts, axis=1) == 0
    return bool((np.abs(got[:-1][equal]) < 1e-5).all())


check = Check.of(
    __file__,
    "attributed(parts, weight, bias, eps, u)",
    CASES,
    "Who wrote the logit",
    properties=(
        Property("all shares together are the logit", _adds_up),
        Property("a part of equal numbers has no share, since the norm takes it away", _flat),
    ),
    errors={
        "^ValueError.*(broadcast|matmul|dot|aligned)": "A part, `weight`, `bias` and `u` have D"
        " numbers each. There are P parts.",
    },
)
