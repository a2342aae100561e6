"""Arrays that count: how many operations a function does, number by number."""

from __future__ import annotations

import numpy as np


class Counted(np.ndarray):
    """An array whose functions add to :attr:`Counted.count` what they did.

    A function of NumPy is one operation for each number; sums are products with a vector of ones.
    """

    count = 0

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **rest):
        given = [np.asarray(one) if isinstance(one, Counted) else one for one in inputs]
        if out is not None:
            rest["out"] = tuple(np.asarray(one) for one in out)
        result = getattr(ufunc, method)(*given, **rest)
        Counted.count += max(np.size(one) for one in (*given, result))
        if out is not None:
            return out[0]
        return result.view(Counted) if isinstance(result, np.ndarray) else result


def operations(function, *given):
    """Return what ``function`` returns for counting copies of arrays, and its operations."""
    counting = [
        one.copy().view(Counted) if isinstance(one, np.ndarray) and one.dtype.kind == "f" else one
        for one in given
    ]
    Counted.count = 0
    result = function(*counting)
    return result, Counted.count
