"""Notebooks and their cells, as files hold them: read whole, and nothing in them is run."""

from __future__ import annotations

import ast
import os
import re

import nbformat
from nbformat import NotebookNode

from ..checks.latest import names_set
from ..checks.stubs import does_nothing
from ..files import read_text
from .magics import UNREADABLE

FORMAT = 4  # the newest nbformat that is read
UNSUPPORTED = re.compile(r"Unsupported nbformat version (\d{1,9})")


class DamagedError(ValueError):
    """A file is no notebook, or no longer one."""


def read_notebook(path: str | os.PathLike[str]) -> NotebookNode:
    """Return the notebook in a file, in format 4; nothing in it is run or trusted.

    It may hold more than the format allows, as JupyterLab also opens it; every cell has a source,
    and every code cell a list of outputs.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        In one line, if it is of a newer format; a :class:`DamagedError` if it is no notebook:
        empty, not JSON, cut off, without cells.
    """
    try:
        text = read_text(path)
        if not text.strip():
            raise ValueError("it is empty")
        notebook = nbformat.convert(nbformat.reader.reads(text), FORMAT)
        for cell in notebook.cells:
            _complete(cell)
    except OSError:
        raise
    except Exception as error:  # of whatever a file can hold
        version = UNSUPPORTED.fullmatch(str(error))
        if version and int(version[1]) > FORMAT:
            newer = f"of a newer nbformat ({version[1]}) than this reads ({FORMAT})"
            raise ValueError(f"{os.fspath(path)} is {newer}") from None
        raise DamagedError(f"{os.fspath(path)} is no notebook: {_reason(error)}") from None
    return notebook


def printed(cell: NotebookNode) -> str:
    """Return what a code cell's stored outputs print."""
    outputs = [out for out in cell.get("outputs", []) if out.get("name") == "stdout"]
    return "".join(str(out.get("text", "")) for out in outputs)


def failed(cell: NotebookNode) -> bool:
    """Return whether a code cell's stored outputs show an error."""
    return any(out.get("output_type") == "error" for out in cell.get("outputs", []))


def names_told(source: str) -> set[str]:
    r"""Return the names that a cell gives a value at its top level, as far as it can be told.

    >>> sorted(names_told("def f(): ...\na, b = c = 1, 2\nx: int = 3"))
    ['a', 'b', 'c', 'f', 'x']
    >>> names_told("def half(x)\n    return x / 2")  # a colon is missing
    {'half'}
    """
    try:
        return names_set(source)
    except UNREADABLE:  # a magic, or not finished
        return set(re.findall(r"^(?:async )?(?:def|class) +(\w+)", source, re.M))


def is_stub(source: str) -> bool:
    r"""Return whether a cell does no more than what is handed out: it raises, or assigns ``...``.

    >>> is_stub('def f(x):\n    "What it does."\n    # mine\n    raise NotImplementedError')
    True
    >>> is_stub("def f(x):\n    return x"), is_stub("a = ...")
    (False, True)
    """
    try:
        body = ast.parse(source).body
    except UNREADABLE:
        return False
    return all(does_nothing(node) or _is_check(node) for node in body)


def is_begun(source: str, name: str) -> bool:
    r"""Return whether a cell's function of that name does more than the stub, whatever else it has.

    >>> is_begun("def f(x):\n    x = 2 * x\n    raise NotImplementedError", "f")
    True
    >>> is_begun("def g(x):\n    return x\ndef f(x):\n    raise NotImplementedError", "f")
    False
    """
    try:
        body = ast.parse(source).body
    except UNREADABLE:
        return False
    own = [node for node in body if isinstance(node, ast.FunctionDef) and node.name == name]
    return bool(own) and not does_nothing(own[-1])


def _is_check(node: ast.stmt) -> bool:
    value = node.value if isinstance(node, ast.Expr | ast.Assign) else None
    return isinstance(value, ast.Call) and ast.unparse(value.func).startswith("check.")


def _complete(cell: NotebookNode) -> None:
    """Refuse what is no cell; add what every reader of one expects."""
    if not isinstance(cell["cell_type"], str) or not isinstance(cell["source"], str):
        raise TypeError("a cell without text")
    cell.setdefault("metadata", NotebookNode())
    if cell["cell_type"] == "code":
        cell.setdefault("execution_count", None)
        outputs = cell.get("outputs")
        cell["outputs"] = [o for o in outputs or [] if isinstance(o, dict)]
        if not isinstance(cell["execution_count"], int | None):
            cell["execution_count"] = None


def _reason(error: Exception) -> str:
    if isinstance(error, nbformat.reader.NotJSONError):
        return "it is cut off, or was never JSON"
    if isinstance(error, UnicodeDecodeError):
        return "it is not text in UTF-8"
    if isinstance(error, AttributeError | KeyError | TypeError):
        return "it is JSON, and has no cells as a notebook has them"
    if isinstance(error, nbformat.ValidationError):
        return "it lacks what every notebook has, " + str(error).rpartition(" ")[2]
    return " ".join(str(error).split())[:80] or type(error).__name__
