"""What an attention head does on average: how far it looks, how widely, and at what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Habit:
    """What one head does on average over its queries.

    Queries that have a choice count: not a first position that reads itself and nothing else, as
    under a causal mask, and not those that may read nothing.
    """

    distance: float
    """Positions between a query and what it reads, weighted."""
    entropy: float
    """How spread the weights are, in nats: 0 for one key, ln n for n keys alike."""
    itself: float
    """Share of the weight on the query's own position,"""
    previous: float
    """on the one before it,"""
    first: float
    """and on the first of all."""
    most: int
    """The key with the largest share of the weight,"""
    share: float
    """and that share."""


def habit(weights: np.ndarray, trained: Iterable[int] | None = None) -> Habit:
    """Measure one head's weights (T, S); the queries are the last T of the positions.

    >>> habit(np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0]]))
    Habit(distance=1.0, entropy=0.0, itself=0.0, previous=1.0, first=0.5, most=0, share=0.5)
    """
    T, S = weights.shape
    place = np.arange(S - T, S)
    counts = weights.sum(axis=-1) > 0
    if trained is not None:
        counts &= np.isin(np.arange(T), list(trained))
    choose = counts & ((place > 0) | (weights[:, 1:] > 0).any(axis=-1))
    if choose.any():
        counts = choose
    rows, place = weights[counts], place[counts]
    if not len(rows):
        return Habit(0.0, 0.0, 0.0, 0.0, 0.0, 0, 0.0)
    far = np.abs(place[:, None] - np.arange(S))
    logs = np.log(np.where(rows > 0, rows, 1))
    each = np.arange(len(rows))
    before = np.where(place > 0, rows[each, place - 1], 0)
    measures = (
        (rows * far).sum(axis=-1),
        -(rows * logs).sum(axis=-1),
        rows[each, place],
        before,
        rows[:, 0],
    )
    # Nine decimals: the last digits of a mean differ from machine to machine, and 0.125 is
    # written with two. Adding zero makes -0.0 plain.
    keys = rows.mean(axis=0).round(9)
    distance, entropy, *shares = (round(float(one.mean()), 9) + 0.0 for one in measures)
    itself, previous, first = shares
    return Habit(distance, entropy, itself, previous, first, int(keys.argmax()), float(keys.max()))
