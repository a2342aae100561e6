"""The check of ``split_special(text, specials)``: special tokens are never split."""

from __future__ import annotations

import re

from ..check import Check
from ..verdict import Mistake, Property
from .reference import split_special as reference

Pieces = list[str]

END = "<|end|>"
CASES = [
    ("", [END]),
    (END, [END]),
    ("a" + END, [END]),
    ("a < b", [END]),
    ("a b", ["[b]"]),
    ("x <|END|> y", [END]),
    ("a  b" + END + " c" + END + END + "d", [END]),
    ("say [end]now[endnow]", ["[end]", "[end]now"]),
    ("<s>n<s>no", ["<s>no", "<s>n"]),
    ("f(x) <a>f <b>", ["<a>", "<b>"]),
    ("one.two*three.", ["*", "."]),
]


def _split(text: str, specials: list[str], pattern: str, **options: int) -> Pieces:
    return [piece for piece in re.split(f"({pattern})", text, **options) if piece]


def _longest_first(specials: list[str]) -> str:
    return "|".join(re.escape(s) for s in sorted(specials, key=len, reverse=True))


def _unescaped(text: str, specials: list[str]) -> Pieces:
    return _split(text, specials, "|".join(sorted(specials, key=len, reverse=True)))


def _as_given(text: str, specials: list[str]) -> Pieces:
    return _split(text, specials, "|".join(map(re.escape, specials)))


def _shortest_first(text: str, specials: list[str]) -> Pieces:
    return _split(text, specials, "|".join(re.escape(s) for s in sorted(specials, key=len)))


def _dropped(text: str, specials: list[str]) -> Pieces:
    return [piece for piece in re.split(_longest_first(specials), text) if piece]


def _empty_kept(text: str, specials: list[str]) -> Pieces:
    return re.split(f"({_longest_first(specials)})", text)


def _any_case(text: str, specials: list[str]) -> Pieces:
    return _split(text, specials, _longest_first(specials), flags=re.IGNORECASE)


def _first_only(text: str, specials: list[str]) -> Pieces:
    return _split(text, specials, _longest_first(specials), maxsplit=1)


def _stripped(text: str, specials: list[str]) -> Pieces:
    return [piece.strip() for piece in reference(text, specials) if piece.strip()]


def _one_special(text: str, specials: list[str]) -> Pieces:
    return _split(text, specials, re.escape(specials[0]))


def _text_only_once(text: str, specials: list[str]) -> Pieces:
    return list(dict.fromkeys(reference(text, specials)))


def _glued(text: str, specials: list[str]) -> Pieces:
    out: Pieces = []
    for piece in reference(text, specials):
        if out and piece in specials:
            out[-1] += piece
        else:
            out.append(piece)
    return out


MISTAKES = [
    Mistake(
        "characters of a special token are read as regular-expression syntax",
        _unescaped,
        "in a pattern | means or, . any character, and [end] one letter of four. The special token"
        " has to be matched as it stands.",
        "what the module `re` offers to make any string match itself.",
    ),
    Mistake(
        "the special tokens are tried in the order given",
        _as_given,
        "an alternation takes the first branch that matches. When one special token begins with"
        " another, the shorter can win and leave a tail behind.",
        "the order of the branches in your pattern.",
    ),
    Mistake(
        "the shortest special token wins",
        _shortest_first,
        "when one special token begins with another, both match at the same place. The longer one"
        " would then never be found.",
        "the direction in which you sort.",
    ),
    Mistake(
        "the special tokens are missing from the result",
        _dropped,
        "`re.split` throws away what it splits at, unless the pattern keeps it in a group.",
        "what brackets round a pattern do in `re.split`.",
    ),
    Mistake(
        "empty pieces are kept",
        _empty_kept,
        "before a special token at the start, after one at the end and between two of them lies"
        " no text at all. An empty string is no piece.",
        "what you do with a piece before you keep it.",
    ),
    Mistake(
        "upper and lower case are not told apart",
        _any_case,
        "a special token is one exact string. Anything else, however similar, is ordinary text.",
        "the flags of your pattern.",
    ),
    Mistake(
        "only the first special token is found",
        _first_only,
        "documents are strung together with many of them; each has to be found.",
        "what limits the number of splits, or what ends your loop.",
    ),
    Mistake(
        "white space around the pieces is cut off",
        _stripped,
        "spaces are text like any other. Joined again, the pieces have to give the text.",
        "everything you do to a piece before you keep it.",
    ),
    Mistake(
        "only the first of the special tokens is looked for",
        _one_special,
        "the list may hold several; each of them counts.",
        "which entries of the list get into your pattern.",
    ),
    Mistake(
        "a piece that comes again is left out",
        _text_only_once,
        "the pieces are a sequence, not a set: joined again, they have to give the text.",
        "how you collect the pieces.",
    ),
    Mistake(
        "the special token sticks to the text before it",
        _glued,
        "a special token is a piece of its own, or it cannot get an id of its own.",
        "where one piece ends and the next one starts.",
    ),
]

check = Check(
    "split_special",
    "split_special(text, specials)",
    reference,
    CASES,
    MISTAKES,
    "Special tokens",
    properties=(
        Property(
            "joined again, the pieces have to give the text",
            lambda pieces, text, specials: "".join(pieces) == text,
        ),
        Property(
            "no piece may be empty",
            lambda pieces, text, specials: all(pieces),
        ),
        Property(
            "no special token may stand inside a longer piece of ordinary text",
            lambda pieces, text, specials: all(
                piece in specials or not any(s in piece for s in specials) for piece in pieces
            ),
        ),
    ),
)
