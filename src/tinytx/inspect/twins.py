"""The two models that the proof ladder compares, brought to the same footing, and their batch."""

from __future__ import annotations

import copy
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import torch

from .. import manual, pytorch
from ..config import GPTConfig
from ..manual.loss import IGNORE_INDEX
from ..manual.module import Module
from ..manual.shapes import check_ids, check_integers, check_shape

Model = TypeVar("Model", manual.GPT, pytorch.GPT)


class Twins:
    """Copies of the two models, without dropout, and the batch for both."""

    def __init__(self, ours: manual.GPT, theirs: pytorch.GPT, ids: Any, targets: Any):
        _check_models(ours, theirs)
        _check_float64(ours, theirs)
        self.ours, self.theirs = _without_dropout(ours), _without_dropout(theirs)
        self.ids, self.targets = _array("ids", ids), _array("targets", targets)
        _check_batch(self.ids, self.targets, ours.config)
        self.device = next(theirs.parameters()).device

    def tensor(self, value: Any) -> Any:
        """Return an array, or a named tuple of some, as tensors on the model's device.

        Anything else comes back as it is.
        """
        if isinstance(value, tuple):
            return type(value)(*map(self.tensor, value))
        return torch.tensor(value, device=self.device) if isinstance(value, np.ndarray) else value

    def copies(self) -> tuple[manual.GPT, pytorch.GPT]:
        """Return both models once more, for a rung that changes the weights."""
        ours, theirs = copy.deepcopy(self.ours), copy.deepcopy(self.theirs)
        ours.clear_saved()
        ours.zero_grad()
        theirs.zero_grad()
        return ours, theirs

    @cached_property
    def inputs(self) -> dict[str, tuple[Any, ...]]:
        """What each module of the NumPy model is called with on the batch, by its name."""
        model = copy.deepcopy(self.ours)
        seen: dict[str, tuple[Any, ...]] = {}
        for name, module in model.named_modules():
            _note_inputs(name, module, seen)
        model.forward(self.ids)
        return seen


def _note_inputs(name: str, module: Module, seen: dict[str, tuple[Any, ...]]) -> None:
    forward = module.forward

    def noting(*args: Any) -> np.ndarray:
        seen[name] = tuple(a.copy() if isinstance(a, np.ndarray) else a for a in args)
        # What is optional is the engines' own business: only arrays go to both.
        while seen[name] and not isinstance(seen[name][-1], np.ndarray):
            seen[name] = seen[name][:-1]
        return forward(*args)

    vars(module)["forward"] = noting


def _without_dropout(model: Model) -> Model:
    model = copy.deepcopy(model)
    model.train()
    model.zero_grad()
    if isinstance(model, Module):
        model.clear_saved()
    modules = _all(model) if isinstance(model, Module) else model.modules()
    for module in modules:
        for name in ("p", "dropout"):
            if name in vars(module):
                setattr(module, name, 0.0)
    return model


def _all(model: Module) -> list[Module]:
    return list(model.modules())


def _array(name: str, value: Any) -> np.ndarray:
    if value is None:
        raise ValueError(f"{name} is None and must be an array or a tensor of integers, (B, T)")
    return value.detach().cpu().numpy() if isinstance(value, torch.Tensor) else np.asarray(value)


def _check_models(ours: Any, theirs: Any) -> None:
    swapped = isinstance(ours, torch.nn.Module) and isinstance(theirs, Module)
    way = ": swap the first two arguments" if swapped else ""
    for name, model, kind in (("manual", ours, Module), ("pytorch", theirs, torch.nn.Module)):
        if not isinstance(model, kind) or not hasattr(model, "config"):
            package = type(model).__module__.rpartition(".")[0]
            said = f"{package} {type(model).__name__}".strip()
            raise ValueError(f"{name} is a {said} and must be a tinytx.{name} GPT{way}")


def _check_batch(ids: np.ndarray, targets: np.ndarray, config: GPTConfig) -> None:
    """Refuse a batch that no model could read, before an engine is blamed for it."""
    check_ids("ids", ids, config.vocab_size)
    if ids.ndim != 2 or not ids.size or ids.shape[1] > config.context_length:
        raise ValueError(
            f"ids has shape {ids.shape} and must be (B, T), T from 1 to context_length "
            f"{config.context_length}"
        )
    check_integers("targets", targets)
    check_shape("targets", targets, ids.shape)
    counted = targets[targets != IGNORE_INDEX]
    if not counted.size:
        raise ValueError(
            f"targets has {targets.size} positions, all of them ignore_index {IGNORE_INDEX}, "
            "and must have at least one that counts"
        )
    check_ids("targets", counted, config.vocab_size)


def _check_float64(ours: Module, theirs: torch.nn.Module) -> None:
    for name, dtypes in {
        "manual": {str(p.data.dtype) for p in ours.parameters()},
        "pytorch": {str(p.dtype).removeprefix("torch.") for p in theirs.parameters()},
    }.items():
        if dtypes != {"float64"}:
            raise ValueError(
                f"{name} is {', '.join(sorted(dtypes))} and must be float64: rounding would hide "
                "differences; make both with dtype float64"
            )
