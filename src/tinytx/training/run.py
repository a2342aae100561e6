"""The folder of one run: its checkpoints, its history, and the rule that nothing is overwritten.

==================  ========================================================================
last.safetensors    everything that continues the run bit for bit
best.safetensors    the model alone, as it was when its evaluation was best
history.csv         one row per evaluation: step, learning rate, losses, whatever was measured
history.jsonl       the same with texts, and a line for each setting that was changed on the way
samples.txt         what the model wrote along the way, if its evaluation writes
preset.toml         what the run was asked for, to do it again
.lock               held by the process that trains here; a killed one holds it no longer
==================  ========================================================================
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import math
import os
from collections.abc import Collection, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ..config import GPTConfig
from ..files import is_leftover, read_text, write_atomic
from ..manual.shapes import is_real, is_whole
from ..wording import short
from .checkpoint import Checkpoint, load_checkpoint
from .settings import CHANGEABLE_DATA

Row = dict[str, Any]
LAST, PRESET = "last.safetensors", "preset.toml"
HEADER = "# What this run was asked for: `tinytx train` with this file's path does it again.\n"


class RunFolder:
    """The place where a run keeps its files.

    Parameters
    ----------
    path
        The folder. For a new run it must be missing or empty.
    resume
        Whether it holds a run that goes on.

    Raises
    ------
    ValueError
        If a new run would overwrite something, or there is nothing to resume.
    """

    def __init__(self, path: str | os.PathLike[str], resume: bool = False):
        self.path = Path(path)
        self.last = self.path / LAST
        self.best = self.path / "best.safetensors"
        self.resume = resume
        self.preset: str | None = None  # the text of preset.toml, written when a run begins
        if self.path.exists() and not self.path.is_dir():
            raise ValueError(f"{self.path} is a file: give a folder with --out")
        if resume and not self.last.exists():
            raise ValueError(f"there is no {self.last} to resume: leave out --resume to start anew")
        self._refuse_if_used()
        self._read_as: tuple[int, int] | None = None  # time and size of the file that was resumed

    @contextlib.contextmanager
    def claimed(self) -> Iterator[None]:
        """Keep every other process from training in this folder while the block runs.

        Two runs that start together both find the folder empty; the one that comes second is told.

        Raises
        ------
        ValueError
            If another run is at work here, or has been since this one looked.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.path / ".lock")
        try:
            lock.acquire(blocking=False)
        except Timeout:
            raise ValueError(
                f"another run is training in {self.path}: wait for its end, or give another folder "
                "with --out"
            ) from None
        try:
            self._refuse_if_used()
            if self.resume and self._read_as not in (None, self._stamp()):
                raise ValueError(f"{self.last} has changed since it was read: resume again")
            self._remove_leftovers()
            self.resume, self._read_as = True, None  # what is written from now on is this run's own
            self._write_preset()
            yield
        finally:
            lock.release()

    def load(self, identity: dict[str, Any], changeable: Collection[str] = ()) -> Checkpoint:
        """Read the last checkpoint; refuse one whose run was not described by ``identity``.

        Settings of training that are ``changeable`` may differ, and those of the data that change
        no number; and the path of a ``corpus`` where ``content`` is known and the same.

        Raises
        ------
        ValueError
            If the file cannot be read, or a setting differs: the line names the first one.
        """
        self._read_as = self._stamp()
        checkpoint = self.read()
        theirs = checkpoint.meta["identity"]
        found = with_defaults(theirs, identity)
        free = [f"train.{name}" for name in changeable]
        free += [f"data.{name}" for name in CHANGEABLE_DATA]
        if isinstance(theirs, dict) and theirs.get("content") is not None:
            free.append("data.corpus")  # the same text may be somewhere else
        check_identity(self.last, found, identity, changeable=free)
        return checkpoint

    def read(self) -> Checkpoint:
        """Read the last checkpoint; ``ValueError`` if it is not one of a run."""
        checkpoint = load_checkpoint(self.last)
        _check_meta(self.last, checkpoint.meta)
        return checkpoint

    def write_history(self, rows: list[Row], events: list[Row] | None = None) -> None:
        """Write history.csv, history.jsonl, and samples.txt if any row has a ``sample``."""
        write_atomic(self.path / "history.csv", history_csv(rows))
        write_atomic(self.path / "history.jsonl", history_jsonl(rows, events or []))
        samples = [f"step {row['step']}\n{row['sample']}\n" for row in rows if "sample" in row]
        if samples:
            write_atomic(self.path / "samples.txt", "\n".join(samples))

    def _refuse_if_used(self) -> None:
        if not self.resume and self._is_used():
            raise ValueError(
                f"the folder {self.path} is not empty: continue its run with --resume, "
                "or give another folder with --out"
            )

    def _is_used(self) -> bool:
        """Tell whether anything is there, but for what a run leaves that ended at its first step.

        That is what a killed first write left behind, what says nothing of what was trained, and a
        checkpoint of step 0.
        """
        if not self.path.exists():
            return False
        names = {entry.name for entry in self.path.iterdir() if not is_leftover(entry.name)}
        names -= {".lock", "tensorboard"}
        if PRESET in names and _is_written(self.path / PRESET):
            names.discard(PRESET)
        return bool(names) and not (names == {self.last.name} and self._at_start())

    def _at_start(self) -> bool:
        try:
            return self.read().meta["step"] == 0
        except ValueError:
            return False

    def _stamp(self) -> tuple[int, int]:
        found = self.last.stat()
        return found.st_mtime_ns, found.st_size

    def _write_preset(self) -> None:
        path = self.path / PRESET
        if self.preset is not None and not (path.exists() and read_text(path) == self.preset):
            write_atomic(path, self.preset)

    def _remove_leftovers(self) -> None:
        for entry in self.path.iterdir():
            if is_leftover(entry.name):
                entry.unlink()


