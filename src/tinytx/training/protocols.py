"""What the loop works with besides a learner: a source of batches, a report, its own outcome."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from ..data.batches import WindowSource
from .learner import Batch
from .plans import read_plan
from .run import Row
from .settings import TrainConfig


class Source(Protocol):
    """Where batches come from, and the state that makes their order repeatable.

    A source that gives each process its own rows says so by an attribute ``divided`` that is true,
    and joins the states of all by ``merge(states)``; any other gives every process the same batch.
    """

    def next_batch(self) -> Batch:
        """Return the next batch."""

    def state(self) -> dict[str, Any]:
        """Return where the source stands, as JSON values."""

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to where :meth:`state` was taken."""


class Report(Protocol):
    """Who is told about progress."""

    def start(self, step: int, steps: int) -> None:
        """Training begins at ``step`` of ``steps``."""

    def step(self, step: int, loss: float) -> None:
        """``step`` steps are done."""

    def row(self, row: Row) -> None:
        """An evaluation gave a row."""

    def stop(self) -> None:
        """Training ended, well or not."""


class Outcome(NamedTuple):
    """How a call of :meth:`Trainer.run` ended."""

    step: int
    finished: bool  # False: interrupted, and saved if there is a folder
    history: list[Row]
    stopped_early: bool = False  # no better row for ``patience`` rows


def check_rows(config: TrainConfig, ranks: int) -> None:
    """Refuse a batch that does not go into so many processes and parts."""
    if config.batch_size % (ranks * config.accumulation):
        raise ValueError(
            f"batch_size is {config.batch_size} and must be a multiple of {ranks} processes times "
            f"accumulation {config.accumulation}: each has as many rows in each part"
        )
    if config.batch_plan is None:
        return
    for _, rows in read_plan("batch_plan", config.batch_plan, config.batch_size):
        if rows % ranks:
            raise ValueError(
                f"batch_plan has the value {rows} and must have multiples of {ranks} processes: "
                "each has as many rows"
            )


def check_plans(config: TrainConfig, source: Source) -> None:
    """Refuse plans of sizes for a source that has one size."""
    if config.length_plan is not None or config.batch_plan is not None:
        if not isinstance(source, WindowSource):
            raise ValueError(
                "batch_plan and length_plan are for windows of a text in memory, and this run "
                "reads otherwise: leave them out"
            )
        config.planned("length_plan", 0, source.context_length)
