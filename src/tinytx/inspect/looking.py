"""One look at a model of either engine: what it computes for some ids, and its own parts called.

Arrays go in and come out, whatever the model computes with.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..generation.cache import of_torch
from ..generation.engine import evaluating
from ..manual import GPT
from .capture import Capture, capture


@contextlib.contextmanager
def looking(model: Any, ids: Any) -> Iterator[tuple[Any, Capture]]:
    """Run ``model`` on ``ids`` (B, T), without dropout and without a tape.

    Yields
    ------
    still, seen
        The model in evaluation mode while the block runs, and what it computed.
    """
    with evaluating(model) as still, _no_tape(still):
        with capture(still) as seen:
            still(_given(still, as_ids(ids)))
        yield still, seen


def look(model: Any, ids: Any) -> Capture:
    """Return what ``model`` computes for ``ids`` (B, T), without dropout and without a tape."""
    with looking(model, ids) as (_, seen):
        return seen


def as_ids(ids: Any) -> np.ndarray:
    """Return lists, an array or a tensor of ids as an array."""
    return ids.detach().cpu().numpy() if hasattr(ids, "detach") else np.asarray(ids)


def call(module: Any, x: np.ndarray) -> np.ndarray:
    """Return what ``module``, of either engine and in evaluation mode, makes of an array."""
    if not of_torch(module):
        return module(x)
    from .hooks import as_array

    with _no_tape(module):
        return as_array(module(_given(module, x)))


def numbers(parameter: Any) -> np.ndarray:
    """Return a parameter of either engine as an array of float64."""
    data = parameter.data
    return (data.detach().cpu().double().numpy() if hasattr(data, "detach") else data).astype(float)


def check_gpt(model: Any, use: str) -> None:
    """Refuse what is not the package's GPT: ``use`` has to know its parts.

    Raises
    ------
    ValueError
        With the way out.
    """
    kinds: tuple[type, ...] = (GPT,)
    way = "read one of Hugging Face's with tinytx.pytorch.GPT.from_pretrained"
    if of_torch(model):
        from .. import pytorch

        kinds = (GPT, pytorch.GPT)
        if hasattr(model, "_orig_mod"):
            way = "it is compiled, give model._orig_mod"
    if not isinstance(model, kinds):
        kind = type(model).__name__
        raise ValueError(f"model is a {kind} and must be a GPT of this package for {use}: {way}")


def _no_tape(model: Any) -> contextlib.AbstractContextManager[Any]:
    if not of_torch(model):
        return contextlib.nullcontext()
    import torch

    return torch.no_grad()


def _given(module: Any, x: np.ndarray) -> Any:
    """Return ``x`` as what ``module`` takes: on its device, and of its dtype unless ids."""
    if not of_torch(module):
        return x
    import torch

    weight = next(module.parameters(), torch.empty(0))
    dtype = weight.dtype if x.dtype.kind == "f" else None
    return torch.as_tensor(np.ascontiguousarray(x), dtype=dtype, device=weight.device)
