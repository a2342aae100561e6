"""What generation and evaluation need of a model, the same for both engines.

Ids, masks and results are NumPy arrays on this side, whatever the model computes with: everything
above this file is written once.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from .cache import KVCache
from .sampling import log_probs


class NumPyEngine:
    """How a model of NumPy is run; ``TorchEngine`` has the same methods."""

    package = "tinytx.manual"

    def __init__(self, model: Any):
        self.model = model

    def forward(
        self, ids: np.ndarray, mask: np.ndarray | None = None, cache: KVCache | None = None
    ) -> Any:
        """Return the logits (B, T, V), in evaluation mode."""
        options = {"mask": mask, "cache": cache}
        given = {name: value for name, value in options.items() if value is not None}
        with evaluating(self.model):
            return self.model.forward(ids, **given)

    def last(self, logits: Any, lengths: np.ndarray) -> np.ndarray:
        """Return the logits (B, V) after the first ``lengths`` (B,) positions."""
        return logits[np.arange(len(lengths)), lengths - 1]

    def log_probs(self, logits: Any, targets: np.ndarray) -> np.ndarray:
        """Return the log-probability (B, T), float64, of ``targets`` (B, T)."""
        return np.stack([log_probs(*row) for row in zip(logits, targets, strict=True)])

    def cache(self, batch: int) -> KVCache:
        """Return an empty KV cache."""
        return KVCache(self.model, batch)

    def set_length(self, cache: KVCache, lengths: np.ndarray) -> None:
        """Tell ``cache`` how many positions hold: one number if all rows have as many."""
        cache.length = int(lengths[0]) if (lengths == lengths[0]).all() else lengths

    def decoder(self, cache: KVCache) -> Any:
        """Return the fast way to read one more token."""
        from .numpy_decoder import NumPyDecoder

        return NumPyDecoder(self.model, cache)

    def is_our_gpt(self) -> bool:
        """Return whether this is the package's GPT, so that it knows what to do with a cache."""
        from ..manual import GPT

        return isinstance(self.model, GPT)

    def is_untouched(self) -> bool:
        """Return whether every part is the package's own and nobody is watching.

        The decoder does what *our* modules do. If one was replaced or is being captured, the model
        has to be asked itself.
        """
        return all(
            type(module).__module__.startswith(self.package) and "forward" not in vars(module)
            for module in self.model.modules()
        )


def engine_of(model: Any) -> NumPyEngine:
    """Return what runs ``model``; PyTorch is not imported for a model of NumPy."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(model, torch.nn.Module):
        from .torch_engine import TorchEngine

        return TorchEngine(model)
    return NumPyEngine(model)


@contextlib.contextmanager
def evaluating(model: Any) -> Iterator[None]:
    """Put every part of ``model`` into evaluation mode for a while, and restore each one's."""
    parts = model.modules() if hasattr(model, "modules") else [model]
    training = [part for part in parts if getattr(part, "training", False)]
    for part in training:
        part.training = False
    try:
        yield
    finally:
        for part in training:
            part.training = True
