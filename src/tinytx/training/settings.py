"""How to train: the numbers of one run, checked when they are made."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from ..config import own_numbers
from .schedules import get_lr


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """The settings of a run that are not the model's.

    Raises
    ------
    ValueError
        If a number is out of its range: one line that names the field, its value and its limit.
    """

    steps: int  # optimizer steps of the whole run
    batch_size: int  # B: sequences in each step
    lr: float  # the largest learning rate
    min_lr: float | None = None  # where the cosine ends; None: the rate stays at lr
    warmup_steps: int = 0  # steps in which the rate climbs to lr
    clip: float | None = None  # largest norm of the gradient; None: no clipping
    seed: int = 0  # of weights, batches and dropout
    eval_every: int = 1000  # steps between two rows of the history
    save_every: int = 1000  # steps between two checkpoints

    def __post_init__(self) -> None:
        own_numbers(self)
        for name in ("steps", "batch_size", "eval_every", "save_every"):
            _check_integer(name, getattr(self, name), 1)
        for name in ("warmup_steps", "seed"):
            _check_integer(name, getattr(self, name), 0)
        if self.clip is not None and not 0 < self.clip < math.inf:
            raise ValueError(f"clip is {self.clip} and must be above 0 and finite, or left out")
        self.lr_at(0)  # checks lr, min_lr and warmup_steps together

    def lr_at(self, step: int) -> float:
        """Return the learning rate of ``step``, from 0; see :func:`~tinytx.training.get_lr`."""
        return get_lr(
            step,
            lr=self.lr,
            steps=self.steps,
            warmup_steps=self.warmup_steps,
            min_lr=self.min_lr,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values, ready for JSON."""
        return asdict(self)


def _check_integer(name: str, value: object, least: int) -> None:
    if type(value) is not int or value < least:
        raise ValueError(f"{name} is {value!r} and must be an integer of at least {least}")
