"""What the exercise on splitting a corpus is handed: functions from a text to a number."""

from __future__ import annotations

from typing import ClassVar

from ..written import Lambda


class Number(Lambda):
    """A function from a text to a whole number, shown as the lambda that it was made of.

    >>> Number("len(text)"), Number("len(text)")("four")
    (lambda text: len(text), 4)
    """

    argument: ClassVar[str] = "text"
