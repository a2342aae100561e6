"""What stands below the options of a ``--help``: examples to copy, and what else to know."""

from __future__ import annotations

from collections.abc import Iterable

from rich.markup import escape


def page(examples: Iterable[str], text: str = "", title: str = "Examples") -> str:
    r"""Return examples, a line each, and a paragraph below them, as Typer's ``epilog``.

    >>> page(["tinytx train"], "It says\n  more.")
    '[bold]Examples[/bold]\n\n  tinytx train\n\nIt says more.'
    """
    lines = [f"[bold]{title}[/bold]", *(f"  {escape(one)}" for one in examples)]
    paragraph = escape(" ".join(text.split()))
    return "\n\n".join([*lines, *([paragraph] if paragraph else [])])
