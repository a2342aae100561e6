"""What answers print and ask is kept from the notebook, and none of them ends its kernel."""

from __future__ import annotations

import builtins
import contextlib
import io
import sys
import warnings
from collections.abc import Iterator


@contextlib.contextmanager
def hidden() -> Iterator[Lines]:
    """Hide what is printed and warned of, and keep the kernel from ending or asking."""
    sink = Lines()
    with (
        contextlib.redirect_stdout(sink),
        contextlib.redirect_stderr(sink),
        warnings.catch_warnings(),
        _staying(),
    ):
        warnings.simplefilter("ignore")
        yield sink


@contextlib.contextmanager
def _staying() -> Iterator[None]:
    """Make `exit()` of a notebook raise as in plain Python, and `input()` too: nobody answers."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    asking = builtins.input
    builtins.input = _no_input
    if shell is not None:
        shell.ask_exit = _leave  # the kernel would end
    try:
        yield
    finally:
        builtins.input = asking
        if shell is not None:
            del shell.ask_exit  # the class has it still


def _leave(*_: object) -> None:
    raise SystemExit


def _no_input(*_: object) -> str:
    raise RuntimeError("input() asks a person, and the check is none: use the arguments")


class Lines(io.TextIOBase):
    """Counts lines and keeps none of them: a function may print without end."""

    count = 0

    def write(self, text: str) -> int:
        """Take the text and forget it."""
        self.count += text.count("\n")
        return len(text)
