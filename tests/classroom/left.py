"""Which processes a test has left behind, whatever earlier tests of the same process left."""

from __future__ import annotations

import psutil


class Left:
    """Call it for the children, and theirs, that were not there when it was made."""

    def __init__(self) -> None:
        self.before = set(psutil.Process().children(recursive=True))

    def __call__(self) -> list[psutil.Process]:
        now = psutil.Process().children(recursive=True)
        return [one for one in now if one not in self.before]
