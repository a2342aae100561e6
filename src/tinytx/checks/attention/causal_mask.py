"""The check of ``causal_mask(T, S)``: the queries are the last T of S positions."""

from __future__ import annotations

import numpy as np

from ..check import Check
from ..verdict import Property

Array = np.ndarray

# The example of the task is (2, 3). Positions beyond 255 do not fit into eight bits.
CASES = [(1, 1), (2, 2), (1, 3), (3, 3), (2, 4), (2, 5), (3, 4), (4, 7), (6, 6), (9, 14), (2, 300)]
CASES += [(19, 21)]  # more queries than sixteen


def _positions(T: int, S: int) -> tuple[Array, Array]:
    """Return the position of each query, as a column, and that of each key, as a row."""
    return np.arange(S - T, S)[:, None], np.arange(S)[None, :]


def _future_seen(mask: Array, T: int, S: int) -> Array:
    queries, keys = _positions(T, S)
    return mask & (keys > queries)


def _past_hidden(mask: Array, T: int, S: int) -> Array:
    queries, keys = _positions(T, S)
    return ~mask & (keys < queries)


check = Check.of(
    __file__,
    "causal_mask(T, S)",
    CASES,
    "The causal mask",
    properties=(
        Property(
            "no query may see a later position: query i is position S - T + i",
            lambda mask, T, S: not _future_seen(mask, T, S).any(),
        ),
        Property(
            "every query has to see itself: query i is position S - T + i",
            lambda mask, T, S: bool(mask[np.arange(T), np.arange(S - T, S)].all()),
        ),
        Property(
            "every query has to see all earlier positions: query i is position S - T + i",
            lambda mask, T, S: not _past_hidden(mask, T, S).any(),
        ),
    ),
    own=("causal_mask",),
)
