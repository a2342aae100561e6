"""The wrong answers to ``embedding_gradient(dx, ids, vocab_size)`` that the check knows.

What each does, and why it is wrong, the catalogue in ``embedding.py`` says.
"""

# ruff: noqa: D103

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Array = np.ndarray
Gradient = Callable[[Array, Array, int], Array]


def empty(dx: Array, vocab_size: int) -> Array:
    return np.zeros((vocab_size, dx.shape[-1]))


def right(dx: Array, ids: Array, vocab_size: int) -> Array:
    table = empty(dx, vocab_size)
    np.add.at(table, ids, dx)
    return table


def assigned(dx: Array, ids: Array, vocab_size: int) -> Array:
    table = empty(dx, vocab_size)
    table[ids] += dx
    return table


def assigned_by_text(dx: Array, ids: Array, vocab_size: int) -> Array:
    table = empty(dx, vocab_size)
    for b in range(len(ids)):
        table[ids[b]] += dx[b]
    return table


def assigned_by_position(dx: Array, ids: Array, vocab_size: int) -> Array:
    table = empty(dx, vocab_size)
    for t in range(ids.shape[1]):
        table[ids[:, t]] += dx[:, t]
    return table


def first_only(dx: Array, ids: Array, vocab_size: int) -> Array:
    table = empty(dx, vocab_size)
    found, places = np.unique(ids, return_index=True)
    table[found] = dx.reshape(-1, dx.shape[-1])[places]
    return table


def divided(by: Callable[[Array, Array], Array | int]) -> Gradient:
    """Return a gradient divided by ``by(ids, counts)``, where a count has the shape (V, 1)."""

    def embedding_gradient(dx: Array, ids: Array, vocab_size: int) -> Array:
        counts = np.bincount(ids.reshape(-1), minlength=vocab_size)[:, None]
        return right(dx, ids, vocab_size) / by(ids, counts)

    return embedding_gradient


def of_text(b: int) -> Gradient:
    return lambda dx, ids, vocab_size: right(dx[b], ids[b], vocab_size)


def by_position(dx: Array, ids: Array, vocab_size: int) -> Array:
    places = np.broadcast_to(np.arange(ids.shape[1]), ids.shape)
    return right(dx, places, vocab_size)


def turned(dx: Array, ids: Array, vocab_size: int) -> Array:
    return right(dx.reshape(-1, dx.shape[-1]), ids.T.reshape(-1), vocab_size)


def columns_first(dx: Array, ids: Array, vocab_size: int) -> Array:
    """Reshape dx where its axes should be moved."""
    return right(dx.reshape(dx.shape[-1], -1).T, ids.reshape(-1), vocab_size)


def rows_that_occur(dx: Array, ids: Array, vocab_size: int) -> Array:
    return right(dx, ids, vocab_size)[np.unique(ids)]


def rows_up_to_largest(dx: Array, ids: Array, vocab_size: int) -> Array:
    return right(dx, ids, int(ids.max()) + 1)


def rows_as_positions(dx: Array, ids: Array, vocab_size: int) -> Array:
    """Give each place the sum of its id: the table, looked up once more."""
    return right(dx, ids, vocab_size)[ids]


def transposed(dx: Array, ids: Array, vocab_size: int) -> Array:
    return right(dx, ids, vocab_size).T


def counts(dx: Array, ids: Array, vocab_size: int) -> Array:
    return right(np.ones_like(dx), ids, vocab_size)


def added_up(dx: Array, ids: Array, vocab_size: int) -> Array:
    """Send the sum of each vector, as one number."""
    return right(np.zeros_like(dx) + dx.sum(-1, keepdims=True), ids, vocab_size)


def without_zero(dx: Array, ids: Array, vocab_size: int) -> Array:
    table = right(dx, ids, vocab_size)
    table[0] = 0
    return table


def negative(dx: Array, ids: Array, vocab_size: int) -> Array:
    return -right(dx, ids, vocab_size)
