"""What a call of a notebook's own function changes beyond what it returns.

Read from the source alone: a global name that the function stores, a thing with a global name that
it changes, an argument that it changes, and the same of the notebook's functions that it names. A
change through another name for the same thing (``t = TABLE; t.append(1)``) is not seen, nor by
``setattr``, nor what a decorator does with the function that it is given.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class _Effect:
    names: set[str] = field(default_factory=set)  # of the notebook, that it changes
    reads: set[str] = field(default_factory=set)
    arguments: bool = False  # whether it changes any of its own


class Effects:
    """The effects of a notebook's functions, by name; of several with one name, all of them."""

    def __init__(self, nodes: list[ast.stmt]):
        self.found: dict[str, _Effect] = {}
        for node in nodes:
            if isinstance(node, Function):
                self._add(node)

    def _add(self, node: Function) -> None:
        one = self.found.setdefault(node.name, _Effect())
        given = {argument.arg for argument in ast.walk(node.args) if isinstance(argument, ast.arg)}
        parts = [part for statement in node.body for part in ast.walk(statement)]
        names = [part for part in parts if isinstance(part, ast.Name)]
        stored = {part.id for part in names if not isinstance(part.ctx, ast.Load)}
        stored |= {name for part in parts for name in _named(part)}
        shared = {n for part in parts if isinstance(part, ast.Global) for n in part.names}
        touched = {name for statement in node.body for name in changed(statement)}
        one.names |= (stored & shared) | (touched - given - (stored - shared))
        one.arguments |= bool(touched & given)
        one.reads |= {part.id for part in names}

    def of(self, node: ast.stmt, asked: str) -> set[str]:
        """Return the names that a statement may change by what it calls.

        ``asked`` is the function that an exercise asks for: it is no helper.
        """
        names: set[str] = set()
        for call in _calls(node):
            if isinstance(call.func, ast.Name):
                below = self._below(call.func.id, asked)
                names |= {name for one in below for name in one.names}
                if any(one.arguments for one in below):
                    values = [*call.args, *(keyword.value for keyword in call.keywords)]
                    names |= {name for value in values for name in root(value)}
        return names

    def _below(self, name: str, asked: str) -> list[_Effect]:
        """Return the effects of a function and of all that it names, but for the one asked for."""
        reached: list[str] = []
        ahead = [name]
        while ahead:
            now = ahead.pop()
            if now in self.found and now not in (asked, *reached):
                reached.append(now)
                ahead += self.found[now].reads
        return [self.found[one] for one in reached]


def changed(node: ast.stmt) -> Iterator[str]:
    """Yield what a statement changes that has a name already: entries, attributes, by a method."""
    if isinstance(node, Function | ast.ClassDef):
        return
    for part in ast.walk(node):
        stored = isinstance(part, ast.Attribute | ast.Subscript)
        if stored and not isinstance(part.ctx, ast.Load):  # type: ignore[attr-defined]
            yield from root(part)
        called = part.value if isinstance(part, ast.Expr) else None
        if isinstance(called, ast.Call) and isinstance(called.func, ast.Attribute):
            yield from root(called.func)


def root(node: ast.AST) -> Iterator[str]:
    """Yield ``a`` of ``a.b[0].c``; nothing where it starts with anything but a name."""
    first = chain(node)[0]
    if first:
        yield first


def chain(node: ast.AST) -> list[str]:
    """Return the names of ``a.b[0].c``; the first is '' where it starts with anything else."""
    names: list[str] = []
    while isinstance(node, ast.Attribute | ast.Subscript):
        names += [node.attr] if isinstance(node, ast.Attribute) else []
        node = node.value
    return [node.id if isinstance(node, ast.Name) else "", *names[::-1]]


def _named(node: ast.AST) -> list[str]:
    """Return the names that a statement gives a value without an assignment: by import or def."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name.partition(".")[0] for alias in node.names]
    return [node.name] if isinstance(node, Function | ast.ClassDef) else []


def _calls(node: ast.stmt) -> Iterator[ast.Call]:
    """Yield the calls that stand alone or whose value gets a name, outside of definitions."""
    if isinstance(node, Function | ast.ClassDef):
        return
    for part in ast.walk(node):
        value = part.value if isinstance(part, ast.Expr | ast.Assign | ast.AnnAssign) else None
        if isinstance(value, ast.Call):
            yield value
