"""What the loop trains: a model with its optimizer, behind the few verbs that training needs.

The loop knows no engine. :class:`Learner` is all that it asks for, and :class:`NumPyLearner` is
the answer of the NumPy engine. Another engine brings its own class with the same verbs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from ..generation.engine import engine_of
from ..manual.gpt import GPT
from ..manual.loss import (
    IGNORE_INDEX,
    count_targets,
    cross_entropy_backward,
    cross_entropy_forward,
)
from ..manual.module import Module
from ..manual.muon import Muon
from ..manual.optim import SGD, Adam, AdamW, Optimizer, clip_grad_norm, grad_norm
from ..wording import short
from .divergence import DivergenceError, first_not_finite
from .optimizers import Rates, make_optimizers
from .settings import TrainConfig

Batch = Any  # (ids, targets) for the engines of this package; the loop only passes it on


class Learner(Protocol):
    """A model and its optimizer, as the loop sees them."""

    def loss_and_gradients(self, batch: Batch) -> float:
        """Return the mean loss of ``batch`` and leave its gradients where ``step`` finds them.

        Of several processes each gives its rows' part of the mean: the parts add up to it. Where
        no target of the whole batch counts, the loss and the gradients are 0: a step then moves
        weights by decay and momentum alone.
        """

    def step(self, lr: float) -> float:
        """Change the weights once; return the norm that the gradient had before clipping.

        A learner that measures it for clipping alone returns nan where there is no limit.
        """

    def tensors(self) -> dict[str, np.ndarray]:
        """Return every array that a resumed run needs: weights and optimizer state."""

    def state(self) -> dict[str, Any]:
        """Return what else it needs, as JSON values: the states of generators."""

    def load(self, tensors: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        """Take back what :meth:`tensors` and :meth:`state` gave, bit for bit."""

    def check_finite(self, loss: float) -> None:
        """Raise :class:`DivergenceError`, naming the tensor, if not everything is finite."""

    whole: Any  # the model as its engine's ``GPT``, to evaluate it and to save it

    def plain_model(self) -> Any:
        """Bring ``whole`` up to date and return it; called by all processes together."""


class NumPyLearner:
    """The NumPy engine's model and optimizer as a :class:`Learner`.

    Parameters
    ----------
    model
        Anything with ``forward(ids) -> logits`` and ``backward(dlogits)``, such as ``GPT``. If it
        has an ``rng``, its state becomes part of a checkpoint.
    optimizer
        Over the model's parameters; or several, that share them out.
    clip
        The largest norm that a step's gradient may have; None for no limit.
    accumulation
        In how many parts a batch is computed: its activations take that much less memory, and the
        gradient is the same up to rounding.
    lr
        The rate that the optimizers' own go with; None for that of the first group.
    """

    def __init__(
        self,
        model: Module,
        optimizer: Optimizer | Sequence[Optimizer],
        clip: float | None = None,
        accumulation: int = 1,
        lr: float | None = None,
    ):
        self.model = self.whole = model
        self.optimizers = list(optimizer) if isinstance(optimizer, Sequence) else [optimizer]
        self.clip, self.accumulation = clip, accumulation
        self._rates = Rates(self.optimizers, lr)
        self._named = dict(model.named_parameters())
        self._parameters = list(self._named.values())

    @classmethod
    def of(cls, model: GPT, config: TrainConfig) -> NumPyLearner:
        """Return a learner of ``model`` with the optimizers that ``config`` asks for.

        Raises
        ------
        ValueError
            If ``config`` asks for what only PyTorch has.
        """
        _refuse_torch(config)
        if config.checkpointing:
            model.use_checkpointing()
        methods = {"sgd": SGD, "adam": Adam, "adamw": AdamW, "muon": Muon}
        n_layer = model.config.n_layer
        optimizers = make_optimizers(model.named_parameters(), n_layer, config, methods)
        return cls(model, optimizers, config.clip, config.accumulation, config.lr)

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer; the first, if there are several."""
        return self.optimizers[0]

    def loss_and_gradients(self, batch: Batch) -> float:
        """Run forward and backward on ``(ids, targets)``; return the cross-entropy alone.

        Of a batch in which nothing counts the loss and the gradient are 0.
        """
        for optimizer in self.optimizers:
            optimizer.zero_grad()
        counted = count_targets(batch[1])
        if self.accumulation == 1 and counted:
            ids, targets = batch
            loss, saved = cross_entropy_forward(self.model.forward(ids), targets)
            self._weigh_balance(1.0)
            self.model.backward(cross_entropy_backward(1.0, saved))
            return float(loss)
        count, total = max(counted, 1), 0.0
        for ids, targets in parts(batch, self.accumulation):
            loss, saved = cross_entropy_forward(self.model.forward(ids), targets, reduction="sum")
            self._weigh_balance(count_targets(targets) / count)
            self.model.backward(cross_entropy_backward(1 / count, saved))
            total += float(loss)
        return total / count

    def _weigh_balance(self, share: float) -> None:
        """Add the gradient of a mixture's balance loss, weighted by the ``share`` of the targets.

        Who is sent where is counted within each part: with accumulation it is the mean of the
        parts' balance losses, which is near that of the whole batch and not the same.
        """
        model: Any = self.model
        config: Any = getattr(model, "config", None)
        if getattr(config, "n_expert", None) is not None and config.balance:
            model.balance_backward(config.balance * share)

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
        self._rates.set(lr)
        for optimizer in self.optimizers:
            optimizer.step()
        return norm

    def tensors(self) -> dict[str, np.ndarray]:
        """Return ``model.{name}`` and ``optimizer.{name}``; a second one is ``optimizer_1``."""
        found = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        for prefix, optimizer in numbered(self.optimizers):
            found.update({prefix + name: value for name, value in optimizer.state_dict().items()})
        return found

    def state(self) -> dict[str, Any]:
        """Return the state of the model's generator."""
        rng = getattr(self.model, "rng", None)
        return {"rng": None if rng is None else rng.bit_generator.state}

    def load(self, tensors: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        """Take back :meth:`tensors` and :meth:`state`; ``ValueError`` if they do not fit."""
        self.model.load_state_dict(strip_prefix(tensors, "model."))
        for prefix, optimizer in numbered(self.optimizers):
            optimizer.load_state_dict(strip_prefix(tensors, prefix))
        drawn = kept(state, "rng")
        rng = getattr(self.model, "rng", None)
        if drawn is None:
            return
        try:
            rng.bit_generator.state = drawn  # type: ignore[union-attr]  # it had one when saved
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
            raise ValueError(
                f"learner state has an rng that is none of this model's generator ({error!r})"
            ) from None

    def check_finite(self, loss: float) -> None:
        """Raise :class:`DivergenceError` if the loss or a parameter is not finite."""
        bad = first_not_finite({name: p.data for name, p in self._named.items()})
        if bad:
            raise DivergenceError(f"the parameter {bad}")
        if not math.isfinite(loss):
            raise DivergenceError(f"the loss is {loss}, while every parameter is finite")

    def plain_model(self) -> Module:
        """Return the model."""
        return self.whole

    def _refuse_gradient(self) -> None:
        gradients = {name: p.grad for name, p in self._named.items()}
        bad = first_not_finite(gradients)
        if bad:
            raise DivergenceError(f"the gradient of {bad}")
        largest = max(gradients, key=lambda name: float(np.abs(gradients[name]).max()))
        raise DivergenceError(
            f"the gradient's norm overflows; its largest part is that of {largest}"
        )


def parts(batch: Batch, n: int) -> Iterator[Batch]:
    """Yield ``(ids, targets)`` in ``n`` parts of nearly equal rows, fewer if there are not so many.

    Of no rows there is no part.

    >>> [len(ids) for ids, targets in parts((np.zeros((5, 2)), np.zeros((5, 2))), 3)]
    [2, 2, 1]
    >>> [len(ids) for ids, targets in parts((np.zeros((2, 2)), np.zeros((2, 2))), 3)]
    [1, 1]
    """
    ids, targets = batch
    n = min(n, len(ids))
    if not n:
        return
    yield from zip(np.array_split(ids, n), np.array_split(targets, n), strict=True)


def numbered(optimizers: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    """Yield each optimizer with what the names of its tensors begin with in a checkpoint."""
    for i, optimizer in enumerate(optimizers):
        yield f"optimizer_{i}." if i else "optimizer.", optimizer


def _refuse_torch(config: TrainConfig) -> None:
    """Refuse what the NumPy engine has not."""
    plain = {"precision": ("auto", "float32"), "device": ("auto", "cpu")}
    wanted = {**plain, "compile": (False,), "fsdp": (False,), "depth_plan": (None,)}
    for name, known in wanted.items():
        if getattr(config, name) not in known:
            raise ValueError(
                f"{name} is {getattr(config, name)!r}, which the NumPy engine has not: "
                "take the engine pytorch, or leave it out"
            )


def mean_loss(model: Any, batches: Iterable[Batch]) -> float:
    """Return the loss over all counted positions of ``batches``, in evaluation mode.

    The mean is over positions, not over batches: a short last batch counts for what it holds, and
    one in which nothing counts for nothing. The model may be of either engine and in any mode, and
    is left as it is.

    Raises
    ------
    ValueError
        If there is no batch, or no position of any counts: there is no mean of nothing.
    """
    total, count, n = 0.0, 0, 0
    engine = engine_of(model)
    with engine.evaluating() as still:
        for ids, targets in batches:
            n, counted = n + 1, count_targets(targets)
            if not counted:
                continue
            loss = engine.mean_loss(still, ids, targets)
            total, count = total + loss * counted, count + counted
    if not n:
        raise ValueError("batches is empty and must hold at least one batch")
    if not count:
        raise ValueError(
            f"batches has {n} with no target that counts (all are {IGNORE_INDEX}) and must have at "
            "least one that does"
        )
    return total / count


def kept(state: Any, name: str) -> Any:
    """Return what a learner's state says under ``name``; ``ValueError`` if it says nothing."""
    if not isinstance(state, Mapping) or name not in state:
        raise ValueError(f"learner state is {short(state)} and must say {name!r}")
    return state[name]


def strip_prefix(tensors: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    """Return the entries whose names begin with ``prefix``, without it."""
    return {n.removeprefix(prefix): value for n, value in tensors.items() if n.startswith(prefix)}
