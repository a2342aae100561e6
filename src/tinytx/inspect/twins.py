"""The two models that the proof ladder compares, brought to the same footing, and their batch."""

from __future__ import annotations

import copy
from functools import cached_property
from typing import Any

import numpy as np
import torch

from ..manual.module import Module
from .capture import _named_modules


class Twins:
    """Copies of the two models, without dropout, and the batch for both."""

    def __init__(self, ours: Module, theirs: torch.nn.Module, ids: Any, targets: Any):
        _check_float64(ours, theirs)
        self.ours, self.theirs = _without_dropout(ours), _without_dropout(theirs)
        self.ids, self.targets = np.asarray(ids), np.asarray(targets)
        self.device = next(theirs.parameters()).device

    def tensor(self, value: Any) -> Any:
        """Return an array as a tensor on the model's device; anything else as it is."""
        return torch.tensor(value, device=self.device) if isinstance(value, np.ndarray) else value

    def copies(self) -> tuple[Module, torch.nn.Module]:
        """Return both models once more, for a rung that changes the weights."""
        ours, theirs = copy.deepcopy(self.ours), copy.deepcopy(self.theirs)
        ours.clear_saved()
        ours.zero_grad()
        theirs.zero_grad()
        return ours, theirs

    @cached_property
    def inputs(self) -> dict[str, tuple[Any, ...]]:
        """What each module of the NumPy model is called with on the batch, by its name."""
        model, seen = copy.deepcopy(self.ours), {}
        for name, module in _named_modules(model):
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


def _without_dropout(model: Any) -> Any:
    model = copy.deepcopy(model).train()
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
    return [module for _, module in _named_modules(model)]


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
