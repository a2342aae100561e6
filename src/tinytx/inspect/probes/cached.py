"""Reading token by token with the cache of a model that has one."""

from __future__ import annotations

import inspect
import itertools
from typing import Any

import numpy as np

from ...generation import KVCache
from .subject import NumPySubject, Subject

CUTS = (3, 1)  # how many tokens the first calls read; the others read one each


def cached_logits(subject: Subject, ids: np.ndarray) -> np.ndarray | None:
    """Return the logits (B, T, V) of ids read in pieces, or None if there is no known cache."""
    if getattr(subject.config, "causal", True) is False or _has_padding(subject):
        return None
    if subject.kind == "function":
        return None
    options = inspect.signature(subject.model.forward).parameters
    if "cache" in options and hasattr(subject.model, "blocks"):
        return _ours(subject, ids)
    if "past_key_values" in options:
        return _of_transformers(subject, ids)
    return None


def _has_padding(subject: Subject) -> bool:
    return getattr(subject.config, "padding_id", None) is not None


def _pieces(T: int) -> list[slice]:
    ends = [0, *np.minimum(np.cumsum(CUTS), T).tolist()]
    ends += range(ends[-1] + 1, T + 1)
    return [slice(a, b) for a, b in itertools.pairwise(ends) if b > a]


def _ours(subject: Subject, ids: np.ndarray) -> np.ndarray:
    if isinstance(subject, NumPySubject):
        training, model = subject.model.training, subject.model.eval()
        cache = KVCache(model, len(ids))
        try:
            parts = [model.forward(ids[:, piece], cache=cache) for piece in _pieces(ids.shape[1])]
        finally:
            model.train(training)  # weights of int8 are not copied: it may be the caller's
        return np.concatenate(parts, axis=1)
    import torch

    from .torch_subject import evaluating

    model, x = subject.model, subject.tensor(ids)  # type: ignore[attr-defined]
    cache = KVCache(model, len(ids))
    with evaluating(model), torch.no_grad():
        parts = [model(x[:, piece], cache=cache) for piece in _pieces(ids.shape[1])]
    return torch.cat(parts, dim=1).double().cpu().numpy()


def _of_transformers(subject: Subject, ids: np.ndarray) -> np.ndarray | None:
    import torch

    from .torch_subject import evaluating

    model, x = subject.model, subject.tensor(ids)  # type: ignore[attr-defined]
    past: Any = None
    parts = []
    with evaluating(model), torch.no_grad():
        for piece in _pieces(ids.shape[1]):
            out = model(x[:, piece], past_key_values=past, use_cache=True)
            past = getattr(out, "past_key_values", None)
            if past is None:
                return None
            parts.append(out.logits)
    return torch.cat(parts, dim=1).double().cpu().numpy()
