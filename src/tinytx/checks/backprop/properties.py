"""Properties of gradients: rows of them sum to zero, sums of them do not change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays import first, number
from ..verdict import Property

Array = np.ndarray


def rows_sum_to_zero(
    reason: str, part: Callable[[Any], Array] = lambda got: got, name: str = ""
) -> Property:
    """Return the property of ``part`` of a result, told with the ``reason`` why it must hold."""

    def sums(got: object, *_: object) -> str:
        totals = part(got).sum(axis=-1)
        at = first(~np.isclose(totals, 0, atol=1e-6))
        row = f"row {at}" if at else "the row"
        return f"{row}{name} sums to {number(totals[at].item())}"

    return Property(
        f"{reason}, so each row{name} has to sum to zero",
        lambda got, *_: bool(np.allclose(part(got).sum(axis=-1), 0, atol=1e-6)),
        sums,
    )