def _check_meta(path: Path, meta: Any) -> None:
    """Refuse what :class:`.Trainer` has not written, or what was changed since."""
    needed = {"identity", "step", "source", "learner"}
    if not isinstance(meta, dict) or not needed <= meta.keys():
        raise ValueError(f"{path} holds no run: a model alone cannot be resumed")
    losses, best = meta.get("losses"), meta.get("best", "")  # None: there is no best yet
    good = {
        "identity": isinstance(meta["identity"], dict)
        and isinstance(meta["identity"].get("train"), dict),
        "step": _is_count(meta["step"]),
        "learner": isinstance(meta["learner"], dict),
        "losses": isinstance(losses, list) and len(losses) == 2 and all(map(is_real, losses)),
        "best": best is None or is_real(best),
        "since_best": _is_count(meta.get("since_best", 0)),
        "events": _are_rows(meta.get("events", [])),
        "history": _are_rows(meta.get("history")),
    }
    for name, right in good.items():
        if not right:
            raise ValueError(
                f"{path} has {name} {short(meta.get(name))}, which no run writes: use another copy"
            )


def _is_count(value: object) -> bool:
    return is_whole(value) and value >= 0


def _are_rows(rows: object) -> bool:
    """Return whether these are rows of a history: each has its step."""
    return isinstance(rows, list) and all(
        isinstance(row, dict) and _is_count(row.get("step")) for row in rows
    )


def _is_written(path: Path) -> bool:
    """Return whether a preset is a run's and not one that somebody wrote and put there."""
    with open(path, "rb") as file:
        return file.read(len(HEADER)) == HEADER.encode()


def with_defaults(found: Any, expected: dict[str, Any]) -> Any:
    """Return what a checkpoint says of its run, with the model's fields that are newer than it.

    What was no field yet had the value that is now its default. One that does not tell the
    ``content`` of its data is taken at its word.
    """
    if isinstance(found, dict) and "content" in expected:
        found = {"content": expected["content"], **found}
    theirs = found.get("config") if isinstance(found, dict) else None
    mine = expected.get("config")
    if not (isinstance(theirs, dict) and isinstance(mine, dict)):
        return found
    newer = {one.name: one.default for one in fields(GPTConfig) if one.name in mine}
    return {**found, "config": {**newer, **theirs}}


def check_identity(
    path: Path,
    found: object,
    expected: dict[str, Any],
    prefix: str = "",
    changeable: Collection[str] = (),
) -> None:
    """Raise ``ValueError`` for the first setting in which a checkpoint differs from this run.

    One that is ``changeable``, which has names such as ``train.steps``, is no reason.
    """
    found = found if isinstance(found, dict) else {}
    for name in [*expected, *(found.keys() - expected.keys())]:
        mine, theirs = expected.get(name), found.get(name)
        if isinstance(mine, dict) and isinstance(theirs, dict):
            check_identity(path, theirs, mine, f"{prefix}{name}.", changeable)
        elif f"{prefix}{name}" in changeable:
            continue
        elif mine != theirs:
            was, now = short(theirs), short(mine)
            said = f"{prefix}{name} {was} and this run has {now}"
            if was == now:  # they differ behind what is shown
                said = f"a {prefix}{name} that is not this run's {now}"
            raise ValueError(
                f"{path} was made with {said}: resume with the settings it was started with"
            )


def changes_between(before: dict[str, Any], now: dict[str, Any]) -> str:
    """Return in words which settings differ, empty if none does.

    >>> changes_between({"steps": 10, "lr": 0.1}, {"steps": 20, "lr": 0.1})
    'steps 20 (before: 10)'
    """
    names = [name for name in now if name in before and before[name] != now[name]]
    return ", ".join(f"{name} {now[name]} (before: {before[name]})" for name in names)


def plain_value(name: str, value: Any) -> object:
    """Return a measurement as Python's own number or text: a history is kept as JSON.

    NumPy's numbers and tensors of one entry are numbers. NaN is one too, and stays what it is.

    Raises
    ------
    ValueError
        If it is anything else.

    >>> import numpy as np
    >>> plain_value("loss", np.float32(0.5))
    0.5
    """
    plain = (bool, int, float, str)
    with contextlib.suppress(AttributeError, ValueError, RuntimeError):  # none, or several entries
        value = value if type(value) in plain else value.item()
    if type(value) in plain:
        return value
    raise ValueError(
        f"evaluate gave {name!r} as {type(value).__name__} and must give a number or a text"
    )


def history_csv(rows: list[Row]) -> str:
    """Return the numbers of ``rows`` as CSV; text such as samples is left out."""
    names = {name: None for row in rows for name, value in row.items() if not _is_text(value)}
    out = io.StringIO()
    writer = csv.DictWriter(out, list(names), extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def history_jsonl(rows: list[Row], events: list[Row]) -> str:
    r"""Return rows and events in the order of their steps, a line of JSON each.

    JSON has no word for nan and infinity: these are null.

    >>> history_jsonl([{"step": 4, "loss": math.inf}], [{"step": 2, "event": "steps 4"}])
    '{"step": 2, "event": "steps 4"}\n{"step": 4, "loss": null}\n'
    """
    everything = sorted([*rows, *events], key=lambda row: row["step"])
    lines = [{name: _json_value(value) for name, value in row.items()} for row in everything]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def _json_value(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _is_text(value: object) -> bool:
    return isinstance(value, str)
