"""Several documents in one row: who may see whom, and where each document's positions begin.

Rows are filled by putting documents one after another. Without care a story then reads the one
before it, which has nothing to do with it. With a mask that is causal *within* each document and
positions that begin anew, each document gets the logits that it would get alone, up to rounding.
Rotary positions need no new beginning: a score depends on the distance, and that is what it was.
Source: Krell et al. 2021.
"""

from __future__ import annotations

import numpy as np

from ..config_checks import check_window
from .masks import causal_mask
from .shapes import check_integers


def document_places(documents: np.ndarray) -> np.ndarray:
    """Return how many tokens of its own document come before each token, (B, T).

    Parameters
    ----------
    documents
        (B, T), a number for each token. A document is a run of equal numbers; the same number later
        in the row is another document.

    >>> document_places(np.array([[7, 7, 8, 8, 8, 7]]))
    array([[0, 1, 0, 1, 2, 0]])

    Raises
    ------
    ValueError
        If ``documents`` are no integers (B, T).
    """
    check_integers("documents", documents)
    if documents.ndim != 2:
        raise ValueError(f"documents has shape {documents.shape} and must have (B, T)")
    place = np.arange(documents.shape[1])
    begins = np.tile(place, (len(documents), 1))
    begins[:, 1:][documents[:, 1:] == documents[:, :-1]] = 0
    return place - np.maximum.accumulate(begins, axis=1)


def document_mask(
    documents: np.ndarray, causal: bool = True, window: int | None = None, sinks: int = 0
) -> np.ndarray:
    """Return the mask (B, 1, T, T) by which a token sees its own document only.

    Parameters
    ----------
    documents
        (B, T), as for :func:`document_places`.
    causal, window, sinks
        As in the configuration. The ``sinks`` are each document's own first tokens, not the row's.

    >>> document_mask(np.array([[3, 3, 4, 4]]))[0, 0].astype(int)
    array([[1, 0, 0, 0],
           [1, 1, 0, 0],
           [0, 0, 1, 0],
           [0, 0, 1, 1]])

    Raises
    ------
    ValueError
        If ``documents`` are no integers (B, T), or no configuration has such a window or sinks.
    """
    check_window(window, sinks, causal)
    before = document_places(documents)
    place = np.arange(before.shape[1])
    first = place - before  # (B, T): where its document begins
    mask = first[:, :, None] == first[:, None, :]  # (B, T, T)
    if causal:
        mask &= causal_mask(len(place))
        if window is not None:
            near = place > place[:, None] - window  # (T, T)
            mask &= near | (place - first[:, :, None] < sinks)
    return mask[:, None]


def check_documents(documents: object, shape: tuple[int, ...], cached: bool) -> None:
    """Refuse ``documents`` that do not number the ids, or that come with a KV cache."""
    if cached:
        raise ValueError(
            "documents is given with a cache, which goes on with one text: give one of the two"
        )
    if getattr(documents, "shape", None) != shape:
        found = getattr(documents, "shape", type(documents).__name__)
        raise ValueError(
            f"documents has {found} and must have the shape of ids, {tuple(shape)}: a number for "
            "each token"
        )
