"""The command itself: its ``--help``, its version, and what it ends with."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from .. import __version__
from .errors import exit_code_of, notes_in_one_line
from .pages import page
from .parts import LOOKS, Commands
from .ranks import leave

EXAMPLES = page(
    [
        "tinytx train",
        "tinytx train raven",
        'tinytx generate --checkpoint runs/raven --prompt "Once upon"',
        "tinytx inspect runs/raven",
        "tinytx evaluate runs/raven --text src/tinytx/data/raven.txt",
    ],
    """
    Every command has a --help with examples. --install-completion teaches your shell their
    options.
    """,
    title="A first hour",
)
app = typer.Typer(
    cls=Commands,
    help="Train and use the models of the tinytx course.",
    epilog=EXAMPLES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    **LOOKS,
)


@app.callback(invoke_without_command=True)
def options(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Train and use the models of the tinytx course."""
    if version:
        print(f"tinytx {__version__}")
        raise typer.Exit


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    _open_streams()
    for stream in (sys.stdout, sys.stderr):  # a character that the terminal lacks is a ?
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        with notes_in_one_line():
            code = app(arguments, standalone_mode=False, prog_name="tinytx") or 0
        sys.stdout.flush()
    except SystemExit as stop:  # of shell completion
        return int(stop.code or 0)
    except (Exception, KeyboardInterrupt) as error:
        code = exit_code_of(error)
    leave()
    return code


def _open_streams() -> None:
    """Read nothing, and write to nowhere, where the shell has closed a stream (``>&-``).

    Else the next file that is opened would have the stream's number.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
