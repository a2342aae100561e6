"""What the loop trains: a model with its optimizer, behind the few verbs that training needs.

The loop knows no engine. :class:`Learner` is all that it asks for, and :class:`NumPyLearner` is
the answer of the NumPy engine. Another engine brings its own class with the same verbs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np

from ..generation.engine import evaluating
from ..manual.loss import IGNORE_INDEX, cross_entropy_backward, cross_entropy_forward
from ..manual.module import Module
from ..manual.optim import Optimizer, clip_grad_norm, grad_norm
from .divergence import DivergenceError, first_not_finite

Batch = Any  # (ids, targets) for the engines of this package; the loop only passes it on


class Learner(Protocol):
    """A model and its optimizer, as the loop sees them."""

    def loss_and_gradients(self, batch: Batch) -> float:
        """Return the mean loss of ``batch`` and leave its gradients where ``step`` finds them."""

    def step(self, lr: float) -> float:
        """Change the weights once; return the norm that the gradient had before clipping."""

    def tensors(self) -> dict[str, np.ndarray]:
        """Return every array that a resumed run needs: weights and optimizer state."""

    def state(self) -> dict[str, Any]:
        """Return what else it needs, as JSON values: the states of generators."""

    def load(self, tensors: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        """Take back what :meth:`tensors` and :meth:`state` gave, bit for bit."""

    def check_finite(self, loss: float) -> None:
        """Raise :class:`DivergenceError`, naming the tensor, if not everything is finite."""


class NumPyLearner:
    """The NumPy engine's model and optimizer as a :class:`Learner`.

    Parameters
    ----------
    model
        Anything with ``forward(ids) -> logits`` and ``backward(dlogits)``, such as ``GPT``. If it
        has an ``rng``, its state becomes part of a checkpoint.
    optimizer
        Over the model's parameters.
    clip
        The largest norm that a step's gradient may have; None for no limit.
    """

    def __init__(self, model: Module, optimizer: Optimizer, clip: float | None = None):
        self.model = model
        self.optimizer = optimizer
        self.clip = clip
        self._named = dict(model.named_parameters())
        self._parameters = list(self._named.values())

    def loss_and_gradients(self, batch: Batch) -> float:
        """Run forward and backward on ``(ids, targets)``."""
        ids, targets = batch
        self.optimizer.zero_grad()
        loss, saved = cross_entropy_forward(self.model.forward(ids), targets)
        self.model.backward(cross_entropy_backward(1.0, saved))
        return float(loss)

    def step(self, lr: float) -> float:
        """Clip, set the rate, and let the optimizer change the weights.

        The norm is one number that is not finite as soon as any of the gradient's is not: the
        cheapest place to notice it before the weights are spoilt.
        """
        norm = grad_norm(self._parameters)
        if not math.isfinite(norm):
            self._refuse_gradient()
        if self.clip is not None and norm > self.clip:
            clip_grad_norm(self._parameters, self.clip)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        self.optimizer.step()
        return norm

    def tensors(self) -> dict[str, np.ndarray]:
        """Return ``model.{name}`` and ``optimizer.{name}``."""
        return {
            **{f"model.{name}": value for name, value in self.model.state_dict().items()},
            **{f"optimizer.{name}": value for name, value in self.optimizer.state_dict().items()},
        }

    def state(self) -> dict[str, Any]:
        """Return the state of the model's generator."""
        rng = getattr(self.model, "rng", None)
        return {"rng": None if rng is None else rng.bit_generator.state}

    def load(self, tensors: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        """Take back :meth:`tensors` and :meth:`state`; ``ValueError`` if they do not fit."""
        self.model.load_state_dict(strip_prefix(tensors, "model."))
        self.optimizer.load_state_dict(strip_prefix(tensors, "optimizer."))
        if state["rng"] is not None:
            self.model.rng.bit_generator.state = state["rng"]  # type: ignore[attr-defined]

    def check_finite(self, loss: float) -> None:
        """Raise :class:`DivergenceError` if the loss or a parameter is not finite."""
        bad = first_not_finite({name: p.data for name, p in self._named.items()})
        if bad:
            raise DivergenceError(f"the parameter {bad}")
        if not math.isfinite(loss):
            raise DivergenceError(f"the loss is {loss}, while every parameter is finite")

    def _refuse_gradient(self) -> None:
        gradients = {name: p.grad for name, p in self._named.items()}
        bad = first_not_finite(gradients)
        if bad:
            raise DivergenceError(f"the gradient of {bad}")
        largest = max(gradients, key=lambda name: float(np.abs(gradients[name]).max()))
        raise DivergenceError(
            f"the gradient's norm overflows; its largest part is that of {largest}"
        )


def mean_loss(model: Module, batches: Iterable[Batch]) -> float:
    """Return the loss over all counted positions of ``batches``, in evaluation mode.

    The mean is over positions, not over batches: a short last batch counts for what it holds.
    The model may be in any mode, and is left as it is.
    """
    total, count = 0.0, 0
    with evaluating(model) as still:
        for ids, targets in batches:
            counted = int(np.count_nonzero(targets != IGNORE_INDEX))
            loss, _ = cross_entropy_forward(still.forward(ids), targets)
            total, count = total + float(loss) * counted, count + counted
    if not count:
        raise ValueError("batches is empty and must hold at least one batch")
    return total / count


def strip_prefix(tensors: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    """Return the entries whose names begin with ``prefix``, without it."""
    return {n.removeprefix(prefix): value for n, value in tensors.items() if n.startswith(prefix)}
