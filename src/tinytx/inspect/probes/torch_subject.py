"""A model of PyTorch as the probes see it."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from .subject import Subject, _logits_of


class TorchSubject(Subject):
    """An ``nn.Module`` that maps ids (B, T) to logits, on whatever device it is."""

    kind = "torch"

    def shaken(self) -> Subject:
        """Return a copy in float64 without dropout, with other weights."""
        model = _without_dropout(copy.deepcopy(self.model)).double()
        return TorchSubject(model)._shake()

    def gradients(self, ids: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray | None]:
        """Return the gradient of the mean loss by each parameter, None where none arrived.

        It is computed in evaluation mode, and the parameters' own ``.grad`` stay as they are.
        """
        named = {n: p for n, p in self.model.named_parameters() if p.requires_grad}
        with evaluating(self.model):
            logits = _logits_of(self.model(self.tensor(ids)))
            loss = functional.cross_entropy(logits.flatten(0, 1), self.tensor(targets).flatten())
            found = torch.autograd.grad(loss, list(named.values()), allow_unused=True)
        return {
            name: None if one is None else one.double().cpu().numpy()
            for name, one in zip(named, found, strict=True)
        }

    def why_fixed(self) -> str:
        """Return why the model cannot be trained; nothing if it can."""
        asked = any(one.requires_grad for one in self.model.parameters())
        return "" if asked else "no parameter asks for a gradient"

    def parameters(self) -> dict[str, Any]:
        """Return each parameter's tensor by name."""
        return {name: one.data for name, one in self.model.named_parameters()}

    def tensor(self, array: np.ndarray) -> torch.Tensor:
        """Return an array on the model's device."""
        return torch.as_tensor(array, device=self._device())

    def _call(self, ids: np.ndarray) -> np.ndarray:
        with evaluating(self.model), torch.no_grad():
            return _logits_of(self.model(self.tensor(ids))).double().cpu().numpy()

    def _device(self) -> torch.device:
        one = next(self.model.parameters(), None)
        return torch.device("cpu") if one is None else one.device

    def _like(self, array: np.ndarray) -> torch.Tensor:
        return torch.as_tensor(array, device=self._device())


@contextlib.contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Put every part of ``model`` into evaluation mode for a while."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def _without_dropout(model: nn.Module) -> nn.Module:
    for module in model.modules():
        for name in ("p", "dropout"):
            if isinstance(vars(module).get(name), float):
                setattr(module, name, 0.0)
    return model


def trainer(subject: Subject) -> Callable[[np.ndarray, np.ndarray, float], float]:
    """Return a function that takes a step of Adam on a copy of the model and returns its loss."""
    model = _without_dropout(copy.deepcopy(subject.model))
    for one in model.parameters():
        one.grad = None
    optimizer = torch.optim.Adam(model.parameters())
    device = subject._device()  # type: ignore[attr-defined]

    def step(ids: np.ndarray, targets: np.ndarray, lr: float) -> float:
        model.train()
        logits = _logits_of(model(torch.as_tensor(ids, device=device)))
        wanted = torch.as_tensor(targets, device=device)
        loss = functional.cross_entropy(logits.flatten(0, 1).float(), wanted.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.param_groups[0]["lr"] = lr
        optimizer.step()
        return float(loss.detach())

    return step
