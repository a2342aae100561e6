"""Who may attend to whom. True means *may attend*, in every mask of this package."""

from __future__ import annotations

import numpy as np

from .shapes import check_dims


def causal_mask(T: int, S: int | None = None) -> np.ndarray:
    """Return the (T, S) mask by which a position sees itself and what came before.

    With more keys than queries the queries are the last ``T`` of ``S`` positions, as when earlier
    keys were kept from before.

    >>> causal_mask(3).astype(int)
    array([[1, 0, 0],
           [1, 1, 0],
           [1, 1, 1]])

    Raises
    ------
    ValueError
        If there are fewer keys than queries.
    """
    S = T if S is None else S
    if S < T:
        raise ValueError(f"S is {S} and must be at least T {T}: every query has a key of its own")
    return np.tri(T, S, S - T, dtype=bool)


def window_mask(T: int, window: int, sinks: int = 0, S: int | None = None) -> np.ndarray:
    """Return the causal mask (T, S) by which a position sees ``window`` positions, itself included.

    And the first ``sinks`` of all: they come before everything, so softmax learns to leave weight
    there that it needs nowhere, and a model whose window has passed them by falls apart. Source:
    Beltagy et al. 2020, section 3.1; the sinks: Xiao et al. 2023, section 3.2.

    >>> window_mask(5, window=2, sinks=1).astype(int)
    array([[1, 0, 0, 0, 0],
           [1, 1, 0, 0, 0],
           [1, 1, 1, 0, 0],
           [1, 0, 1, 1, 0],
           [1, 0, 0, 1, 1]])

    Raises
    ------
    ValueError
        If there are fewer keys than queries.
    """
    mask = causal_mask(T, S)
    S = mask.shape[1]
    near = ~np.tri(T, S, S - T - window, dtype=bool)
    near[:, :sinks] = True
    return mask & near


def padding_mask(ids: np.ndarray, padding_id: int) -> np.ndarray:
    """Return the (B, 1, 1, S) mask by which nobody sees padding, from ids (B, S).

    The two ones stand for heads and queries: the same keys are hidden from all of them.

    >>> padding_mask(np.array([[5, 3, 0]]), padding_id=0)
    array([[[[ True,  True, False]]]])

    Raises
    ------
    ValueError
        If ``ids`` is not two-dimensional.
    """
    check_dims("ids", ids, 2, "(B, S)")
    return (ids != padding_id)[:, None, None, :]
