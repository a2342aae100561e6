"""What several checks of chapter 01 have in their inputs."""

from __future__ import annotations


def apart(number: int) -> int:
    """Return a number as an object of its own: above 256, `is` tells it from its equals.

    >>> a, b = apart(300), apart(300)
    >>> a == b, a is b
    (True, False)
    """
    return int(str(number))
