"""Three ways to the logits of what comes next, of which the first two prove the third.

==============  =============================================================================
``Reader``      a forward over the whole window for each token; any model
``Cached``      ``GPT.forward`` with a KV cache: the new token only
``Decoding``    the same cache, and a decoder for the new token: the least work
==============  =============================================================================
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .numpy_engine import NumPyEngine
from .texts import Texts


class Reader:
    """Reads the whole window of every row, each time. Nothing is kept between two calls."""

    def __init__(self, engine: NumPyEngine, texts: Texts):
        self.engine, self.texts = engine, texts
        self.causal = getattr(engine.model.config, "causal", True)

    def read(self) -> np.ndarray:
        """Return the logits (B, V) of what comes after each row."""
        return self.whole()

    def whole(self, cache: Any = None) -> np.ndarray:
        """Return the logits (B, V), from a forward over the windows."""
        lengths = self.texts.lengths - self.texts.starts()
        ids = self.texts.windows()
        logits = self.engine.forward(ids, self.mask(ids, lengths), cache)
        return self.engine.last(logits, lengths)

    def select(self, rows: np.ndarray) -> None:
        """Go on with ``rows`` (B,) of the batch, each as often as it is named."""
        self.texts.select(rows)

    def mask(self, ids: np.ndarray, lengths: np.ndarray) -> np.ndarray | None:
        """Return who may be attended to (B, 1, 1, S), None for all.

        A causal model never looks at what fills up a row on the right.
        """
        if self.causal or (lengths == lengths[0]).all():
            return None
        return (np.arange(ids.shape[1]) < lengths[:, None])[:, None, None]


class Cached(Reader):
    """Reads each token once, as long as no window slides.

    When a window slides, every token in it gets another position. Learned positions (and
    sinusoidal ones) are part of what keys and values were computed from, so all of them are
    computed anew: from there on a token costs a forward over the window, as without a cache.
    Rotary keys would bear a shift, but above the first block they were computed from tokens that
    the window no longer holds: they are computed anew as well, so that a cache changes nothing.
    ``slide`` makes that rarer.
    """

    def __init__(self, engine: NumPyEngine, texts: Texts):
        super().__init__(engine, texts)
        self.cache = engine.cache(len(texts.rows))
        self.starts: np.ndarray | None = None  # of the windows that the cache holds

    def read(self) -> np.ndarray:
        """Return the logits (B, V) of what comes after each row."""
        starts = self.texts.starts()
        if self.starts is None or (starts != self.starts).any():
            self.starts, self.cache.length = starts, 0
            return self.whole(self.cache)
        return self.one(self.texts.lengths - starts - 1)

    def one(self, places: np.ndarray) -> np.ndarray:
        """Return the logits (B, V), from the last token of each row at its ``places`` (B,).

        A row that has ended reads its last token again, at the same place: nothing changes there.
        """
        self.engine.set_length(self.cache, places)
        ids = self.texts.last()[:, None]
        logits = self.engine.forward(ids, self.mask(ids, places), self.cache)
        return self.engine.last(logits, np.ones_like(places))

    def select(self, rows: np.ndarray) -> None:
        """Go on with ``rows`` (B,) of the batch, keys and values included."""
        super().select(rows)
        self.cache.select(rows)
        if self.starts is not None:
            self.starts = self.starts[rows]

    def mask(self, ids: np.ndarray, lengths: np.ndarray) -> np.ndarray | None:
        """Return None, or which keys are no padding, if the model wants to be told.

        Texts are without padding, but for rows of nothing else.
        """
        texts = self.texts
        return None if texts.padding_id is None else ~texts.blank[:, None, None, None]


class Decoding(Cached):
    """Reads the windows with the model, and each new token with the engine's decoder."""

    def __init__(self, engine: NumPyEngine, texts: Texts):
        super().__init__(engine, texts)
        self.decoder: Any = None

    def one(self, places: np.ndarray) -> np.ndarray:
        """Return the logits (B, V), from the last token of each row at its ``places`` (B,)."""
        if self.texts.any_blank:
            return super().one(places)
        if self.decoder is None:
            self.decoder = self.engine.decoder(self.cache)
        if (places == places[0]).all():
            return self.decoder.step(self.texts.last(), int(places[0]))
        reach = np.arange(places.max() + 1) <= places[:, None]  # (B, S)
        return self.decoder.step(self.texts.last(), places, reach)


def reader_for(engine: NumPyEngine, texts: Texts, cache: bool | None) -> Reader:
    """Return the fastest of the three that is right for the model; ``cache`` may forbid a cache.

    Raises
    ------
    ValueError
        If ``cache`` is True and the model cannot use one, or ``cache`` is something else.
    """
    if cache is not None and not isinstance(cache, bool | np.bool_):
        raise ValueError(f"cache is {cache!r} and must be True, False, or None for what is best")
    if cache is not None and not cache:
        return Reader(engine, texts)
    able = engine.is_our_gpt()
    if not (able and engine.model.config.causal):
        if cache:
            why = "its config.causal is False" if able else "it is no GPT of tinytx"
            raise ValueError(f"cache is True and the model cannot use one, {why}: leave it out")
        return Reader(engine, texts)
    return (Decoding if engine.is_untouched() else Cached)(engine, texts)
