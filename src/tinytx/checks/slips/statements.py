"""What else could stand in the place of a statement, or of all of them under one head."""

from __future__ import annotations

import ast
from collections.abc import Iterator

Rewritten = Iterator[tuple[str, str, list | ast.AST]]
FLIPPED = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}


def rewritten(parent: ast.AST) -> Rewritten:
    """Yield kind, field and new value for each way of changing the statements in ``parent``."""
    for field in ("body", "orelse"):
        block = getattr(parent, field, None)
        if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
            for kind, new in _blocks(block, isinstance(parent, ast.For | ast.While)):
                yield kind, field, new
    if isinstance(parent, ast.AugAssign) and type(parent.op) in FLIPPED:
        kind = "sign" if isinstance(parent.op, ast.Add | ast.Sub) else "divide"
        yield kind, "op", FLIPPED[type(parent.op)]()
    if isinstance(parent, ast.comprehension) and parent.ifs:
        yield "case", "ifs", []


def _blocks(block: list[ast.stmt], loop: bool) -> Iterator[tuple[str, list[ast.stmt]]]:
    for i, one in enumerate(block):
        before, after = block[:i], block[i + 1 :]
        if not isinstance(one, ast.Return):
            nothing = [] if before or after else [ast.copy_location(ast.Pass(), one)]
            kind = "case" if isinstance(one, ast.If) else "step"
            yield kind, [*before, *after, *nothing]
        if isinstance(one, ast.If):
            yield "case", [*before, *one.body, *after]
            if one.orelse:
                yield "case", [*before, *one.orelse, *after]
        if isinstance(one, ast.AugAssign):
            plain = ast.Assign([one.target], one.value, lineno=one.lineno)
            yield "replaces", [*before, ast.copy_location(plain, one), *after]
        if isinstance(one, ast.For | ast.While) and after and isinstance(after[0], ast.Return):
            yield "early", [*before, _with(one, [*one.body, after[0]]), *after]
        if after and not isinstance(after[0], ast.Return):
            yield "sequence", [*before, after[0], one, *after[1:]]


def _with(loop: ast.For | ast.While, body: list[ast.stmt]) -> ast.stmt:
    fields = {name: getattr(loop, name) for name in loop._fields}
    return ast.copy_location(type(loop)(**{**fields, "body": body}), loop)
