"""The folder of one run: its checkpoints, its history, and the rule that nothing is overwritten.

==================  ========================================================================
last.safetensors    everything that continues the run bit for bit
best.safetensors    the model alone, as it was when its evaluation was best
history.csv         one row per evaluation: step, learning rate, losses, whatever was measured
samples.txt         what the model wrote along the way, if its evaluation writes
==================  ========================================================================
"""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path
from typing import Any

from ..files import write_atomic
from .checkpoint import Checkpoint, load_checkpoint

Row = dict[str, Any]


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
        self.last = self.path / "last.safetensors"
        self.best = self.path / "best.safetensors"
        self.resume = resume
        if self.path.exists() and not self.path.is_dir():
            raise ValueError(f"{self.path} is a file: give a folder with --out")
        if resume and not self.last.exists():
            raise ValueError(f"there is no {self.last} to resume: leave out --resume to start anew")
        if not resume and self._is_used():
            raise ValueError(
                f"the folder {self.path} is not empty: continue its run with --resume, "
                "or give another folder with --out"
            )

    def load(self, identity: dict[str, Any]) -> Checkpoint:
        """Read the last checkpoint; refuse one whose run was not described by ``identity``.

        Raises
        ------
        ValueError
            If the file cannot be read, or a setting differs: the line names the first one.
        """
        checkpoint = self.read()
        check_identity(self.last, checkpoint.meta["identity"], identity)
        self._remove_leftovers()
        return checkpoint

    def read(self) -> Checkpoint:
        """Read the last checkpoint; ``ValueError`` if it is not one of a run."""
        checkpoint = load_checkpoint(self.last)
        if not {"identity", "step", "source", "learner"} <= checkpoint.meta.keys():
            raise ValueError(f"{self.last} holds no run: a model alone cannot be resumed")
        return checkpoint

    def write_history(self, rows: list[Row]) -> None:
        """Write history.csv, and samples.txt if any row has a ``sample``."""
        write_atomic(self.path / "history.csv", history_csv(rows))
        samples = [f"step {row['step']}\n{row['sample']}\n" for row in rows if "sample" in row]
        if samples:
            write_atomic(self.path / "samples.txt", "\n".join(samples))

    def _is_used(self) -> bool:
        """Tell whether anything is there, but for what a killed first write left behind."""
        return self.path.exists() and any(
            not _is_leftover(entry.name) for entry in self.path.iterdir()
        )

    def _remove_leftovers(self) -> None:
        for entry in self.path.iterdir():
            if _is_leftover(entry.name):
                entry.unlink()


def check_identity(path: Path, found: object, expected: dict[str, Any], prefix: str = "") -> None:
    """Raise ``ValueError`` for the first setting in which a checkpoint differs from this run."""
    found = found if isinstance(found, dict) else {}
    for name in [*expected, *(found.keys() - expected.keys())]:
        mine, theirs = expected.get(name), found.get(name)
        if isinstance(mine, dict) and isinstance(theirs, dict):
            check_identity(path, theirs, mine, f"{prefix}{name}.")
        elif mine != theirs:
            raise ValueError(
                f"{path} was made with {prefix}{name} {theirs!r} and this run has {mine!r}: "
                "resume with the settings it was started with"
            )


def history_csv(rows: list[Row]) -> str:
    """Return the numbers of ``rows`` as CSV; text such as samples is left out."""
    names = {name: None for row in rows for name, value in row.items() if not _is_text(value)}
    out = io.StringIO()
    writer = csv.DictWriter(out, list(names), extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_leftover(name: str) -> bool:
    """Tell whether ``name`` is a temporary file of one of ours that a kill left behind."""
    ours = (".last.safetensors.", ".best.safetensors.", ".history.csv.", ".samples.txt.")
    return name.startswith(ours)
