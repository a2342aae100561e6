"""Sphinx, imported once: each book is built in a copy of this process.

Two thirds of the time that a small book takes are imports. Reads lines of JSON (a folder to be in,
arguments, a file for what is said and one for what is complained of); answers with exit codes.
"""

from __future__ import annotations

import importlib
import json
import os
import sys

SLOW = (
    "myst_nb.sphinx_ext",
    "sphinx.application",
    "sphinx.builders.html",
    "sphinx_external_toc",
    "tinytx.classroom.reading",
)


def build(folder: str, arguments: list[str], out: str, err: str) -> int:
    from sphinx.cmd.build import main

    os.chdir(folder)
    for number, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    return main(arguments)


def serve() -> None:
    for name in SLOW:
        importlib.import_module(name)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            sys.exit(build(*json.loads(line)))  # as any Python ends: extensions tidy up then
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    serve()
