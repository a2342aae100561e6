"""The check of ``split_special(text, specials)``: special tokens are never split."""

from __future__ import annotations

from itertools import takewhile

from ..check import Check
from ..values import brief
from ..verdict import Property

Pieces = list[str]

END = "<|end|>"
CASES = [
    ("", [END]),
    (END, [END]),
    ("a" + END, [END]),
    ("a < b", [END]),
    ("a b", ["[b]"]),
    ("a b", ["b"]),
    ("x <|END|> y", [END]),
    ("a  b" + END + " c" + END + END + "d", [END]),
    ("say [end]now[endnow]", ["[end]", "[end]now"]),
    ("<s>n<s>no", ["<s>no", "<s>n"]),
    ("f(x) <a>f <b>", ["<a>", "<c>", "<b>"]),
    ("one.two*three.", ["*", "."]),
    ("f(x)+y^2", ["(x)+", "^"]),
    ("\\d$ 5?", ["\\d$", "?"]),
    ("aa{2}#1", ["a{2}", "#"]),
    ("ababab", ["abab"]),
    ("a\0b|c<s>", ["<s>"]),
    ("<s> <s>", ["<s>"]),
    ("<s>", ["<s>", "s"]),
    ("à\r\nla<s>\n", ["<s>"]),
    ("abbb", ["ab", "bbb"]),
    ("cabb", ["bb", "ab"]),
    ("over and out", [" "]),
    ("one<b>two", ["<a>", "<b>"]),
    ("\t½ e\u0301 à<s>", ["<s>"]),
]


def _departs(pieces: Pieces, text: str, specials: list[str]) -> str:
    """Say up to where the pieces give the text, and how each goes on from there."""
    joined = "".join(pieces)
    pairs = zip(joined, text, strict=False)
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    yours, rest = brief(repr(joined[same:]), 30), brief(repr(text[same:]), 30)
    if same == len(joined):
        return f"{rest} is missing at the end"
    where = f"after {brief(repr(text[:same]), 30)}" if same else "at the start"
    return f"{where} yours have {yours}, the text has {rest if same < len(text) else 'ended'}"


check = Check.of(
    __file__,
    "split_special(text, specials)",
    CASES,
    "Special tokens",
    properties=(
        Property(
            "joined again, the pieces have to give the text",
            lambda pieces, text, specials: "".join(pieces) == text,
            _departs,
        ),
        Property("no piece may be empty", lambda pieces, text, specials: all(pieces)),
        Property(
            "no special token may stand inside a longer piece of ordinary text",
            lambda pieces, text, specials: all(
                piece in specials or not any(s in piece for s in specials) for piece in pieces
            ),
        ),
    ),
    errors={
        r"^(re\.)?(error|PatternError)\b": "A sign in a special token is read as syntax: what makes"
        " any string match itself?",
    },
    own=("Splitter.split",),
)
