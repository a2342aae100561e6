"""What else could stand in the place of an operation, a comparison or a condition."""

from __future__ import annotations

import ast
from collections.abc import Iterator

New = Iterator[tuple[str, ast.expr]]
BOUNDARY = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
REVERSED = {
    ast.Lt: ast.Gt, ast.LtE: ast.GtE, ast.Gt: ast.Lt, ast.GtE: ast.LtE, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip


def _brackets(node: ast.BinOp) -> New:
    """Yield the same terms with the brackets elsewhere: (a + b) / c, and then a + b / c."""
    a, op, b = node.left, node.op, node.right
    if isinstance(a, ast.BinOp) and type(a.op) is not type(op):
        yield "brackets", ast.BinOp(a.left, a.op, ast.BinOp(a.right, op, b))
        if isinstance(a.op, ast.Add | ast.Sub):
            yield "brackets", ast.BinOp(ast.BinOp(a.left, op, b), a.op, a.right)
    if isinstance(b, ast.BinOp) and type(b.op) is not type(op):
        yield "brackets", ast.BinOp(ast.BinOp(a, op, b.left), b.op, b.right)
    if isinstance(a, ast.Call) and len(a.args) == 1:
        yield "brackets", ast.Call(a.func, [ast.BinOp(a.args[0], op, b)], a.keywords)
    if isinstance(b, ast.Call) and len(b.args) == 1:
        yield "brackets", ast.Call(b.func, [ast.BinOp(a, op, b.args[0])], b.keywords)


def operation(node: ast.BinOp) -> New:
    """Yield what may stand for an operation on two things."""
    yield from _brackets(node)
    a, op, b = node.left, type(node.op), node.right
    if op in (ast.Add, ast.Sub):
        yield "sign", ast.BinOp(a, ast.Sub() if op is ast.Add else ast.Add(), b)
        yield "term", a
        yield "term", b
        if op is ast.Sub:
            yield "term", ast.UnaryOp(ast.USub(), b)
    if op in (ast.Mult, ast.MatMult):
        yield from (("factor", a), ("factor", b))
    if op in (ast.Div, ast.FloorDiv, ast.Mod):
        yield "factor", a
    if op in (ast.Mult, ast.Div):
        yield "divide", ast.BinOp(a, ast.Div() if op is ast.Mult else ast.Mult(), b)
    if op in (ast.Div, ast.FloorDiv):
        yield "floor", ast.BinOp(a, ast.FloorDiv() if op is ast.Div else ast.Div(), b)
    if op is ast.Pow:
        yield "power", a
        yield "sign", ast.BinOp(a, op(), ast.UnaryOp(ast.USub(), b))
    if op is ast.MatMult:
        yield "elementwise", ast.BinOp(a, ast.Mult(), b)
    if op in (ast.Sub, ast.Div, ast.FloorDiv, ast.MatMult, ast.Pow):
        yield "order", ast.BinOp(b, op(), a)


def unary(node: ast.UnaryOp) -> New:
    """Yield what may stand for a minus or a ``not`` with what it belongs to."""
    minus = isinstance(node.op, ast.USub)
    endless = isinstance(node.operand, ast.Attribute) and node.operand.attr == "inf"
    if not endless:  # nobody mistakes the sign of an infinity that stands for "never"
        yield "sign" if minus else "condition", node.operand


def comparison(node: ast.Compare) -> New:
    """Yield what may stand for a comparison of two things."""
    if len(node.ops) > 1:
        return
    op, a, b = type(node.ops[0]), node.left, node.comparators[0]
    if op in BOUNDARY:
        yield "boundary", ast.Compare(a, [BOUNDARY[op]()], [b])
    if op in REVERSED:
        yield "condition", ast.Compare(a, [REVERSED[op]()], [b])
    if op in (ast.Eq, ast.NotEq):
        yield "identity", ast.Compare(a, [ast.Is() if op is ast.Eq else ast.IsNot()], [b])
    if op is ast.IsNot:
        yield "truth", a
    if op in (ast.Gt, ast.NotEq) and isinstance(b, ast.Constant) and b.value == 0:
        yield "truth", a


def bools(node: ast.BoolOp) -> New:
    """Yield what may stand for an ``and`` or an ``or``."""
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield "condition", ast.BoolOp(other, node.values)
    yield from (("condition", value) for value in node.values)


def either(node: ast.IfExp) -> New:
    """Yield what may stand for a choice of two expressions."""
    yield from (("case", node.body), ("case", node.orelse))
