"""Which way to multiply the weights by one position of each row: the fastest here, by trying.

Weights that stay in a cache go to BLAS. Larger ones come from memory for every token, and what is
fastest then differs from machine to machine and with the batch: BLAS uses all cores and is slow for
a few rows, ``np.vecdot`` goes through the weights from front to back on one core, which fills the
bus of some machines and not of others. With one thread on one machine, at 42 MB, BLAS took 4.3 ms
for one row and 22 ms for two or four, ``np.vecdot`` 3.2, 2.8 and 7.6 ms; for 16 rows a product from
the left was the fastest of the three.

They add up in another order, so results differ in the last digit, and two runs may choose
differently where two ways are equally fast. Models that stay in a cache are not concerned.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter

import numpy as np

FROM_MEMORY = 16 * 2**20  # bytes; more than that does not stay in the cache between two tokens
SAMPLE = 64 * 2**20  # bytes that are multiplied to find out
ROUNDS = 4
Way = Callable[[np.ndarray, np.ndarray], np.ndarray]  # (out, in), (B, in) to (B, out)


def by_rows(weight: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return ``x @ weight.T``, by BLAS."""
    return np.dot(weight, x[0])[None] if len(x) == 1 else x @ weight.T


def from_left(weight: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the same, by BLAS, from the other side."""
    return (weight @ x.T).T


def front_to_back(weight: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the same, each weight read once, in the order in which they lie."""
    return np.vecdot(weight, x[0])[None] if len(x) == 1 else np.vecdot(weight[:, None], x).T


WAYS: tuple[Way, ...] = (by_rows, from_left, front_to_back)
_chosen: dict[tuple[object, ...], Way] = {}


def fastest(weights: Sequence[np.ndarray], batch: int) -> Way:
    """Return the way that multiplies ``weights`` (out, in) soonest, ``batch`` rows at a time.

    Weights that stay in a cache are not tried: :func:`by_rows`. What was found once is found again,
    for as long as Python runs.
    """
    if sum(weight.nbytes for weight in weights) <= FROM_MEMORY:
        return by_rows
    tried: list[np.ndarray] = []
    for weight in weights:
        if sum(each.nbytes for each in tried) < SAMPLE:
            tried.append(weight)
    key = batch, weights[0].dtype, *(weight.shape for weight in tried)
    if key not in _chosen:
        _chosen[key] = min(WAYS, key=_times(tried, batch).__getitem__)
    return _chosen[key]


def _times(weights: Sequence[np.ndarray], batch: int) -> dict[Way, float]:
    """Return the seconds of the best of a few rounds, in which all ways take turns."""
    inputs = {w.shape[1]: np.ones((batch, w.shape[1]), w.dtype) for w in weights}
    best = dict.fromkeys(WAYS, np.inf)
    for _ in range(ROUNDS):
        for way in WAYS:
            begun = perf_counter()
            for weight in weights:
                way(weight, inputs[weight.shape[1]])
            best[way] = min(best[way], perf_counter() - begun)
    return best
