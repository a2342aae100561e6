"""The check of ``split_special(text, specials)``: special tokens are never split."""

from __future__ import annotations

from itertools import takewhile

from ..check import Check
from ..values import brief
from ..verdict import Mistake, Property
from . import splitters as wrong
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
    ("<s> <s>", ["<s>"]),
    ("abbb", ["ab", "bbb"]),
    ("cabb", ["bb", "ab"]),
]

MISTAKES = [
    Mistake(
        "characters of a special token are read as regular-expression syntax",
        wrong.unescaped,
        "in a pattern | means or, . any character, and [end] one letter of four. The special token"
        " has to be matched as it stands.",
        "what the module `re` offers to make any string match itself.",
    ),
    Mistake(
        "the special tokens are tried in the order given",
        wrong.as_given,
        "an alternation takes the first branch that matches. When one special token begins with"
        " another, the shorter can win and leave a tail behind.",
        "the order of the branches in your pattern.",
    ),
    Mistake(
        "the shortest special token wins",
        wrong.shortest_first,
        "when one special token begins with another, both match at the same place. The longer one"
        " would then never be found.",
        "the direction in which you sort.",
    ),
    Mistake(
        "the special tokens are missing from the result",
        wrong.dropped,
        "splitting throws away what it splits at. `re.split` keeps it if the pattern stands in a"
        " group.",
        "what brackets round a pattern do in `re.split`, or what you put back yourself.",
        also=(wrong.split_dropped,),
    ),
    Mistake(
        "empty pieces are kept",
        wrong.empty_kept,
        "before a special token at the start, after one at the end and between two of them lies"
        " no text at all. An empty string is no piece.",
        "what you do with a piece before you keep it.",
    ),
    Mistake(
        "upper and lower case are not told apart",
        wrong.any_case,
        "a special token is one exact string. Anything else, however similar, is ordinary text.",
        "the flags of your pattern.",
    ),
    Mistake(
        "only the first special token is found",
        wrong.first_only,
        "documents are strung together with many of them; each has to be found.",
        "what limits the number of splits, or what ends your loop.",
    ),
    Mistake(
        "white space around the pieces is cut off",
        wrong.stripped,
        "spaces are text like any other. Joined again, the pieces have to give the text.",
        "everything you do to a piece before you keep it.",
    ),
    Mistake(
        "pieces of white space are thrown away",
        wrong.blank_dropped,
        "a piece that is nothing but spaces or line ends is not empty. Joined again, the pieces"
        " have to give the text.",
        "the condition on which you keep a piece.",
    ),
    Mistake(
        "one special token is looked for everywhere before the next is tried",
        wrong.longest_everywhere,
        "a token further right is cut out first and takes with it what a token further left needs."
        " Read from the left: the first place where any of them fits comes first.",
        "the order of your loops: over the special tokens, or over the places in the text.",
        also=(wrong.one_after_another,),
    ),
    Mistake(
        "the text after the last special token is lost",
        wrong.tail_lost,
        "a piece is kept only when a special token ends it. What follows the last one, or all of a"
        " text without any, is a piece too.",
        "what is left over when your loop ends.",
        also=(wrong.split_parts(-1), wrong.split_parts(-1, protect=False)),
    ),
    Mistake(
        "a special token is added at the end",
        wrong.split_parts(None),
        "between the parts of a split stands one special token fewer than there are parts. After"
        " the last part comes none.",
        "what you put after the last part.",
        also=(wrong.split_parts(None, protect=False),),
    ),
    Mistake(
        "only the first of the special tokens is looked for",
        wrong.one_special,
        "the list may hold several; each of them counts.",
        "which entries of the list get into your pattern.",
    ),
    Mistake(
        "a piece that comes again is left out",
        wrong.text_only_once,
        "the pieces are a sequence, not a set: joined again, they have to give the text.",
        "how you collect the pieces.",
    ),
    Mistake(
        "the special token sticks to the text before it",
        wrong.glued,
        "a special token is a piece of its own, or it cannot get an id of its own.",
        "where one piece ends and the next one starts.",
    ),
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
            _departs,
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
