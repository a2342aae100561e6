"""The wrong answers to ``sinusoids(positions, d_model)`` that the check knows.

What each does, and why it is wrong, the catalogue in ``sinusoids.py`` says.
"""

# ruff: noqa: D103

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Array = np.ndarray
Hands = Callable[[Array, Array], Array]
Sinusoids = Callable[[Array, int], Array]


def speeds(D: int) -> Array:
    """Return by how much each hand turns in one position, (D/2,)."""
    return 10_000.0 ** (-np.arange(0, D, 2) / D)


def pairs(sine: Array, cosine: Array) -> Array:
    """Return sines and cosines in turn."""
    return np.stack([sine, cosine], axis=-1).reshape(*sine.shape[:-1], -1)


def halves(sine: Array, cosine: Array) -> Array:
    return np.concatenate([sine, cosine], axis=-1)


def halves_swapped(sine: Array, cosine: Array) -> Array:
    return halves(cosine, sine)


def swapped(sine: Array, cosine: Array) -> Array:
    return pairs(cosine, sine)


def sines(sine: Array, cosine: Array) -> Array:
    return pairs(sine, sine)


def cosines(sine: Array, cosine: Array) -> Array:
    return pairs(cosine, cosine)


def turning(speeds: Callable[[int], Array], hands: Hands = pairs) -> Sinusoids:
    """Return hands that turn by ``speeds(D)``; ``hands`` puts sines and cosines in place."""

    def sinusoids(positions: Array, d_model: int) -> Array:
        angle = positions[..., None] * speeds(d_model)
        return hands(np.sin(angle), np.cos(angle))

    return sinusoids


def at(where: Callable[[Array], Array]) -> Sinusoids:
    """Return the vectors of the positions ``where(positions)``."""
    return lambda positions, d_model: turning(speeds)(where(positions), d_model)


def to_the_power(exponent: Callable[[Array, int], Array], base: float = 10_000.0) -> Sinusoids:
    """Return hands whose speeds are ``base`` to the power ``-exponent(i, D)``, i from 0."""

    def powers(D: int) -> Array:
        i = np.arange(D // 2)
        return base ** -(exponent(i, D) + 0.0 * i)

    return turning(powers)


def own_speed_for_each_column(positions: Array, d_model: int) -> Array:
    angle = positions[..., None] * 10_000.0 ** (-np.arange(d_model) / d_model)
    return pairs(np.sin(angle[..., 0::2]), np.cos(angle[..., 1::2]))


def doubled_speed_for_each_column(positions: Array, d_model: int) -> Array:
    angle = positions[..., None] * 10_000.0 ** (-2 * np.arange(d_model) / d_model)
    return pairs(np.sin(angle[..., 0::2]), np.cos(angle[..., 1::2]))


def renumbered(positions: Array) -> Array:
    return np.broadcast_to(np.arange(positions.shape[1]), positions.shape)


def of_first_sequence(positions: Array) -> Array:
    return np.broadcast_to(positions[0], positions.shape)


def one_sequence(positions: Array, d_model: int) -> Array:
    return turning(speeds)(positions[0], d_model)


def flat(positions: Array, d_model: int) -> Array:
    return turning(speeds)(positions.reshape(-1), d_model)


def whole_table(positions: Array, d_model: int) -> Array:
    return turning(speeds)(np.arange(positions.max() + 1), d_model)


def stacked(sine: Array, cosine: Array) -> Array:
    return np.stack([sine, cosine], axis=-1)
