"""Cutting a stream of text into pieces and special tokens, so that no cut shows in the result.

Text arrives in blocks whose ends may fall anywhere: inside a word, a run of white space, or a
special token. Two rules make the result the same as for the whole text. A special token is only
recognized when enough characters are there for the longest one, since a longer one may be arriving.
And the last piece of ordinary text always waits for what follows it.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator
from itertools import zip_longest

from .base import check_text
from .patterns import Pattern

BLOCK = 1 << 16  # characters; anything from 2**10 to 2**20 is as fast, within 10 %


class Splitter:
    """Cuts text, whole or in blocks, into ordinary pieces and special tokens.

    At each position the longest special token that fits is taken. Tokens and ordinary text come
    out as pairs: a list of pieces, then the special token that follows them, or ``None``.
    """

    def __init__(self, pattern: Pattern, special_tokens: Iterable[str] = ()):
        self.pattern = pattern
        longest_first = sorted(special_tokens, key=len, reverse=True)
        self._special = re.compile(f"({'|'.join(map(re.escape, longest_first))})")
        self._longest = len(longest_first[0]) if longest_first else 0

    def split(self, text: str) -> Iterator[tuple[list[str], str | None]]:
        """Yield the pieces and special tokens of a complete text."""
        if not self._longest:
            yield self.pattern.cut(text), None
            return
        parts = self._special.split(text)  # ordinary, special, ordinary, ..., ordinary
        for ordinary, special in zip_longest(parts[::2], parts[1::2]):
            yield self.pattern.cut(ordinary), special

    def split_stream(self, blocks: Iterable[str]) -> Iterator[tuple[list[str], str | None]]:
        """Yield the same for a text that arrives in blocks, holding no more of it than needed.

        What waits is the last piece, so memory is bounded by the longest one (a few characters in
        most languages, a sentence where words are not spaced) and by :data:`BLOCK`. If the pattern
        has no known safe cuts, any amount of later text could change the first pre-token: then the
        ordinary text up to the next special token, or to the end, is collected.
        """
        waiting, size, enough = [], 0, BLOCK
        for block in blocks:
            waiting.append(block)
            size += len(block)
            if size >= enough:
                rest = yield from self._settled("".join(waiting))
                waiting, size = [rest], len(rest)
                enough = size + max(size, BLOCK)  # doubling: a long piece is not read again often
        yield from self.split("".join(waiting))

    def _settled(self, text: str) -> Generator[tuple[list[str], str | None], None, str]:
        """Yield what no later text can change; return the rest."""
        known = len(text) - max(self._longest - 1, 0)  # no special token can still begin before
        start = 0
        for match in self._special.finditer(text) if self._longest else ():
            if match.start() >= known:
                break
            yield self.pattern.cut(text[start : match.start()]), match.group()
            start = match.end()
        if not self.pattern.pieces or start >= known:
            return text[start:]
        pieces = self.pattern.cut(text[start:known])
        last = pieces.pop()
        yield pieces, None
        return text[known - len(last) :]


def blocks_of(source: Iterable[str], argument: str) -> Iterator[str]:
    """Yield the text of an iterable of strings or of an open file, checked, in blocks.

    A file is read by blocks and not by lines, since a file may well have no line ends.
    """
    read = getattr(source, "read", None)
    chunks = iter(lambda: read(BLOCK), "") if read else source
    position = 0
    for chunk in chunks:
        if isinstance(chunk, bytes):
            raise ValueError(
                f"{argument} gives bytes, not text; open the file with encoding='utf-8'"
            )
        check_text(chunk, argument, position)
        position += len(chunk)
        for start in range(0, len(chunk), BLOCK):
            yield chunk[start : start + BLOCK]
