"""The check before every training: can the model learn ten examples by heart?

A model that cannot has a bug, or is too small, or its learning rate is far off, or the limit lies
below what any model can reach on those ten (:func:`~tinytx.inspect.batch_floor`): no amount of data
will help. One that can proves little about unseen inputs, and not that every weight is
trained: with one block left out of the optimizer another may do it all.
"""

from __future__ import annotations

import contextlib
from typing import NamedTuple

import numpy as np

from ..inspect.losses import batch_floor
from ..manual.loss import IGNORE_INDEX, count_targets
from .learner import Batch, Learner

MARGIN = 0.01  # nats above the floor


class OverfitReport(NamedTuple):
    """The answer of :func:`can_overfit`; true or false by itself."""

    passed: bool
    first_loss: float
    last_loss: float
    steps: int
    loss_below: float
    floor: float = 0.0
    """What no model that reads from left to right gets below on this batch."""

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        course = f"loss {self.first_loss:.4f} to {self.last_loss:.4f} in {self.steps} steps"
        floor = f"the floor of this batch is {self.floor:.4f}, as some examples begin alike"
        if self.passed:
            return f"yes: {course}" + (f"; {floor}" if self.floor else "")
        missed = f"no: {course}, not below {self.loss_below:g}"
        if self.loss_below <= self.floor:
            return (
                f"{missed}, which no causal model reaches: {floor}. "
                "Give a loss_below above it, or other examples"
            )
        return (
            f"{missed}. Look at the targets (shifted by one?), "
            "the mask, the learning rate, and whether every gradient reaches its parameter"
        )


def can_overfit(
    learner: Learner, batch: Batch, *, lr: float, steps: int = 500, loss_below: float | None = None
) -> OverfitReport:
    """Train on one ``batch`` again and again and tell whether its loss falls below a limit.

    The learner's weights are changed. Give a batch whose targets can be told from its inputs: two
    examples that begin alike and go on differently have a loss that no model gets below. The report
    says so where this floor is not 0.

    Parameters
    ----------
    learner
        A fresh model with its optimizer, without dropout.
    batch
        About ten examples.
    lr
        The learning rate.
    steps
        When to give up.
    loss_below
        When to stop; None for 0.01 above the batch's floor, if it is ``(ids, targets)`` and all
        targets count, and else for 0.01: a probability of 99 % for the right answers, in their
        geometric mean.

    Raises
    ------
    DivergenceError
        If a gradient is not finite.
    ValueError
        If no target of the batch counts: its loss is 0 before anything is learned.
    """
    floor = _floor(batch)
    loss_below = floor + MARGIN if loss_below is None else loss_below
    first = last = learner.loss_and_gradients(batch)
    if first == 0 and not count_targets(batch[1]):
        raise ValueError(
            f"batch has no target that counts (all are {IGNORE_INDEX}) and must have at least one"
        )
    for step in range(steps):
        if last < loss_below:
            return OverfitReport(True, first, last, step, loss_below, floor)
        learner.step(lr)
        last = learner.loss_and_gradients(batch)
    return OverfitReport(last < loss_below, first, last, steps, loss_below, floor)


def _floor(batch: Batch) -> float:
    """Return the batch's floor; 0 where it is no ``(ids, targets)`` of which it can be told."""
    with contextlib.suppress(TypeError, ValueError):
        ids, targets = (np.asarray(part) for part in batch)
        if ids.dtype.kind in "iu" and targets.dtype.kind in "iu":
            return batch_floor(ids, targets)
    return 0.0
