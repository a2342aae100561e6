"""A text file that may be larger than memory: read in blocks, and cut where a text may be cut."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

from ..files import read_text
from ..wording import short

BLOCK = 1 << 20  # bytes that are read at a time
LONGEST = 1 << 28  # characters of a document between separators: each is held in memory


def whole(file: Path) -> str:
    """Return the text of a file; ``ValueError`` with the place if it is not UTF-8."""
    try:
        return read_text(file)
    except UnicodeDecodeError as error:
        raise _not_text(file, error.start) from None


def blocks(file: Path, begin: int, end: int | None) -> Iterator[str]:
    """Yield the text of the bytes from ``begin`` to ``end`` of a file, in blocks."""
    decoder = codecs.getincrementaldecoder("utf-8-sig" if begin == 0 else "utf-8")()
    with open(file, "rb") as source:
        source.seek(begin)
        at = begin
        while True:
            wanted = BLOCK if end is None else min(BLOCK, end - at)
            data = source.read(wanted)
            held = len(decoder.getstate()[0])  # bytes of a character that is not complete yet
            try:
                text = decoder.decode(data, final=not data)
            except UnicodeDecodeError as error:
                raise _not_text(file, at - held + error.start) from None
            at += len(data)
            if text:
                yield text
            if not data:
                return


def line_end(file: Path, share: float) -> int:
    """Return the place behind the last line end in the first ``1 - share`` of a file.

    A line end is one byte in UTF-8 and never part of another character. Where the first part has
    none, the first one behind it is taken; where the file has none at all, its size.
    """
    size = file.stat().st_size
    aim = int(size * (1 - share))
    with open(file, "rb") as source:
        begin = aim
        while begin > 0:
            begin, end = max(0, begin - BLOCK), begin
            source.seek(begin)
            found = source.read(end - begin).rfind(b"\n")
            if found >= 0:
                return begin + found + 1
        source.seek(aim)
        while data := source.read(BLOCK):
            if (found := data.find(b"\n")) >= 0:
                return source.tell() - len(data) + found + 1
    return size


def separated(blocks: Iterator[str], separator: str) -> Iterator[str]:
    """Yield what stands between separators; nothing but white space is no document.

    Each character is looked at once or twice, however far apart separators are: of what has none,
    only as much is looked at again as may be the beginning of one.

    Raises
    ------
    ValueError
        If a document is longer than :data:`LONGEST`.
    """
    begun: list[str] = []  # of a document: no separator begins in it
    rest, length = "", 0  # what follows begun, and how many characters begun has
    for block in blocks:
        rest += block
        if separator in rest:
            first, *whole, rest = rest.split(separator)
            yield from (text for text in ("".join([*begun, first]), *whole) if text.strip())
            begun, length = [], 0
        if length + len(rest) > LONGEST:
            raise ValueError(
                f"there is no separator {short(separator)} in {length + len(rest):,} characters, "
                f"and a document may have {LONGEST:,}: give the one that the file has, or none"
            )
        done = max(0, len(rest) - len(separator) + 1)
        begun.append(rest[:done])
        rest, length = rest[done:], length + done
    last = "".join([*begun, rest])
    if last.strip():
        yield last


def _not_text(file: Path, at: int) -> ValueError:
    return ValueError(f"{file} is not UTF-8 (byte {at:,}): save it as UTF-8 and try again")
