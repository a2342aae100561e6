"""The wrong answers to ``split_strides(B, T, H, Dh)`` that the check knows.

What each does, and why it is wrong, the catalogue in ``strides.py`` says.
"""

# ruff: noqa: D103

from __future__ import annotations

from collections.abc import Callable

from .reference import split_strides as reference

Strides = tuple[int, ...]


def fresh(B: int, T: int, H: int, Dh: int) -> Strides:
    return H * T * Dh, T * Dh, Dh, 1


def fresh_for_heads(B: int, T: int, H: int, Dh: int) -> Strides:
    return T * H * Dh, T * Dh, H * Dh, 1


def fresh_for_positions(B: int, T: int, H: int, Dh: int) -> Strides:
    return T * H * Dh, Dh, T * Dh, 1


def not_swapped(B: int, T: int, H: int, Dh: int) -> Strides:
    return T * H * Dh, H * Dh, Dh, 1


def in_bytes(strides: Callable[[int, int, int, int], Strides]) -> Callable[..., Strides]:
    """Return ``strides`` in bytes of float64."""
    return lambda B, T, H, Dh: tuple(8 * step for step in strides(B, T, H, Dh))


def dealt(B: int, T: int, H: int, Dh: int) -> Strides:
    return T * H * Dh, 1, H * Dh, H


def sizes(B: int, T: int, H: int, Dh: int) -> Strides:
    return B, H, T, Dh


def backwards(B: int, T: int, H: int, Dh: int) -> Strides:
    return reference(B, T, H, Dh)[::-1]


def first_fastest(B: int, T: int, H: int, Dh: int) -> Strides:
    return 1, B, B * H, B * H * T


def first_fastest_before(B: int, T: int, H: int, Dh: int) -> Strides:
    return 1, B * T, B, B * T * H


def between(B: int, T: int, H: int, Dh: int) -> Strides:
    return tuple(step - 1 for step in reference(B, T, H, Dh))


def whole_axes(B: int, T: int, H: int, Dh: int) -> Strides:
    return B * T * H * Dh, H * Dh, T * H * Dh, Dh


def whole_axes_fresh(B: int, T: int, H: int, Dh: int) -> Strides:
    return B * T * H * Dh, T * H * Dh, T * Dh, Dh


def batch_left_out(B: int, T: int, H: int, Dh: int) -> Strides:
    return reference(B, T, H, Dh)[1:]


def own_sizes(B: int, T: int, H: int, Dh: int) -> Strides:
    return B * Dh, H * Dh, T * Dh, 1


def by_position_alone(B: int, T: int, H: int, Dh: int) -> Strides:
    return T * H * Dh, Dh, Dh, 1
