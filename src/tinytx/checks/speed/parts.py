"""What the exercise on pieces is handed: pairs that come one after the other, once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .. import arrays

Array = np.ndarray
WRITTEN = 88  # characters: less than a verdict has room for, and than shapes take


class Pieces:
    """Scores (N, S) and values (S, D), given out in pieces, each until the next one is taken.

    They can be gone through once. All pieces are views of one buffer: the next one is written over
    the one before, as far as it reaches.

    >>> pieces = Pieces(np.array([[1.0, 2.0, 3.0]]), np.array([[4.0], [5.0], [6.0]]), [2, 1])
    >>> pieces
    check.Pieces(np.array([[1., 2., 3.]]), np.array([[4.], [5.], [6.]]), [2, 1])
    >>> [(scores.sum(), values.sum()) for scores, values in pieces]
    [(np.float64(3.0), np.float64(9.0)), (np.float64(3.0), np.float64(6.0))]

    Parameters
    ----------
    scores, values
        (N, S) and (S, D).
    widths
        How many columns of the scores, and rows of the values, each piece has.

    Raises
    ------
    ValueError
        If the widths do not add up to S, or one is below 1.
    """

    def __init__(self, scores: Array, values: Array, widths: list[int]):
        if min(widths) < 1 or not sum(widths) == scores.shape[1] == len(values):
            raise ValueError(
                f"widths is {widths!r} and must add up, each 1 or more, to the {scores.shape[1]}"
                f" columns of the scores and the {len(values)} rows of the values"
            )
        self._scores, self._values, self._widths = scores, values, widths
        self._read = False

    def __iter__(self) -> Iterator[tuple[Array, Array]]:
        """Give out the pieces; a second time is refused with a ``RuntimeError``."""
        if self._read:
            raise RuntimeError("the pieces have been gone through: they come once")
        self._read = True
        return self._pairs()

    def _pairs(self) -> Iterator[tuple[Array, Array]]:
        most, start = max(self._widths), 0
        scores, values = self._scores[:, :most].copy(), self._values[:most].copy()
        for width in self._widths:
            part = slice(start, start + width)
            scores[:, :width], values[:width] = self._scores[:, part], self._values[part]
            yield scores[:, :width], values[:width]
            start += width

    def __repr__(self) -> str:
        given = [arrays.text(a) for a in (self._scores, self._values)]
        written = f"check.Pieces(np.array({given[0]}), np.array({given[1]}), {self._widths})"
        if len(written) <= WRITTEN and all(text.startswith("[") for text in given):
            return written
        scores, values = (f"<array of shape {a.shape}>" for a in (self._scores, self._values))
        return f"check.Pieces(scores={scores}, values={values}, widths={self._widths})"
