"""Progress for TensorBoard, where it is installed: ``tensorboard --logdir runs``.

The losses of single steps are noise that takes room; their mean over :data:`STEPS` steps is
written, and every number of a row.
"""

from __future__ import annotations

import importlib.util
import os
from typing import Any

from .run import Row

STEPS = 10  # steps whose losses make one point of the curve


def has_tensorboard() -> bool:
    """Return whether the package is installed; it is not imported."""
    return importlib.util.find_spec("tensorboard") is not None


class TensorBoard:
    """A :class:`~tinytx.training.loop.Report` in event files.

    Parameters
    ----------
    folder
        Where they are written: a run's ``tensorboard``. It is made when training begins. A resumed
        run writes on, and what an earlier one wrote of later steps is no longer shown.
    """

    def __init__(self, folder: str | os.PathLike[str]):
        self.folder = os.fspath(folder)
        self._writer: Any = None
        self._losses: list[float] = []

    def start(self, step: int, steps: int) -> None:
        """Open a file of events."""
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(self.folder, purge_step=step + 1 if step else None)

    def step(self, step: int, loss: float) -> None:
        """Keep the loss; write the mean of a few."""
        self._losses.append(loss)
        if step % STEPS == 0:
            mean = sum(self._losses) / len(self._losses)
            self._writer.add_scalar("loss/steps", mean, step)
            self._losses.clear()

    def row(self, row: Row) -> None:
        """Write every number of a row, and its sample as a text."""
        for name, value in row.items():
            if isinstance(value, str):
                self._writer.add_text(name, f"    {value}".replace("\n", "\n    "), row["step"])
            elif name != "step":
                group = "loss" if name.endswith("loss") else "measured"
                self._writer.add_scalar(f"{group}/{name}", value, row["step"])
        self._writer.flush()

    def stop(self) -> None:
        """Close the file."""
        if self._writer is not None:
            self._writer.close()
