"""A lane: every so-manieth document, as one endless row of tokens that is cut into windows."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np

from ..encoding import DocumentEncoder
from ..patience import Stop
from .documents import Cursor, DocumentStream


class Place(NamedTuple):
    """Where the next window of a lane begins: at a token of a document.

    ``offset`` counts the tokens of the document at (shard, row) that lie before; ``document`` is
    the number of that document on the training side; ``epoch`` how often the lane has come to the
    end of the data.
    """

    epoch: int = 0
    shard: int = 0
    row: int = 0
    document: int = 0
    offset: int = 0


class Lane:
    """The documents ``number``, ``number + lanes``, … of the training side.

    Their tokens, each document ended by end-of-text, follow one another without a gap, and after
    the last document comes the first again. A window is T + 1 of them: T inputs, and one more for
    the last target. The next window begins with that last token, so each token is a target once.
    """

    def __init__(
        self,
        documents: DocumentStream,
        encoder: DocumentEncoder,
        number: int,
        lanes: int,
        place: Place,
        stop: Stop,
    ):
        self.documents, self.encoder, self.stop = documents, encoder, stop
        self.number, self.lanes = number, lanes
        self._epoch = place.epoch
        self._cursor = Cursor(place.shard, place.row, place.document)
        self._start = place  # until the first document is read
        self._ready: deque[tuple[Place, np.ndarray]] = deque()  # documents, the first one begun
        self._offset, self._n = place.offset, -place.offset  # tokens used of it; tokens ready
        self._empty_laps = 0  # times that it began anew since it last found a token

    @property
    def place(self) -> Place:
        """Where the next window begins."""
        return self._ready[0][0]._replace(offset=self._offset) if self._ready else self._start

    @property
    def front(self) -> Cursor:
        """How far it has read."""
        return self._cursor

    def window(self, context_length: int) -> np.ndarray:
        """Return the next T + 1 tokens, (T + 1,), int64."""
        while self._n < context_length + 1:
            self._read()
        window = np.empty(context_length + 1, np.int64)
        filled, offset = 0, self._offset
        for _, ids in self._ready:
            part = ids[offset : offset + len(window) - filled]
            window[filled : filled + len(part)] = part
            filled, offset = filled + len(part), 0
            if filled == len(window):
                break
        self._advance(context_length)
        return window

    def _advance(self, n: int) -> None:
        """Use up ``n`` tokens, fewer than are ready; forget the documents that end with them."""
        self._n -= n
        self._offset += n
        while self._offset >= len(self._ready[0][1]):
            self._offset -= len(self._ready.popleft()[1])

    def _read(self) -> None:
        """Make the next document ready."""
        here = self._next()
        ids = self.encoder(self.documents.text(here, self.stop))
        if self._offset and not self._ready and self._offset >= len(ids):
            raise ValueError(
                f"the state has offset {self._offset} in a document of {len(ids)} tokens: resume "
                "with the tokenizer and the data that it was saved with"
            )
        self._cursor = Cursor(here.shard, here.row + 1, here.document + 1)
        if len(ids):
            self._ready.append((Place(self._epoch, *here), ids))
            self._n += len(ids)
            self._empty_laps = 0

    def _next(self) -> Cursor:
        """Return the place of the next document, in a new epoch if this one is at its end."""
        here = self.documents.next(self._cursor, self.number, self.lanes, self.stop)
        if here is None:
            here = self.documents.next(Cursor(), self.number, self.lanes, self.stop)
            self._epoch, self._empty_laps = self._epoch + 1, self._empty_laps + 1
        if here is None or self._empty_laps > 1:
            raise ValueError(
                f"lane {self.number} of {self.lanes} has no text: the training side has too few "
                "documents; take fewer lanes, or more data"
            )
        return here
