"""The check of ``least_time(...)``: operations one after another, each with its own limit."""

from __future__ import annotations

import numpy as np

from ..check import Check
from ..values import nearly
from ..verdict import Property


def _step(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return arithmetic and traffic of n operations, whole thousands, some of either kind none."""
    rng = np.random.default_rng(seed)
    both = np.round(np.exp(rng.normal(3, 1.5, (2, n)))) * 1e3
    both[rng.random((2, n)) < 0.1] = 0
    return both[0], both[1]


def _given(flops: list[float], traffic: list[float], *rest: float) -> tuple:
    return (np.array(flops), np.array(traffic), *rest)


# One operation that arithmetic bounds, one that memory does, one without either, one where both
# take as long; each without a call's overhead and with one. Two, of which each limit holds one; the
# second or the first without work; three; machines with more of either, below one and in the
# hundreds; overheads that are far larger than the work, or no whole numbers. Then many.
CASES = [
    _given([8640.0], [2000.0], 2.0, 2.0, 0.0),
    _given([2000.0], [6500.0], 2.0, 2.0, 0.0),
    _given([6000.0], [9000.0], 2.0, 3.0, 0.0),
    _given([9000.0], [1000.0], 4.0, 1.0, 3.0),
    _given([2000.0], [9000.0], 1.0, 3.0, 0.25),
    _given([6000.0], [0.0], 2.0, 5.0, 1.13),
    _given([0.0], [6000.0], 2.0, 4.0, 1.17),
    _given([0.0], [0.0], 2.0, 4.0, 1.5),
    _given([8000.0, 2000.0], [1000.0, 6000.0], 2.0, 1.0, 0.0),
    _given([8000.0, 2000.0], [1000.0, 9000.0], 2.0, 3.0, 0.5),
    _given([9000.0, 0.0], [1000.0, 0.0], 3.0, 2.0, 2.0),
    _given([0.0, 5000.0, 4000.0], [3000.0, 1000.0, 7000.0], 2.0, 4.0, 7.0),
    _given([5000.0, 5000.0], [1000.0, 3000.0], 0.5, 0.25, 1.0),
    _given([7000.0, 1000.0, 2000.0], [1000.0, 5000.0, 300.0], 100.0, 20.0, 40.0),
    (*_step(5, 1), 50.0, 10.0, 0.7),
    (*_step(7, 2), 3.0, 8.0, 0.0),
    (*_step(12, 3), 120.0, 11.5, 1.25),
    (*_step(60, 4), 989_400.0, 3350.0, 4.0),
    (np.array([6e4, 8e10]), np.array([3e4, 1e3]), 2.0, 1.0, 0.5),
]


def _enough(got: float, flops: np.ndarray, traffic: np.ndarray, *machine: float) -> bool:
    peak, bandwidth, overhead = machine
    least = max(flops.sum() / peak, traffic.sum() / bandwidth) / 1e3
    return got >= max(least, len(flops) * overhead) * (1 - 1e-5)


check = Check.of(
    __file__,
    "least_time(flops, traffic, peak, bandwidth, overhead)",
    CASES,
    "The limit first",
    properties=(
        Property(
            "the step takes at least as long as all its arithmetic, as all its traffic, and as the"
            " overheads of all its calls",
            _enough,
        ),
    ),
    equal=nearly,
    errors={
        "^ValueError.*ambiguous": "`max` of two arrays asks which array is larger. What is asked"
        " here is asked for each operation.",
        "^TypeError.*only .*(array|scalar)": "The result is one number: add up what the operations"
        " take.",
    },
)
