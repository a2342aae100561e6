"""The wrong answers to ``model_input(ids, tok_emb, pos_emb, scale)`` that the check knows.

What each does, and why it is wrong, the catalogue in ``entering.py`` says.
"""

# ruff: noqa: D103

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from .reference import model_input as reference

Array = np.ndarray
Entrance = Callable[[Array, Array, Array, float], Array]


def adding(places: Callable[[Array, Array], Array]) -> Entrance:
    """Return an input to which ``places(ids, pos_emb)`` is added."""
    return lambda ids, tok_emb, pos_emb, scale: scale * tok_emb[ids] + places(ids, pos_emb)


def scaled(tokens: Callable[[Array, float], Array]) -> Entrance:
    """Return an input whose rows of tokens become ``tokens(rows, scale)``."""
    return lambda ids, tok_emb, pos_emb, scale: (
        tokens(tok_emb[ids], scale) + pos_emb[: ids.shape[1]]
    )


def nothing(ids: Array, pos_emb: Array) -> Array:
    return np.zeros(pos_emb.shape[1])


def twice(ids: Array, pos_emb: Array) -> Array:
    return 2 * pos_emb[: ids.shape[1]]


def by_token(ids: Array, pos_emb: Array) -> Array:
    return pos_emb[ids]


def by_sequence(ids: Array, pos_emb: Array) -> Array:
    return pos_emb[: len(ids), None]


def as_many_as_sequences(ids: Array, pos_emb: Array) -> Array:
    return pos_emb[: len(ids)]


def last_rows(ids: Array, pos_emb: Array) -> Array:
    return pos_emb[-ids.shape[1] :]


def from_one(ids: Array, pos_emb: Array) -> Array:
    return pos_emb[1 : ids.shape[1] + 1]


def from_one_by_index(ids: Array, pos_emb: Array) -> Array:
    return pos_emb[np.arange(1, ids.shape[1] + 1)]


def first_row(ids: Array, pos_emb: Array) -> Array:
    return pos_emb[0]


def row_of_last(ids: Array, pos_emb: Array) -> Array:
    return pos_emb[ids.shape[1] - 1]


def row_after_last(ids: Array, pos_emb: Array) -> Array:
    return pos_emb[ids.shape[1]]


def running_on(ids: Array, pos_emb: Array) -> Array:
    return pos_emb[np.arange(ids.size)].reshape(*ids.shape, -1)


def whole(ids: Array, pos_emb: Array) -> Array:
    return pos_emb


def subtracted(ids: Array, pos_emb: Array) -> Array:
    return -pos_emb[: ids.shape[1]]


def root_of_width(rows: Array, scale: float) -> Array:
    return rows * math.sqrt(rows.shape[-1])


def both_scales(rows: Array, scale: float) -> Array:
    return scale * rows * math.sqrt(rows.shape[-1])


def sum_scaled(ids: Array, tok_emb: Array, pos_emb: Array, scale: float) -> Array:
    return scale * reference(ids, tok_emb, pos_emb, 1.0)


def places_scaled(ids: Array, tok_emb: Array, pos_emb: Array, scale: float) -> Array:
    return reference(ids, tok_emb, scale * pos_emb, 1.0)


def multiplied(ids: Array, tok_emb: Array, pos_emb: Array, scale: float) -> Array:
    return scale * tok_emb[ids] * pos_emb[: ids.shape[1]]


def side_by_side(ids: Array, tok_emb: Array, pos_emb: Array, scale: float) -> Array:
    rows = scale * tok_emb[ids]
    places = np.broadcast_to(pos_emb[: ids.shape[1]], rows.shape)
    return np.concatenate([rows, places], axis=-1)


def columns(ids: Array, tok_emb: Array, pos_emb: Array, scale: float) -> Array:
    return reference(ids, tok_emb.T.copy(), pos_emb, scale)


def first_sequence(ids: Array, tok_emb: Array, pos_emb: Array, scale: float) -> Array:
    return reference(ids[:1], tok_emb, pos_emb, scale)[0]


def flat(ids: Array, tok_emb: Array, pos_emb: Array, scale: float) -> Array:
    return reference(ids, tok_emb, pos_emb, scale).reshape(ids.size, -1)


def scales_table(ids: Array, tok_emb: Array, pos_emb: Array, scale: float) -> Array:
    tok_emb *= scale
    return reference(ids, tok_emb, pos_emb, 1.0)


def adds_into_places(ids: Array, tok_emb: Array, pos_emb: Array, scale: float) -> Array:
    out = np.zeros((*ids.shape, tok_emb.shape[1]))
    for b, row in enumerate(ids):
        x = pos_emb[: len(row)]
        x += scale * tok_emb[row]
        out[b] = x
    return out
