"""The runs that the experiment browser shows: checked, rounded, and what of them went wrong."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from numbers import Integral
from typing import Any

MOST_EXPERIMENTS, MOST_DATA, MOST_ARMS, MOST_SEEDS, MOST_STEPS = 40, 4, 12, 32, 400
NOT_LEARNT = 0.9  # of the way from the floor to where the arms begin
WHO = "ExperimentBrowser:"


@dataclass(frozen=True)
class Arm:
    """One way of training: a loss and a curve for each seed; None where there is no number."""

    name: str
    lr: float
    losses: list[float | None]
    curves: list[list[float | None]]
    note: str


@dataclass(frozen=True)
class Setting:
    """The arms of one experiment on one kind of data."""

    name: str
    floor: float
    steps: list[int]
    arms: dict[str, Arm]

    @property
    def seeds(self) -> int:
        """How many each arm has."""
        return len(next(iter(self.arms.values())).losses)

    @property
    def start(self) -> float:
        """The highest loss of all arms where curves begin; the floor if none has a number."""
        first = (curve[0] for arm in self.arms.values() for curve in arm.curves)
        return max((loss for loss in first if loss is not None), default=self.floor)

    @property
    def stuck(self) -> float:
        """A run whose curve ends at or above this loss did not learn."""
        if len(self.steps) < 2 or self.start <= self.floor:
            return math.inf
        return self.floor + NOT_LEARNT * (self.start - self.floor)

    def is_stuck(self, arm: Arm, seed: int) -> bool:
        """Return whether this run has a loss, and did not learn."""
        loss, end = arm.losses[seed], arm.curves[seed][-1]
        return loss is not None and end is not None and end >= self.stuck

    def shipped(self) -> dict[str, object]:
        """Return plain JSON values."""
        stuck = None if self.stuck == math.inf else round(self.stuck, 6)
        arms = [vars(arm) for arm in self.arms.values()]
        rest = {"start": self.start, "stuck": stuck, "arms": arms}
        return {"name": self.name, "floor": self.floor, "steps": self.steps, **rest}


def settings(experiments: Mapping[str, object]) -> dict[str, dict[str, Setting]]:
    """Return experiment → data → its arms.

    Raises
    ------
    ValueError
        In one line, if something is missing or does not fit.
    """
    found = {}
    for name, one in _items("experiments", experiments, 1, MOST_EXPERIMENTS):
        where = f"experiments[{name!r}]"
        _need(where, one, ("question", "data"))
        data = _items(f"{where}['data']", one["data"], 1, MOST_DATA)
        found[name] = {key: _setting(f"{where}['data'][{key!r}]", key, v) for key, v in data}
    return found


def _setting(where: str, name: str, value: Any) -> Setting:
    _need(where, value, ("floor", "steps", "arms"))
    floor = _number(f"{where}['floor']", value["floor"])
    if floor is None:
        raise ValueError(f"{WHO} {where}['floor'] is {value['floor']!r} and must be finite")
    steps = _list(f"{where}['steps']", value["steps"])
    whole = all(isinstance(step, Integral) and int(step) >= 0 for step in steps)
    rising = all(one < other for one, other in pairwise(steps))
    if not (whole and rising and 1 <= len(steps) <= MOST_STEPS):
        raise ValueError(
            f"{WHO} {where}['steps'] must be 1 to {MOST_STEPS} whole numbers from 0 that rise"
        )
    arms = {
        key: _arm(f"{where}['arms'][{key!r}]", key, arm, len(steps))
        for key, arm in _items(f"{where}['arms']", value["arms"], 2, MOST_ARMS)
    }
    counts = {len(arm.losses) for arm in arms.values()}
    if len(counts) > 1:
        raise ValueError(
            f"{WHO} {where} has arms with {' and '.join(map(str, sorted(counts)))} seeds; "
            "seeds are paired by their place: give each arm the same"
        )
    return Setting(name, floor, [int(step) for step in steps], arms)


def _arm(where: str, name: str, value: Any, steps: int) -> Arm:
    _need(where, value, ("lr", "losses", "curves"))
    lr = _number(f"{where}['lr']", value["lr"], 12)
    at = f"{where}['losses']"
    losses = [_number(at, loss) for loss in _list(at, value["losses"])]
    if not 2 <= len(losses) <= MOST_SEEDS:
        raise ValueError(f"{WHO} {where} has {len(losses)} seeds, the limit is 2 to {MOST_SEEDS}")
    at = f"{where}['curves']"
    curves = [[_number(at, x) for x in _list(at, curve)] for curve in _list(at, value["curves"])]
    if lr is None or lr <= 0:
        raise ValueError(f"{WHO} {where}['lr'] is {value['lr']!r} and must be above 0")
    if len(curves) != len(losses) or {len(curve) for curve in curves} != {steps}:
        raise ValueError(
            f"{WHO} {where}['curves'] must have {len(losses)} curves of {steps} losses, one for "
            "each seed and step"
        )
    return Arm(name, lr, losses, curves, str(value.get("note") or ""))


def _items(where: str, value: object, low: int, high: int) -> list[tuple[str, Any]]:
    if not isinstance(value, Mapping) or not low <= len(value) <= high:
        size = f"has {len(value)}" if isinstance(value, Mapping) else f"is {type(value).__name__}"
        raise ValueError(f"{WHO} {where} {size} and must be a mapping of {low} to {high} by name")
    return [(str(name), one) for name, one in value.items()]


def _need(where: str, value: object, names: Sequence[str]) -> None:
    if not isinstance(value, Mapping):
        raise ValueError(f"{WHO} {where} is {type(value).__name__} and must be a mapping")
    missing = [name for name in names if name not in value]
    if missing:
        raise ValueError(f"{WHO} {where} has no {', '.join(missing)}; it needs {', '.join(names)}")


def _list(where: str, value: object) -> list[Any]:
    if not isinstance(value, Iterable):
        raise ValueError(f"{WHO} {where} is {value!r} and must be a list")
    return list(value)


def _number(where: str, value: Any, decimals: int = 4) -> float | None:
    """Return a number, rounded; None for one that is none or not finite."""
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{WHO} {where} holds {value!r} and must hold numbers") from None
    return round(number, decimals) if math.isfinite(number) else None
