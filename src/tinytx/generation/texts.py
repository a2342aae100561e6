"""The rows of a batch as they grow, and what of each the model gets to see.

Rows may be unequally long. They are filled up on the right: in a causal model nothing looks to the
right, so a row gets what it would get alone, position numbers included.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..manual.shapes import check_ids


class Texts:
    """``ids`` (B, room) and how many of each row hold, ``lengths`` (B,).

    When a row has outgrown the context, the oldest ``slide`` tokens drop out of its window, as
    often as needed: with 1 the model always sees the last ``context_length`` tokens.

    >>> texts = Texts([[5, 6, 7], [8]], 2, context_length=3, slide=2)
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
        more: int,
        context_length: int,
        slide: int = 1,
        filler: int = 0,
    ):
        self.lengths = np.array([len(each) for each in prompts])
        self.ids = np.full((len(prompts), int(self.lengths.max()) + more), filler, dtype=np.int64)
        for row, prompt in zip(self.ids, prompts, strict=True):
            row[: len(prompt)] = prompt
        self.context_length, self.slide = context_length, slide
        self.rows = np.arange(len(prompts))
        self.zeros = np.zeros_like(self.lengths)

    def append(self, new: np.ndarray, where: np.ndarray | bool = True) -> None:
        """Add ``new`` (B,), one id for each row, in the rows ``where`` (B,)."""
        self.ids[self.rows, self.lengths] = np.where(where, new, self.ids[self.rows, self.lengths])
        self.lengths = self.lengths + where

    def starts(self) -> np.ndarray:
        """Return where the window of each row begins (B,)."""
        if self.ids.shape[1] <= self.context_length:
            return self.zeros  # whatever comes, nothing slides
        over = self.lengths - self.context_length
        return np.maximum(0, -(-over // self.slide) * self.slide)

    def windows(self) -> np.ndarray:
        """Return what the model sees of each row (B, W), filled up on the right."""
        starts = self.starts()
        width = int((self.lengths - starts).max())
        where = np.minimum(starts[:, None] + np.arange(width), self.ids.shape[1] - 1)
        return np.take_along_axis(self.ids, where, axis=1)

    def last(self) -> np.ndarray:
        """Return the last id of each row (B,)."""
        return self.ids[self.rows, self.lengths - 1]


def check_prompts(ids: object, vocab_size: int) -> list[np.ndarray]:
    """Return the rows of ``ids``: an array or tensor (B, T), or a list of unequal sequences."""
    if hasattr(ids, "detach"):
        ids = ids.detach().cpu().numpy()
    if isinstance(ids, np.ndarray) and (ids.ndim != 2 or not ids.size):
        raise ValueError(f"ids has shape {ids.shape} and must be (B, T) with at least one token")
    if not isinstance(ids, np.ndarray | list | tuple):
        way = "encode it first" if isinstance(ids, str) else "give [[1, 2]]"
        raise ValueError(
            f"ids is {type(ids).__name__} and must be ids (B, T), or a list of rows: {way}"
        )
    if not len(ids):
        raise ValueError(f"ids is {type(ids).__name__} of nothing: give (B, T), or a list of rows")
    rows = [np.asarray(row) for row in ids]
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
