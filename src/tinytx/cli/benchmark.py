"""``tinytx benchmark``: what this machine does in a second, and how long until a loss."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .pages import page
from .presets import complete_preset
from .tables import show_table

EXAMPLES = page(
    [
        "tinytx benchmark",
        "tinytx benchmark tales --seconds 60",
        "tinytx benchmark --leaderboard board.jsonl",
        "tinytx benchmark mine.toml --leaderboard board.jsonl --seed 1",
        "tinytx benchmark --leaderboard board.jsonl --show",
    ],
    """
    The engines take turns, and the ratios are taken within each turn: a machine that is busy
    for a while slows both. The leaderboard's task is one for all: a loss on tales, from text, in
    the fewest seconds; what model and what training get there is up to you.
    """,
)


def benchmark(
    preset: Annotated[
        str | None,
        typer.Argument(
            metavar="PRESET|FILE.toml", autocompletion=complete_preset, show_default=False,
            help="Whose model to train; a GPT of 4 blocks and 128 dimensions if left out.",
        ),
    ] = None,
    seconds: Annotated[float, typer.Option(help="How long to measure, about.")] = 20.0,
    leaderboard: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.jsonl", show_default=False,
            help="Train PRESET (speedrun-tales) to its end on the leaderboard's task, add a line "
            "to this file, and print it as a table.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the leaderboard's run.")] = 0,
    show: Annotated[bool, typer.Option("--show", help="Print the leaderboard only.")] = False,
) -> int:  # fmt: skip
    """Measure tokens per second with both engines, or the time until a loss."""
    if leaderboard is not None:
        return _race(preset, leaderboard, seed, show)
    if show:
        raise ValueError("show is given without a leaderboard: name its file with --leaderboard")
    from ..recipes.pace import measure_pace

    pace = measure_pace(preset, seconds)
    print(pace.shape)
    rows = [
        [f"{one.work}, {one.engine}", f"{one.tokens_per_second:,.0f}", f"{one.ratio:.2f}"]
        for one in pace.speeds
    ]
    show_table(["", "tokens/s", "times NumPy"], rows)
    print(pace.machine)
    return 0


def _race(preset: str | None, path: Path, seed: int, show: bool) -> int:
    from ..recipes import leaderboard as board

    if show:
        show_table(*board.table(board.entries(path)))
        return 0
    if path.exists():
        board.entries(path)  # a file that cannot be added to is refused before the run
    name = preset or board.FIRST
    print(f"training {name} on tales: a loss of {board.GOAL:g} nats per character is the goal")
    entry = board.enter(name, seed)
    board.add(path, entry)
    reached = "which reaches it" if entry.reached else "which does not reach it"
    print(f"{entry.seconds:,.1f} seconds, loss {entry.loss:.3f}, {reached}\n")
    show_table(*board.table(board.entries(path)))
    return 0
