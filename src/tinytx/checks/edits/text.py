"""Changes of a text: read as a person writes them, applied or refused.

A change is written ``old → new``. All places where ``old`` stands are changed, and there must be
at least one. Where whole lines read better, it is written as in a diff, each line marked by ``-``,
``+`` or a space.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

ARROW = "→"


@dataclass(frozen=True)
class Edit:
    """Places in a text and what stands there instead, in order and without overlap.

    >>> edit = Edit.of("return q @ k.T / root", [" / root → ", "k.T → k"])
    >>> edit.apply("return q @ k.T / root")
    'return q @ k'
    """

    places: tuple[tuple[int, int, str], ...]

    @classmethod
    def of(cls, text: str, changes: list[str]) -> Edit:
        """Return the edit of ``text`` that all ``changes`` describe together.

        Raises
        ------
        ValueError
            If a change is not written as one, finds its text nowhere, or touches another.
        """
        places = [place for change in changes for place in _places(text, change)]
        edit = cls(tuple(sorted(places)))
        if not edit.fits(cls(())):
            raise ValueError(f"the changes touch the same text: {'; '.join(map(repr, changes))}")
        return edit

    def fits(self, other: Edit) -> bool:
        """Return whether no place of one touches a place of the other."""
        places = sorted((*self.places, *other.places))
        return all(
            a[1] <= b[0] and not a[0] == a[1] == b[0] == b[1] for a, b in itertools.pairwise(places)
        )

    def __add__(self, other: Edit) -> Edit:
        return Edit(tuple(sorted((*self.places, *other.places))))

    def apply(self, text: str) -> str:
        """Return ``text`` with every place changed."""
        for start, end, new in reversed(self.places):
            text = text[:start] + new + text[end:]
        return text


def _places(text: str, change: str) -> list[tuple[int, int, str]]:
    old, new = _read(change)
    places, at = [], text.find(old)
    if at < 0:
        raise ValueError(f"{old!r} does not occur in the answer")
    while at >= 0:
        places.append(_shrunk(at, old, new))
        at = text.find(old, at + len(old))
    return places


def _read(change: str) -> tuple[str, str]:
    """Return what a change looks for and what it puts there."""
    if ARROW in change:
        blank = " " if f" {ARROW} " in change else ""  # with nothing on the right it may be lost
        old, _, new = change.partition(f" {ARROW}{blank}")
    else:
        lines = change.strip("\n").split("\n")
        if not all(line[:1] in ("-", "+", " ") for line in lines):
            raise ValueError(f"not a change, it has neither {ARROW} nor marked lines: {change!r}")
        old = "".join(line[1:] + "\n" for line in lines if line[0] in " -")
        new = "".join(line[1:] + "\n" for line in lines if line[0] in " +")
    if not old or old == new:
        raise ValueError(f"not a change, both sides are the same or the first is empty: {change!r}")
    return old, new


def _shrunk(at: int, old: str, new: str) -> tuple[int, int, str]:
    """Leave out what both sides share at either end, so that edits touch as little as they can."""
    head = _shared(old, new)
    old, new, at = old[head:], new[head:], at + head
    tail = _shared(old[::-1], new[::-1])
    return at, at + len(old) - tail, new[: len(new) - tail]


def _shared(a: str, b: str) -> int:
    """Return how many characters two texts have in common at their start."""
    return sum(
        1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(a, b, strict=False))
    )
