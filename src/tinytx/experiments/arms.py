"""What is compared: arms and experiments, read from ``plan.toml``.

An :class:`Arm` is the base with some fields changed, of the model, of the training, or of the data.
An experiment gives arms names of its own and asks a question; arms that several experiments share
are trained once.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

TABLES = ("model", "train", "data", "search")
SEEDS = (0, 1, 2, 3, 4)  # of the runs that are reported
TUNING_SEED = 100  # of the runs that only choose a rate


@dataclass(frozen=True)
class Arm:
    """One way of training a model.

    Attributes
    ----------
    name
        As in the plan.
    model, train, data
        All fields that are not the defaults: base and changes together.
    search
        ``rates`` to begin with, ``field`` that the rate sets (``lr`` if left out), ``rate_of`` the
        arm whose rate is taken, ``times`` a factor.
    """

    name: str
    model: Mapping[str, Any] = field(default_factory=dict)
    train: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    search: Mapping[str, Any] = field(default_factory=dict)

    def stamp(self, data: str) -> str:
        """Return eight letters that change with every setting: a record says how it was made."""
        settings: dict[str, Any] = {table: dict(getattr(self, table)) for table in TABLES}
        if longer(data) != 1:
            settings["longer"] = longer(data)
        text = json.dumps(settings, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:8]


@dataclass(frozen=True)
class Experiment:
    """A question and the arms that answer it.

    Attributes
    ----------
    name, question
        As the plan puts them.
    arms
        Their names here, and the arms; the first is what the others are compared with.
    measure
        ``"loss"``, or ``"past"``: the loss past the trained length.
    chapter
        The chapter that shows it.
    """

    name: str
    question: str
    arms: Mapping[str, Arm]
    measure: str = "loss"
    chapter: int = 11

    @property
    def data(self) -> tuple[str, ...]:
        """The data that all of its arms are trained on."""
        return min((data_of(arm) for arm in self.arms.values()), key=len)


@cache
def _plan() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("plan.toml").read_text(encoding="utf-8"))


def longer(data: str) -> int:
    """Return how many times the steps of the plan are taken on this data, of smaller batches."""
    return _plan()["longer"].get(data, 1)


@cache
def arms(chapter: int | None = None) -> Mapping[str, Arm]:
    """Return every arm by name, those of the scaling law included; or those of one chapter."""
    plan = _plan()
    found = {name: _arm(name, changes) for name, changes in plan["arms"].items()}
    for size, steps in sizes_and_steps():
        found[scaling_name(size, steps)] = _scaling_arm(size, steps)
    if chapter is not None:
        compared = {arm.name for one in experiments().values() for arm in one.arms.values()}
        own = {arm.name for one in experiments(chapter).values() for arm in one.arms.values()}
        if chapter == Experiment.chapter:
            own |= found.keys() - compared
        found = {name: arm for name, arm in found.items() if name in own}
    return MappingProxyType(found)


@cache
def experiments(chapter: int | None = None) -> Mapping[str, Experiment]:
    """Return every experiment by name, in the order of the plan; or those of one chapter."""
    found = {}
    for name, entry in _plan()["experiments"].items():
        named = {own: arms()[arm] for own, arm in entry["arms"].items()}
        more = {key: entry[key] for key in ("measure", "chapter") if key in entry}
        found[name] = Experiment(name, entry["question"], MappingProxyType(named), **more)
    if chapter is not None:
        found = {name: one for name, one in found.items() if one.chapter == chapter}
    return MappingProxyType(found)


def experiment(name: str) -> Experiment:
    """Return the experiment of that name; ``ValueError`` if there is none."""
    if name not in experiments():
        known = ", ".join(experiments())
        raise ValueError(f"experiment is {name!r} and must be one of {known}")
    return experiments()[name]


def sizes_and_steps() -> list[tuple[str, int]]:
    """Return the runs of the scaling law: sizes by name, and steps."""
    scaling = _plan()["scaling"]
    return [(size, steps) for size in scaling["sizes"] for steps in scaling["steps"]]


def scaling_name(size: str, steps: int) -> str:
    """Return the name of an arm of the scaling law."""
    return f"{size}, {steps} steps"


def _scaling_arm(size: str, steps: int) -> Arm:
    """Return an arm: the warm-up is a tenth, the rate is that of 300 steps."""
    n_layer, n_head, d_model = _plan()["scaling"]["sizes"][size]
    middle = _plan()["base"]["train"]["steps"]
    changes: dict[str, Any] = {
        "model": {"n_layer": n_layer, "n_head": n_head, "d_model": d_model},
        "train": {"steps": steps, "warmup_steps": steps // 10},
    }
    if steps != middle:
        changes["search"] = {"rate_of": scaling_name(size, middle)}
    return _arm(scaling_name(size, steps), changes)


def _arm(name: str, changes: Mapping[str, Any]) -> Arm:
    base = _plan()["base"]
    return Arm(name, **{table: {**base[table], **changes.get(table, {})} for table in TABLES})


def data_of(arm: Arm) -> tuple[str, ...]:
    """Return the names of the data that an arm is trained on: a scaling law's are the tokens."""
    steps = {scaling_name(*one) for one in sizes_and_steps()}
    return ("tokens",) if arm.name in steps else ("tokens", "characters")
