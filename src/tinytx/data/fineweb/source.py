"""Batches for training from documents too many to keep: the same for any number of processes."""

from __future__ import annotations

import time
import weakref
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...manual.shapes import check_count
from ..encoding import DocumentEncoder
from .documents import DocumentStream
from .lanes import Place
from .states import merge_states, pack, unpack
from .worker import Worker

Batch = tuple[np.ndarray, np.ndarray]


class LaneSource:
    """Windows of the training side, one after the other, in many lanes side by side.

    Row j of the global batch comes from lane j mod ``lanes``, and lane l reads the training
    documents l, l + lanes, l + 2·lanes, …, each once in an epoch. The process ``rank`` of ``world``
    makes the rows ``rank::world`` alone, and tokenizes the documents of these lanes alone. So the
    global batch depends on ``lanes`` and not on ``world``: a run may go on with another number of
    processes, and every document is read once.

    A thread makes batches ahead; another brings the next shard once half of this one is read.

    Parameters
    ----------
    documents
        Where they come from.
    tokenizer
        Any tokenizer of the package, or a ``tiktoken.Encoding``. Each document is ended by its
        end-of-text token, if it has one.
    batch_size
        Rows of the **global** batch.
    context_length
        T, tokens in a row.
    lanes
        How many documents are read side by side; must divide ``batch_size``. By default
        ``batch_size``.
    rank, world
        Which process this is, of how many; ``world`` must divide ``lanes``.
    prefetch
        How many batches are made ahead; with 0 each is made when it is asked for, without threads.

    Attributes
    ----------
    batches
        How many batches were handed out.
    waiting_s
        Seconds that :meth:`next_batch` has waited for the thread.

    Raises
    ------
    ValueError
        If a size is below 1 or does not divide.
    """

    divided = True  # each process makes its own rows of a batch
    merge = staticmethod(merge_states)

    def __init__(
        self,
        documents: DocumentStream,
        tokenizer: Any,
        batch_size: int,
        context_length: int,
        lanes: int | None = None,
        rank: int = 0,
        world: int = 1,
        prefetch: int = 4,
    ):
        lanes = batch_size if lanes is None else lanes
        _check_sizes(batch_size, context_length, lanes, rank, world, prefetch)
        batch_size, context_length, lanes = int(batch_size), int(context_length), int(lanes)
        self.documents, self.encoder = documents, DocumentEncoder(tokenizer)
        self.batch_size, self.context_length, self.lanes = batch_size, context_length, lanes
        self.rank, self.world, self.prefetch = rank, world, prefetch
        self.batches, self.waiting_s = 0, 0.0
        self._places = {lane: Place() for lane in range(rank, lanes, world)}
        self._worker: Worker | None = None
        self._began: float | None = None
        self._ended = 0.0
        self._shape = {  # what must be the same where a state is put back; `world` need not
            "batch_size": batch_size,
            "context_length": context_length,
            "lanes": lanes,
            "tokenizer": self.encoder.fingerprint(),
            "documents": documents.identity(),
        }

    def next_batch(self) -> Batch:
        """Return ids and targets, (batch_size / world, T) each, int64.

        Raises
        ------
        ValueError
            In one line, if the data cannot be had. Called again, it goes on where it was.
        """
        begin = time.perf_counter()
        self._began = begin if self._began is None else self._began
        if self._worker is None:
            self._worker = Worker(self, self._places)
            self._end = weakref.finalize(self, self._worker.close)
        try:
            windows, self._places = self._worker.next()
        except BaseException:  # Ctrl-C too: no thread is left behind, and nothing is lost
            self.close()
            raise
        finally:
            self._ended = time.perf_counter()
            self.waiting_s += self._ended - begin
        self.batches += 1
        return windows[:, :-1], windows[:, 1:]

    @property
    def waited(self) -> float:
        """The share of the time since the first batch was asked for that was spent waiting."""
        if self._began is None:
            return 0.0
        return self.waiting_s / max(self._ended - self._began, 1e-9)

    @property
    def epoch(self) -> int:
        """How often all lanes of this process have come to the end of the data."""
        return min(place.epoch for place in self._places.values())

    def state(self) -> dict[str, Any]:
        """Return the places of this process's lanes behind the last batch handed out, for JSON.

        What was made ahead does not count. The states of all processes make one
        (:func:`.merge_states`), which :meth:`restore` takes.
        """
        return pack(self._shape, self.batches, self._places)

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from the joined state of all processes, of any number.

        Raises
        ------
        ValueError
            If it is not one of a source with these sizes, tokenizer and data, or some lanes of
            this process are missing. The source is left as it was.
        """
        batches, places = unpack(state, self._shape, self._places)
        self.close()
        self.batches, self._places = batches, places

    def close(self) -> None:
        """End the threads; the source may be used again."""
        if self._worker is not None:
            self._worker = None
            self._end()

    def __enter__(self) -> LaneSource:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _check_sizes(
    batch_size: int, context_length: int, lanes: int, rank: int, world: int, prefetch: int
) -> None:
    sizes = {"batch_size": batch_size, "context_length": context_length, "lanes": lanes}
    for name, value in {**sizes, "world": world, "prefetch": prefetch, "rank": rank}.items():
        check_count(name, value, 0 if name in ("prefetch", "rank") else 1)
    if rank >= world:
        raise ValueError(f"rank is {rank} and must be below world, which is {world}")
    if batch_size % lanes:
        raise ValueError(
            f"batch_size is {batch_size}, which {lanes} lanes do not divide: change either"
        )
    if lanes % world:
        raise ValueError(
            f"lanes is {lanes}, which {world} processes do not divide: change lanes or the number "
            "of processes"
        )
