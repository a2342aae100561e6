"""Generation: from a distribution over the next token to text, with either engine.

=================  =====================================================================
``sampling``       temperature, top-k, top-p: one id from a row of logits
``writing``        ``generate`` and ``stream``: texts, all at once or token by token
``texts``          rows of unequal length, and the window that the model sees
``readers``        from texts to logits: without a cache, with one, and fast
``cache``          keys and values of earlier positions
``engine``         what is asked of a model, answered for NumPy and for PyTorch
``numpy_decoder``  one token through the NumPy model
``torch_decoder``  one token through the PyTorch model
=================  =====================================================================

The PyTorch half is imported when a PyTorch model comes along, not before.
"""

from typing import Any

from .cache import KVCache
from .sampling import distribution, log_probs, sample
from .writing import Generated, Step, generate, stream

__all__ = [
    "Generated",
    "KVCache",
    "Step",
    "TorchKVCache",
    "distribution",
    "generate",
    "log_probs",
    "sample",
    "stream",
]


def __getattr__(name: str) -> Any:
    """Import what needs PyTorch when it is asked for, and not before."""
    if name == "TorchKVCache":
        from .torch_engine import TorchKVCache

        return TorchKVCache
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
