"""Several reports of one run, each on its own: if one fails, the others go on."""

from __future__ import annotations

from typing import Any

from .loop import Report
from .run import Row


class Reports:
    """A :class:`~tinytx.training.loop.Report` that passes on what it is told.

    A screen that is closed and a disk that is full are no reason to stop training, and no reason
    for the other reports to fall silent: who fails hears no more.
    """

    def __init__(self, *reports: Report):
        self.reports = list(reports)

    def start(self, step: int, steps: int) -> None:
        """Training begins at ``step`` of ``steps``."""
        self._tell("start", step, steps)

    def step(self, step: int, loss: float) -> None:
        """``step`` steps are done."""
        self._tell("step", step, loss)

    def row(self, row: Row) -> None:
        """An evaluation gave a row."""
        self._tell("row", row)

    def stop(self) -> None:
        """Training ended, well or not."""
        self._tell("stop")

    def _tell(self, event: str, *what: Any) -> None:
        for report in tuple(self.reports):
            try:
                getattr(report, event)(*what)
            except (OSError, ValueError):  # UnicodeEncodeError is one of these
                self.reports.remove(report)
