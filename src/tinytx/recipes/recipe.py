"""What every system has in common: defaults, parts, and a run that can be started and resumed."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from dataclasses import fields
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ..config import GPTConfig
from ..manual import GPT
from ..room import check_room
from ..tokenizers.base import Tokenizer
from ..training.learner import Learner
from ..training.loop import Report, Source, Trainer
from ..training.model_file import describe_model, save_model
from ..training.run import Row, RunFolder, check_identity
from ..training.settings import TrainConfig

DTYPE = np.float32


class Parts(NamedTuple):
    """What a recipe makes of its settings."""

    model: GPT
    tokenizer: Tokenizer
    learner: Learner
    source: Source
    evaluate: Callable[[int], Row]


class Recipe(ABC):
    """One system: its defaults, and how its parts are made."""

    name: str
    best_by: str  # the measurement whose lowest value marks the best model
    model_defaults: ClassVar[dict[str, Any]]  # fields of GPTConfig
    train_defaults: ClassVar[dict[str, Any]]  # fields of TrainConfig
    data_defaults: ClassVar[dict[str, Any]] = {}  # what the data can be asked for

    @abstractmethod
    def parts(self, config: GPTConfig, train: TrainConfig, data: dict[str, Any]) -> Parts:
        """Make model, optimizer, data and evaluation."""

    def fill(self, settings: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
        """Return the model's ``settings`` with what follows from the data's added."""
        return settings

    @abstractmethod
    def finish(self, folder: RunFolder, trainer: Trainer) -> list[str]:
        """Write figures and reports of a finished run; return what to tell, line by line."""

    def trainer(
        self,
        out: str | os.PathLike[str] | None = None,
        *,
        resume: bool = False,
        report: Report | None = None,
        **changes: Any,
    ) -> Trainer:
        """Return a trainer for a new run, or for the one in the folder ``out``.

        Parameters
        ----------
        out
            Where the run is kept; None to keep nothing.
        resume
            Continue the run of ``out`` with the settings it was started with.
        report
            Who is told about progress.
        changes
            Fields of ``GPTConfig`` and ``TrainConfig`` that are to differ from the defaults.

        Raises
        ------
        ValueError
            If a setting is wrong, or differs from that of the run to resume; or ``out`` cannot
            be used.
        """
        folder = None if out is None else RunFolder(out, resume)
        if folder is not None and resume:
            changes = self._stored_settings(folder, changes)
        config, train, data = self._settings(changes)
        _check_batch(config, train)
        parts = self.parts(config, train, data)
        about = describe_model(config, parts.tokenizer, DTYPE)
        identity = {"recipe": self.name, "data": data, **about}
        described = {**identity, "train": train.to_dict()}
        return Trainer(
            parts.learner,
            parts.source,
            train,
            evaluate=parts.evaluate,
            folder=folder,
            identity=identity,
            best_by=self.best_by,
            save_best=lambda path, row: save_model(
                path, parts.model, {"identity": described, "step": row["step"], "row": row}
            ),
            report=report,
        )

    def _settings(self, changes: dict[str, Any]) -> tuple[GPTConfig, TrainConfig, dict[str, Any]]:
        """Divide the settings between model, training and data; refuse names that none has."""
        of_train = {field.name for field in fields(TrainConfig)}
        train = {**self.train_defaults, **_chosen(changes, of_train)}
        data = {**self.data_defaults, **_chosen(changes, self.data_defaults)}
        known = of_train | self.data_defaults.keys()
        of_model = {name: value for name, value in changes.items() if name not in known}
        model = self.fill({**self.model_defaults, **of_model}, data)
        return GPTConfig.from_dict(model), TrainConfig(**train), data

    def _stored_settings(self, folder: RunFolder, changes: dict[str, Any]) -> dict[str, Any]:
        """Return the settings of the run in ``folder``; ``changes`` may only repeat them."""
        identity = folder.read().meta["identity"]
        check_identity(folder.last, {"recipe": identity.get("recipe")}, {"recipe": self.name})
        stored = {**identity["config"], **identity["train"], **identity["data"]}
        given = {name: stored.get(name) for name in changes}
        check_identity(folder.last, given, changes)
        return stored


def _check_batch(config: GPTConfig, train: TrainConfig) -> None:
    """Refuse a batch whose logits alone, and their gradient, are more than the machine holds."""
    n = train.batch_size * config.context_length * config.vocab_size
    check_room(
        2 * n * np.dtype(DTYPE).itemsize,
        f"a batch of batch_size {train.batch_size} and context_length {config.context_length}",
        "lower --batch-size",
    )


def _chosen(changes: dict[str, Any], names: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in changes.items() if name in names}
