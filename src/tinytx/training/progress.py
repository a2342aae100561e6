"""Progress on the terminal: a bar with loss, tokens per second and the time that is left.

On a terminal the bar moves and each row of measurements scrolls by above it. Written to a file, as
in a batch job, there are only the rows.
"""

from __future__ import annotations

import time

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from .run import Row

PERIOD = 0.2  # seconds between two looks at the bar: a step of a small model takes 0.3 ms


class Screen(Console):
    """A console that says so when nobody reads it any more, where Rich would end the program."""

    def on_broken_pipe(self) -> None:
        """Raise what was caught: the loop goes on without a report."""
        raise BrokenPipeError


class ProgressBar:
    """A :class:`~tinytx.training.loop.Report` for people.

    Parameters
    ----------
    tokens_per_step
        Batch size times context length.
    console
        Where to write.
    """

    def __init__(self, tokens_per_step: int, console: Console):
        self.tokens_per_step = tokens_per_step
        self.console = console
        self.progress = Progress(
            TextColumn("step"),
            MofNCompleteColumn(),
            BarColumn(bar_width=None),
            TextColumn("loss {task.fields[loss]:.3f}"),
            TextColumn("{task.fields[speed]:,.0f} tokens/s"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(elapsed_when_finished=False),
            console=console,
            disable=not console.is_terminal,
        )
        self._next_look = 0.0
        self._loss = 0.0

    def start(self, step: int, steps: int) -> None:
        """Show the bar."""
        self._begun, self._first, self._step = time.perf_counter(), step, step
        self._task = self.progress.add_task("", total=steps, completed=step, loss=0.0, speed=0.0)
        self.progress.start()

    def step(self, step: int, loss: float) -> None:
        """Smooth the loss over about a hundred steps; move the bar a few times a second."""
        self._step = step
        self._loss += (loss - self._loss) * (0.01 if self._loss else 1.0)
        now = time.perf_counter()
        if now >= self._next_look:
            self._next_look = now + PERIOD
            speed = (step - self._first) * self.tokens_per_step / (now - self._begun)
            self.progress.update(self._task, completed=step, loss=self._loss, speed=speed)

    def row(self, row: Row) -> None:
        """Print the row's numbers, and its sample if it has one."""
        numbers = "  ".join(
            f"{name} {value:g}" if name == "lr" else f"{name} {value:.4f}"
            for name, value in row.items()
            if isinstance(value, float)
        )
        self.console.print(f"step {row['step']}  {numbers}", highlight=False, soft_wrap=True)
        if "sample" in row:
            text = row["sample"].rstrip("\n").replace("\n", "\n    | ")
            self.console.print(f"    | {text}", markup=False, highlight=False, soft_wrap=True)

    def stop(self) -> None:
        """Leave the bar where it is."""
        self.progress.update(self._task, completed=self._step, loss=self._loss)
        self.progress.stop()
