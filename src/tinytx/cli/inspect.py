"""``tinytx inspect``: what a model is, what it costs, and who attends to whom in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..files import write_atomic
from .pages import page
from .train import complete_preset

EXAMPLES = page(
    [
        "tinytx inspect runs/tales",
        "tinytx inspect gpt2",
        'tinytx inspect runs/tales --html attention.html --prompt "Tom had a red ball."',
    ],
    """
    The page is one file that loads nothing: each head's weights, what it looks at, and how far.
    """,
)


def inspect(
    model: Annotated[
        Path | None,
        typer.Argument(
            metavar="CHECKPOINT|PRESET", autocompletion=complete_preset, show_default=False,
            help="A run's folder or a file; or a preset, a TOML file, gpt2 to gpt2-xl.",
        ),
    ] = None,
    checkpoint: Annotated[
        Path | None, typer.Option("--checkpoint", help="The same, as an option.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(help="Write the attention of a prompt as a page of its own.")
    ] = None,
    prompt: Annotated[str | None, typer.Option(help="The prompt of that page.")] = None,
) -> int:  # fmt: skip
    """Show what a model consists of, part by part, and what it costs."""
    from ..recipes.attention_page import attention_page
    from ..recipes.describe import describe

    place = model or checkpoint
    if place is None or (model and checkpoint):
        raise ValueError("checkpoint is missing or given twice: name one run's folder, or a preset")
    if (html is None) != (prompt is None):
        raise ValueError("html and prompt belong together: give both or none")
    if html is not None:
        write_atomic(html, attention_page(place, prompt))
        print(f"{html} shows who attends to whom: open it in a browser")
        return 0
    print(*describe(place), sep="\n")
    return 0
