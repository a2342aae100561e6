"""Edgar Allan Poe's *The Raven*, the poem that the smallest model of the course learns to write."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache  # a string cannot be changed, and the file is read once
def raven() -> str:
    """Return the text of *The Raven* (1845; public domain).

    Eighteen stanzas of six lines, a blank line between stanzas. The refrain that closes each
    stanza is indented by four spaces; dashes and quotation marks are the typographic ones
    (``—``, ``“``, ``”``, ``’``), each of which is one character but three bytes in UTF-8.

    The wording is that of the last version printed in Poe's lifetime under his eye (the Richmond
    *Semi-Weekly Examiner*, 25 September 1849), the one most editions follow.

    >>> raven().splitlines()[0]
    'Once upon a midnight dreary, while I pondered, weak and weary,'
    >>> len(raven().split(chr(10) * 2))
    18
    """
    return files(__package__).joinpath("raven.txt").read_text(encoding="utf-8")
