"""A corpus of your own: a text file, a folder of text files, or parquet.

What a *document* is depends on what you give. In a folder it is a file; in parquet, a row; in one
text file, what stands between two separators. One text file without a separator (a poem, a novel)
has no borders: it is one document, and held out is its end, cut at a line end. A hash could only
hold out all of it or nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ..wording import short
from .blocks import blocks, line_end, separated, whole
from .parquet import SUFFIX, is_parquet, rows
from .sides import HELD_OUT, check_share, check_side, is_held_out

TEXT = (".txt", ".md", ".text")


class Corpus:
    """Documents on disk, read one by one.

    Parameters
    ----------
    path
        A text file (UTF-8), a folder of text files (``.txt``, ``.md``, in sub-folders too), a
        parquet file, or a folder of them. ``.TXT`` is ``.txt``.
    column
        Where parquet keeps the text.
    separator
        What stands between two documents of one text file, such as ``"<|endoftext|>"``.
    held_out
        The share that is not trained on.

    Attributes
    ----------
    borders
        False for a single text file without a separator.

    Raises
    ------
    ValueError
        If the path is missing, empty, or of no such kind, ``separator`` is no string or has no
        place, or ``held_out`` is not between 0 and 1; while reading, if a file is not UTF-8
        or has no such column.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        column: str = "text",
        separator: str | None = None,
        held_out: float = HELD_OUT,
    ):
        check_share(held_out)
        if separator is not None and (not isinstance(separator, str) or not separator):
            said = "empty" if separator == "" else short(separator)
            raise ValueError(
                f"separator is {said}: leave it out, or give a string that stands between texts"
            )
        self.path, self.column = Path(path), column
        self.separator, self.held_out = separator, held_out
        self.files = _files(self.path)
        self.borders = self.path.is_dir() or self._is_parquet or separator is not None
        if separator is not None and (self.path.is_dir() or self._is_parquet):
            raise ValueError(
                f"separator is for one text file, and {self.path} is none: leave it out"
            )

    @property
    def _is_parquet(self) -> bool:
        return is_parquet(self.files[0])

    def __iter__(self) -> Iterator[str]:
        """Yield all documents in the order of the file names."""
        return self.texts()

    def texts(self, side: str = "all") -> Iterator[str]:
        """Yield the documents of a side: ``"train"``, ``"held-out"`` or ``"all"``.

        Without borders it is one document; :meth:`blocks` gives it in parts.
        """
        check_side(side)
        if not self.borders:
            yield "".join(self.blocks(side))
            return
        for text in self._all():
            if side == "all" or is_held_out(text, self.held_out) == (side == "held-out"):
                yield text

    def blocks(self, side: str = "all") -> Iterator[str]:
        """Yield one side of a text file without borders in blocks, however long it is."""
        check_side(side)
        cut = line_end(self.files[0], self.held_out) if side != "all" else 0
        size = self.files[0].stat().st_size
        begin, end = {"all": (0, size), "train": (0, cut), "held-out": (cut, size)}[side]
        if begin == end:
            raise ValueError(
                f"{self.path} has no line end to cut at, so {side} would be empty: give a text "
                "with more lines"
            )
        return blocks(self.files[0], begin, end)

    def _all(self) -> Iterator[str]:
        if self._is_parquet:
            for file in self.files:
                yield from rows(file, self.column)
        elif self.separator is not None:
            yield from separated(blocks(self.files[0], 0, None), self.separator)
        else:
            for file in self.files:
                yield whole(file)


def _files(path: Path) -> list[Path]:
    """Return the files of a corpus, of one kind, in order."""
    if not path.exists():
        raise ValueError(f"there is no {path}: give a text file, a folder, or parquet")
    if path.is_file():
        files = [path]
    else:
        inside = sorted(file for file in path.rglob("*") if file.is_file())
        inside = [file for file in inside if not _is_hidden(file.relative_to(path))]
        files = [file for file in inside if file.suffix.lower() in TEXT or is_parquet(file)]
        if len(set(map(is_parquet, files))) == 2:
            raise ValueError(f"{path} holds both text files and parquet: give a folder of one kind")
    if not files:
        raise ValueError(f"{path} holds no text: give a folder with {', '.join(TEXT)} or {SUFFIX}")
    if not any(file.stat().st_size for file in files):
        raise ValueError(f"{path} is empty: give a file with text in it")
    return files


def _is_hidden(inside: Path) -> bool:
    """Return whether a system or an editor keeps this file for itself (``._notes.txt``)."""
    return any(part.startswith(".") for part in inside.parts)
