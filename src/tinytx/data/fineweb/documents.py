"""The documents of parquet shards in order: read by row groups, and sorted into two sides."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np

from ..extras import need
from ..parquet import as_text, damaged, open_parquet, text_of
from ..patience import Stop
from ..sides import HELD_OUT, check_share, is_held_out

MEMORY = 256e6  # bytes of text that are kept, at least one row group


class Cursor(NamedTuple):
    """A place between documents: before row ``row`` of a shard.

    ``document`` is how many documents of the training side lie before it; it numbers the next.
    """

    shard: int = 0
    row: int = 0
    document: int = 0


class DocumentStream:
    """All documents of a set of shards, in order of (shard, row), each on one side.

    The side of a document is known once it has been read, by :func:`.is_held_out` of its text. That
    is remembered as one byte per document; the text itself is kept for the row groups used last.

    Parameters
    ----------
    shards
        A :class:`.HubShards` or :class:`.LocalShards`.
    column
        Where the text is. No other column is read.
    held_out
        The share that is not trained on.
    memory
        Bytes of text to keep. Lanes that read the same row groups then read them once.
    """

    def __init__(
        self, shards: Any, column: str = "text", held_out: float = HELD_OUT, memory: float = MEMORY
    ):
        check_share(held_out)
        self.shards, self.column, self.held_out = shards, column, held_out
        self.memory = memory
        self.reads = 0  # row groups read from disk so far
        self._ends: dict[int, list[int]] = {}  # shard → row after each of its row groups
        self._training: dict[tuple[int, int], np.ndarray] = {}  # (shard, group) → (rows,), bool
        self._texts: OrderedDict[tuple[int, int], Any] = OrderedDict()
        self._lock = threading.Lock()  # of the texts that are kept

    def identity(self) -> dict[str, Any]:
        """Return what must be the same where a position is to mean the same document."""
        return {**self.shards.identity(), "column": self.column, "held_out": self.held_out}

    def rows(self, shard: int, stop: Stop | None = None) -> int:
        """Return how many documents a shard has."""
        return self._ends_of(shard, stop or Stop())[-1]

    def bring(self, shard: int, stop: Stop) -> None:
        """Have a shard on this machine, without reading it."""
        with self.shards.use(shard, stop):
            pass

    def next(self, cursor: Cursor, lane: int, lanes: int, stop: Stop) -> Cursor | None:
        """Return the first place at or behind ``cursor`` whose document is one of ``lane``.

        A lane's are those training documents whose number leaves the remainder ``lane`` when it is
        divided by ``lanes``. None is the end of the data.
        """
        shard, row, document = cursor
        for shard in range(cursor.shard, len(self.shards)):
            ends = self._ends_of(shard, stop)
            for group in range(bisect_right(ends, row), len(ends)):
                begin = ends[group - 1] if group else 0
                rows = begin + np.flatnonzero(self._training_of(shard, group, stop))
                rows = rows[np.searchsorted(rows, row) :]
                skip = (lane - document) % lanes
                if skip < len(rows):
                    return Cursor(shard, int(rows[skip]), document + skip)
                document += len(rows)
            row = 0
        return None

    def text(self, cursor: Cursor, stop: Stop) -> str:
        """Return the text of the document at a place."""
        ends = self._ends_of(cursor.shard, stop)
        group = bisect_right(ends, cursor.row)
        begin = ends[group - 1] if group else 0
        value = self._texts_of(cursor.shard, group, stop)[cursor.row - begin]
        return text_of(value, self.shards.name(cursor.shard), cursor.row)

    def held_out_texts(self, stop: Stop | None = None) -> Iterator[str]:
        """Yield the documents of the held-out side in order."""
        stop = stop or Stop()
        for shard in range(len(self.shards)):
            for group in range(len(self._ends_of(shard, stop))):
                training = self._training_of(shard, group, stop)
                for row in np.flatnonzero(~training):
                    value = self._texts_of(shard, group, stop)[int(row)]
                    yield text_of(value, self.shards.name(shard), int(row))

    def _ends_of(self, shard: int, stop: Stop) -> list[int]:
        if shard not in self._ends:
            with self.shards.use(shard, stop) as path:
                footer = open_parquet(path, self.column).metadata
            counts = (footer.row_group(i).num_rows for i in range(footer.num_row_groups))
            self._ends[shard] = list(accumulate(counts)) or [0]
        return self._ends[shard]

    def _training_of(self, shard: int, group: int, stop: Stop) -> np.ndarray:
        if (shard, group) not in self._training:
            self._texts_of(shard, group, stop)
        return self._training[shard, group]

    def _texts_of(self, shard: int, group: int, stop: Stop) -> Any:
        """Return the column of text of a row group; the ones used last are kept."""
        key = (shard, group)
        with self._lock:
            if key in self._texts:
                self._texts.move_to_end(key)
                return self._texts[key]
        stop.check()
        column = self._read(shard, group, stop)  # without the lock, for it may take a download
        if key not in self._training:
            self._training[key] = np.array([self._is_training(value) for value in column], bool)
        with self._lock:
            self._texts[key] = column
            while len(self._texts) > 1 and self._kept() > self.memory:
                self._texts.popitem(last=False)
        return column

    def _kept(self) -> int:
        return sum(column.nbytes for column in self._texts.values())

    def _is_training(self, value: Any) -> bool:
        data = value.as_buffer()  # the UTF-8 as it lies in memory; None for no text
        return not is_held_out(data if data is not None else b"", self.held_out)

    def _read(self, shard: int, group: int, stop: Stop) -> Any:
        self.reads += 1
        arrow = need("pyarrow")
        with self.shards.use(shard, stop) as path:
            try:
                with open_parquet(path, self.column) as parquet:
                    table = parquet.read_row_group(group, columns=[self.column], use_threads=False)
                return as_text(table.column(0)).combine_chunks()
            except (arrow.ArrowException, OSError) as error:
                raise damaged(path, error) from None
