"""How a model of NumPy is run; ``torch_engine`` has the same methods for one of PyTorch."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import manual
from ..manual.loss import cross_entropy_forward
from .cache import KVCache
from .numpy_decoder import NumPyDecoder
from .sampling import log_probs


class NumPyEngine:
    """How a model of NumPy is run; ``TorchEngine`` has the same methods."""

    originals = manual.ORIGINALS

    def __init__(self, model: Any):
        self.model = model
        self._parts: list[Any] = []
        self._quiet: Any = None

    def forward(
        self, ids: np.ndarray, mask: np.ndarray | None = None, cache: KVCache | None = None
    ) -> Any:
        """Return the logits (B, T, V), in evaluation mode."""
        options = {"mask": mask, "cache": cache}
        given = {name: value for name, value in options.items() if value is not None}
        with self.evaluating() as model:
            return model.forward(ids, **given)

    @contextlib.contextmanager
    def evaluating(self) -> Iterator[Any]:
        """Yield the model in evaluation mode, whatever mode its parts are in.

        A mode that is switched for a while is switched for every thread that uses the model: one
        would train without dropout, another write with it. So what is yielded is other modules in
        evaluation mode, with the same parameters. Of parts that somebody watches, or of another
        package, no more is known than that they have a mode. These are switched; readers in
        several threads wait for the last one before they are switched back, but training
        elsewhere at the same time is not kept from seeing it.
        """
        if self.is_plain(self._parts or self.parts()):  # one walk through the model is enough
            if self._quiet is None:
                self._quiet = self._copy(self.model)
            yield self._quiet
        else:
            with _switched(self.parts()):
                yield self.model

    def parts(self) -> list[Any]:
        """Return the model and all modules within."""
        model = self.model
        self._parts = list(model.modules()) if hasattr(model, "modules") else [model]
        return self._parts

    def last(self, logits: Any, lengths: np.ndarray) -> np.ndarray:
        """Return the logits (B, V) after the first ``lengths`` (B,) positions."""
        return logits[np.arange(len(lengths)), lengths - 1]

    def rows(self, logits: Any) -> np.ndarray:
        """Return the logits (T, V) of the one row of (1, T, V), as an array."""
        return logits[0]

    def likeliest(self, logits: Any) -> np.ndarray:
        """Return the likeliest id (B, T) at each position; of equals, the first."""
        return logits.argmax(axis=-1)

    def log_probs(self, logits: Any, targets: np.ndarray) -> np.ndarray:
        """Return the log-probability (B, T), float64, of ``targets`` (B, T)."""
        return np.stack([log_probs(*row) for row in zip(logits, targets, strict=True)])

    def mean_loss(self, still: Any, ids: np.ndarray, targets: np.ndarray) -> float:
        """Return the loss of ``targets`` (B, T) under ``still``, a model in evaluation mode."""
        return float(cross_entropy_forward(still.forward(ids), targets)[0])

    def cache(self, batch: int) -> KVCache:
        """Return an empty KV cache."""
        return KVCache(self.model, batch)

    def set_length(self, cache: KVCache, lengths: np.ndarray) -> None:
        """Tell ``cache`` how many positions hold: one number if all rows have as many."""
        cache.length = int(lengths[0]) if (lengths == lengths[0]).all() else lengths

    def decoder(self, cache: KVCache) -> Any:
        """Return the fast way to read one more token."""
        return NumPyDecoder(self.model, cache)

    def is_our_gpt(self) -> bool:
        """Return whether this is the package's GPT, so that it knows what to do with a cache."""
        from ..manual import GPT

        return isinstance(self.model, GPT)

    def is_plain(self, parts: list[Any]) -> bool:
        """Return whether each part is the package's own, with its class's methods."""
        return all(map(self.originals.are_of, parts))

    def is_untouched(self) -> bool:
        """Return whether every part is the package's own and nobody is watching.

        The decoder does what *our* modules do. If one was replaced or is being captured, or a
        function that they call, the model has to be asked itself.
        """
        return self.is_plain(self.parts()) and self.originals.hold()

    def _copy(self, module: Any) -> Any:
        """Return ``module`` and those within once more, in evaluation mode, with its parameters."""
        twin = object.__new__(type(module))
        state = vars(twin)
        state.update(vars(module), training=False, _saved=None, _pending=0)
        for name, one in state.items():
            if isinstance(one, manual.Module):
                state[name] = self._copy(one)
            elif isinstance(one, list):
                state[name] = [
                    self._copy(each) if isinstance(each, manual.Module) else each for each in one
                ]
        return twin


_LOCK = threading.Lock()
_HELD: dict[int, list[Any]] = {}  # by id: a part in evaluation mode, and how many read it


@contextlib.contextmanager
def _switched(parts: list[Any]) -> Iterator[None]:
    """Put ``parts`` into evaluation mode for a while; the last reader restores each one's."""
    with _LOCK:
        mine = [part for part in parts if getattr(part, "training", False) or id(part) in _HELD]
        for part in mine:
            _HELD.setdefault(id(part), [part, 0])[1] += 1
            part.training = False
    try:
        yield
    finally:
        with _LOCK:
            for part in mine:
                _HELD[id(part)][1] -= 1
                if not _HELD[id(part)][1]:
                    del _HELD[id(part)]
                    part.training = True
