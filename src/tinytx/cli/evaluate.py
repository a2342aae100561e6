"""``tinytx evaluate``: how well one model does, or several side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import ENGINE
from .pages import page
from .tables import show_table

EXAMPLES = page(
    [
        "tinytx evaluate runs/tales",
        "tinytx evaluate runs/small runs/large --text book.txt",
        "tinytx evaluate runs/listops",
    ],
    """
    Bits per byte can be compared whatever the tokenizers are; loss and perplexity, which are
    per token, only where they are the same.
    """,
)


def evaluate(
    checkpoints: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="CHECKPOINT",
            help="Runs' folders (the best model of each, else its last), or files.",
            show_default=False,
        ),
    ] = None,
    checkpoint: Annotated[
        list[Path] | None, typer.Option("--checkpoint", help="The same, as an option.")
    ] = None,
    text: Annotated[
        Path | None,
        typer.Option(
            help="A file: every token but the first is scored; of a run that read documents, "
            "every one. Left out: what the run held out."
        ),
    ] = None,
    stride: Annotated[
        int | None, typer.Option(help="Tokens between two windows; half the context if left out.")
    ] = None,
    engine: Annotated[ENGINE, typer.Option(help="Which engine computes.")] = ENGINE["numpy"],
) -> int:
    """Score a text: perplexity, bits per byte, accuracy; or list operations on unseen inputs."""
    from ..recipes import measure

    every = [*(checkpoints or []), *(checkpoint or [])]
    if not every:
        raise ValueError("checkpoint is missing: give a run's folder, such as runs/raven")
    if len(every) == 1:
        print(*measure.evaluate(every[0], text, stride, engine.value), sep="\n")
    else:
        show_table(*measure.compare(every, text, stride, engine.value))
    return 0
