"""The check of ``best_floor(compute, losses, floors)``: the guess that predicts a held-out run."""

from __future__ import annotations

import numpy as np

from ..check import Check
from ..verdict import Property

Array = np.ndarray
THREE, FOUR = np.array([1.0, 4.0, 16.0]), np.array([1.0, 2.0, 4.0, 16.0])
FAR = np.array([1.0, 2.0, 4.0, 64.0])


def _case(n: int, F: int, floor: float, seed: int, noise: float = 0.02) -> tuple:
    """Return runs near a law, in no order, and guesses around its floor."""
    rng = np.random.default_rng(seed)
    compute = rng.permutation(np.round(2.0 ** np.linspace(0, 10, n), 1))
    fall = rng.uniform(1, 4) * compute ** -rng.uniform(0.2, 0.6)
    losses = np.round(floor + fall * np.exp(noise * rng.normal(size=n)), 3)
    floors = rng.permutation(np.round(np.linspace(0, losses.min() - 0.02, F), 2))
    return compute, losses, floors


# Three runs and one guess; two guesses of which either is better, three; the run of most compute in
# front and in the middle; a prediction that is too high, too low; a best floor that fits the runs
# seen worse; most compute without the least loss; two in which the lower guess predicts the nearer
# loss, though the higher one's error is a smaller share of what it predicts, and in the first its
# logarithm is nearer; as many floors as runs; more noise; many of each; a loss that comes twice;
# two guesses of which the higher one predicts the nearer loss, and the other the nearer square.
# Where there are several guesses there are four runs or more: of three, two are seen, every guess
# fits these, and which fits best would be a matter of rounding.
CASES = [
    (THREE, np.array([8.0, 4.0, 1.9]), np.array([1.0])),
    (FOUR, np.array([9.0, 7.0, 5.0, 3.0]), np.array([0.5, 1.5])),
    (FOUR, np.array([9.0, 7.5, 5.0, 2.5]), np.array([1.5, 0.5])),
    (np.array([16.0, 4.0, 1.0, 2.0]), np.array([3.5, 5.0, 9.0, 7.0]), np.array([0.0, 1.0, 2.0])),
    (np.array([1.0, 64.0, 4.0, 2.0]), np.array([9.0, 3.0, 5.0, 6.0]), np.array([2.0, 0.0, 1.0])),
    (np.array([4.0, 8.0, 1.0, 2.0]), np.array([5.0, 2.0, 9.0, 7.0]), np.array([1.5, 0.0, 0.5])),
    (np.array([2.0, 1.0, 8.0, 4.0]), np.array([6.0, 9.0, 4.5, 5.0]), np.array([0.0, 3.5, 2.0])),
    (np.array([1.0, 4.0, 2.0, 32.0]), np.array([9.0, 3.0, 8.0, 2.5]), np.array([2.0, 0.0])),
    (FOUR, np.array([9.0, 7.0, 4.0, 4.5]), np.array([1.0, 3.5])),
    (np.array([1.0, 2.0, 4.0, 16.0]), np.array([8.5, 2.0, 6.0, 7.0]), np.array([0.0, 1.5])),
    (FAR, np.array([16.0, 12.0, 10.0, 4.75]), np.array([0.0, 4.5])),
    (FAR, np.array([16.0, 13.0, 10.0, 4.75]), np.array([4.5, 0.0])),
    _case(4, 4, 0.5, seed=1),
    _case(5, 3, 1.0, seed=2),
    _case(5, 9, 1.0, seed=3, noise=0.1),
    _case(8, 6, 0.3, seed=4),
    _case(6, 20, 2.0, seed=5),
    _case(12, 8, 1.2, seed=6, noise=0.05),
    _case(20, 30, 0.7, seed=7),
    _case(7, 12, 0.9, seed=8, noise=0.2),
    (np.array([0.25, 1.0, 0.5, 4.0]), np.array([9.0, 6.0, 8.0, 4.0]), np.array([1.0, 0.0])),
    (FOUR, np.array([9.0, 7.0, 5.0, 5.0]), np.array([0.0, 3.0])),
    (FOUR, np.array([8.7, 6.5, 5.0, 3.3]), np.array([0.0, 3.0])),
]


def _guess(got: Array, compute: Array, losses: Array, floors: Array) -> bool:
    return bool(np.isclose(got[0], floors, rtol=1e-4, atol=1e-6).any())


def _above(got: Array, *given: object) -> bool:
    return bool(got[1] > got[0])


check = Check.of(
    __file__,
    "best_floor(compute, losses, floors)",
    CASES,
    "A small scaling law",
    properties=(
        Property("the floor is one of the guesses", _guess),
        Property("no law predicts a loss below its own floor", _above),
    ),
    errors={
        "^ValueError.*(broadcast|shape)": "The run that is held out is missing from the fit, from"
        " its compute and from its losses.",
        "^IndexError": "There are n runs and F guesses, and these numbers have nothing to do with"
        " each other.",
    },
)
