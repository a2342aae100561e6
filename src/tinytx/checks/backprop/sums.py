"""A property that gradients through softmax share: each row sums to zero."""

from __future__ import annotations

import numpy as np

from ..arrays import first, number
from ..verdict import Property

Array = np.ndarray


def rows_sum_to_zero(reason: str) -> Property:
    """Return the property, told with the ``reason`` why it must hold."""
    return Property(
        f"{reason}, so each row has to sum to zero",
        lambda gradient, *_: bool(np.allclose(gradient.sum(axis=-1), 0, atol=1e-6)),
        _sums,
    )


def _sums(gradient: Array, *_: object) -> str:
    sums = gradient.sum(axis=-1)
    at = first(~np.isclose(sums, 0, atol=1e-6))
    return f"{f'row {at}' if at else 'the row'} sums to {number(sums[at].item())}"
