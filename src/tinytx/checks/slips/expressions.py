"""What else could stand in the place of an expression: each with the kind of slip that it is."""

from __future__ import annotations

import ast
from collections.abc import Iterator

New = Iterator[tuple[str, ast.expr]]
BOUNDARY = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
REVERSED = {
    ast.Lt: ast.Gt, ast.LtE: ast.GtE, ast.Gt: ast.Lt, ast.GtE: ast.LtE, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
TWINS = {
    "max": "min", "min": "max", "maximum": "minimum", "minimum": "maximum", "sin": "cos",
    "cos": "sin", "exp": "log", "sqrt": "square", "var": "std", "zeros": "ones", "argsort": "sort",
    "tanh": "exp", "append": "extend",
}  # fmt: skip
AVERAGED = {"sum": "mean", "mean": "sum"}
TURNED = {"T", "mT", "swapaxes", "transpose"}
AXES = (-1, -2, -3, 0, 1, 2)
TAKES_AXES = {"swapaxes", "transpose", "moveaxis"}


def replacements(node: ast.expr, parent: ast.AST, field: str, names: list[str]) -> New:
    """Yield what may stand for ``node``, which is ``field`` of ``parent``.

    ``names`` are the function's arguments and variables.
    """
    makers = {
        ast.BinOp: _operation, ast.UnaryOp: _unary, ast.Compare: _comparison, ast.BoolOp: _bools,
        ast.IfExp: _either, ast.Call: _call, ast.Subscript: _subscript, ast.Attribute: _attribute,
    }  # fmt: skip
    if type(node) in makers:
        yield from makers[type(node)](node)
    if isinstance(node, ast.Constant):
        yield from _constant(node, parent, field)
    if isinstance(node, ast.Name):
        yield from _name(node, parent, field, names)
    if field == "iter":
        yield from _iterated(node)
    if field == "test" or (field == "ifs" and isinstance(parent, ast.comprehension)):
        yield "condition", ast.UnaryOp(ast.Not(), node)
    if isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.MatMult):
        yield "transpose", _method(node, "swapaxes", -1, -2)


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


def _operation(node: ast.BinOp) -> New:
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


def _unary(node: ast.UnaryOp) -> New:
    minus = isinstance(node.op, ast.USub)
    endless = isinstance(node.operand, ast.Attribute) and node.operand.attr == "inf"
    if not endless:  # nobody mistakes the sign of an infinity that stands for "never"
        yield "sign" if minus else "condition", node.operand


def _comparison(node: ast.Compare) -> New:
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


def _bools(node: ast.BoolOp) -> New:
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield "condition", ast.BoolOp(other, node.values)
    yield from (("condition", value) for value in node.values)


def _either(node: ast.IfExp) -> New:
    yield from (("case", node.body), ("case", node.orelse))


def _call(node: ast.Call) -> New:
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    method = isinstance(node.func, ast.Attribute) and not _module(node.func.value)
    inner = node.func.value if method else node.args[0] if node.args else None
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
        ends = [*first, _plus(last, step)]
        yield "bound", ast.Call(node.func, [*ends, *node.args[2:]], [])
        start = _plus(first[0], step) if first else ast.Constant(step)
        if first or step > 0:
            yield "bound", ast.Call(node.func, [start, last, *node.args[2:]], [])


def _subscript(node: ast.Subscript) -> New:
    at = node.slice
    if _of_shape(node):
        yield from (("size", _at(node, ast.Constant(axis))) for axis in AXES)
        return
    for index in at.elts if isinstance(at, ast.Tuple) else [at]:
        for new in _indices(index):
            if isinstance(at, ast.Tuple):
                elts = [new if one is index else one for one in at.elts]
                yield "bound", _at(node, ast.Tuple(elts, ast.Load()))
            else:
                yield "bound", _at(node, new)
    if isinstance(at, ast.Slice):
        yield "bound", node.value


def _indices(index: ast.expr) -> Iterator[ast.expr]:
    if isinstance(index, ast.Slice):
        for step in (1, -1):
            if index.upper:
                yield ast.Slice(index.lower, _plus(index.upper, step), index.step)
            if index.lower:
                yield ast.Slice(_plus(index.lower, step), index.upper, index.step)
        if index.lower is None and index.step is None:
            yield ast.Slice(ast.Constant(1), index.upper, None)
        if index.upper is None and index.step is None:
            yield ast.Slice(index.lower, ast.Constant(-1), None)
    elif isinstance(index, ast.Name | ast.BinOp):
        yield from (_plus(index, 1), _plus(index, -1))


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
    elif isinstance(value, int | float) and not _of_shape(parent):
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


def _of_shape(node: ast.AST) -> bool:
    """Return whether an entry of a shape is taken: which one is a kind of its own."""
    whole = node.value if isinstance(node, ast.Subscript) else None
    return isinstance(whole, ast.Attribute) and whole.attr == "shape"


def _is_axis(parent: ast.AST) -> bool:
    if isinstance(parent, ast.Call):
        return getattr(parent.func, "attr", "") in TAKES_AXES
    return isinstance(parent, ast.keyword) and parent.arg == "axis"


def _name(node: ast.Name, parent: ast.AST, field: str, names: list[str]) -> New:
    if node.id in names and field != "func":
        yield from (
            ("variable", ast.Name(other, ast.Load())) for other in names if other != node.id
        )


def _iterated(node: ast.expr) -> New:
    """Yield what a loop may run over instead: not the first or the last, or the other way."""
    listed = ast.Call(ast.Name("list", ast.Load()), [node], [])
    minus = ast.UnaryOp(ast.USub(), ast.Constant(1))
    for kind, cut in (
        ("bound", ast.Slice(ast.Constant(1), None, None)),
        ("bound", ast.Slice(None, minus, None)),
        ("direction", ast.Slice(None, None, minus)),
    ):
        yield kind, ast.Subscript(listed, cut, ast.Load())


def _module(node: ast.expr) -> bool:
    """Return whether an expression names a module, or a part of one, such as np.random."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id in ("np", "math", "re", "itertools", "tokenizers")


def _renamed(func: ast.expr, name: str) -> ast.expr:
    is_attribute = isinstance(func, ast.Attribute)
    return (
        ast.Attribute(func.value, name, ast.Load()) if is_attribute else ast.Name(name, ast.Load())
    )


def _method(node: ast.expr, name: str, *args: int) -> ast.Call:
    func = ast.Attribute(node, name, ast.Load())
    return ast.Call(func, [ast.Constant(arg) for arg in args], [])


def _plus(node: ast.expr, step: int) -> ast.expr:
    return ast.BinOp(node, ast.Add() if step > 0 else ast.Sub(), ast.Constant(abs(step)))


def _at(node: ast.Subscript, index: ast.expr) -> ast.Subscript:
    return ast.Subscript(node.value, index, node.ctx)
