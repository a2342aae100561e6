"""The right answers of 11_experiments, from its solutions. Written by `make exercises`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def standard_error(losses: np.ndarray, n: int) -> np.ndarray:
    """Return each arm's mean, its standard error, and the error to expect with n seeds."""
    S = losses.shape[1]
    mean = losses.mean(axis=1)
    deviation = losses.std(axis=1, ddof=1)
    return np.stack([mean, deviation / np.sqrt(S), deviation / np.sqrt(n)], axis=1)


def paired(
    a: dict[int, float], b: dict[int, float], quantile: Callable[[int], float]
) -> np.ndarray:
    """Return the mean of b - a over the seeds of both, and the ends of its interval."""
    seeds = [seed for seed in a if seed in b]
    differences = np.array([b[seed] - a[seed] for seed in seeds])
    n = len(differences)
    error = differences.std(ddof=1) / np.sqrt(n)
    mean, half = differences.mean(), quantile(n - 1) * error
    return np.array([mean, mean - half, mean + half])


def from_curves(curves: np.ndarray, last: int) -> np.ndarray:
    """Return by how much arm 1 ends above arm 0, and the standard error of that."""
    ends = curves[:, :, -last:].mean(axis=2)
    differences = ends[1] - ends[0]
    error = differences.std(ddof=1) / np.sqrt(len(differences))
    return np.array([differences.mean(), error])


def bootstrap(a: np.ndarray, b: np.ndarray, indices: np.ndarray, level: float) -> np.ndarray:
    """Return the bootstrap interval of the change mean(b) / mean(a) - 1 over seeds."""
    changes = b[indices].mean(axis=1) / a[indices].mean(axis=1) - 1
    tail = (1 - level) / 2
    return np.quantile(changes, [tail, 1 - tail])


def tuned(losses: np.ndarray, tuning: list[int]) -> np.ndarray:
    """Return each arm's losses of the other seeds, at the rate that the tuning seeds choose."""
    means = losses[:, :, tuning].mean(axis=2)
    best = np.where(np.isnan(means), np.inf, means).argmin(axis=1)
    report = [seed for seed in range(losses.shape[2]) if seed not in tuning]
    chosen = losses[np.arange(len(losses)), best]
    return chosen[:, report]


def compute_needed(
    compute: np.ndarray, losses: np.ndarray, floor: float, target: float
) -> np.ndarray:
    """Return the exponent of the power law above the floor, and the compute for a target."""
    x, y = np.log(compute), np.log(losses - floor)
    slope = ((x - x.mean()) * y).sum() / ((x - x.mean()) ** 2).sum()
    start = y.mean() - slope * x.mean()
    needed = np.exp((np.log(target - floor) - start) / slope)
    return np.array([-slope, needed])


def best_floor(compute: np.ndarray, losses: np.ndarray, floors: np.ndarray) -> np.ndarray:
    """Return the floor that predicts the run of most compute best, and what it predicts."""
    held = compute.argmax()
    seen = np.arange(len(compute)) != held
    x = np.log(compute)
    middle = x[seen].mean()
    predicted = np.zeros(len(floors))
    for i, floor in enumerate(floors):
        y = np.log(losses[seen] - floor)
        slope = ((x[seen] - middle) * y).sum() / ((x[seen] - middle) ** 2).sum()
        predicted[i] = floor + np.exp(y.mean() + slope * (x[held] - middle))
    best = np.abs(predicted - losses[held]).argmin()
    return np.array([floors[best], predicted[best]])
