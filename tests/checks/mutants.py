"""Right answers with one random slip: what a check must not call by a name that is not true.

A mutant is the text of a right design with one node of its syntax tree changed: an operator, a
number, a comparison, a method, two arguments of a call, a keyword left out, a statement left out.
"""

from __future__ import annotations

import ast
import copy
import inspect
import random
import textwrap

OPERATORS = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.MatMult: ast.Mult, ast.Pow: ast.Mult, ast.FloorDiv: ast.Div,
}  # fmt: skip
COMPARISONS = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
METHODS = {
    "sum": "mean", "mean": "sum", "max": "min", "min": "max", "zeros": "ones", "exp": "log",
    "sqrt": "square", "append": "extend", "argsort": "sort", "sin": "cos", "cos": "sin",
    "maximum": "minimum", "var": "std", "copy": "view",
}  # fmt: skip


def _changes(node):
    """Yield functions that change a node of this place in the tree, each in one way."""
    if isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in OPERATORS:
        yield lambda n: setattr(n, "op", OPERATORS[type(n.op)]())
    if isinstance(node, ast.BinOp):
        yield lambda n: (lambda a, b: (setattr(n, "left", b), setattr(n, "right", a)))(
            n.left, n.right
        )
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARISONS:
        yield lambda n: n.ops.__setitem__(0, COMPARISONS[type(n.ops[0])]())
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield lambda n: setattr(n, "value", n.value + 1)
        yield lambda n: setattr(n, "value", n.value - 1)
    if isinstance(node, ast.Constant) and type(node.value) is bool:
        yield lambda n: setattr(n, "value", not n.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield lambda n: setattr(n, "op", ast.UAdd())
    if isinstance(node, ast.Attribute) and node.attr in METHODS:
        yield lambda n: setattr(n, "attr", METHODS[n.attr])
    if isinstance(node, ast.Call) and len(node.args) > 1:
        yield lambda n: n.args.reverse()
    if isinstance(node, ast.Call) and node.keywords:
        yield lambda n: n.keywords.pop()
    if isinstance(node, ast.For | ast.While | ast.If | ast.FunctionDef) and len(node.body) > 1:
        yield lambda n: n.body.pop()
        yield lambda n: n.body.pop(0)


def mutants(fn, count, seed=0):
    """Return up to ``count`` functions, each like ``fn`` but for one change."""
    if fn.__closure__ or fn.__name__ == "<lambda>":
        return []
    tree = ast.parse(textwrap.dedent(inspect.getsource(fn)))
    tree.body[0].decorator_list = []
    body = [node for statement in tree.body[0].body for node in ast.walk(statement)]
    where = [(i, j) for i, node in enumerate(body) for j, _ in enumerate(_changes(node))]
    chosen = random.Random(f"{seed}{fn.__name__}").sample(where, min(count, len(where)))
    made = []
    for i, j in chosen:
        other = copy.deepcopy(tree)
        nodes = [node for statement in other.body[0].body for node in ast.walk(statement)]
        list(_changes(nodes[i]))[j](nodes[i])
        space = dict(fn.__globals__)
        try:
            exec(
                compile(ast.fix_missing_locations(other), f"<mutant of {fn.__name__}>", "exec"),
                space,
            )
        except (SyntaxError, ValueError):
            continue
        made.append((ast.unparse(other), space[fn.__name__]))
    return made
