"""What else could stand in the place of a call: its argument, another function, other bounds."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .indices import plus

New = Iterator[tuple[str, ast.expr]]
TWINS = {
    "max": "min", "min": "max", "maximum": "minimum", "minimum": "maximum", "sin": "cos",
    "cos": "sin", "exp": "log", "sqrt": "square", "var": "std", "zeros": "ones", "argsort": "sort",
    "tanh": "exp", "append": "extend",
}  # fmt: skip
AVERAGED = {"sum": "mean", "mean": "sum"}
TURNED = {"T", "mT", "swapaxes", "transpose"}


def call(node: ast.Call) -> New:
    """Yield what may stand for a call."""
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    inner = node.args[0] if node.args else None
    method = isinstance(node.func, ast.Attribute) and not _module(node.func.value)
    if isinstance(node.func, ast.Attribute) and method:
        inner = node.func.value
    if (
        inner is not None
        and not isinstance(inner, ast.Starred)
        and name not in ("reshape", "range")
    ):
        kind = "transpose" if name in TURNED else "copy" if name in ("copy", "array") else "call"
        yield kind, inner
    if len(node.args) == 1 and not method:
        yield "twice", ast.Call(node.func, [node], node.keywords)
        if isinstance(inner, ast.BinOp):  # f(a + b) and f(a) + b
            a, b = inner.left, inner.right
            yield "brackets", ast.BinOp(ast.Call(node.func, [a], node.keywords), inner.op, b)
            yield "brackets", ast.BinOp(a, inner.op, ast.Call(node.func, [b], node.keywords))
    if name == "where" and len(node.args) == 3:
        yield from (("case", arg) for arg in node.args[1:])
    elif name in ("maximum", "minimum") and len(node.args) == 2:
        yield "call", node.args[1]
    for i in range(len(node.args) - 1):
        swapped = [*node.args[:i], node.args[i + 1], node.args[i], *node.args[i + 2 :]]
        yield "order", ast.Call(node.func, swapped, node.keywords)
    for i, word in enumerate(node.keywords):
        kind = (
            "keepdims" if word.arg == "keepdims" else "axis" if word.arg == "axis" else "argument"
        )
        yield kind, ast.Call(node.func, node.args, node.keywords[:i] + node.keywords[i + 1 :])
    for table, kind in ((TWINS, "function"), (AVERAGED, "average")):
        if name in table:
            yield kind, ast.Call(_renamed(node.func, table[name]), node.args, node.keywords)
    if name == "range":
        yield from _ranges(node)


def _ranges(node: ast.Call) -> New:
    *first, last = node.args[:2]
    for step in (1, -1):
        ends = [*first, plus(last, step)]
        yield "bound", ast.Call(node.func, [*ends, *node.args[2:]], [])
        start = plus(first[0], step) if first else ast.Constant(step)
        if first or step > 0:
            yield "bound", ast.Call(node.func, [start, last, *node.args[2:]], [])


def _module(node: ast.expr) -> bool:
    """Return whether an expression names a module, or a part of one, such as np.random."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id in ("np", "math", "re", "itertools", "tokenizers")


def _renamed(func: ast.expr, name: str) -> ast.expr:
    if isinstance(func, ast.Attribute):
        return ast.Attribute(func.value, name, ast.Load())
    return ast.Name(name, ast.Load())
