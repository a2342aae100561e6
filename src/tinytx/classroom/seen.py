"""What came back from the process in which an answer ran."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Seen:
    """What came from the process of one answer."""

    kind: str = ""  # what stands under the name: missing, stub, function, type …
    errors: list[str] = field(default_factory=list)  # of the cells that define it
    restored: list[str] = field(default_factory=list)  # names of libraries that cells replaced
    steps: list[tuple[str, Any]] = field(default_factory=list)
    odd: bool = False  # it sent something else
    ended: str = ""  # how it was ended from outside
    status: int = 0  # how its process ended
