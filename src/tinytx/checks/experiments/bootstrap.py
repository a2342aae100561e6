"""The check of ``bootstrap(a, b, indices, level)``: the percentile interval of a quotient."""

from __future__ import annotations

import numpy as np

from ..check import Check
from ..verdict import Property

Array = np.ndarray
ONE = np.array([[0, 1]])
THREE = np.array([[0, 0], [0, 1], [1, 1]])
MORE = np.array([[1, 0], [0, 0], [1, 1], [1, 1], [0, 1]])


def _case(n: int, R: int, level: float, seed: int) -> tuple[Array, Array, Array, float]:
    rng = np.random.default_rng(seed)
    a = np.round(10 + 3 * rng.normal(size=n).clip(-2, 2), 1)
    b = np.round(1.1 * a + rng.normal(size=n), 1)
    return a, b, rng.integers(n, size=(R, n)), level


# One draw of both; all draws of two seeds, at several levels; a seed that is never drawn; draws
# that come twice; b faster, slower, and half of each; as many draws as seeds; all sizes different;
# many draws, few draws, and a level that leaves nearly nothing out.
CASES = [
    (np.array([2.0, 4.0]), np.array([3.0, 9.0]), ONE, 0.5),
    (np.array([2.0, 4.0]), np.array([3.0, 3.0]), THREE, 0.5),
    (np.array([2.0, 4.0]), np.array([3.0, 9.0]), THREE, 0.75),
    (np.array([2.0, 8.0]), np.array([1.0, 5.0]), THREE, 0.9),
    (np.array([5.0, 4.0]), np.array([3.0, 9.0]), MORE, 0.8),
    (np.array([5.0, 4.0]), np.array([7.0, 2.0]), MORE, 0.95),
    (np.array([2.0, 4.0, 5.0]), np.array([3.0, 9.0, 1.0]), np.array([[2, 0, 0], [0, 2, 2]]), 0.6),
    (np.array([2.0, 4.0, 5.0]), np.array([3.0, 9.0, 1.0]), np.array([[2, 1, 0], [1, 1, 2]]), 0.6),
    _case(3, 3, 0.5, seed=1),
    _case(4, 4, 0.75, seed=2),
    _case(5, 9, 0.9, seed=3),
    _case(6, 4, 0.6, seed=4),
    _case(3, 30, 0.95, seed=5),
    _case(8, 100, 0.95, seed=6),
    _case(12, 80, 0.99, seed=7),
    (np.array([2.0, 4.0, 5.0]), np.array([3.0, 9.0, 1.0]), np.array([[1, 1, 0]]), 0.5),
    _case(5, 40, 0.999, seed=8),
    (1e-6 * np.array([2.0, 4.0]), 1e-6 * np.array([3.0, 9.0]), THREE, 0.5),
]


def _in_order(got: Array, *given: object) -> bool:
    return bool(got[0] <= got[1] + 1e-9)


check = Check.of(
    __file__,
    "bootstrap(a, b, indices, level)",
    CASES,
    "How sure",
    properties=(Property("the lower end comes first", _in_order),),
    errors={
        "^IndexError": "`indices` holds numbers of seeds: each row is one draw of n of them, which"
        " indexes `a` and `b` alike.",
        "^ValueError.*(range|quantile|percentile)": "`np.quantile` takes shares from 0 to 1,"
        " `np.percentile` from 0 to 100.",
    },
)
