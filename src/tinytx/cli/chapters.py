"""The option ``--chapter`` of the commands that hand out notebooks."""

from __future__ import annotations

from typing import Annotated

import typer

Chapters = Annotated[
    list[str] | None,
    typer.Option(
        "--chapter",
        help="A chapter, as 3, 03, attention or all; may be repeated. All if left out.",
        metavar="<name>",
    ),
]
