"""Tables for people and for other programs: drawn on a terminal, plain columns elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence

from ..wording import plain


def show_table(
    head: Sequence[str], rows: Sequence[Sequence[str]], texts: Collection[int] = (0,)
) -> None:
    """Print a table. ``texts`` are columns of text; the others are numbers and end at the right."""
    if not sys.stdout.isatty():
        print(*plain(head, rows, texts), sep="\n")
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for i, name in enumerate(head):
        table.add_column(Text(name), justify="left" if i in texts else "right", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    Console().print(table)
