"""The rows of a batch as they grow, and what of each the model gets to see.

Rows may be unequally long. They are filled up on the right: in a causal model nothing looks to the
right, so a row gets what it would get alone, position numbers included.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..manual.shapes import check_ids


class Texts:
    """``ids`` (B, room) and how many of each row hold, ``lengths`` (B,). Room grows by doubling.

    When a row has outgrown the context, the oldest ``slide`` tokens drop out of its window, as
    often as needed: with 1 the model always sees the last ``context_length`` tokens.

    ``padding_id`` is no part of a text: nobody attends to it, but it would take a place, and move
    what stands behind it to another position. It is left out of prompts, on either side and within,
    and passed over when it is appended. A row of padding alone keeps one, until something follows.

    >>> texts = Texts([[5, 6, 7], [8]], context_length=3, slide=2)
    >>> texts.append(np.array([1, 2]))
    >>> texts.starts()
    array([2, 0])
    >>> texts.windows()
    array([[7, 1],
           [8, 2]])
    """

    def __init__(
        self,
        prompts: Sequence[np.ndarray],
        context_length: int,
        slide: int = 1,
        padding_id: int | None = None,
    ):
        self.padding_id = padding_id
        prompts = [without_padding(each, padding_id) for each in prompts]
        lengths = np.array([len(each) for each in prompts])
        self.lengths, self.blank = np.maximum(lengths, 1), lengths == 0  # (B,), of padding alone
        self.any_blank = bool(self.blank.any())
        self.longest = int(self.lengths.max())  # no row is longer; maybe none is as long
        self.ids = self._empty(len(prompts), self.longest)
        for row, prompt in zip(self.ids, prompts, strict=True):
            row[: len(prompt)] = prompt
        self.context_length, self.slide = context_length, slide
        self.rows = np.arange(len(prompts))
        self.zeros = np.zeros_like(self.lengths)

    def append(self, new: np.ndarray, where: np.ndarray | bool = True) -> None:
        """Add ``new`` (B,), one id for each row, in the rows ``where`` (B,)."""
        if self.padding_id is not None:
            where = where & (new != self.padding_id)
        if self.longest == self.ids.shape[1]:
            self.ids = np.concatenate([self.ids, self._empty(*self.ids.shape)], axis=1)
        places = self.lengths - self.blank if self.any_blank else self.lengths
        self.ids[self.rows, places] = np.where(where, new, self.ids[self.rows, places])
        self.lengths = places + where
        self.longest += 1
        if self.any_blank:
            self.blank = self.lengths == 0
            self.lengths = np.maximum(self.lengths, 1)
            self.any_blank = bool(self.blank.any())

    def _empty(self, B: int, room: int) -> np.ndarray:
        return np.full((B, room), self.padding_id or 0, dtype=np.int64)

    def starts(self) -> np.ndarray:
        """Return where the window of each row begins (B,)."""
        if self.longest <= self.context_length:
            return self.zeros  # nothing has slid yet
        over = self.lengths - self.context_length
        return np.maximum(0, -(-over // self.slide) * self.slide)

    def windows(self) -> np.ndarray:
        """Return what the model sees of each row (B, W), filled up on the right."""
        starts = self.starts()
        width = int((self.lengths - starts).max())
        where = np.minimum(starts[:, None] + np.arange(width), self.ids.shape[1] - 1)
        return np.take_along_axis(self.ids, where, axis=1)

    def so_far(self) -> list[np.ndarray]:
        """Return a copy of each row (T,), without what fills it up."""
        lengths = self.lengths - self.blank
        return [row[:n].copy() for row, n in zip(self.ids, lengths, strict=True)]

    def select(self, rows: np.ndarray) -> None:
        """Go on with ``rows`` (B,) of what was, each as often as it is named."""
        self.ids, self.lengths, self.blank = self.ids[rows], self.lengths[rows], self.blank[rows]

    def last(self) -> np.ndarray:
        """Return the last id of each row (B,)."""
        return self.ids[self.rows, self.lengths - 1]


def check_prompts(ids: object, vocab_size: int) -> list[np.ndarray]:
    """Return the rows of ``ids``: an array or tensor (B, T), or a list of unequal sequences."""
    ids = on_host("ids", ids)
    if isinstance(ids, np.ndarray) and (ids.ndim != 2 or not ids.size):
        raise ValueError(
            f"ids has shape {ids.shape} and must be (B, T) with at least one row and one token"
        )
    if not isinstance(ids, np.ndarray | list | tuple):
        way = "encode it first" if isinstance(ids, str) else "give [[1, 2]]"
        raise ValueError(
            f"ids is {type(ids).__name__} and must be ids (B, T), or a list of rows: {way}"
        )
    if not len(ids):
        raise ValueError(f"ids is {type(ids).__name__} of nothing: give (B, T), or a list of rows")
    rows = [np.asarray(on_host("ids", row)) for row in ids]
    for number, row in enumerate(rows):
        name = "ids" if isinstance(ids, np.ndarray) else f"ids[{number}]"
        if row.ndim == 0 and row.dtype.kind in "US":
            raise ValueError(f"{name} is str and must be ids (T,): encode it first")
        if row.ndim != 1 or not row.size:
            way = ": give a list of rows, [[1, 2]]" if row.ndim == 0 else ""
            raise ValueError(
                f"{name} has shape {row.shape} and must be (T,) with at least a token{way}"
            )
        check_ids(name, row, vocab_size)
    return rows


def check_one(ids: Any, vocab_size: int) -> np.ndarray:
    """Return the one prompt (T,) that ``ids``, (T,) or (1, T), holds."""
    rows = check_prompts([ids] if np.ndim(on_host("ids", ids)) == 1 else ids, vocab_size)
    if len(rows) != 1:
        raise ValueError(f"ids has {len(rows)} prompts and must have one: call it for each")
    return rows[0]


def on_host(name: str, value: Any) -> Any:
    """Return a tensor as an array, from whatever device it is on; anything else as it is."""
    if not hasattr(value, "detach"):
        return value
    if value.device.type == "meta":
        raise ValueError(f"{name} is on meta, a device that holds no numbers: give another tensor")
    if value.is_floating_point():  # NumPy does not have all of its dtypes
        raise ValueError(f"{name} is {value.dtype} and must be integers")
    return value.detach().cpu().numpy()


def without_padding(ids: np.ndarray, padding_id: int | None) -> np.ndarray:
    """Return what a model sees of ``ids`` (T,): those that are not ``padding_id``."""
    return ids if padding_id is None else ids[ids != padding_id]
