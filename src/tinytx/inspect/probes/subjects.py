"""Which kind of subject a model is."""

from __future__ import annotations

import sys
from typing import Any

from ...manual.module import Module
from .subject import NumPySubject, Subject


def subject_of(model: Any) -> Subject:
    """Return the model as the probes see it; PyTorch is not imported for another kind of model.

    Raises
    ------
    ValueError
        If it cannot be called with ids.
    """
    if isinstance(model, Subject):
        return model
    if isinstance(model, Module) or (hasattr(model, "backward") and hasattr(model, "forward")):
        return NumPySubject(model)
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(model, torch.nn.Module):
        from .torch_subject import TorchSubject

        return TorchSubject(model)
    if not callable(model):
        raise ValueError(
            f"model is a {type(model).__name__} and must be an nn.Module, a model of the NumPy "
            "engine, or a function from ids (B, T) to logits (B, T, V)"
        )
    return Subject(model)
