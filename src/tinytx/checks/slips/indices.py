"""What else could stand in the place of an index, a slice, or what a loop runs over."""

from __future__ import annotations

import ast
from collections.abc import Iterator

New = Iterator[tuple[str, ast.expr]]
AXES = (-1, -2, -3, 0, 1, 2)


def subscript(node: ast.Subscript) -> New:
    """Yield what may stand for what is read at an index, in a slice, or of a shape."""
    at = node.slice
    if of_shape(node):
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
                yield ast.Slice(index.lower, plus(index.upper, step), index.step)
            if index.lower:
                yield ast.Slice(plus(index.lower, step), index.upper, index.step)
        if index.lower is None and index.step is None:
            yield ast.Slice(ast.Constant(1), index.upper, None)
        if index.upper is None and index.step is None:
            yield ast.Slice(index.lower, ast.Constant(-1), None)
    elif isinstance(index, ast.Name | ast.BinOp):
        yield from (plus(index, 1), plus(index, -1))


def iterated(node: ast.expr) -> New:
    """Yield what a loop may run over instead: not the first or the last, or the other way."""
    listed = ast.Call(ast.Name("list", ast.Load()), [node], [])
    minus = ast.UnaryOp(ast.USub(), ast.Constant(1))
    for kind, cut in (
        ("bound", ast.Slice(ast.Constant(1), None, None)),
        ("bound", ast.Slice(None, minus, None)),
        ("direction", ast.Slice(None, None, minus)),
    ):
        yield kind, ast.Subscript(listed, cut, ast.Load())


def of_shape(node: ast.AST) -> bool:
    """Return whether an entry of a shape is taken: which one is a kind of its own."""
    whole = node.value if isinstance(node, ast.Subscript) else None
    return isinstance(whole, ast.Attribute) and whole.attr == "shape"


def plus(node: ast.expr, step: int) -> ast.expr:
    """Return an expression that is more by ``step``, or less if this is negative."""
    return ast.BinOp(node, ast.Add() if step > 0 else ast.Sub(), ast.Constant(abs(step)))


def _at(node: ast.Subscript, index: ast.expr) -> ast.Subscript:
    return ast.Subscript(node.value, index, node.ctx)
