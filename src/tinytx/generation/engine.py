"""What generation and evaluation need of a model, the same for both engines.

Ids, masks and results are NumPy arrays on this side, whatever the model computes with: everything
above this file is written once.
"""

from __future__ import annotations

import contextlib
from typing import Any

from .cache import of_torch
from .numpy_engine import NumPyEngine


def engine_of(model: Any) -> NumPyEngine:
    """Return what runs ``model``; PyTorch is not imported for a model of NumPy."""
    if of_torch(model):
        from .torch_engine import TorchEngine

        return TorchEngine(model)
    return NumPyEngine(model)


def evaluating(model: Any) -> contextlib.AbstractContextManager[Any]:
    """Return what gives ``model`` in evaluation mode: see :meth:`NumPyEngine.evaluating`."""
    return engine_of(model).evaluating()
