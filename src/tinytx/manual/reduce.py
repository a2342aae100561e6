"""Sums and means over rows and columns as products with a vector of equal numbers.

``x.sum(-1)`` visits short rows one by one; a matrix-vector product does the same additions at the
speed of BLAS. Measured in float32: (640, 64) 18 µs against 3 µs, (2560, 20) 58 µs against 6 µs.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np


@lru_cache(maxsize=64)
def _all(value: float, size: int, dtype: np.dtype) -> np.ndarray:
    vector = np.full(size, value, dtype)
    vector.flags.writeable = False  # every caller shares it
    return vector


def row_sum(x: np.ndarray) -> np.ndarray:
    """Return ``x.sum(-1, keepdims=True)``: (..., D) to (..., 1).

    >>> row_sum(np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([[3.],
           [7.]])
    """
    D = x.shape[-1]
    return (x.reshape(-1, D) @ _all(1, D, x.dtype)).reshape(*x.shape[:-1], 1)


def row_mean(x: np.ndarray) -> np.ndarray:
    """Return ``x.mean(-1, keepdims=True)``: (..., D) to (..., 1).

    It is a product with 1 / D, which is rounded. So the mean of a number that stands everywhere is
    that number but for its last digits, and a norm, which divides what is left by as little as
    the root of its eps, shows it: of 768 times 1000 in float32 it makes 0.06 and not 0.

    >>> row_mean(np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([[1.5],
           [3.5]])
    """
    D = x.shape[-1]
    return (x.reshape(-1, D) @ _all(1 / D, D, x.dtype)).reshape(*x.shape[:-1], 1)


def column_sum(x: np.ndarray) -> np.ndarray:
    """Return the sum over all dimensions but the last: (..., D) to (D,).

    >>> column_sum(np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([4., 6.])
    """
    x = x.reshape(-1, x.shape[-1])
    return _all(1, len(x), x.dtype) @ x
