"""The recorded runs: what ships with the package, or a file of one's own.

They were recorded once, by ``tinytx experiment --record FILE``; ``recorded.jsonl`` holds a run a
line, those that only chose a rate included.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from .arms import (
    SEEDS,
    TUNING_SEED,
    Experiment,
    arms,
    experiments,
    longer,
    scaling_name,
    sizes_and_steps,
)
from .lab import WINDOW, floor, lab
from .record import Line, is_current, loss_of, read_lines

NAME = "recorded.jsonl"


class Runs(NamedTuple):
    """The runs of one arm on one kind of data; losses in nats per token, infinite if diverged.

    Attributes
    ----------
    rate
        The learning rate that was chosen, and all were trained with.
    losses
        (seeds,): on the validation texts at the end.
    curves
        (seeds, 10): the same after each tenth of the steps.
    seen
        (seeds,): on texts trained on, at the end; NaN for runs on windows.
    places
        (seeds, 2 T): loss at each place of windows twice the trained length; (seeds, 0) for others.
    tokens
        Targets that each run was trained on, the mean over the seeds.
    tried
        Loss of the tuning seed by rate.
    """

    rate: float
    losses: np.ndarray
    curves: np.ndarray
    seen: np.ndarray
    places: np.ndarray
    tokens: float
    tried: Mapping[float, float]

    @property
    def within(self) -> np.ndarray:
        """Loss within the trained length, (seeds,); of runs on windows."""
        return self.places[:, :WINDOW].mean(axis=1)

    @property
    def past(self) -> np.ndarray:
        """Loss past the trained length, (seeds,); of runs on windows."""
        return self.places[:, WINDOW:].mean(axis=1)


Table = Mapping[tuple[str, str], Runs]


def recorded(path: str | os.PathLike[str] | None = None) -> Table:
    """Return the runs by arm and data; without ``path`` those that ship.

    Arms whose seeds are not all there, or that the plan no longer has so, are left out. A file is
    read anew in each call.

    Raises
    ------
    ValueError
        If the file is missing or no record.
    """
    if path is None:
        return _shipped()
    if not Path(path).exists():
        raise ValueError(f"there is no {path}: make it with tinytx experiment --record {path}")
    return _table(read_lines(path))


@cache
def _shipped() -> Table:
    with as_file(files(__package__).joinpath(NAME)) as own:
        return _table(read_lines(own))


def _table(lines: list[Line]) -> Table:
    grouped: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        if is_current(line):
            grouped.setdefault((line["arm"], line["data"]), []).append(line)
    found = {key: _runs(own) for key, own in grouped.items()}
    return MappingProxyType({key: runs for key, runs in found.items() if runs is not None})


def _runs(lines: list[Line]) -> Runs | None:
    by_seed = {line["seed"]: line for line in lines if line["seed"] != TUNING_SEED}
    if set(by_seed) != set(SEEDS):
        return None
    own = [by_seed[seed] for seed in SEEDS]
    for name in ("curve", "places"):
        if len({len(line.get(name, ())) for line in own}) > 1:
            arm, data = own[0]["arm"], own[0]["data"]
            raise ValueError(
                f"runs of {arm!r} on {data!r} have a {name} of different lengths: record it anew"
            )
    tried = {line["rate"]: loss_of(line) for line in lines if line["seed"] == TUNING_SEED}
    curves = _array([line["curve"] for line in own])
    return Runs(
        rate=own[0]["rate"],
        losses=curves[:, -1],
        curves=curves,
        seen=_array([line.get("seen", np.nan) for line in own]),
        places=_array([line.get("places", []) for line in own]),
        tokens=float(np.mean([line["tokens"] for line in own])),
        tried=MappingProxyType(dict(sorted(tried.items()))),
    )


def _array(values: list[Any]) -> np.ndarray:
    """Return numbers as an array; ``None`` is infinite."""
    found = np.array(values, dtype=float)  # None becomes NaN, as what is missing is
    missing = np.array([[v is None for v in np.atleast_1d(row)] for row in values], dtype=bool)
    found[missing.reshape(found.shape)] = np.inf
    return found


def measured(experiment: Experiment, own: str, data: str, table: Table | None = None) -> np.ndarray:
    """Return what an experiment measures of one of its arms, (seeds,).

    Raises
    ------
    ValueError
        If it has no such arm, or the arm is not recorded.
    """
    runs = runs_of(experiment, own, data, table)
    return runs.past if experiment.measure == "past" else runs.losses


def runs_of(experiment: Experiment, own: str, data: str, table: Table | None = None) -> Runs:
    """Return the runs of an experiment's arm; ``ValueError`` as :func:`measured`."""
    if own not in experiment.arms:
        known = ", ".join(experiment.arms)
        raise ValueError(f"{experiment.name} has no arm {own!r}: its arms are {known}")
    arm = experiment.arms[own]
    table = recorded() if table is None else table
    if (arm.name, data) not in table:
        raise ValueError(
            f"{own!r} of {experiment.name} is not recorded on {data!r}: "
            "tinytx experiment --record FILE trains what is missing"
        )
    return table[arm.name, data]


def for_browser(table: Table | None = None, *, chapter: int | None = None) -> dict[str, Any]:
    """Return the recorded experiments as ``figures.ExperimentBrowser`` takes them.

    All of them, or those of one ``chapter``.
    """
    shown: dict[str, Any] = {}
    for name, experiment in experiments(chapter).items():
        entry: dict[str, Any] = {"question": experiment.question, "data": {}}
        for data in experiment.data:
            found = {own: runs_of(experiment, own, data, table) for own in experiment.arms}
            steps = next(iter(experiment.arms.values())).train["steps"] * longer(data)
            points = next(iter(found.values())).curves.shape[1]
            own_arms = {
                own: {
                    "lr": runs.rate,
                    "losses": _plain(measured(experiment, own, data, table)),
                    "curves": [_plain(curve) for curve in runs.curves],
                }
                for own, runs in found.items()
            }
            entry["data"][data] = {
                "floor": floor(data),
                "steps": [steps * (i + 1) // points for i in range(points)],
                "arms": own_arms,
            }
        shown[name] = entry
    return shown


def _plain(values: np.ndarray) -> list[float | None]:
    return [round(float(v), 4) if np.isfinite(v) else None for v in values]


def scaling_points(table: Table | None = None) -> list[dict[str, Any]]:
    """Return the runs of the scaling law: parameters, tokens and the losses of the seeds.

    ``parameters`` are those of the blocks, as Kaplan et al. 2020 count them: without
    embeddings, positions and the head, though a head is multiplied.
    """
    from .trial import model_config

    table = recorded() if table is None else table
    points = []
    for size, steps in sizes_and_steps():
        arm = arms()[scaling_name(size, steps)]
        if (arm.name, "tokens") not in table:
            continue
        runs = table[arm.name, "tokens"]
        counts = model_config(arm, lab("tokens")).parameter_counts()
        own = sum(counts[part] for part in ("attention", "mlp", "norms"))
        losses = [round(float(loss), 4) for loss in runs.losses]
        points.append({"name": size, "parameters": own, "tokens": runs.tokens, "losses": losses})
    return points
