"""What the checks of chapter 02 share: integers that are drawn, and how float32 is compared."""

from __future__ import annotations

import numpy as np

from ..arrays import alike
from ..values import same

Array = np.ndarray


def drawn(high: int, *shape: int, seed: int = 0) -> Array:
    """Return random integers from 0 to ``high`` - 1."""
    return np.random.default_rng(seed).integers(high, size=shape)


def near(a: object, b: object) -> bool:
    """Return whether two values agree; arrays of floats to a thousandth.

    In float32 an angle of 500 is known to 3e-5, and its sine, however small, no better.
    """
    if isinstance(a, Array) and isinstance(b, Array) and a.shape == b.shape:
        return alike(a.dtype, b.dtype) and np.allclose(a, b, rtol=1e-3, atol=1e-3, equal_nan=True)
    return same(a, b)
