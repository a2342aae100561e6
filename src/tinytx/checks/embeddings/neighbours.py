"""The wrong answers to ``nearest(weight, id, n)`` that the check knows.

What each does, and why it is wrong, the catalogue in ``nearness.py`` says.
"""

# ruff: noqa: D103

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .reference import cosines
from .reference import nearest as reference

Array = np.ndarray
Alike = Callable[[Array, int], Array]
Nearest = Callable[[Array, int, int], list[int]]


def by(alike: Alike, itself: float = -np.inf) -> Nearest:
    """Return the ``n`` highest of ``alike(weight, id)``, where the token's own is ``itself``."""

    def nearest(weight: Array, id: int, n: int) -> list[int]:
        score = alike(weight, id)
        score[id] = itself
        return np.argsort(-score, kind="stable")[:n].tolist()

    return nearest


def dot(weight: Array, id: int) -> Array:
    return weight @ weight[id]


def closeness(weight: Array, id: int) -> Array:
    return -np.linalg.norm(weight - weight[id], axis=1)


def size(weight: Array, id: int) -> Array:
    return np.abs(cosines(weight, id))


def by_columns(weight: Array, id: int) -> Array:
    unit = weight / np.linalg.norm(weight, axis=0)
    return unit @ unit[id]


def by_squares(weight: Array, id: int) -> Array:
    return weight @ weight[id] / (weight**2).sum(axis=1)


def from_mean(weight: Array, id: int) -> Array:
    return cosines(weight - weight.mean(axis=0), id)


def farness(weight: Array, id: int) -> Array:
    return -cosines(weight, id)


def ranked(weight: Array, id: int) -> list[int]:
    return np.argsort(-cosines(weight, id), kind="stable").tolist()


def ranked_from_behind(weight: Array, id: int) -> list[int]:
    return np.argsort(cosines(weight, id), kind="stable")[::-1].tolist()


def with_itself(rank: Callable[[Array, int], list[int]]) -> Nearest:
    """Return the first ``n``, of whom the token itself is one."""
    return lambda weight, id, n: rank(weight, id)[:n]


def less_the_first(rank: Callable[[Array, int], list[int]]) -> Nearest:
    """Return the ``n`` that follow the first, taken for the token itself."""
    return lambda weight, id, n: rank(weight, id)[1 : n + 1]


def cut_too_early(rank: Callable[[Array, int], list[int]]) -> Nearest:
    """Return the first ``n`` less the token itself."""
    return lambda weight, id, n: [i for i in rank(weight, id)[:n] if i != id]


def one_too_few(weight: Array, id: int, n: int) -> list[int]:
    return reference(weight, id, n)[: n - 1]


def without_its_row(weight: Array, id: int, n: int) -> list[int]:
    score = np.delete(cosines(weight, id), id)
    return np.argsort(-score, kind="stable")[:n].tolist()


def nearest_last(weight: Array, id: int, n: int) -> list[int]:
    return reference(weight, id, n)[::-1]


def by_id(weight: Array, id: int, n: int) -> list[int]:
    return sorted(reference(weight, id, n))


def similarities(weight: Array, id: int, n: int) -> list[float]:
    return cosines(weight, id)[reference(weight, id, n)].tolist()


def rows(weight: Array, id: int, n: int) -> list[list[float]]:
    return weight[reference(weight, id, n)].tolist()


def overwrites(weight: Array, id: int, n: int) -> list[int]:
    weight /= np.linalg.norm(weight, axis=1, keepdims=True)
    return reference(weight, id, n)
