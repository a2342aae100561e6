"""The state of a :class:`.LaneSource` as JSON: checked, and joined from those of all processes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...manual.shapes import is_whole
from ...wording import listed, short
from .lanes import Place


def pack(shape: dict[str, Any], batches: int, places: Mapping[int, Place]) -> dict[str, Any]:
    """Return a state; JSON has text for keys."""
    lanes = {str(lane): place._asdict() for lane, place in sorted(places.items())}
    return {"shape": shape, "batches": batches, "lanes": lanes}


def merge_states(states: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return one state from those of all processes, taken after the same batch.

    Raises
    ------
    ValueError
        If they are not of the same source and moment, or a lane is missing or there twice.
    """
    states = list(states)
    if not states:
        raise ValueError("states is empty: give the state of every process")
    merged: dict[str, Any] = {}
    for state in states:
        _check(state)
        for key in ("shape", "batches"):
            if state[key] != states[0][key]:
                raise ValueError(
                    f"the states differ in {key}, {short(states[0][key])} and {short(state[key])}: "
                    "give those of one run, saved after the same batch"
                )
        twice = merged.keys() & state["lanes"].keys()
        if twice:
            raise ValueError(f"the states have the lanes {listed(twice)} twice: give each one once")
        merged.update(state["lanes"])
    lanes = states[0]["shape"]["lanes"]
    _check_all(merged, range(lanes))
    ordered = {str(lane): dict(merged[str(lane)]) for lane in range(lanes)}
    return {"shape": states[0]["shape"], "batches": states[0]["batches"], "lanes": ordered}


def unpack(
    state: Mapping[str, Any], shape: Mapping[str, Any], lanes: Iterable[int]
) -> tuple[int, dict[int, Place]]:
    """Return how many batches ``state`` lies behind, and the places of ``lanes``."""
    _check(state)
    for name, mine in shape.items():
        theirs = state["shape"].get(name)
        if theirs != mine:
            raise ValueError(
                f"the state has {name} {short(theirs, 120)} and this source {short(mine, 120)}: "
                "resume with what it was saved with"
            )
    _check_all(state["lanes"], lanes)
    return state["batches"], {lane: Place(**state["lanes"][str(lane)]) for lane in lanes}


def _check_all(found: Mapping[str, Any], lanes: Iterable[int]) -> None:
    missing = [lane for lane in lanes if str(lane) not in found]
    if missing:
        raise ValueError(
            f"the state lacks the lanes {listed(missing)}: join the states of all processes with "
            "merge_states"
        )


def _check(state: Any) -> None:
    """Raise ``ValueError`` if ``state`` is none of a LaneSource."""
    try:
        good = is_whole(state["batches"]) and state["batches"] >= 0
        good = good and isinstance(state["shape"], Mapping) and is_whole(state["shape"]["lanes"])
        good = good and all(_is_place(place) for place in state["lanes"].values())
    except (KeyError, TypeError, AttributeError):
        good = False
    if not good:
        raise ValueError(f"{short(state)} is not the state of a LaneSource: give what state() gave")


def _is_place(place: object) -> bool:
    return (
        isinstance(place, Mapping)
        and place.keys() == set(Place._fields)
        and all(is_whole(value) and value >= 0 for value in place.values())
    )
