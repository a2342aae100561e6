"""How to train: the numbers of one run, checked when they are made."""

from __future__ import annotations

import math
import sys
from dataclasses import asdict, dataclass, field
from typing import Any

from ..config import own_numbers
from ..manual.muon import COEFFICIENTS
from .plans import read_plan, value_at
from .schedules import SCHEDULES, get_lr

CHOICES = {
    "schedule": SCHEDULES,
    "optimizer": ("sgd", "adam", "adamw", "muon"),
    "precision": ("auto", "float32", "bfloat16", "float16"),
}
# What a resumed run may have otherwise, because it is still a continuation of what was trained.
CHANGEABLE = (
    "steps", "accumulation", "eval_every", "save_every", "patience",
    "precision", "device", "compile", "checkpointing",
)  # fmt: skip
CHANGEABLE_DATA = ("max_shards", "max_gigabytes")  # of the data, because they change no number


PLANS = ("depth_plan", "batch_plan", "length_plan")


def option(default: Any, text: str) -> Any:
    """Return a field with its help text, which the command line shows."""
    return field(default=default, metadata={"help": text})


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """The settings of a run that are not the model's; each field says what it is.

    Raises
    ------
    ValueError
        If a number is out of its range: one line that names the field, its value and its limit.
    """

    steps: int = field(metadata={"help": "Optimizer steps of the whole run."})
    batch_size: int = field(metadata={"help": "B: sequences in each step, of all processes."})
    lr: float = field(metadata={"help": "The largest learning rate."})
    min_lr: float = option(0.0, "Where a falling rate ends.")
    warmup_steps: int = option(0, "Steps in which the rate climbs to lr.")
    schedule: str = option("constant", "How the rate falls: " + ", ".join(SCHEDULES) + ".")
    decay_steps: int | None = option(None, "Steps of the trapezoid's fall; a fifth of all.")
    optimizer: str = option("adamw", "One of " + ", ".join(CHOICES["optimizer"]) + ".")
    embedding_lr: float | None = option(None, "Largest rate of the embeddings; left out, lr.")
    muon_lr: float = option(0.02, "Largest rate of the hidden matrices under muon.")
    momentum: float = option(0.0, "Momentum of sgd.")
    muon_momentum: float = option(0.95, "Momentum of muon.")
    muon_iterations: int = option(5, "Rounds that even out muon's directions: 3 or 5.")
    beta_1: float = option(0.9, "Adam's memory of gradients.")
    beta_2: float = option(0.999, "Adam's memory of their squares.")
    eps: float = option(1e-8, "What Adam adds to the root of the mean square.")
    weight_decay: float = option(0.0, "Decay of the matrices; vectors never decay.")
    layer_decay: float = option(1.0, "Factor of the rate from a block to the one below it.")
    depth_plan: str | None = option(None, "Blocks in use, as '0:1 600:4': 1 first, then 4.")
    batch_plan: str | None = option(None, "Sequences in a step, written likewise.")
    length_plan: str | None = option(None, "Tokens of a sequence, written likewise.")
    accumulation: int = option(1, "Parts in which a batch is computed, to save memory.")
    clip: float | None = option(None, "Largest norm of the gradient; left out, no limit.")
    precision: str = option("auto", "Of the products: " + ", ".join(CHOICES["precision"]) + ".")
    device: str = option("auto", "auto, cpu, cuda or mps; auto: TINYTX_DEVICE, or the fastest.")
    compile: bool = option(False, "Compile the model (PyTorch).")
    checkpointing: bool = option(False, "Keep blocks' inputs alone and compute again: less memory.")
    fsdp: bool = option(False, "With several processes: share the weights out among them.")
    seed: int = option(0, "Of weights, batches and dropout.")
    eval_every: int = option(1000, "Steps between two rows of the history.")
    save_every: int = option(1000, "Steps between two checkpoints.")
    patience: int | None = option(None, "Rows without a new best after which to stop.")

    def __post_init__(self) -> None:
        own_numbers(self)
        at_least_1 = ("steps", "batch_size", "accumulation", "eval_every", "save_every")
        for name in at_least_1:
            _check_integer(name, getattr(self, name), 1)
        _check_integer("muon_iterations", self.muon_iterations, 1)
        if self.muon_iterations not in COEFFICIENTS:
            rounds = " or ".join(map(str, COEFFICIENTS))
            raise ValueError(f"muon_iterations is {self.muon_iterations} and must be {rounds}")
        for name in ("warmup_steps", "seed"):
            _check_integer(name, getattr(self, name), 0)
        for name in ("decay_steps", "patience"):
            if getattr(self, name) is not None:
                _check_integer(name, getattr(self, name), 1)
        for name, known in CHOICES.items():
            if getattr(self, name) not in known:
                raise ValueError(
                    f"{name} is {getattr(self, name)!r} and must be one of {', '.join(known)}"
                )
        self._check_ranges()
        if self.batch_size % self.accumulation:
            raise ValueError(
                f"accumulation is {self.accumulation} and must divide batch_size "
                f"{self.batch_size}: the parts are equally large"
            )
        for name in PLANS:
            if getattr(self, name) is not None:
                most = self.batch_size if name == "batch_plan" else sys.maxsize
                read_plan(name, str(getattr(self, name)), most)
        self.lr_at(0)  # checks lr, min_lr and the schedule together

    def _check_ranges(self) -> None:
        for name in ("compile", "checkpointing", "fsdp"):
            if type(getattr(self, name)) is not bool:
                raise ValueError(f"{name} is {getattr(self, name)!r} and must be true or false")
        if type(self.min_lr) not in (int, float):
            raise ValueError(f"min_lr is {self.min_lr!r} and must be a number")
        for name in ("momentum", "muon_momentum", "beta_1", "beta_2"):
            _check_number(name, getattr(self, name), 0, 1, "from 0 to below 1")
        _check_number("weight_decay", self.weight_decay, 0, math.inf, "at least 0 and finite")
        for name in ("clip", "embedding_lr"):
            if getattr(self, name) is not None:
                _check_above_0(name, getattr(self, name), ", or left out")
        for name in ("lr", "muon_lr", "eps", "layer_decay"):
            _check_above_0(name, getattr(self, name))
        if self.layer_decay > 1:
            raise ValueError(f"layer_decay is {self.layer_decay} and must be at most 1")

    def lr_at(self, step: int) -> float:
        """Return the learning rate of ``step``, from 0; see :func:`~tinytx.training.get_lr`."""
        return get_lr(
            step,
            lr=self.lr,
            steps=self.steps,
            warmup_steps=self.warmup_steps,
            min_lr=self.min_lr,
            schedule=self.schedule,
            decay_steps=self.decay_steps,
        )

    def planned(self, name: str, step: int, whole: int) -> int:
        """Return what a plan says for ``step``; ``whole`` if there is none.

        Raises
        ------
        ValueError
            If it asks for more than ``whole``, which is what the model or the batch has.
        """
        text = getattr(self, name)
        return whole if text is None else value_at(read_plan(name, text, whole), step)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values, ready for JSON."""
        return asdict(self)


def _check_integer(name: str, value: object, least: int) -> None:
    if type(value) is not int or value < least:
        raise ValueError(f"{name} is {value!r} and must be an integer of at least {least}")


def _check_above_0(name: str, value: Any, more: str = "") -> None:
    if type(value) not in (int, float) or not 0 < value < math.inf:
        raise ValueError(f"{name} is {value!r} and must be above 0 and finite{more}")


def _check_number(name: str, value: Any, least: float, below: float, limits: str) -> None:
    if type(value) not in (int, float) or not least <= value < below:
        raise ValueError(f"{name} is {value!r} and must be {limits}")
