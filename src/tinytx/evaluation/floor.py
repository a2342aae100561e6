"""The lowest loss that any model with a given context could have on a given text."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..inspect import batch_floor
from ..manual.shapes import check_count, check_row


def context_floor(ids: np.ndarray, context_length: int) -> float:
    """Return the mean loss of the best conceivable model that sees ``context_length`` tokens.

    Trained on random windows, a model predicts after 1, 2, … T tokens of each. After ``t`` tokens
    nobody can do better than the shares with which the text goes on after those very tokens.
    The mean over all windows and places is the answer, in nats per token. It is a floor for this
    text only: it says nothing about unseen text.

    Parameters
    ----------
    ids
        (n,), more than ``context_length`` tokens.
    context_length
        T, at least 1.

    Raises
    ------
    ValueError
        If ``ids`` is no row of integers or has too few, or ``context_length`` is below 1.

    >>> context_floor(np.array([0, 1, 0, 2, 0, 1, 0, 2, 0]), 2).__round__(4)
    0.198
    """
    check_count("context_length", context_length)
    check_row("ids", ids)
    if len(ids) <= context_length:
        raise ValueError(
            f"ids has {len(ids)} tokens and must have more than context_length {context_length}"
        )
    windows = sliding_window_view(ids, context_length + 1)  # (n - T, T + 1)
    return batch_floor(windows[:, :-1], windows[:, 1:])
