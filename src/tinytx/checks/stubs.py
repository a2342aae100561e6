"""Whether an answer is still what was handed out, or holds code of the learner's."""

from __future__ import annotations

import ast
import inspect
import linecache
import textwrap
import types

STUB = "NotImplementedError"  # what an answer raises that nobody has written yet
LEFT = "the line `raise NotImplementedError` is still there, and is reached: take it away"


def does_nothing(node: ast.stmt) -> bool:
    r"""Return whether a statement does no more than what is handed out.

    >>> (stub,) = ast.parse("def f(x):\n    'What it does.'\n    raise NotImplementedError").body
    >>> (code,) = ast.parse("def f(x):\n    y = 2 * x\n    raise NotImplementedError").body
    >>> does_nothing(stub), does_nothing(code)
    (True, False)
    """
    if isinstance(node, ast.FunctionDef):
        return all(map(does_nothing, node.body))
    if isinstance(node, ast.Raise):
        return STUB in ast.unparse(node)
    if isinstance(node, ast.Assign):
        return isinstance(node.value, ast.Constant) and node.value.value is ...
    return isinstance(node, ast.Pass) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    )


def begun(fn: object) -> bool:
    """Return whether the source of a function is known and does more than the stub."""
    try:
        fn = inspect.unwrap(fn)  # type: ignore[arg-type]
        if not isinstance(fn, types.FunctionType):
            return False
        code = fn.__code__
        lines = linecache.getlines(code.co_filename)[code.co_firstlineno - 1 :]
        (node,) = ast.parse(textwrap.dedent("".join(inspect.getblock(lines)))).body
        whole = isinstance(node, ast.FunctionDef) and node.name == code.co_name
        return whole and not does_nothing(node)
    except Exception:  # of whatever a learner may hand over, and of sources that are gone
        return False
