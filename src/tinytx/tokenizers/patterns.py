r"""Pre-tokenization: the regular expressions that cut text into words before any pair is counted.

Without it BPE learns ``dog``, ``dog.``, ``dog!`` and ``dog?`` as four tokens; a merge must never
reach across the cut. A *pre-token* is roughly a word with the space before it, a number, a run of
punctuation, or a run of white space.

``ORIGINAL`` holds the patterns as published: GPT-2's in its ``encoder.py``, cl100k's in the
``openai_public.py`` of tiktoken's first versions. ``FAST`` holds the forms that it runs today.
``\p{L}++`` is possessive: it never gives back a letter it took. Nothing that may follow in the
pattern could use that letter, so the cut is the same, but the engine need not remember where it
could step back to. On 1 MB of English GPT-2's takes tiktoken 55 ms instead of 62; in the ``regex``
package, which runs it here, it makes no difference. (The two forms of cl100k differ in one place:
white space with a newline in it, at the very end of a text, is one pre-token in the newer form.
Every token of cl100k that holds a newline ends with one, so its ids are the same.)

What does make a difference is not to run the pattern at all. Most words come again and again, so
the text is first cut, with the standard library's ``re``, at *safe* places: there every pre-token
ends, and what stands on one side does not matter for the other. The pieces, ``' the'`` or
``' waters.\n'``, are looked up in a table, and only a piece seen for the first time meets the real
pattern: 24 ms instead of 67 for the same 1 MB.

``regex`` and tiktoken each bring their own Unicode tables. A character that entered Unicode after
one of the two was built is a letter for the other only, and may be cut differently.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import regex

from ..wording import short

ORIGINAL = {
    "gpt2": r"""'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+""",
    "cl100k": r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"""
    r"""| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+""",
}
FAST = {
    "gpt2": r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s""",
    "cl100k": r"""'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+"""
    r"""| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s""",
}

# White space as `regex` and tiktoken understand \s. In `re`, \s has four control characters more.
_WHITE = r"[^\S\x1c-\x1f]"
_INK = r"[\S\x1c-\x1f]"

# Pieces between safe cuts. White space in front stays with what follows it, as the patterns want.
# GPT-2: no pre-token goes on from ink to white space, so each such place is a safe cut.
# cl100k: the same, but newlines stay with what they follow, up to the last one before the next ink,
# or to the end of the text.
PIECES = {
    "gpt2": rf"{_WHITE}*{_INK}+|{_WHITE}+",
    "cl100k": rf"{_WHITE}*{_INK}+(?:[\r\n](?:{_WHITE}+\Z|{_WHITE}*[\r\n])?)?|{_WHITE}+",
}


_GOES_ON = re.compile(rb"[\r\n][^\r\n]+\Z")


@dataclass(frozen=True)
class Pattern:
    """A compiled pre-tokenization pattern.

    Attributes
    ----------
    name
        ``"gpt2"``, ``"cl100k"``, or the regular expression itself if it is neither.
    source
        The regular expression, in a form that tiktoken takes too.
    words
        The same compiled; its matches are the pre-tokens.
    pieces
        Finds stretches of text between safe cuts; ``None`` if no safe cut is known.
    """

    name: str
    source: str
    words: regex.Pattern
    pieces: re.Pattern | None = None

    def split(self, text: str) -> list[str]:
        """Return the pre-tokens of ``text``; joined, they are ``text`` again.

        Raises
        ------
        ValueError
            If a pattern of the user's own leaves a part of the text out.
        """
        if self.pieces:
            return self.words.findall(text)
        words, position = [], 0
        for match in self.words.finditer(text):
            if match.start() > position:
                break
            if match.group():
                words.append(match.group())
            position = match.end()
        if position < len(text):
            raise ValueError(
                f"pattern {short(self.source)} skips {text[position]!r} at position {position} of "
                r"a text; let it match every character, for example by adding '|[\s\S]' at its end"
            )
        return words

    def cut(self, text: str) -> list[str]:
        """Return stretches of ``text`` that can be split one by one, short ones and often equal.

        If more text follows, all but the last stay what they are. If no safe cut is known, the
        stretches are the pre-tokens themselves.
        """
        return self.pieces.findall(text) if self.pieces else self.split(text)

    def split_piece(self, piece: str) -> list[str]:
        """Return the pre-tokens of one stretch made by :meth:`cut`."""
        return self.words.findall(piece) if self.pieces else [piece]


def compile_pattern(pattern: str) -> Pattern:
    r"""Return the pattern of that name, or the regular expression ``pattern`` itself.

    >>> compile_pattern("gpt2").split("It's 1845:  the Raven")
    ['It', "'s", ' 1845', ':', ' ', ' the', ' Raven']
    >>> compile_pattern("cl100k").split("It's 1845:  the Raven")
    ['It', "'s", ' ', '184', '5', ':', ' ', ' the', ' Raven']
    >>> compile_pattern("gpt2").cut("It's 1845:  the Raven")
    ["It's", ' 1845:', '  the', ' Raven']

    Raises
    ------
    ValueError
        If it is neither.
    """
    if not isinstance(pattern, str) or not pattern:
        raise ValueError(
            f"pattern must be 'gpt2', 'cl100k' or a regular expression, got {short(pattern)}"
        )
    return _compiled(pattern)


@lru_cache
def _compiled(pattern: str) -> Pattern:
    if pattern in FAST:
        return Pattern(
            pattern, FAST[pattern], regex.compile(FAST[pattern]), re.compile(PIECES[pattern])
        )
    try:
        return Pattern(pattern, pattern, regex.compile(pattern))
    except regex.error as error:
        raise ValueError(
            f"pattern {short(pattern)} is neither {' nor '.join(map(repr, FAST))} nor a valid "
            f"regular expression ({error}); correct it, or name one of the two"
        ) from None


def name_of(source: str, tokens: Iterable[bytes] = ()) -> str:
    r"""Return the name of the pattern that cuts as this source does, or the source if none does.

    cl100k's pattern as published counts as ``"cl100k"`` only if no token goes on behind a newline:
    with others, white space at the end of a text may get other ids (see the module's header).

    >>> name_of(FAST["gpt2"])
    'gpt2'
    >>> name_of(ORIGINAL["cl100k"], [b" \n", b"\n "]) == ORIGINAL["cl100k"]
    True
    """
    if source == ORIGINAL["cl100k"] and any(_GOES_ON.search(token) for token in tokens):
        return source
    return next((name for name in FAST if source in (FAST[name], ORIGINAL[name])), source)
