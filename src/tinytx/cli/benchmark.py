"""``tinytx benchmark``: what this machine does in a second, both engines side by side."""

from __future__ import annotations

from typing import Annotated

import typer

from .pages import page
from .tables import show_table
from .train import complete_preset

EXAMPLES = page(
    [
        "tinytx benchmark",
        "tinytx benchmark tales --seconds 60",
    ],
    """
    The engines take turns, and the ratios are taken within each turn: a machine that is busy
    for a while slows both.
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
) -> int:  # fmt: skip
    """Measure tokens per second of a training step and of generation, with both engines."""
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
