"""The check of ``tuned(losses, tuning)``: each arm's own rate, chosen on seeds of its own."""

from __future__ import annotations

import numpy as np

from ..check import Check
from ..verdict import Property
from .parts import Array, losses

NAN = np.nan


def _case(A: int, R: int, S: int, tuning: list[int], seed: int, lost: int = 0) -> tuple:
    """Return losses in which runs diverged at ``lost`` rates, and not at an arm's first."""
    rng = np.random.default_rng(seed)
    found = losses(A, R, S, seed=seed) + np.round(0.2 * rng.normal(size=(A, R, 1)), 2)
    for _ in range(lost):
        arm, rate = rng.integers(A), rng.integers(1, R)
        found[arm, rate, [rng.choice(tuning), rng.integers(S)]] = NAN
    return found, tuning


# One arm, two rates, two seeds: the one that is chosen is the worse one to report; two arms that
# choose alike, and do not; one that the other seeds would choose; a nan that tunes, and one that
# would report; several seeds that tune, in no order, at the beginning and the end; all sizes
# different, and all equal; a rate that is best by its best seed alone, by its
# worst, in the middle, or though its worst seed is bad; many.
CASES = [
    (np.array([[[3.0, 1.0], [2.0, 6.0]]]), [0]),
    (np.array([[[3.0, 1.0], [2.0, 6.0]]]), [1]),
    (np.array([[[3.0, 1.0], [NAN, 6.0]]]), [0]),
    (np.array([[[3.0, 1.0], [4.0, NAN]]]), [0]),
    (np.array([[[3.0, 1.0, 5.0], [2.0, 6.0, 7.0]]]), [1]),
    (np.array([[[3.0, 1.0, 5.0], [2.0, 6.0, 7.0]]]), [2, 0]),
    (np.array([[[3.0, 4.0, 5.0], [1.0, 7.5, 7.0]]]), [0, 1]),
    (np.array([[[3.0, 4.0, 5.0], [1.0, 5.5, 7.0]]]), [1, 0]),
    (np.array([[[5.0, 4.0, 5.0], [1.0, NAN, 7.0]]]), [0, 1]),
    (np.array([[[1.0, 2.0, 9.0, 5.0], [3.0, 3.5, 4.0, 6.0]]]), [0, 1, 2]),
    (np.array([[[0.0, 0.0, 3.0, 9.0], [2.5, 2.5, 2.5, 1.0]]]), [0, 1, 2]),
    (np.array([[[5.0, 4.0], [6.0, 7.0]], [[5.0, 3.0], [4.0, 8.0]]]), [0]),
    (np.array([[[5.0, 4.0], [2.0, 7.0]], [[3.0, 3.5], [4.0, 1.0]]]), [0]),
    (np.array([[[5.0, 4.0, 1.0], [2.0, 7.0, 3.0]], [[3.0, 3.5, 2.0], [4.0, 1.0, 6.0]]]), [1, 2]),
    _case(2, 3, 4, [3], seed=1),
    _case(3, 3, 3, [1], seed=2),
    _case(3, 3, 3, [2, 0], seed=3),
    _case(4, 3, 5, [4, 1], seed=4, lost=3),
    _case(2, 5, 7, [0, 1, 2], seed=5, lost=4),
    _case(5, 4, 6, [5, 2, 3, 0], seed=6, lost=6),
    _case(3, 6, 10, [7], seed=8, lost=8),
    (np.array([[[NAN, 1.0], [2.0, 6.0]]]), [0]),
    (np.array([[[NAN, 100.0], [200.0, 600.0]]]), [0]),
    (np.array([[[2.0002, 1.0], [2.0001, 6.0]]]), [0]),
]


def _others(got: Array, losses: Array, tuning: list[int]) -> bool:
    report = [seed for seed in range(losses.shape[2]) if seed not in tuning]
    measured = losses[:, :, report]  # (A, R, what is left)
    return bool(np.isclose(got[:, None], measured, rtol=1e-4).any(axis=1).all())


check = Check.of(
    __file__,
    "tuned(losses, tuning)",
    CASES,
    "Tuning both sides",
    properties=(
        Property(
            "what is reported was measured, at one of the rates, with seeds that did not tune",
            _others,
        ),
    ),
    errors={
        "^IndexError": "The three axes are arm, rate, seed; `tuning` is a list of seeds.",
        "^ValueError.*(NaN|nan)": "A run that diverged is nan, and a whole rate may be.",
    },
)
