"""The command and its parts: what each is called, and what ``--help`` shows below its options."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from .. import __version__
from . import (
    benchmark,
    download,
    evaluate,
    experiment,
    export,
    generate,
    grade,
    inspect,
    progress,
    release,
    start,
    tokenize,
    train,
)
from .errors import exit_code_of, notes_in_one_line
from .pages import page
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
    help="Train and use the models of the tinytx course.",
    epilog=EXAMPLES,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
app.command("train", epilog=train.EXAMPLES)(train.command())
app.command("generate", epilog=generate.EXAMPLES)(generate.generate)
app.command("evaluate", epilog=evaluate.EXAMPLES)(evaluate.evaluate)
app.command("inspect", epilog=inspect.EXAMPLES)(inspect.inspect)
app.command("benchmark", epilog=benchmark.EXAMPLES)(benchmark.benchmark)
app.command("experiment", epilog=experiment.EXAMPLES)(experiment.experiment)
app.command("tokenize", epilog=tokenize.EXAMPLES)(tokenize.tokenize)
app.command("download", epilog=download.EXAMPLES)(download.download)
app.command("export", epilog=export.EXAMPLES)(export.export)
app.command("start", epilog=start.EXAMPLES)(start.start)
app.command("progress", epilog=progress.EXAMPLES)(progress.progress)
app.command("grade", epilog=grade.EXAMPLES)(grade.grade)
app.command("release", epilog=release.EXAMPLES)(release.release)


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
