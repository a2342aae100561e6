"""Packing: documents of any length in rows of one length, with little computed for nothing.

A row a document is simple, and the shorter ones are filled up with padding that costs as much as
text. Packed rows hold several documents. Which one each token belongs to is handed to the model
(``documents``), so that none reads another: see :mod:`tinytx.manual.documents`.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..manual.loss import IGNORE_INDEX
from ..manual.shapes import check_count, check_integers
from .batches import check_documents, rows_of

NOBODY = -1  # the document of padding


class Rows(NamedTuple):
    """Rows of tokens (n, T), their targets, and the number of the document that each is of."""

    ids: np.ndarray  # (n, T)
    targets: np.ndarray  # (n, T); ignore_index where there is none
    documents: np.ndarray  # (n, T); NOBODY where there is padding

    @property
    def wasted(self) -> float:
        """The share of positions that are computed and count for nothing."""
        return float((self.targets == IGNORE_INDEX).mean())


def padded(documents: Sequence[np.ndarray], context_length: int, padding: int = 0) -> Rows:
    """Return a row for each document; what does not fit is cut off, and the rest is padding.

    ``ValueError`` as for :func:`packed`.

    >>> padded([np.arange(4), np.arange(7, 9)], context_length=4).wasted
    0.5
    """
    _check(documents, context_length, padding)
    ids, targets = rows_of(documents, context_length, padding)
    number = np.where(targets == IGNORE_INDEX, NOBODY, np.arange(len(ids))[:, None])
    return Rows(ids, targets, number)


def packed(documents: Sequence[np.ndarray], context_length: int, padding: int = 0) -> Rows:
    """Return the documents one after another, cut into rows: only the last row has padding.

    A document that a row's end cuts goes on in the next row, where its first tokens have lost what
    came before. No token is lost, and none is the target of another document's last: a document of
    n ids gives n - 1 positions, each with its target.

    Parameters
    ----------
    documents
        Each (m,) ids, at least two. The first id is given and never a target.
    context_length
        T.
    padding
        The id that fills the last row up.

    Raises
    ------
    ValueError
        If there is no document, one is no row of at least two integers, ``padding`` is no id, or
        ``context_length`` is below 1.

    >>> rows = packed([np.arange(4), np.arange(7, 10)], context_length=4)
    >>> rows.ids
    array([[0, 1, 2, 7],
           [8, 0, 0, 0]])
    >>> rows.documents
    array([[ 0,  0,  0,  1],
           [ 1, -1, -1, -1]])
    """
    _check(documents, context_length, padding)
    given = np.concatenate([document[:-1] for document in documents]).astype(np.int64)
    wanted = np.concatenate([document[1:] for document in documents]).astype(np.int64)
    number = np.repeat(np.arange(len(documents)), [len(document) - 1 for document in documents])
    rest = -len(given) % context_length
    filled = (
        np.concatenate([values, np.full(rest, filler)]).reshape(-1, context_length)
        for values, filler in ((given, padding), (wanted, IGNORE_INDEX), (number, NOBODY))
    )
    return Rows(*filled)


def fitted(documents: Sequence[np.ndarray], context_length: int, padding: int = 0) -> Rows:
    """Return rows of whole documents: each goes to the fullest row that has room for it.

    The longest come first (best fit decreasing). Nothing loses its beginning, and some padding is
    left. A document longer than a row is cut into rows. ``ValueError`` as for :func:`packed`.
    Source: Ding et al. 2024.

    >>> rows = fitted([np.arange(4), np.arange(3), np.arange(7, 10)], context_length=5)
    >>> rows.documents
    array([[ 0,  0,  0,  1,  1],
           [ 2,  2, -1, -1, -1]])
    """
    _check(documents, context_length, padding)
    parts = [
        (number, document[start : start + context_length + 1])
        for number, document in enumerate(documents)
        for start in range(0, len(document) - 1, context_length)
    ]
    parts.sort(key=lambda part: -len(part[1]))
    rows: list[list[tuple[int, np.ndarray]]] = []
    free: list[tuple[int, int]] = []  # (room, row), sorted: the fullest first, of equals the oldest
    for number, part in parts:
        need = len(part) - 1
        at = bisect_left(free, (need,))
        room, best = free.pop(at) if at < len(free) else (context_length, len(rows))
        if best == len(rows):
            rows.append([])
        rows[best].append((number, part))
        insort(free, (room - need, best))
    shape = len(rows), context_length
    found = Rows(*(np.full(shape, filler) for filler in (padding, IGNORE_INDEX, NOBODY)))
    for row, inside in enumerate(rows):
        at = 0
        for number, part in inside:
            here = row, slice(at, at + len(part) - 1)
            found.ids[here], found.targets[here], found.documents[here] = (
                part[:-1],
                part[1:],
                number,
            )
            at += len(part) - 1
    return found


def documents_of(ids: np.ndarray, end: int) -> np.ndarray:
    """Return which document each token of a window (B, T) is of, from the token that ends one.

    For windows cut out of one long text, as :func:`.get_batch` and :class:`.LaneSource` give them.
    The end belongs to the document that it ends; its target is the next one's first token.

    >>> documents_of(np.array([[5, 0, 6, 7, 0, 8]]), end=0)
    array([[0, 0, 1, 1, 1, 2]])
    """
    check_integers("ids", ids)
    ends = ids == end
    return ends.cumsum(axis=-1) - ends


def _check(documents: Sequence[np.ndarray], context_length: int, padding: int) -> None:
    check_count("context_length", context_length)
    if not len(documents):
        raise ValueError("documents is empty: give at least one")
    check_documents(documents, padding)
