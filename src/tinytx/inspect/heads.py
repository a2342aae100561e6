"""What a head attends to, as one number a head instead of a picture.

A high score says where a head looks. Whether the model needs it is for
:func:`~tinytx.inspect.ablate` to say.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .looking import as_ids, look


def previous_token_scores(model: Any, ids: Any) -> np.ndarray:
    """Return how much of its attention each head gives to the position just before, (L, H).

    The mean over the rows of ``ids`` (B, T) and over all positions that have one before them. A
    causal head that spreads evenly has (1/2 + 1/3 + ... + 1/T) / (T - 1). Source: Elhage et al.
    2021, "A mathematical framework for transformer circuits".

    Raises
    ------
    ValueError
        If ``ids`` has fewer than two positions, or nothing in the model attends.

    >>> import numpy as np
    >>> from tinytx import example
    >>> from tinytx.inspect import previous_token_scores
    >>> previous_token_scores(example.model(), np.array([example.ids()])).shape
    (1, 2)
    """
    ids = _checked(ids)
    queries = np.arange(1, ids.shape[1])
    return _share(model, ids, queries, queries - 1)


def induction_scores(model: Any, ids: Any) -> np.ndarray:
    """Return how much of its attention each head gives to what followed the same token before.

    In a row of P random tokens that comes twice, the token at ``t`` was seen at ``t - P``, and an
    induction head looks at ``t - P + 1``: what came next then should come next now. The mean over
    the rows and over all positions of the second half, (L, H); 1 is a head that does nothing else.
    The tokens are random so that nothing but the repetition tells what comes next. A head that
    looks back by one fixed distance scores as high for that P: measure more than one. Source:
    Olsson et al. 2022, "In-context learning and induction heads".

    Parameters
    ----------
    model
        A model of either engine whose attention can be captured.
    ids
        (B, 2 P): each row some tokens, and the same again. A token that is in a row's half twice
        was also followed by another, so draw without replacement where the vocabulary allows it.

    Raises
    ------
    ValueError
        If the second half of a row is not the first, or nothing in the model attends.

    >>> import numpy as np
    >>> from tinytx import example
    >>> from tinytx.inspect import induction_scores
    >>> half = np.random.default_rng(0).permutation(6)[:2]
    >>> induction_scores(example.model(), np.tile(half, (1, 2))).shape
    (1, 2)
    """
    ids = _checked(ids)
    half = ids.shape[1] // 2
    if ids.shape[1] % 2 or (ids[:, :half] != ids[:, half:]).any():
        raise ValueError(
            "ids must have rows that are some tokens and the same again: "
            "make them with np.tile(tokens, (1, 2))"
        )
    queries = np.arange(half, 2 * half)
    return _share(model, ids, queries, queries - half + 1)


def _share(model: Any, ids: np.ndarray, queries: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Return the mean weight (L, H) of each of ``keys`` for the query at its side."""
    weights = look(model, ids).attention()  # (L, B, H, T, S)
    return weights[..., queries, keys].mean(axis=(1, 3))


def _checked(ids: Any) -> np.ndarray:
    ids = as_ids(ids)
    if ids.ndim != 2 or ids.shape[1] < 2:
        raise ValueError(f"ids has shape {ids.shape} and must be (B, T), T at least 2")
    return ids
