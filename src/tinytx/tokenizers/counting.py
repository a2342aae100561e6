"""Reading a training text, given as a string or as files, and counting its words."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from ..wording import short
from .patterns import Pattern
from .stream import Splitter, blocks_of

File = str | os.PathLike[str] | TextIO
PIECES = 1 << 17  # different pieces to collect before they are split into words


def count_words(text: str | File | Iterable[File], splitter: Splitter) -> Counter[bytes]:
    """Return how often each pre-token occurs, as bytes; special tokens are cut out and not counted.

    Reads in blocks, so memory grows with the different words and not with the text. Each file is
    a text of its own: no pre-token reaches from one into the next. Pieces are counted first and
    split afterwards, so that the pattern meets each different piece once.

    Raises
    ------
    ValueError
        If a file cannot be read or is not UTF-8, or if there is no text at all.
    """
    words: Counter[str] = Counter()
    pieces: Counter[str] = Counter()
    for blocks in _texts(text):
        for found, _ in splitter.split_stream(blocks):
            pieces.update(found)
            if len(pieces) >= PIECES:
                _add_words(pieces, splitter.pattern, words)
    _add_words(pieces, splitter.pattern, words)
    if not words:
        raise ValueError(
            "text holds nothing to learn from (it is empty, or has special tokens only); "
            "give some text, or files with some"
        )
    return Counter({word.encode("utf-8"): count for word, count in words.items()})


def _add_words(pieces: Counter[str], pattern: Pattern, words: Counter[str]) -> None:
    """Split the pieces into words, count these, and empty ``pieces``."""
    for piece, count in pieces.items():
        for word in pattern.split_piece(piece):
            words[word] += count
    pieces.clear()


def _texts(text: Any) -> Iterator[Iterator[str]]:
    """Yield each text as an iterator over its blocks."""
    if isinstance(text, str):
        yield blocks_of([text], "text")
    elif isinstance(text, os.PathLike) or hasattr(text, "read"):
        yield _blocks_of_file(text)
    elif isinstance(text, Iterable) and not isinstance(text, bytes):
        yield from map(_blocks_of_file, text)
    else:
        raise ValueError(f"text must be a string or a list of files, got {short(text)}")


def _blocks_of_file(file: Any) -> Iterator[str]:
    """Yield the text of one training file, given as a path or open."""
    if hasattr(file, "read"):
        yield from blocks_of(file, "the open file")
        return
    if not isinstance(file, str | os.PathLike):
        raise ValueError(f"files must be paths or open text files, got {short(file)}")
    try:
        # newline="": keep CRLF as it is; -sig: a byte order mark is no part of the text
        with open(file, encoding="utf-8-sig", newline="") as opened:
            yield from blocks_of(opened, str(file))
    except OSError as error:
        raise ValueError(
            f"cannot read the training file {short(os.fspath(file))} ({error.strerror}); a list "
            "holds paths, and a text is given as one string"
        ) from None
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{file} is not UTF-8 (byte 0x{error.object[error.start]:02x}: {error.reason}); "
            "convert it to UTF-8 first"
        ) from None
