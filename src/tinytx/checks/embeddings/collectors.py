"""The wrong answers to ``table_gradients(ids, dx, h, dlogits, context_length)``.

What each does, and why it is wrong, the catalogue in ``collecting.py`` says.
"""

# ruff: noqa: D103

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .reference import table_gradients as reference

Array = np.ndarray
Pair = tuple[Array, Array]
Collector = Callable[[Array, Array, Array, Array, int], Pair]
Part = Callable[[Array, Array, int], Array]


def lookup(ids: Array, dx: Array, V: int) -> Array:
    dweight = np.zeros((V, dx.shape[-1]))
    np.add.at(dweight, ids, dx)
    return dweight


def head(h: Array, dlogits: Array) -> Array:
    return np.einsum("btv,btd->vd", dlogits, h)


def places(dx: Array, context_length: int) -> Array:
    dweight = np.zeros((context_length, dx.shape[-1]))
    dweight[: dx.shape[1]] = dx.sum(axis=0)
    return dweight


def looked_up(part: Part) -> Collector:
    """Return both gradients, where the lookup's part is ``part(ids, dx, V)``."""
    return lambda ids, dx, h, dlogits, context_length: (
        part(ids, dx, dlogits.shape[-1]) + head(h, dlogits),
        places(dx, context_length),
    )


def last_wins(ids: Array, dx: Array, V: int) -> Array:
    dweight = np.zeros((V, dx.shape[-1]))
    dweight[ids] += dx
    return dweight


def first_wins(ids: Array, dx: Array, V: int) -> Array:
    return last_wins(ids.reshape(-1)[::-1], dx.reshape(-1, dx.shape[-1])[::-1], V)


def mean_wins(ids: Array, dx: Array, V: int) -> Array:
    counts = np.bincount(ids.reshape(-1), minlength=V)[:, None]
    return lookup(ids, dx, V) / np.maximum(counts, 1)


def first_sequence(ids: Array, dx: Array, V: int) -> Array:
    return lookup(ids[0], dx[0], V)


def each_sequence(ids: Array, dx: Array, V: int) -> Array:
    """Count a token once in each sequence."""
    return sum(last_wins(row, part, V) for row, part in zip(ids, dx, strict=True))


def head_part(part: Callable[[Array, Array, Array], Array]) -> Collector:
    """Return both gradients, where the head's part is ``part(dx, h, dlogits)``."""
    return lambda ids, dx, h, dlogits, context_length: (
        lookup(ids, dx, dlogits.shape[-1]) + part(dx, h, dlogits),
        places(dx, context_length),
    )


def first_sequence_of_head(dx: Array, h: Array, dlogits: Array) -> Array:
    return dlogits[0].T @ h[0]


def last_position_of_head(dx: Array, h: Array, dlogits: Array) -> Array:
    return dlogits[:, -1].T @ h[:, -1]


def head_with_dx(dx: Array, h: Array, dlogits: Array) -> Array:
    return head(dx, dlogits)


def place_part(part: Callable[[Array, Array, int], Array]) -> Collector:
    """Return both gradients, where that of the positions is ``part(ids, dx, context_length)``."""
    return lambda ids, dx, h, dlogits, context_length: (
        lookup(ids, dx, dlogits.shape[-1]) + head(h, dlogits),
        part(ids, dx, context_length),
    )


def mean_places(ids: Array, dx: Array, context_length: int) -> Array:
    return places(dx, context_length) / len(dx)


def first_places(ids: Array, dx: Array, context_length: int) -> Array:
    return places(dx[:1], context_length)


def last_places(ids: Array, dx: Array, context_length: int) -> Array:
    return places(dx[-1:], context_length)


def short_places(ids: Array, dx: Array, context_length: int) -> Array:
    return dx.sum(axis=0)


def batched_places(ids: Array, dx: Array, context_length: int) -> Array:
    out = np.zeros((len(dx), context_length, dx.shape[-1]))
    out[:, : dx.shape[1]] = dx
    return out


def late_places(ids: Array, dx: Array, context_length: int) -> Array:
    return places(dx[:, ::-1], context_length)[::-1]


def same_places(ids: Array, dx: Array, context_length: int) -> Array:
    return np.tile(dx.sum(axis=(0, 1)), (context_length, 1))


def same_used_places(ids: Array, dx: Array, context_length: int) -> Array:
    out = np.zeros((context_length, dx.shape[-1]))
    out[: dx.shape[1]] = dx.sum(axis=(0, 1))
    return out


def summed_over_positions(ids: Array, dx: Array, context_length: int) -> Array:
    out = np.zeros((context_length, dx.shape[-1]))
    out[: len(dx)] = dx.sum(axis=1)
    return out


def places_by_token(ids: Array, dx: Array, context_length: int) -> Array:
    return lookup(ids, dx, context_length)


def counted_places(ids: Array, dx: Array, context_length: int) -> Array:
    return places(dx, context_length) / dx.shape[1]


def lookup_alone(ids: Array, dx: Array, h: Array, dlogits: Array, context_length: int) -> Pair:
    return lookup(ids, dx, dlogits.shape[-1]), places(dx, context_length)


def last_lookup_alone(ids: Array, dx: Array, h: Array, dlogits: Array, context_length: int) -> Pair:
    return last_wins(ids, dx, dlogits.shape[-1]), places(dx, context_length)


def head_alone(ids: Array, dx: Array, h: Array, dlogits: Array, context_length: int) -> Pair:
    return head(h, dlogits), places(dx, context_length)


def half(ids: Array, dx: Array, h: Array, dlogits: Array, context_length: int) -> Pair:
    tokens, rows = reference(ids, dx, h, dlogits, context_length)
    return tokens / 2, rows


def overwritten(ids: Array, dx: Array, h: Array, dlogits: Array, context_length: int) -> Pair:
    tokens = head(h, dlogits)
    tokens[ids] = dx
    return tokens, places(dx, context_length)


def head_where_seen(ids: Array, dx: Array, h: Array, dlogits: Array, context_length: int) -> Pair:
    seen = np.isin(np.arange(dlogits.shape[-1]), ids)[:, None]
    return lookup(ids, dx, len(seen)) + seen * head(h, dlogits), places(dx, context_length)


def head_by_lookup(ids: Array, dx: Array, h: Array, dlogits: Array, context_length: int) -> Pair:
    return lookup(ids, dx + h, dlogits.shape[-1]), places(dx, context_length)


def turned(ids: Array, dx: Array, h: Array, dlogits: Array, context_length: int) -> Pair:
    tokens, rows = reference(ids, dx, h, dlogits, context_length)
    return tokens.T, rows


def swapped(ids: Array, dx: Array, h: Array, dlogits: Array, context_length: int) -> Pair:
    return reference(ids, dx, h, dlogits, context_length)[::-1]


def averaged(ids: Array, dx: Array, h: Array, dlogits: Array, context_length: int) -> Pair:
    tokens, rows = reference(ids, dx, h, dlogits, context_length)
    return tokens / ids.size, rows / ids.size


def as_many_as_seen(ids: Array, dx: Array, h: Array, dlogits: Array, context_length: int) -> Pair:
    tokens, rows = reference(ids, dx, h, dlogits, context_length)
    return tokens[: ids.max() + 1], rows


def adds_into_dx(ids: Array, dx: Array, h: Array, dlogits: Array, context_length: int) -> Pair:
    tokens = lookup(ids, dx, dlogits.shape[-1]) + head(h, dlogits)
    total = dx[0]
    for part in dx[1:]:
        total += part
    rows = np.zeros((context_length, dx.shape[-1]))
    rows[: len(total)] = total
    return tokens, rows
