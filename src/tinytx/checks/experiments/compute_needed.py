"""The check of ``compute_needed(...)``: a power law above a floor, fitted and turned round."""

from __future__ import annotations

import numpy as np

from ..check import Check
from ..verdict import Property

Array = np.ndarray
TWO, THREE = np.array([1.0, 4.0]), np.array([1.0, 4.0, 16.0])


def _case(n: int, floor: float, target: float, seed: int, unit: float = 1.0) -> tuple:
    """Return runs near a law, in no order."""
    rng = np.random.default_rng(seed)
    compute = np.round(2.0 ** rng.uniform(0, 10, size=n), 1)
    noise = np.exp(0.05 * rng.normal(size=n))
    losses = np.round(floor + rng.uniform(1, 4) * compute ** -rng.uniform(0.2, 0.6) * noise, 3)
    return compute * unit, losses, floor, target


# A line through two points, with the floor at 0 and above; a factor that is not 1; the target
# between the runs and beyond them on either side; a loss that rises; three points on a line, and
# off it, in which the one at an end is far off; no order; one compute twice; units; many.
CASES = [
    (TWO, np.array([8.0, 4.0]), 0.0, 2.0),
    (TWO, np.array([9.0, 5.0]), 1.0, 2.0),
    (np.array([4.0, 1.0]), np.array([5.0, 9.0]), 1.0, 4.0),
    (TWO, np.array([9.0, 5.0]), 1.0, 17.0),
    (np.array([2.0, 8.0]), np.array([9.0, 3.0]), 1.0, 1.5),
    (np.array([2.0, 8.0]), np.array([3.0, 5.0]), 1.0, 9.0),
    (np.array([3.0, 6.0]), np.array([8.0, 4.0]), 0.5, 2.0),
    (THREE, np.array([17.0, 9.0, 5.0]), 1.0, 2.0),
    (THREE, np.array([17.0, 3.0, 2.0]), 1.0, 1.5),
    (THREE, np.array([10.0, 9.0, 2.0]), 0.5, 2.0),
    (np.array([16.0, 1.0, 2.0]), np.array([3.0, 9.0, 4.0]), 1.5, 2.0),
    (np.array([1.0, 4.0, 4.0]), np.array([9.0, 4.0, 6.0]), 1.0, 3.0),
    (np.array([1.0, 2.0, 4.0, 64.0]), np.array([9.0, 6.0, 5.5, 1.5]), 0.5, 3.0),
    _case(4, 0.5, 0.8, seed=1),
    _case(5, 1.0, 1.3, seed=2),
    _case(8, 0.0, 0.9, seed=3),
    _case(12, 1.7, 1.9, seed=4, unit=1000.0),
    _case(30, 0.3, 0.6, seed=5, unit=0.01),
    (np.array([1e20, 4e20]), np.array([9.0, 5.0]), 1.0, 3.0),
    (TWO, np.array([9.0, 5.0]), 1.0, 1.005),
    (np.array([100.0, 100.1]), np.array([9.0, 8.99]), 1.0, 8.98),
]


def _positive(got: Array, *given: object) -> bool:
    return bool(got[1] > 0)


check = Check.of(
    __file__,
    "compute_needed(compute, losses, floor, target)",
    CASES,
    "A small scaling law",
    properties=(Property("compute is above zero, as all runs' is", _positive),),
    errors={
        "^TypeError.*array": "γ and the compute are two numbers, each made of sums over the runs.",
        "^(LinAlgError|ValueError)": "There are n points, (log compute, log of the loss above the"
        " floor), and a line has two numbers.",
    },
)
