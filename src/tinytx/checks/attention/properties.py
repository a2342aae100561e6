"""What holds for all attention weights, for the checks of several exercises."""

from __future__ import annotations

import numpy as np

from ..arrays import first, number
from ..verdict import Property

Array = np.ndarray


def _negative_at(weights: Array, *args: object) -> str:
    at = first(weights < 0)
    return f"{number(weights[at].item())} stands at {at}"


def _sums_wrong(weights: Array, *args: object) -> str:
    sums = weights.sum(axis=-1)
    wrong = ~np.isclose(sums, 1, atol=1e-5)
    at = first(wrong)
    row = f"row {at}" if at else "the row"
    return f"{row} sums to {number(sums[at].item())}"


def _keeps_order(weights: Array, x: Array) -> bool:
    order = np.argsort(x, axis=-1, kind="stable")
    return bool((np.diff(np.take_along_axis(weights, order, axis=-1), axis=-1) > -1e-6).all())


no_less_than_zero = Property(
    "no weight may be negative", lambda weights, *args: bool((weights >= 0).all()), _negative_at
)
adds_up = Property(
    "the weights of each row, along the last axis, have to sum to one",
    lambda weights, *args: bool(np.allclose(weights.sum(axis=-1), 1, atol=1e-5)),
    _sums_wrong,
)
larger_gets_more = Property(
    "in each row, a larger number has to get a weight that is no smaller", _keeps_order
)


def _sums_to_one_or_empty(weights: Array, scores: Array, mask: Array) -> bool:
    goal = np.broadcast_to(mask, scores.shape).any(axis=-1)
    return bool(np.allclose(weights.sum(axis=-1), goal, atol=1e-5))


adds_up_or_empty = Property(
    "the weights of each row have to sum to one, and to zero where the whole row is hidden",
    _sums_to_one_or_empty,
)
