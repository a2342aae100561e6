"""What every system has in common: its parts, and a run that can be started and resumed."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from typing import Any, ClassVar, NamedTuple

import numpy as np

from .. import manual
from ..config import GPTConfig
from ..room import check_room
from ..tokenizers.base import Tokenizer
from ..training.learner import Learner, NumPyLearner
from ..training.loop import Report, Source, Trainer
from ..training.model_file import describe_model, save_model
from ..training.parallel import World, join
from ..training.run import PRESET, Row, RunFolder, check_identity
from ..training.settings import CHANGEABLE, CHANGEABLE_DATA, TrainConfig
from ..wording import short
from .preset import ENGINES, Preset, check_keys, field_names, read_preset
from .setting import Setting, check_kinds
from .toml import preset_toml

DTYPE = np.float32


class Parts(NamedTuple):
    """What a recipe makes of its settings."""

    learner: Learner
    tokenizer: Tokenizer
    source: Source
    evaluate: Callable[[int], Row]
    encoding: str | None = None  # the name of tiktoken's that the tokenizer is


class Recipe(ABC):
    """One system: how its parts are made of settings, and what is said of it when it is done.

    Parameters
    ----------
    preset
        Its settings; None for the preset of the recipe's own name.
    """

    name: str
    best_by: str  # the measurement whose lowest value marks the best model
    data_settings: ClassVar[dict[str, Setting]] = {}  # what the data can be asked for
    engines: ClassVar[Collection[str]] = ENGINES
    content_before: dict[str, str] | None = None  # what the run to resume says of its data

    def __init__(self, preset: Preset | None = None):
        self.preset = preset or read_preset(self.name)
        where = f"{self.preset.name} [data]"
        check_keys(where, self.preset.data, self.data_settings)
        check_kinds(where, self.preset.data, self.data_settings)

    @classmethod
    def data_defaults(cls) -> dict[str, Any]:
        """Return what the data is like if nobody asks for anything else."""
        return {name: setting.default for name, setting in cls.data_settings.items()}

    @abstractmethod
    def parts(
        self, config: GPTConfig, train: TrainConfig, data: dict[str, Any], world: World
    ) -> Parts:
        """Make model, optimizer, data and evaluation; ``self.learner`` makes the first two."""

    def fill(self, settings: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
        """Return the model's ``settings`` with what follows from the data's added."""
        return settings

    def content(self, data: dict[str, Any]) -> dict[str, str] | None:
        """Return what tells the data from all others; None where the settings say it all."""
        return None

    @abstractmethod
    def finish(self, folder: RunFolder, trainer: Trainer) -> list[str]:
        """Write figures and reports of a finished run; return what to tell, line by line."""

    def learner(self, config: GPTConfig, train: TrainConfig, world: World) -> Learner:
        """Return a fresh model of the engine with its optimizers. One seed, one model."""
        if self.engine == "numpy":
            if world.size > 1:
                raise ValueError(
                    f"the NumPy engine trains in one process and there are {world.size}: "
                    "take the engine pytorch"
                )
            model = manual.GPT(config, np.random.default_rng([train.seed, 1]), DTYPE)
            return NumPyLearner.of(model, train)
        import torch

        from .. import pytorch
        from ..training.torch_learner import TorchLearner

        seed = int(np.random.SeedSequence([train.seed, 1]).generate_state(1)[0])
        generator = torch.Generator().manual_seed(seed)
        return TorchLearner(pytorch.GPT(config, generator), train, world)

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
            ``engine``, and fields of ``GPTConfig``, ``TrainConfig`` and of the data that are to
            differ from the preset. In a resumed run only what
            :data:`~tinytx.training.settings.CHANGEABLE` and ``CHANGEABLE_DATA`` list may, and the
            path of the ``corpus`` if the same text is there.

        Raises
        ------
        ValueError
            If a setting is wrong, or differs from that of the run to resume; its text is another
            one by now; or ``out`` cannot be used.
        """
        self.content_before = None
        folder = None if out is None else RunFolder(out, resume)
        asked = changes = _plain_numbers(changes)
        if folder is not None and resume:
            changes = self._stored_settings(folder, changes)
        config, train, data = self._settings(changes)
        if folder is not None:
            folder.preset = self._described(folder, asked)
        _check_batch(config, train)
        world = self._world(train)
        parts = self.parts(config, train, data, world)
        about = describe_model(config, parts.tokenizer, DTYPE, parts.encoding)
        identity = {"recipe": self.name, "engine": self.engine, "data": data, **about}
        content = self.content(data)
        if content is not None:
            identity["content"] = content
        described = {**identity, "train": train.to_dict()}
        trainer = Trainer(
            parts.learner,
            parts.source,
            train,
            evaluate=parts.evaluate,
            folder=folder,
            identity=identity,
            best_by=self.best_by,
            save_best=lambda path, row: save_model(
                path, parts.learner.whole, {"identity": described, "step": row["step"], "row": row}
            ),
            report=report if world.rank == 0 else None,
            world=world,
        )
        return trainer

    def settings(self, **changes: Any) -> tuple[GPTConfig, TrainConfig]:
        """Return the model's configuration and the training's, as :meth:`trainer` has them."""
        return self._settings(_plain_numbers(changes))[:2]

    def _world(self, train: TrainConfig) -> World:
        """Return the processes of the run; with NumPy there is one."""
        if self.engine == "numpy":
            return join()
        from ..training.device import pick_device

        return join(pick_device(train.device).type)

    def _settings(self, changes: dict[str, Any]) -> tuple[GPTConfig, TrainConfig, dict[str, Any]]:
        """Divide the settings between model, training and data; refuse names that none has."""
        changes = dict(changes)
        self.engine = changes.pop("engine", self.preset.engine)
        if self.engine not in self.engines:
            known = " or ".join(self.engines)
            raise ValueError(f"engine is {self.engine!r} and {self.name} runs on {known}")
        of_train, of_model = field_names(TrainConfig), field_names(GPTConfig)
        check_keys("the run", changes, [*of_model, *of_train, *self.data_settings])
        train = {**self.preset.train, **_chosen(changes, of_train)}
        of_data = _chosen(changes, self.data_settings)
        check_kinds("the run", of_data, self.data_settings)
        data = {**self.data_defaults(), **self.preset.data, **of_data}
        model = self.fill({**self.preset.model, **_chosen(changes, of_model)}, data)
        _check_whole(f"{self.preset.name} [train]", train, ("steps", "batch_size", "lr"))
        return GPTConfig.from_dict(model), TrainConfig(**train), data

    def _described(self, folder: RunFolder, changes: dict[str, Any]) -> str | None:
        """Return the run's preset with the ``changes``, as a file; None to leave that alone.

        A resumed run's is the one in its folder, if it is there and whole.
        """
        preset = self.preset
        if folder.resume:
            try:
                preset = read_preset(folder.path / PRESET)
            except ValueError:
                return None
        return preset_toml(preset.with_changes(changes, self.data_settings))

    def _stored_settings(self, folder: RunFolder, changes: dict[str, Any]) -> dict[str, Any]:
        """Return the settings of the run in ``folder``, with those ``changes`` that it may have."""
        identity = folder.read().meta["identity"]
        check_identity(folder.last, {"recipe": identity.get("recipe")}, {"recipe": self.name})
        for name in ("config", "data"):  # `read` has looked at the training's
            if not isinstance(identity.get(name), dict):
                raise ValueError(
                    f"{folder.last} has {name} {short(identity.get(name))}, which no run of "
                    f"{self.name} writes: use another copy"
                )
        engine = {"engine": identity.get("engine", "numpy")}
        stored = {**identity["config"], **identity["train"], **identity["data"], **engine}
        self.content_before = identity.get("content")
        free = {*CHANGEABLE, *CHANGEABLE_DATA}
        if self.content_before is not None:
            free.add("corpus")  # the same text may be somewhere else
        fixed = {name: value for name, value in changes.items() if name not in free}
        check_identity(folder.last, {name: stored.get(name) for name in fixed}, fixed)
        return {**stored, **changes}


def _check_batch(config: GPTConfig, train: TrainConfig) -> None:
    """Refuse a batch whose logits alone, and their gradient, are more than the machine holds."""
    rows = train.batch_size // train.accumulation
    n = rows * config.context_length * config.vocab_size
    check_room(
        2 * n * np.dtype(DTYPE).itemsize,
        f"a batch of batch_size {train.batch_size} and context_length {config.context_length}",
        "lower --batch-size, or raise --accumulation",
    )


def _check_whole(where: str, found: dict[str, Any], needed: Collection[str]) -> None:
    for name in needed:
        if name not in found:
            raise ValueError(f"{where} lacks {name}: say how much")


def _plain_numbers(changes: dict[str, Any]) -> dict[str, Any]:
    """Return ``changes`` with Python's own numbers instead of NumPy's."""
    return {n: v.item() if isinstance(v, np.generic) else v for n, v in changes.items()}


def _chosen(changes: dict[str, Any], names: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in changes.items() if name in names}
