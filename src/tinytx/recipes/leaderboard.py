"""Time to a loss: one task for all, and a file of results that readers add to.

The task is small, needs no network, and is the same for everyone: 1,200 tales to train on, character
by character, windows of 64, and the mean loss over all windows of 120 others. Who gets to
:data:`GOAL` in the fewest seconds of training wins; what model, optimizer and schedule do it is the
entrant's business. Getting the data, making the model and measuring its loss are not counted.

Seconds are the machine's. Two entries of one machine can be compared, those of two cannot; so an
entry says what it ran on, and has a hash of its settings, by which it is the same recipe again.
"""  # noqa: E501

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from .. import __version__
from ..config import GPTConfig
from ..files import read_text
from ..training.learner import mean_loss
from ..training.settings import TrainConfig
from .batching import windows
from .pace import machine
from .registry import recipe_for
from .text import TextRecipe

FIRST = "speedrun-tales"  # the preset that begins the board
SHIPPED = Path(__file__).with_name("leaderboard.jsonl")  # what chapter 12 shows: see benchmarks
GOAL = 0.44  # nats per character: the plain recipe's in 2,050 steps, the median of its seeds
CONTEXT = 64
TASK: dict[str, Any] = {
    "corpus": "tales", "stories": 1200, "held_out_stories": 120, "tokenizer": "char",
    "context_length": CONTEXT, "eval_windows": None, "sample_tokens": 0,
}  # fmt: skip
# Which recipe it is does not hang on these; the weights hang on the seed.
UNHASHED = ("seed", "eval_every", "save_every", "device", "patience")


@dataclass(frozen=True)
class Entry:
    """One run: a line of the file."""

    name: str  # of the preset
    seconds: float  # of training
    cpu_seconds: float  # of all threads: far below seconds on one core, the machine was busy
    loss: float  # nats per character
    steps: int
    seed: int
    parameters: int
    recipe: str  # hash of the settings, without the seed
    machine: str
    versions: str
    date: str  # UTC

    @property
    def reached(self) -> bool:
        """Whether the loss is at most the goal."""
        return self.loss <= GOAL


KINDS: dict[str, tuple[str, Any]] = {
    "str": ("a text", str), "int": ("an integer", int), "float": ("a number", int | float),
}  # fmt: skip


def enter(preset: str | os.PathLike[str] = FIRST, seed: int = 0) -> Entry:
    """Train a preset on the task, from the first step to its last, and return the result.

    Raises
    ------
    ValueError
        If there is no such preset, or it is no recipe for text.
    DivergenceError
        If the training diverges.
    """
    recipe = recipe_for(preset)
    if not isinstance(recipe, TextRecipe):
        raise ValueError(
            f"{recipe.preset.name} is of the recipe {recipe.name} and the leaderboard's task is "
            f"text: give a preset of the recipe text, such as {FIRST}"
        )
    # There is no row to lose patience at: a run goes to its last step.
    trainer = recipe.trainer(None, seed=seed, patience=None, **TASK)
    trainer.evaluate = None
    start, cpu = perf_counter(), process_time()
    trainer.run()
    seconds, cpu = perf_counter() - start, process_time() - cpu
    text = recipe._read(trainer.identity["data"])
    loss = mean_loss(trainer.learner.plain_model(), windows(text.held_out, CONTEXT, None))
    chip, _, versions = machine().partition("; ")
    n = sum(trainer.learner.plain_model().config.parameter_counts().values())
    return Entry(
        name=recipe.preset.name,
        seconds=four(seconds),
        cpu_seconds=four(cpu),
        loss=four(loss),
        steps=trainer.steps_done,
        seed=seed,
        parameters=n,
        recipe=recipe_hash(trainer.identity),
        machine=f"{chip}, {platform.system()}",
        versions=f"tinytx {__version__}, {versions}",
        date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
    )


def four(value: float) -> float:
    """Return a measured number with four digits: more would say nothing."""
    return float(f"{value:.4g}")


def recipe_hash(identity: Mapping[str, Any]) -> str:
    """Return ten letters that are the same for the same settings, whatever the seed.

    Settings that have their default are left out: a field that a later version adds changes no
    hash of before.
    """
    kept = {name: identity[name] for name in ("recipe", "engine", "data")}
    for name, kind in {"config": GPTConfig, "train": TrainConfig}.items():
        usual = {field.name: field.default for field in fields(kind)}
        kept[name] = {
            key: value
            for key, value in identity[name].items()
            if key not in UNHASHED and (key not in usual or value != usual[key])
        }
    text = json.dumps(kept, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def add(path: str | os.PathLike[str], entry: Entry) -> None:
    """Write a line at the end of the file ``path``, which is made if it is missing.

    What is there stays: a line is written behind it, in one piece.

    Raises
    ------
    ValueError
        If the file holds something else, or the entry could not be read again: see
        :func:`entries`.
    OSError
        If it cannot be written.
    """
    path = Path(path)
    line = json.dumps(asdict(entry), ensure_ascii=False) + "\n"
    _entry("entry", 1, line)
    if path.exists():
        entries(path)
        if not path.read_bytes().endswith(b"\n") and path.stat().st_size:
            line = "\n" + line  # somebody's editor left the last line open
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "ab") as file:
        file.write(line.encode())


def entries(path: str | os.PathLike[str]) -> list[Entry]:
    """Return the entries of a file, in its order; empty lines are passed over.

    Raises
    ------
    ValueError
        In one line, with its number, if one of them is no entry or the file cannot be read.
    """
    try:
        lines = read_text(path).split("\n")
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}: check the path") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8 text and must be a leaderboard") from None
    return [_entry(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]


def table(found: Iterable[Entry]) -> tuple[list[str], list[list[str]]]:
    """Return the board's head and rows: who reached the goal by seconds, then the others by loss."""  # noqa: E501
    head = (
        "", "recipe", "seconds", "CPU", "loss", "steps", "parameters", "seed", "hash", "machine",
    )  # fmt: skip
    ranked = sorted(found, key=lambda e: (not e.reached, e.seconds if e.reached else e.loss))
    rows = [
        [
            str(place) if one.reached else "–", one.name, f"{one.seconds:,.1f}",
            f"{one.cpu_seconds:,.1f}", f"{one.loss:.3f}", f"{one.steps:,}",
            f"{one.parameters:,}", str(one.seed), one.recipe, one.machine,
        ]
        for place, one in enumerate(ranked, 1)
    ]  # fmt: skip
    return list(head), rows


def _entry(path: str | os.PathLike[str], number: int, line: str) -> Entry:
    where = f"{path}, line {number},"
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError(
            f"{where} is no JSON and must be an entry: mend it or take it out"
        ) from None
    wanted = {field.name: KINDS[str(field.type)] for field in fields(Entry)}
    if not isinstance(value, dict) or value.keys() != wanted.keys():
        raise ValueError(f"{where} is no entry: it must have {', '.join(wanted)} and no more")
    for name, (said, kind) in wanted.items():
        if not isinstance(value[name], kind) or isinstance(value[name], bool):
            raise ValueError(f"{where} has {name} {value[name]!r}, which must be {said}")
    for name in ("seconds", "cpu_seconds", "loss"):
        if not 0 < value[name] < math.inf:
            raise ValueError(f"{where} has {name} {value[name]!r}, which must be a number above 0")
    return Entry(**value)
