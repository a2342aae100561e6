"""The wrong answers to ``shift(x, k)`` that the check knows.

What each does, and why it is wrong, the catalogue in ``shifting.py`` says.
"""

# ruff: noqa: D103

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .clocks import pairs, speeds
from .reference import shift as reference
from .reference import sinusoids

Array = np.ndarray
Shift = Callable[[Array, int], Array]
Turn = Callable[[Array, Array, Array, Array], tuple[Array, Array]]


def by(angle: Callable[[Array, int], Array]) -> Shift:
    """Return a shift that turns the pairs of ``x`` by ``angle(x, k)``."""

    def shift(x: Array, k: int) -> Array:
        a, b, angles = x[:, 0::2], x[:, 1::2], angle(x, k)
        c, s = np.cos(angles), np.sin(angles)
        return pairs(c * a + s * b, c * b - s * a)

    return shift


def turned(turn: Turn) -> Shift:
    """Return a shift where ``turn(a, b, c, s)`` makes a pair from a, b and cosine and sine."""

    def shift(x: Array, k: int) -> Array:
        angles = k * speeds(x.shape[1])
        return pairs(*turn(x[:, 0::2], x[:, 1::2], np.cos(angles), np.sin(angles)))

    return shift


def without_minus(a: Array, b: Array, c: Array, s: Array) -> tuple[Array, Array]:
    return c * a + s * b, s * a + c * b


def two_minuses(a: Array, b: Array, c: Array, s: Array) -> tuple[Array, Array]:
    return c * a - s * b, c * b - s * a


def already_turned(a: Array, b: Array, c: Array, s: Array) -> tuple[Array, Array]:
    first = c * a + s * b
    return first, c * b - s * first


def already_turned_back(a: Array, b: Array, c: Array, s: Array) -> tuple[Array, Array]:
    second = c * b - s * a
    return c * a + s * second, second


def exchanged(a: Array, b: Array, c: Array, s: Array) -> tuple[Array, Array]:
    return s * a + c * b, s * b - c * a


def unmixed(a: Array, b: Array, c: Array, s: Array) -> tuple[Array, Array]:
    return c * a, c * b


def each_by_its_own(a: Array, b: Array, c: Array, s: Array) -> tuple[Array, Array]:
    return s * a, c * b


def unit(a: Array, b: Array, c: Array, s: Array) -> tuple[Array, Array]:
    length = np.hypot(a, b)
    return (c * a + s * b) / length, (c * b - s * a) / length


def halves(x: Array, k: int) -> Array:
    a, b = np.split(x, 2, axis=1)
    angles = k * speeds(x.shape[1])
    c, s = np.cos(angles), np.sin(angles)
    return np.concatenate([c * a + s * b, c * b - s * a], axis=1)


def halves_back(x: Array, k: int) -> Array:
    return halves(x, -k)


def one_speed(x: Array, k: int) -> Array:
    return np.array(float(k))


def without_two(x: Array, k: int) -> Array:
    D = x.shape[1]
    return k * 10_000.0 ** (-np.arange(D // 2) / D)


def two_twice(x: Array, k: int) -> Array:
    return k * speeds(x.shape[1]) ** 2


def growing(x: Array, k: int) -> Array:
    return k / speeds(x.shape[1])


def with_row(x: Array, k: int) -> Array:
    return k * np.arange(len(x))[:, None] * speeds(x.shape[1])


def plus_row(x: Array, k: int) -> Array:
    return k * speeds(x.shape[1]) + np.arange(len(x))[:, None] * speeds(x.shape[1])


def one_step(x: Array, k: int) -> Array:
    return speeds(x.shape[1])


def degrees(x: Array, k: int) -> Array:
    return np.radians(k * speeds(x.shape[1]))


def rolled(x: Array, k: int) -> Array:
    return np.roll(x, k, axis=0)


def rolled_back(x: Array, k: int) -> Array:
    return np.roll(x, -k, axis=0)


def rolled_columns(x: Array, k: int) -> Array:
    return np.roll(x, k, axis=1)


def angle_added(x: Array, k: int) -> Array:
    return x + np.repeat(k * speeds(x.shape[1]), 2)


def place(x: Array, k: int) -> Array:
    return sinusoids(np.array([[abs(k)]]), x.shape[1])[0]


def place_added(x: Array, k: int) -> Array:
    return x + place(x, k)


def place_multiplied(x: Array, k: int) -> Array:
    return x * place(x, k)


def from_zero(x: Array, k: int) -> Array:
    rows = np.arange(len(x))[None]
    return reference(sinusoids(rows, x.shape[1])[0], k)


def overwrites(x: Array, k: int) -> Array:
    x[...] = reference(x, k)
    return x


def overwrites_in_turn(x: Array, k: int) -> Array:
    x[...] = turned(already_turned)(x, k)
    return x
