"""The wrong answers to ``split_special(text, specials)`` that the check knows.

What each does, and why it is wrong, the catalogue in ``special.py`` says.
"""

# ruff: noqa: D103

from __future__ import annotations

import re
from collections.abc import Callable

from .reference import split_special as reference

Pieces = list[str]


def split(text: str, specials: list[str], pattern: str, **options: int) -> Pieces:
    return [piece for piece in re.split(f"({pattern})", text, **options) if piece]


def longest_first(specials: list[str]) -> str:
    return "|".join(re.escape(s) for s in sorted(specials, key=len, reverse=True))


def unescaped(text: str, specials: list[str]) -> Pieces:
    return split(text, specials, "|".join(sorted(specials, key=len, reverse=True)))


def as_given(text: str, specials: list[str]) -> Pieces:
    return split(text, specials, "|".join(map(re.escape, specials)))


def shortest_first(text: str, specials: list[str]) -> Pieces:
    return split(text, specials, "|".join(re.escape(s) for s in sorted(specials, key=len)))


def dropped(text: str, specials: list[str]) -> Pieces:
    return [piece for piece in re.split(longest_first(specials), text) if piece]


def empty_kept(text: str, specials: list[str]) -> Pieces:
    return re.split(f"({longest_first(specials)})", text)


def any_case(text: str, specials: list[str]) -> Pieces:
    return split(text, specials, longest_first(specials), flags=re.IGNORECASE)


def first_only(text: str, specials: list[str]) -> Pieces:
    return split(text, specials, longest_first(specials), maxsplit=1)


def stripped(text: str, specials: list[str]) -> Pieces:
    return [piece.strip() for piece in reference(text, specials) if piece.strip()]


def blank_dropped(text: str, specials: list[str]) -> Pieces:
    return [piece for piece in reference(text, specials) if piece.strip()]


def one_after_another(text: str, specials: list[str]) -> Pieces:
    """Split at each special token everywhere before the next one is tried."""
    pieces = [text]
    for special in specials:
        pieces = [
            part
            for piece in pieces
            for part in ([piece] if piece in specials else split(piece, [], re.escape(special)))
        ]
    return [piece for piece in pieces if piece]


def longest_everywhere(text: str, specials: list[str]) -> Pieces:
    return one_after_another(text, sorted(specials, key=len, reverse=True))


def tail_lost(text: str, specials: list[str]) -> Pieces:
    pieces = reference(text, specials)
    while pieces and pieces[-1] not in specials:
        pieces.pop()
    return pieces


def split_parts(last: int | None, protect: bool = True) -> Callable[..., Pieces]:
    """Return a function that puts the special token back after each part of ``text.split``.

    With ``last`` at -1 the last part is forgotten; otherwise a token too many stands after it.
    """

    def part_by_part(text: str, specials: list[str]) -> Pieces:
        pieces = [text]
        for special in specials:
            before, pieces = pieces, []
            for piece in before:
                if protect and piece in specials:
                    pieces.append(piece)
                    continue
                for part in piece.split(special)[:last]:
                    pieces += [part, special]
        return [piece for piece in pieces if piece]

    return part_by_part


def split_dropped(text: str, specials: list[str]) -> Pieces:
    pieces = [text]
    for special in specials:
        pieces = [part for piece in pieces for part in piece.split(special) if part]
    return pieces


def one_special(text: str, specials: list[str]) -> Pieces:
    return split(text, specials, re.escape(specials[0]))


def text_only_once(text: str, specials: list[str]) -> Pieces:
    return list(dict.fromkeys(reference(text, specials)))


def glued(text: str, specials: list[str]) -> Pieces:
    out: Pieces = []
    for piece in reference(text, specials):
        if out and piece in specials:
            out[-1] += piece
        else:
            out.append(piece)
    return out
