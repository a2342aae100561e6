"""The check before every training: can the model learn ten examples by heart?

A model that cannot has a bug, or is too small, or its learning rate is far off, and no amount of
data will help. One that can proves little about unseen inputs, and not that every weight is
trained: with one block left out of the optimizer another may do it all.
"""

from __future__ import annotations

from typing import NamedTuple

from .learner import Batch, Learner


class OverfitReport(NamedTuple):
    """The answer of :func:`can_overfit`; true or false by itself."""

    passed: bool
    first_loss: float
    last_loss: float
    steps: int
    loss_below: float

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        course = f"loss {self.first_loss:.4f} to {self.last_loss:.4f} in {self.steps} steps"
        if self.passed:
            return f"yes: {course}"
        return (
            f"no: {course}, not below {self.loss_below:g}. Look at the targets (shifted by one?), "
            "the mask, the learning rate, and whether every gradient reaches its parameter"
        )


def can_overfit(
    learner: Learner, batch: Batch, *, lr: float, steps: int = 500, loss_below: float = 0.01
) -> OverfitReport:
    """Train on one ``batch`` again and again and tell whether its loss falls below a limit.

    The learner's weights are changed. Give a batch whose targets can be told from its inputs: two
    examples that begin alike and go on differently have a loss that no model gets below.

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
        When to stop: 0.01 nats is a probability of 99 % for every right answer.

    Raises
    ------
    DivergenceError
        If a gradient is not finite.
    """
    first = last = learner.loss_and_gradients(batch)
    for step in range(steps):
        if last < loss_below:
            return OverfitReport(True, first, last, step, loss_below)
        learner.step(lr)
        last = learner.loss_and_gradients(batch)
    return OverfitReport(last < loss_below, first, last, steps, loss_below)
