"""What the exercise on experts is handed: functions of one line, some of which count."""

from __future__ import annotations

import numpy as np

from ..written import Lambda

Array = np.ndarray


class Expert(Lambda):
    """An expert, from tokens (n, D) to (n, D), shown as the lambda that it was made of.

    After ``rows`` tokens in all it refuses to answer; None is for no such limit.

    >>> Expert("2 * x"), Expert("2 * x", rows=5)
    (lambda x: 2 * x, check.Expert('2 * x', rows=5))
    >>> Expert("2 * x")(np.array([[1.0, 3.0]]))
    array([[2., 6.]])
    """

    def __init__(self, code: str, rows: int | None = None):
        super().__init__(code)
        self.left = rows
        if rows is not None:
            self.__name__ = f"check.Expert({code!r}, rows={rows})"

    def __call__(self, value: Array) -> Array:
        """Return the answers to (n, D), or to one token (D,).

        Raises
        ------
        RuntimeError
            If it has answered as many tokens as it may.
        """
        if self.left is not None:
            asked = len(value) if value.ndim > 1 else 1
            if asked > self.left:
                raise RuntimeError("this expert is asked about tokens that are not sent to it")
            self.left -= asked
        return super().__call__(value)
