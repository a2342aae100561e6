"""What the scaling explorer fits: runs of several sizes, the frontier, and a line through it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

AXES = ("compute", "parameters", "tokens")
MOST, MOST_SIZES, MOST_SEEDS = 200, 12, 32
NEEDS = ("name", "parameters", "tokens", "losses")
ALIKE = 0.99  # as many tokens: the last batch may be a little shorter
WHO = "ScalingExplorer:"


class Run(NamedTuple):
    """One size of model after so many tokens."""

    name: str
    """Of the size."""
    parameters: float
    tokens: float
    losses: list[float]
    """One a seed, in nats per token."""

    @property
    def loss(self) -> float:
        """Their mean."""
        return sum(self.losses) / len(self.losses)

    def at(self, axis: str) -> float:
        """Return where the run stands on an axis; compute is 6 N D operations."""
        return 6 * self.parameters * self.tokens if axis == "compute" else getattr(self, axis)


class Line(NamedTuple):
    """``loss − E = factor · x^exponent`` through some runs."""

    runs: list[Run]
    factor: float
    exponent: float
    off: float
    """Root mean square of what the logarithms of the excess are off the line."""

    def predict(self, x: float) -> float:
        """Return the excess over E at x."""
        return self.factor * x**self.exponent


def chosen(runs: Sequence[Run], axis: str) -> list[Run]:
    """Return what an axis shows: all, those with the most tokens, or those of the largest model."""
    if axis == "parameters":
        most = max(run.tokens for run in runs)
        return [run for run in runs if run.tokens >= ALIKE * most]
    if axis == "tokens":
        largest = max(run.parameters for run in runs)
        return [run for run in runs if run.parameters == largest]
    return list(runs)


def small(runs: Sequence[Run], axis: str) -> list[Run]:
    """Return all but those of the largest decade."""
    most = max(run.at(axis) for run in runs)
    return [run for run in runs if run.at(axis) <= most / 10 * (1 + 1e-9)]


def on_line(runs: Sequence[Run], axis: str) -> list[Run]:
    """Return the runs that a line is put through: on compute the frontier, else all.

    A string is stretched below the points (logarithm of x, loss): the frontier is what it touches.
    The loss itself, and not the logarithm of its excess, so that it is the same for every E. Where
    the excess is a power law, the loss is convex in log x too.
    """
    # Here and not above: it brings SciPy with it.
    from tinytx.experiments.scaling import frontier

    if axis != "compute" or len(runs) < 2:
        return sorted(runs, key=lambda run: run.at(axis))
    x, loss = np.array([[run.at(axis), run.loss] for run in runs]).T
    return [runs[i] for i in frontier(x, np.exp(loss))]


def line(best: Sequence[Run], axis: str, E: float) -> Line | None:
    """Return the line through these runs; None for fewer than three, or one not above E."""
    from tinytx.experiments.scaling import fit_power_law

    if len(best) < 3 or min(run.loss for run in best) <= E:
        return None
    x = np.array([run.at(axis) for run in best])
    excess = np.array([run.loss - E for run in best])
    law = fit_power_law(x, excess)
    off = np.log(excess) - np.log(law.predict(x))
    return Line(list(best), law.factor, law.exponent, float(np.sqrt(np.mean(off**2))))


def straightest(best: Sequence[Run], axis: str, stops: Sequence[float]) -> float | None:
    """Return the E of these at which ``line`` is least off; None if it is there at none."""
    below = [E for E in stops if len(best) >= 3 and min(run.loss for run in best) > E]
    if not below:
        return None
    x = np.log([run.at(axis) for run in best])
    y = np.log(np.array([run.loss for run in best]) - np.array(below)[:, None])  # (stops, runs)
    x, y = x - x.mean(), y - y.mean(axis=1, keepdims=True)
    off = y - (y @ x / (x @ x))[:, None] * x
    return below[int((off**2).sum(axis=1).argmin())]


def checked(points: Sequence[Mapping[str, Any]]) -> list[Run]:
    """Return the points as runs, losses with four decimals.

    Raises
    ------
    ValueError
        In one line, if something is missing or does not fit.
    """
    given = list(points)
    if not 3 <= len(given) <= MOST:
        raise ValueError(f"{WHO} points has {len(given)}, the limit is 3 to {MOST}")
    runs = [_run(f"points[{i}]", point) for i, point in enumerate(given)]
    sizes: dict[str, float] = {}
    for i, run in enumerate(runs):
        if sizes.setdefault(run.name, run.parameters) != run.parameters:
            raise ValueError(
                f"{WHO} points[{i}] is {run.name!r} with {run.parameters:g} parameters, and there "
                f"is one with {sizes[run.name]:g}: give each size one name"
            )
    if len(sizes) > MOST_SIZES:
        raise ValueError(f"{WHO} points has {len(sizes)} sizes, the limit is {MOST_SIZES}")
    if len({run.at("compute") for run in runs}) < 3:
        raise ValueError(f"{WHO} points need three different 6 · parameters · tokens or more")
    return runs


def _run(where: str, point: Mapping[str, Any]) -> Run:
    if not isinstance(point, Mapping) or any(name not in point for name in NEEDS):
        raise ValueError(f"{WHO} {where} must be a mapping with {', '.join(NEEDS)}")
    N, D = (_positive(f"{where}[{name!r}]", point[name]) for name in ("parameters", "tokens"))
    given = point["losses"]
    if not isinstance(given, Iterable):
        raise ValueError(f"{WHO} {where}['losses'] is {given!r} and must be a list")
    losses = [round(_positive(f"{where}['losses']", loss), 4) for loss in given]
    if not 1 <= len(losses) <= MOST_SEEDS:
        raise ValueError(f"{WHO} {where} has {len(losses)} losses, the limit is 1 to {MOST_SEEDS}")
    return Run(str(point["name"]), N, D, losses)


def _positive(where: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise ValueError(
            f"{WHO} {where} holds {value!r} and must hold finite numbers above 0; leave a run that "
            "diverged out"
        )
    return number
