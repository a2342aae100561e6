"""What holds for all attention weights, for the checks of several exercises."""

from __future__ import annotations

import numpy as np

from ..arrays import first, number
from ..verdict import Property

Array = np.ndarray


def _negative_at(weights: Array, *args: object) -> str:
    at = first(weights < 0)
    return f"{number(weights[at].item())} stands at {at}"


def _near(sums: Array, goal: Array | float) -> Array:
    """Return where sums are what they should be, to 5e-6: float32 is ten times better."""
    return np.isclose(sums, goal, rtol=0, atol=5e-6)


def _sums_wrong(weights: Array, *args: object) -> str:
    sums = weights.sum(axis=-1)
    at = first(~_near(sums, 1))
    row = f"row {at}" if at else "the row"
    total = sums[at].item()
    return f"{row} sums to {number(total) if abs(total - 1) > 1e-3 else f'{total:.7f}'}"


def _keeps_order(weights: Array, x: Array) -> bool:
    order = np.argsort(x, axis=-1, kind="stable")
    return bool((np.diff(np.take_along_axis(weights, order, axis=-1), axis=-1) > -1e-6).all())


no_less_than_zero = Property(
    "no weight may be negative", lambda weights, *args: bool((weights >= 0).all()), _negative_at
)
adds_up = Property(
    "the weights of each row, along the last axis, have to sum to one",
    lambda weights, *args: bool(_near(weights.sum(axis=-1), 1).all()),
    _sums_wrong,
)
larger_gets_more = Property(
    "in each row, a larger number has to get a weight that is no smaller", _keeps_order
)


def _sums_to_one_or_empty(weights: Array, scores: Array, mask: Array) -> bool:
    goal = np.asarray(np.broadcast_to(mask, scores.shape).any(axis=-1))
    return bool(_near(weights.sum(axis=-1), goal).all())


adds_up_or_empty = Property(
    "the weights of each row have to sum to one, and to zero where the whole row is hidden",
    _sums_to_one_or_empty,
)
