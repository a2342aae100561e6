"""The embedding: an id picks a row of a table. Backwards, a row collects from all who picked it."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from .module import Module, Parameter
from .shapes import check_dims, check_ids, check_shape

SMALL_VOCABULARY = 64  # up to here a product with one-hot rows is the fastest scatter-add


class EmbeddingSaved(NamedTuple):
    """What :func:`embedding_backward` needs."""

    ids: np.ndarray  # (...)
    shape: tuple[int, int]  # (V, D), of weight


def embedding_forward(ids: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, EmbeddingSaved]:
    """Return ``weight[ids]``.

    It equals a linear layer on one-hot rows, without the multiplications by zero.

    Parameters
    ----------
    ids
        (...), integers from 0 to V - 1.
    weight
        (V, D).

    Returns
    -------
    x
        (..., D).

    Raises
    ------
    ValueError
        If an id is not an integer or out of range, or ``weight`` has not two dimensions.
    """
    check_dims("weight", weight, 2, "(V, D)")
    check_ids("ids", ids, len(weight))
    return weight.take(ids, axis=0), EmbeddingSaved(ids, weight.shape)


def embedding_backward(dx: np.ndarray, saved: EmbeddingSaved) -> np.ndarray:
    """Return ``dweight`` (V, D): row ``i`` is the sum of ``dx`` over all places where id ``i`` is.

    Nothing else gets into a row, so that of an id that did not come is 0 whatever ``dx`` holds.

    An assignment ``dweight[ids] += dx`` would count a repeated id once. ``np.add.at`` is right and
    slow: 353 µs for 640 ids of 20 with 64 dimensions, where the product with one-hot rows takes
    19 µs; 850 µs for 768 ids of 100 with 128 dimensions, where sorting takes 155 µs.
    """
    ids, (V, D) = saved
    check_shape("dx", dx, (*ids.shape, D))
    dx = dx.reshape(-1, D)
    # x = weight[ids], which is onehot @ weight
    if 0 < V <= SMALL_VOCABULARY:
        onehot = np.eye(V, dtype=dx.dtype).take(ids.reshape(-1), axis=0)  # (N, V)
        dweight = onehot.T @ dx
        # An inf in dx is in the first row then, or 0 * inf is.
        if math.isfinite(sum(dweight[0].tolist())):
            return dweight
    return _scatter_add(ids.reshape(-1), dx, V)


def _scatter_add(ids: np.ndarray, dx: np.ndarray, V: int) -> np.ndarray:
    """Sort the rows by id and sum each run of equal ids: 0.5 ms for 768 ids of 10,000."""
    dweight = np.zeros((V, dx.shape[-1]), dx.dtype)
    order = ids.argsort(kind="stable")
    ids = ids[order]
    starts = np.flatnonzero(np.concatenate(([True], ids[1:] != ids[:-1])))[: len(ids)]
    if len(starts):
        dweight[ids[starts]] = np.add.reduceat(dx.take(order, axis=0), starts, axis=0)
    return dweight


class Embedding(Module):
    """A table of vectors, one for each id: ``weight`` (V, D)."""

    def __init__(
        self,
        size: int,
        d_model: int,
        rng: np.random.Generator,
        *,
        std: float = 0.02,
        dtype: DTypeLike = np.float32,
    ):
        self.weight = Parameter.normal((size, d_model), std, rng, dtype)

    def forward(self, ids: np.ndarray) -> np.ndarray:
        """Map ids (...) to vectors (..., D)."""
        x, saved = embedding_forward(ids, self.weight.data)
        self.keep(saved)
        return x

    def backward(self, dx: np.ndarray) -> None:
        """Add to the table's gradient; ids have none."""
        self.weight.grad += embedding_backward(dx, self.take())
