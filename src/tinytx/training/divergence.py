"""Divergence: a loss, gradient or weight that is no longer a number, caught where it appears."""

from __future__ import annotations

import numpy as np


class DivergenceError(ArithmeticError):
    """Training produced NaN or infinity. The message names the step and the tensor."""


def first_not_finite(tensors: dict[str, np.ndarray]) -> str | None:
    """Return a phrase for the first tensor with NaN or infinity in it, None if there is none.

    >>> first_not_finite({"a": np.ones(2), "w": np.array([[1.0, np.nan], [2.0, 3.0]])})
    'w has 1 nan among its 4 numbers, the first at [0, 1]'
    >>> first_not_finite({"w": np.array([1.0, np.inf, np.inf])})
    'w has 2 inf among its 3 numbers, the first at [1]'
    >>> first_not_finite({"w": np.array([np.nan, -np.inf, 1.0])})
    'w has 2 nan and -inf among its 3 numbers, the first at [0]'
    """
    for name, value in tensors.items():
        bad = ~np.isfinite(value)
        if bad.any():
            where = np.argwhere(bad)
            kinds = {f"{one:g}": None for one in value[bad]}
            return (
                f"{name} has {len(where)} {' and '.join(kinds)} among its {value.size} numbers, "
                f"the first at {where[0].tolist()}"
            )
    return None
