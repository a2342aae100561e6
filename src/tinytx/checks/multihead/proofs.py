"""The wrong answers to ``is_right_split(split)`` that the check knows.

What each does, and why it is wrong, the catalogue in ``proving.py`` says.
"""

# ruff: noqa: D103

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...manual import split_heads

Array = np.ndarray
Split = Callable[[Array, int], Array]
Proof = Callable[[Split], bool]

SIZES = (2, 5, 3, 4)  # B, T, H, Dh


def numbered(B: int, T: int, H: int, Dh: int) -> Array:
    return np.arange(B * T * H * Dh, dtype=float).reshape(B, T, H * Dh)


def entrywise(x: Array, heads: Array, H: int) -> bool:
    return np.array_equal(heads, split_heads(x, H))


def at_sizes(B: int, T: int, H: int, Dh: int) -> Proof:
    """Return a test that compares every entry, at the sizes given."""
    return comparing(entrywise, lambda *_: numbered(B, T, H, Dh), (B, T, H, Dh))


def comparing(
    agree: Callable[[Array, Array, int], bool],
    make: Callable[[int, int, int, int], Array] = numbered,
    sizes: tuple[int, int, int, int] = SIZES,
) -> Proof:
    """Return a test by ``agree(x, heads, H)`` on the input ``make(*sizes)``."""

    def proof(split: Split) -> bool:
        x, H = make(*sizes), sizes[2]
        return bool(agree(x, split(x.copy(), H), H))

    return proof


def shape(x: Array, heads: Array, H: int) -> bool:
    return heads.shape == split_heads(x, H).shape


def part(which: tuple[slice | int, ...]) -> Callable[[Array, Array, int], bool]:
    """Return a comparison of the entries ``which`` alone."""

    def agree(x: Array, heads: Array, H: int) -> bool:
        return shape(x, heads, H) and np.array_equal(heads[which], split_heads(x, H)[which])

    return agree


def same_set(x: Array, heads: Array, H: int) -> bool:
    return shape(x, heads, H) and np.array_equal(np.sort(heads, None), np.sort(x, None))


def same_set_of_any_shape(x: Array, heads: Array, H: int) -> bool:
    return np.array_equal(np.sort(heads, None), np.sort(x, None))


def undone(x: Array, heads: Array, H: int) -> bool:
    return np.array_equal(heads.reshape(x.shape), x)


def like(other: Split) -> Callable[[Array, Array, int], bool]:
    """Return a comparison with another split."""
    return lambda x, heads, H: np.array_equal(heads, other(x, H))


def in_memory(x: Array, heads: Array, H: int) -> bool:
    return np.array_equal(heads.ravel(order="K"), x.ravel())


def shares(split: Split) -> bool:
    x = numbered(*SIZES)
    return np.shares_memory(x, split(x, SIZES[2]))


def shares_and_fits(split: Split) -> bool:
    x, H = numbered(*SIZES), SIZES[2]
    heads = split(x, H)
    return np.shares_memory(x, heads) and heads.shape == split_heads(x, H).shape


def ones(B: int, T: int, H: int, Dh: int) -> Array:
    return np.ones((B, T, H * Dh))


def naming(*axes: int) -> Callable[[int, int, int, int], Array]:
    """Return inputs whose entries name only some of their coordinates b, t, h, d."""

    def make(B: int, T: int, H: int, Dh: int) -> Array:
        places = np.indices((B, T, H, Dh)).astype(float)
        return sum(places[a] * 10.0**a for a in axes).reshape(B, T, H * Dh)

    return make


def inverted(split: Split) -> bool:
    return not at_sizes(*SIZES)(split)
