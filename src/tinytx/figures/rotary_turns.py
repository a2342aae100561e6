"""The numbers of the rotary explorer: pairs, wave lengths, shares of a score, angles seen.

The turn itself is the package's own, :func:`tinytx.manual.rotary.rotate_forward`. What is here are
the two ways to pair the numbers of a head, and what mixing them does.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from tinytx.manual.rotary import Turns, rotary_rates, rotate_forward

PAIRS = ("halves", "neighbours", "mixed")


class Setting(NamedTuple):
    """Where query and key stand, and all that the reader can choose."""

    t: int
    """Position of the query."""
    s: int
    """Position of the key, at most ``t``."""
    pairs: str = "halves"
    """One of ``PAIRS``; ``"mixed"`` turns the query by halves and the key by neighbours."""
    base: float = 10_000.0
    trained: int = 64
    """Positions of the texts that the model was trained on."""
    times: int = 1
    """It is read at ``times * trained`` positions."""
    factor: int = 1
    """Position interpolation: each position is divided by it (Chen et al. 2023)."""

    @property
    def read(self) -> int:
        """How many positions the text has that is read."""
        return self.times * self.trained


class Plane(NamedTuple):
    """One pair of numbers of the query and of the key, turned to their positions."""

    q: tuple[float, float]
    k: tuple[float, float]
    share: float
    """What the pair adds to the score: the product of the two."""


def rates(n: int, base: float) -> np.ndarray:
    """Return by how many radians each of ``n`` pairs turns from one position to the next, (n,).

    >>> rates(2, 100.0).round(4)
    array([1. , 0.1])
    """
    return rotary_rates(2 * n, base)


def pair_of(i: int, n: int, halves: bool) -> tuple[int, int]:
    """Return which two numbers of a head are pair ``i`` of ``n``.

    >>> pair_of(1, 4, halves=True), pair_of(1, 4, halves=False)
    ((1, 5), (2, 3))
    """
    return (i, i + n) if halves else (2 * i, 2 * i + 1)


def turned(x: np.ndarray, position: float, base: float, halves: bool) -> np.ndarray:
    """Return ``x`` (Dh,) with each of its pairs turned to ``position``.

    >>> turned(np.array([1.0, 0.0, 0.0, 0.0]), np.pi / 2, 100.0, halves=True).round(4)
    array([0., 0., 1., 0.])
    >>> turned(np.array([1.0, 0.0, 0.0, 0.0]), np.pi / 2, 100.0, halves=False).round(4)
    array([0., 1., 0., 0.])
    """
    n = len(x) // 2
    angle = position * rates(n, base)
    turns = Turns(np.cos(angle), np.sin(angle))
    if halves:
        return rotate_forward(x, turns)[0]
    order = [*range(0, 2 * n, 2), *range(1, 2 * n, 2)]  # neighbours, laid out as two halves
    y = np.empty_like(x)
    y[order] = rotate_forward(x[order], turns)[0]
    return y


def planes(query: np.ndarray, key: np.ndarray, at: Setting) -> list[Plane]:
    """Return each pair as the query has it. Their shares add up to the score, in any convention."""
    n, halves = len(query) // 2, at.pairs != "neighbours"
    q = turned(query, at.t / at.factor, at.base, halves)
    k = turned(key, at.s / at.factor, at.base, at.pairs == "halves")
    found = []
    for a, b in (pair_of(i, n, halves) for i in range(n)):
        share = float(q[a] * k[a] + q[b] * k[b])
        found.append(Plane((float(q[a]), float(q[b])), (float(k[a]), float(k[b])), share))
    return found


def score(query: np.ndarray, key: np.ndarray, at: Setting) -> float:
    """Return q · k, not divided by the square root of Dh.

    >>> one = np.array([1.0, 0.0])
    >>> round(score(one, one, Setting(7, 4)), 4), round(score(one, one, Setting(3, 0)), 4)
    (-0.99, -0.99)
    """
    return sum(plane.share for plane in planes(query, key, at))


def full(n: int, at: Setting) -> list[int]:
    """Return the pairs that turn full circle within the length of training."""
    turns = at.trained * rates(n, at.base)
    return [i for i in range(n) if turns[i] >= 2 * math.pi]


def strange(n: int, at: Setting) -> list[int]:
    """Return the pairs that meet an angle outside the arc that training covered.

    A pair that came full circle has been everywhere, step by step. The others went as far as the
    length of training, and positions divided by ``factor`` reach as far as ``read / factor``.
    """
    if at.read <= at.factor * at.trained:
        return []
    return [i for i in range(n) if i not in full(n, at)]
