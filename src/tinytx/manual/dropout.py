"""Dropout: in training each activation is dropped with probability p, so none is relied upon."""

from __future__ import annotations

import numpy as np

from .module import Module
from .shapes import check_float, check_rng, check_shape


def dropout_forward(
    x: np.ndarray, p: float, rng: np.random.Generator | None = None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return ``x`` with a share ``p`` of its entries zero and the others divided by ``1 - p``.

    The division ("inverted" dropout) keeps the expected value, so that nothing has to change when
    dropout is off. With ``p = 0`` the result is ``x`` itself, and nothing is drawn.

    Parameters
    ----------
    x
        (...), float.
    p
        Probability of being dropped, at least 0 and below 1.
    rng
        Where the draws come from. They are float32 whatever the dtype of ``x``, so both precisions
        drop the same entries.

    Returns
    -------
    y, saved
        (...), and the factor of each entry: 0 or 1 / (1 - p); None if ``p`` is 0.

    Raises
    ------
    ValueError
        If ``p`` is out of range, or not 0 without a generator of NumPy's.

    Source: Srivastava et al. 2014.
    """
    check_float("x", x)
    check_share(p)
    if p == 0:
        return x, None
    if rng is None:
        raise ValueError(f"rng is None and p is {p}: give a numpy.random.Generator")
    check_rng("rng", rng)
    factor = (rng.random(x.shape, dtype=np.float32) >= p).astype(x.dtype)
    factor *= 1 / (1 - p)
    return x * factor, factor


def check_share(p: float) -> None:
    """Refuse ``p`` unless it is a number from 0 to below 1: with 1, nothing would be left."""
    if not isinstance(p, int | float | np.floating) or not 0 <= p < 1:
        raise ValueError(f"p is {p!r} and must be at least 0 and below 1")


def dropout_backward(dy: np.ndarray, saved: np.ndarray | None) -> np.ndarray:
    """Return ``dx``: ``dy`` times the very factors of the forward; new draws would be wrong."""
    factor = saved
    if factor is None:
        return dy
    check_shape("dy", dy, factor.shape)
    # y = x * factor
    return dy * factor


class Dropout(Module):
    """Dropout in training mode; in evaluation mode the identity."""

    def __init__(self, p: float, rng: np.random.Generator):
        check_share(p)
        self.p = p
        self.rng = rng

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Drop entries of (...)."""
        y, saved = dropout_forward(x, self.p if self.training else 0.0, self.rng)
        self.keep(saved)
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """Return the gradient of the input."""
        return dropout_backward(dy, self.take())
