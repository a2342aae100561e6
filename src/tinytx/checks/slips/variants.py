"""Changes of a syntax tree as what stands in the place of a statement, to be compiled together."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from ..together import Node, Variant, blocks, changed
from .tree import Change


class Variants:
    """What the changes of a function make of its statements; the tree stays as it is.

    Nothing is copied but the nodes around a change.
    """

    def __init__(self, function: ast.FunctionDef):
        self.function = function
        self.above = dict(_above(function))
        self.statements = set(_statements(function.body))

    def of(self, change: Change) -> Variant:
        """Return what stands in the place of each statement when a change is made."""
        (node, field, value), *others = change.sets
        if others:
            return self._of_several(change)
        if node is self.function:
            return _differences(self.function.body, value)
        owner, new = self._climbed(node, changed(node, {field: value}))
        return {owner: (new,)}

    def _climbed(self, node: ast.AST, new: ast.AST) -> tuple[ast.stmt, ast.stmt]:
        """Return the statement around a node, and the same with ``new`` in the node's place."""
        while node not in self.statements:
            parent, field, index = self.above[node]
            value: Any = new
            if index is not None:
                value = list(getattr(parent, field))
                value[index] = new
            node, new = parent, changed(parent, {field: value})
        assert isinstance(node, ast.stmt), "it is one of the statements"
        assert isinstance(new, ast.stmt), "it was made of one"
        return node, new

    def _of_several(self, change: Change) -> Variant:
        sets: dict[ast.AST, dict[str, object]] = {}
        for node, field, value in change.sets:
            sets.setdefault(node, {})[field] = value
        owners = {self._climbed(node, node)[0] for node in sets}
        outer = [one for one in owners if not owners.intersection(self._around(one))]
        return {one: (_rebuilt(one, sets),) for one in outer}

    def _around(self, node: ast.AST) -> Iterator[ast.AST]:
        while node in self.above:
            node = self.above[node][0]
            yield node


def _above(node: ast.AST) -> Iterator[tuple[ast.AST, tuple[ast.AST, str, int | None]]]:
    """Yield for each node inside another where it stands there."""
    for field, value in ast.iter_fields(node):
        items = enumerate(value) if isinstance(value, list) else [(None, value)]
        for index, item in items:
            if isinstance(item, ast.AST):
                yield item, (node, field, index)
                yield from _above(item)


def _statements(block: list[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in block:
        yield statement
        for _, inner in blocks(statement):
            yield from _statements(inner)


def _differences(old: list[ast.stmt], new: list[ast.stmt]) -> Variant:
    """Return by which statements those between the equal ends of two blocks are replaced."""
    start, end = 0, 0
    while start < min(len(old), len(new)) and old[start] is new[start]:
        start += 1
    while end < min(len(old), len(new)) - start and old[-1 - end] is new[-1 - end]:
        end += 1
    first, *others = old[start : len(old) - end]
    return {first: tuple(new[start : len(new) - end]), **dict.fromkeys(others, ())}


def _rebuilt(node: Node, sets: dict[ast.AST, dict[str, object]]) -> Node:
    """Return a node with fields of it, and of the nodes inside, set to other values."""
    fields = {}
    for name, old in ast.iter_fields(node):
        value = sets.get(node, {}).get(name, old)
        if isinstance(value, list):
            made = [_rebuilt(one, sets) if isinstance(one, ast.AST) else one for one in value]
            value = value if all(map(lambda a, b: a is b, made, value)) else made
        elif isinstance(value, ast.AST):
            value = _rebuilt(value, sets)
        if value is not old:
            fields[name] = value
    return changed(node, fields)
