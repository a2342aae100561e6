"""``tinytx experiment``: what chapters 11 and 13 compared, and the way to train it anew."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .pages import page
from .tables import show_table

if TYPE_CHECKING:
    from rich.progress import Progress

EXAMPLES = page(
    [
        "tinytx experiment",
        "tinytx experiment optimizer",
        "tinytx experiment --record runs/experiments.jsonl",
        "tinytx experiment optimizer --record runs/experiments.jsonl",
    ],
    """
    Recording goes on where it was stopped: what the file holds is not trained again. All of it
    takes some two hours on two cores.
    """,
)


def experiment(
    name: Annotated[
        str | None, typer.Argument(help="The experiment; all of them if left out.")
    ] = None,
    record: Annotated[
        Path | None, typer.Option(help="Train what this file lacks, and read from it.")
    ] = None,
    processes: Annotated[int, typer.Option(min=1, help="Runs at a time, one thread each.")] = 2,
) -> int:
    """Show recorded experiments (arms, losses, paired differences), or record them anew."""
    from ..experiments.arms import arms, experiments
    from ..experiments.arms import experiment as by_name

    known = experiments()
    chosen = list(known.values()) if name is None else [by_name(name)]
    if record is not None:
        wanted = {arm.name: arm for one in chosen for arm in one.arms.values()}
        _record(record, list((wanted if name else arms()).values()), processes)
    elif name is None:
        width = max(map(len, known))
        for one in chosen:
            print(f"{one.chapter}  {one.name:<{width}}  {one.question}")
        return 0
    for one in chosen:
        _show(one, record)
    return 0


def _record(path: Path, wanted: list[Any], processes: int) -> None:
    from ..experiments.arms import SEEDS, data_of
    from ..experiments.record import Recorder

    recorder = Recorder(path, processes)
    total = sum(
        len(data_of(arm)) * (len(SEEDS) + 3 * ("rate_of" not in arm.search)) for arm in wanted
    )
    names = {arm.name for arm in wanted}
    done = sum(line["arm"] in names for line in recorder.lines.values())
    with _Progress(recorder, done, total):
        recorder.record(wanted)
    recorder.save()


class _Progress:
    """Tell of each run as it ends: a bar on a terminal, a line elsewhere.

    A search for a rate may take a few runs more than are counted here, so the bar may wait a
    little short of its end.
    """

    def __init__(self, recorder: Any, done: int, total: int):
        self.recorder, self.done, self.total = recorder, done, total
        self.bar: Progress | None = None

    def __enter__(self) -> None:
        self.recorder.told = self.tell
        if not sys.stdout.isatty():
            return
        from rich.progress import (
            BarColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        from ..training.progress import Screen

        columns = (
            BarColumn(), TextColumn("{task.completed}/{task.total} runs"), TimeElapsedColumn(),
            TimeRemainingColumn(), TextColumn("{task.description}"),
        )  # fmt: skip
        bar = self.bar = Progress(*columns, console=Screen())
        self.task = bar.add_task("", total=self.total, completed=self.done)
        bar.start()

    def __exit__(self, *error: object) -> None:
        if self.bar is not None:
            self.bar.stop()

    def tell(self, line: dict[str, Any]) -> None:
        loss = line["curve"][-1]
        ended = "diverged" if loss is None else f"{loss:.4f}"
        words = (
            f"{line['arm']}, {line['data']}, rate {line['rate']:g}, seed {line['seed']}: {ended}"
        )
        try:
            if self.bar is not None:
                self.bar.update(self.task, advance=1, description=words)
            else:
                print(words, flush=True)
        except (OSError, ValueError):  # a closed pipe must not end a run
            self.recorder.told = lambda line: None


def _show(one: Any, path: Path | None) -> None:
    from ..experiments.recording import recorded
    from ..experiments.report import HEAD, rows

    table = recorded(None if path is None else str(path))
    for data in one.data:
        print(f"{one.name}, {data}: {one.question}")
        show_table(HEAD, rows(one, data, table))
        print()
