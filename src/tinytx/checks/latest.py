"""Whether the function that a check is handed is the last one that the learner wrote.

A cell that Python cannot read, or that ends in an error on its way, defines nothing: the name keeps
the function of an earlier run, and a check of it would speak of what nobody sees any more. IPython
keeps the text of every cell that was run, also of those. Elsewhere nothing is known, and so nothing
said.
"""

from __future__ import annotations

import ast
import linecache
import re
import symtable
import sys
import types
from typing import Any

RUN = ("time", "capture")  # cell magics whose cell gives names their values
NOT_CHECKED = "is still the older one, which is not checked"
SO = f"so {{0}} {NOT_CHECKED}. Mend that cell, run it, and then run this one again"
UNREAD = "your last version of {0} has {1}, " + SO
CUT_OFF = "the cell with your last version of {0} failed before it was defined, " + SO


def overtaken(fn: object) -> str:
    """Say that a cell was run for a newer version of ``fn`` and did not define it, or return ''."""
    try:
        shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
        if shell is None or not callable(fn):
            return ""
        cells = shell.history_manager.input_hist_parsed
        names = [n for n, v in shell.user_ns.items() if v is fn and not n.startswith("_")]
        said = (_says(name, fn, cells, shell.transform_cell) for name in names)
        return next(filter(None, said), "")
    except Exception:  # of a shell that keeps its cells otherwise: then the check speaks as always
        return ""


def names_set(source: str) -> set[str]:
    r"""Return the names that a text gives a value, or imports, outside of its functions.

    >>> sorted(names_set("import re as r\ndef f(): x = 1\na, b = c = 1, 2\nfor i in a: b[i] = i"))
    ['a', 'b', 'c', 'f', 'i', 'r']

    Raises
    ------
    SyntaxError
        If it is no Python.
    """
    symbols = symtable.symtable(source, "<cell>", "exec").get_symbols()
    return {one.get_name() for one in symbols if one.is_assigned() or one.is_imported()}


def _says(name: str, fn: object, cells: list[str], transformed: Any) -> str:
    """Look at the last cell that was to give ``name`` a value."""
    word = re.compile(rf"\b{name}\b")
    sets = re.compile(rf"^[ \t]*(?:async +)?def +{name}\b|^{name} *(?::[^=\n]*)?=(?!=)", re.M)
    for cell in filter(word.search, reversed(cells)):
        text = cell
        try:
            text = _inside(cell, transformed)
            tree = ast.parse(text)
        except SyntaxError as error:
            if not sets.search(text):
                continue
            kind = type(error).__name__
            return UNREAD.format(name, f"a{'n' * (kind[0] in 'AEIOU')} {kind}")
        given = [node for node in tree.body if name in names_set(ast.unparse(node))]
        if given:
            elsewhere = _defines(given[-1]) and _comes_from_another(fn, text, cells)
            return CUT_OFF.format(name) if elsewhere else ""
    return ""


def _inside(cell: str, transformed: Any) -> str:
    """Return the text that a cell's magic runs, '' where it runs none; without one, the cell."""
    body = ast.parse(cell).body
    call = getattr(body[0], "value", None) if body else None
    if not isinstance(call, ast.Call) or getattr(call.func, "attr", "") != "run_cell_magic":
        return cell
    magic, _, text = (str(getattr(one, "value", "")) for one in call.args)
    if magic not in RUN:
        return ""
    try:
        return str(transformed(text))
    except SyntaxError:
        return text


def _defines(node: ast.stmt) -> bool:
    """Return whether a statement is a function as its cell has it: a decorator may put another."""
    return isinstance(node, ast.FunctionDef) and not node.decorator_list


def _comes_from_another(fn: object, cell: str, cells: list[str]) -> bool:
    """Return whether a function is surely one of another cell than that with this text."""
    if not isinstance(fn, types.FunctionType):
        return False
    known = linecache.cache.get(fn.__code__.co_filename, ())
    theirs = _lines("".join(known[2])) if len(known) > 2 else []
    if not theirs or theirs == _lines(cell):
        return False
    return any(theirs == _lines(other) for other in cells)


def _lines(text: str) -> list[str]:
    return text.rstrip().splitlines()
