"""What makes the batches of a source, in a thread or when asked."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from ..encoding import DocumentEncoder
from ..patience import Stop
from .background import Background, Fetcher
from .documents import DocumentStream
from .lanes import Lane, Place


class Sizes(Protocol):
    """What a worker reads of its source, a :class:`.LaneSource`."""

    documents: DocumentStream
    encoder: DocumentEncoder
    batch_size: int
    context_length: int
    lanes: int
    rank: int
    world: int
    prefetch: int


class Worker:
    """The lanes of one process. It does not keep the source, so that one may be forgotten."""

    def __init__(self, source: Sizes, places: dict[int, Place]):
        self.documents, self.context_length = source.documents, source.context_length
        self.stop = Stop()
        self.lanes = {
            number: Lane(source.documents, source.encoder, number, source.lanes, place, self.stop)
            for number, place in places.items()
        }
        rows = range(source.rank, source.batch_size, source.world)
        self.order = [row % source.lanes for row in rows]
        self.fetcher = Fetcher(self.documents.bring)
        self.threaded = source.prefetch > 0
        self.background = (
            Background(self.make, source.prefetch, self.stop, "tinytx batches")
            if self.threaded
            else None
        )

    def next(self) -> tuple[np.ndarray, dict[int, Place]]:
        """Return the next windows, and where each lane stands behind them."""
        return self.background.get() if self.background else self.make()

    def make(self) -> tuple[np.ndarray, dict[int, Place]]:
        """Make the windows of one batch, (rows, T + 1)."""
        windows = np.stack([self.lanes[lane].window(self.context_length) for lane in self.order])
        if self.threaded:
            self._look_ahead()
        return windows, {number: lane.place for number, lane in self.lanes.items()}

    def _look_ahead(self) -> None:
        """Have the next shard fetched when the foremost lane is in the second half of this one."""
        places = [(lane.place.epoch, *lane.front) for lane in self.lanes.values()]
        _, shard, row, _ = max(places)
        after = self.documents.shards.ahead(shard)
        if after is not None and row > self.documents.rows(shard, self.stop) / 2:
            self.fetcher.want(after)

    def close(self) -> None:
        """End both threads."""
        self.stop.set()
        self.fetcher.stop.set()
        if self.background:
            self.background.close()  # first: it is what starts the other
        self.fetcher.close()
