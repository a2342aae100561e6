"""Running the command in tests."""

from __future__ import annotations

from tinytx.cli import main


def refuse(capsys, *arguments):
    """Run a command that must end with exit code 2 and one line on standard error."""
    capsys.readouterr()
    assert main([str(argument) for argument in arguments]) == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    (line,) = streams.err.splitlines()
    assert line.startswith("tinytx: ")
    return line
