"""What else could stand in the place of an expression: each with the kind of slip that it is."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from . import operators
from .calls import call
from .indices import AXES, iterated, of_shape, subscript

New = Iterator[tuple[str, ast.expr]]
TAKES_AXES = {"swapaxes", "transpose", "moveaxis"}


def replacements(node: ast.expr, parent: ast.AST, field: str, names: list[str]) -> New:
    """Yield what may stand for ``node``, which is ``field`` of ``parent``.

    ``names`` are the function's arguments and variables.
    """
    makers: dict[type, Callable[..., New]] = {
        ast.BinOp: operators.operation,
        ast.UnaryOp: operators.unary,
        ast.Compare: operators.comparison,
        ast.BoolOp: operators.bools,
        ast.IfExp: operators.either,
        ast.Call: call,
        ast.Subscript: subscript,
        ast.Attribute: _attribute,
    }
    if type(node) in makers:
        yield from makers[type(node)](node)
    if isinstance(node, ast.Constant):
        yield from _constant(node, parent, field)
    if isinstance(node, ast.Name):
        yield from _name(node, parent, field, names)
    if field == "iter":
        yield from iterated(node)
    if field == "test" or (field == "ifs" and isinstance(parent, ast.comprehension)):
        yield "condition", ast.UnaryOp(ast.Not(), node)
    if isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.MatMult):
        yield "transpose", _method(node, "swapaxes", -1, -2)


def _attribute(node: ast.Attribute) -> New:
    if node.attr in ("T", "mT"):
        yield "transpose", node.value


def _constant(node: ast.Constant, parent: ast.AST, field: str) -> New:
    value = node.value
    if isinstance(value, bool):
        word = parent.arg if isinstance(parent, ast.keyword) else ""
        kind = "keepdims" if word == "keepdims" else "argument" if word else "constant"
        yield kind, ast.Constant(not value)
    elif _is_axis(parent):
        yield from (("axis", ast.Constant(axis)) for axis in AXES if axis != value)
    elif isinstance(value, int | float) and not of_shape(parent):
        place = isinstance(parent, ast.Subscript | ast.Slice) or (
            isinstance(parent, ast.Tuple) and field == "elts"
        )
        for new in (value + 1, value - 1):
            yield "bound" if place else "constant", ast.Constant(new)
        if not place:
            others = [2 * value, value / 2, 10 * value, value / 10, 0, 1]
            yield from (("constant", ast.Constant(new)) for new in others if new != value)
        if value < 0:
            yield "sign", ast.Constant(-value)


def _is_axis(parent: ast.AST) -> bool:
    if isinstance(parent, ast.Call):
        return getattr(parent.func, "attr", "") in TAKES_AXES
    return isinstance(parent, ast.keyword) and parent.arg == "axis"


def _name(node: ast.Name, parent: ast.AST, field: str, names: list[str]) -> New:
    if node.id in names and field != "func":
        yield from (
            ("variable", ast.Name(other, ast.Load())) for other in names if other != node.id
        )


def _method(node: ast.expr, name: str, *args: int) -> ast.Call:
    func = ast.Attribute(node, name, ast.Load())
    return ast.Call(func, [ast.Constant(arg) for arg in args], [])
