"""What goes wrong, in one line on standard error, and the exit code that says of what kind it is.

====  ==========================================================================
2     wrong input, a file that cannot be read or written, no room
1     training diverged; a probe refuses a model (``inspect --probe``); or whoever read the output
      has closed it
130   stopped by Ctrl-C
====  ==========================================================================
"""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import typer


def exit_code_of(error: BaseException) -> int:
    """Say what ``error`` means in one line; return the exit code. What is a bug is raised anew."""
    if isinstance(error, typer.Exit):
        return error.exit_code
    if isinstance(error, typer.Abort | KeyboardInterrupt):
        return _complain("stopped", 130)
    if isinstance(error, BrokenPipeError):  # whoever read the output has closed it, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    if isinstance(error, ArithmeticError) and _is_divergence(error):
        return _complain(error, 1)
    if isinstance(error, ValueError):
        return _complain(error, 2)
    if isinstance(error, OSError):
        named = f": {error.filename}" if error.filename else ""
        return _complain(f"{error.strerror or error}{named}", 2)
    if isinstance(error, MemoryError):
        return _complain(f"there is not enough memory ({error}): make it smaller", 2)
    if hasattr(error, "format_message"):  # Typer's
        return _complain(_of_typer(error), 2) if error.format_message() else 2
    raise error


@contextlib.contextmanager
def notes_in_one_line() -> Iterator[None]:
    """Print a warning as one line in the block, without the source code that it came from."""

    def show(message: Any, *_: Any, **__: Any) -> None:
        print(f"tinytx: note: {_one_line(message)}", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield


def _is_divergence(error: ArithmeticError) -> bool:
    from ..training.divergence import DivergenceError

    return isinstance(error, DivergenceError)


def _of_typer(error: Any) -> str:
    """Return what Typer says; of an option that is not there, with the nearest one that is."""
    near = getattr(error, "possibilities", None)
    return f"{error.message}: did you mean {near[0]}?" if near else error.format_message()


def _complain(message: object, code: int) -> int:
    from .ranks import may_say

    line = f"tinytx: {_one_line(message)}"
    if may_say(line):
        print(line, file=sys.stderr)
    return code


def _one_line(message: object) -> str:
    return " ".join(str(message).split())
