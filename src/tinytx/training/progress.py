"""Progress on the terminal: a bar with loss, tokens per second and the time that is left.

On a terminal the bar moves and each row of measurements scrolls by above it. Written to a file, as
in a batch job, there are plain lines: the rows, and between them one now and then, so that a run
that evaluates rarely is seen to be alive.
"""

from __future__ import annotations

import time
from collections.abc import Callable

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
PLAIN = 30.0  # seconds without a line after which there is one
MEMORY = 0.01  # of the loss that is shown: about a hundred steps


class Screen(Console):
    """A console that says so when nobody reads it any more, where Rich would end the program."""

    def on_broken_pipe(self) -> None:
        """Raise what was caught: the loop goes on without a report."""
        raise BrokenPipeError


class ProgressBar:
    """A :class:`~tinytx.training.loop.Report` for people.

    Parameters
    ----------
    tokens_of
        How many tokens a step reads, by its number from 0: plans may change it on the way.
    console
        Where to write.
    """

    def __init__(self, tokens_of: Callable[[int], int], console: Console):
        self.tokens_of = tokens_of
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
        self._next_look = self._next_line = 0.0
        self._loss = 0.0

    def start(self, step: int, steps: int) -> None:
        """Show the bar."""
        self._begun, self._first, self._step = time.perf_counter(), step, step
        self._steps, self._next_line, self._tokens = steps, self._begun + PLAIN, 0
        self._task = self.progress.add_task("", total=steps, completed=step, loss=0.0, speed=0.0)
        self.progress.start()

    def step(self, step: int, loss: float) -> None:
        """Smooth the loss over about a hundred steps; move the bar a few times a second."""
        self._step = step
        self._tokens += self.tokens_of(step - 1)
        self._loss += (loss - self._loss) * (MEMORY if self._loss else 1.0)
        now = time.perf_counter()
        if now < self._next_look:
            return
        self._next_look = now + PERIOD
        elapsed = max(now - self._begun, 1e-9)  # a clock may stand still between two looks
        speed, tokens = (step - self._first) / elapsed, self._tokens / elapsed
        self.progress.update(self._task, completed=step, loss=self._loss, speed=tokens)
        if not self.console.is_terminal and now >= self._next_line:
            self._next_line = now + PLAIN
            left = clock((self._steps - step) / speed)
            line = f"step {step} of {self._steps}  loss {self._loss:.3f}  {tokens:,.0f} tokens/s"
            self._print(f"{line}  {left} left")

    def row(self, row: Row) -> None:
        """Print the row's numbers, and its sample if it has one."""
        self._next_line = time.perf_counter() + PLAIN
        numbers = "  ".join(
            f"{name} {value:g}" if name == "lr" else f"{name} {value:.4f}"
            for name, value in row.items()
            if isinstance(value, float)
        )
        self._print(f"step {row['step']}  {numbers}")
        if "sample" in row:
            text = row["sample"].rstrip("\n").replace("\n", "\n    | ")
            self._print(f"    | {text}")

    def stop(self) -> None:
        """Leave the bar where it is."""
        self.progress.update(self._task, completed=self._step, loss=self._loss)
        self.progress.stop()

    def _print(self, line: str) -> None:
        """Write a line as it is, and at once: who waits for it may read a pipe."""
        self.console.print(line, markup=False, highlight=False, soft_wrap=True)
        if not self.console.is_terminal:
            self.console.file.flush()


def clock(seconds: float) -> str:
    """Return a time as hours, minutes and seconds.

    >>> clock(75.4), clock(3 * 3600 + 60)
    ('1:15', '3:01:00')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
