"""One change of a syntax tree: all that can be made in one place of a function, each of a kind.

A change sets fields of nodes and can be taken back, so that hundreds of wrong functions are
compiled from one tree. ``kinds.py`` has the words for each kind.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .expressions import replacements
from .statements import rewritten


@dataclass(frozen=True)
class Change:
    """Fields of nodes that get another value, in the statement that sets ``target``."""

    kind: str
    sets: tuple[tuple[ast.AST, str, Any], ...]
    target: str = ""  # the name that the changed statement assigns to, if it is one alone

    @contextlib.contextmanager
    def made(self) -> Iterator[None]:
        """Make the change, and take it back."""
        old = [(node, field, getattr(node, field)) for node, field, _ in self.sets]
        for node, field, value in self.sets:
            setattr(node, field, value)
        try:
            yield
        finally:
            for node, field, value in old:
                setattr(node, field, value)


def parsed(text: str) -> ast.Module:
    """Return the tree of ``text`` in which a negative number is one constant, such as an axis.

    >>> ast.dump(parsed("-1").body[0].value)
    'Constant(value=-1)'
    """
    return ast.fix_missing_locations(_Folded().visit(ast.parse(text)))


class _Folded(ast.NodeTransformer):
    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        inside: Any = getattr(node.operand, "value", None)
        if isinstance(node.op, ast.USub) and type(inside) in (int, float):
            return ast.copy_location(ast.Constant(-inside), node)
        return node


def changes(function: ast.FunctionDef) -> Iterator[Change]:
    """Yield all changes of a function: of its expressions, and of its statements."""
    names = _names(function)  # and of these, what has a value before the statement
    for parent in _inside(function):
        for kind, field, value in rewritten(parent):
            yield Change(kind, ((parent, field, value),))
    for statement, parent, field, index, node in _slots(function):
        known = [name for name, line in names.items() if line < statement.lineno]
        for kind, new in replacements(node, parent, field, known):
            ast.copy_location(new, node)
            for inner in ast.walk(new):  # what the change made anew has no place of its own
                if not hasattr(inner, "lineno") and isinstance(inner, ast.expr | ast.keyword):
                    ast.copy_location(inner, node)
            yield Change(
                kind, ((parent, field, _put(parent, field, index, new)),), _target(statement)
            )


def everywhere(found: list[Change]) -> Iterator[Change]:
    """Yield the changes that are the same in several places, made in all of them at once."""
    groups: dict[tuple[str, str], list[Change]] = {}
    for change in found:
        node, field, new = change.sets[0]
        old = getattr(node, field)
        if isinstance(old, ast.Name | ast.Constant) and isinstance(new, ast.Name | ast.Constant):
            key = (change.kind, f"{ast.dump(old)} {ast.dump(new)}")
            groups.setdefault(key, []).append(change)
    for (kind, _), same in groups.items():
        if len(same) > 1:
            yield Change(kind, tuple(one.sets[0] for one in same))


def uses(function: ast.FunctionDef) -> Iterator[tuple[str, ast.AST, str, int | None, ast.expr]]:
    """Yield each place where a variable is set or used: its name, and where it stands."""
    names = _names(function)
    for statement, parent, field, index, node in _slots(function):
        if isinstance(node, ast.Name) and node.id in names and field != "func":
            yield node.id, parent, field, index, node
        elif parent is statement and field == "value" and _target(statement):
            yield _target(statement), parent, field, index, node


def wrapped(parent: ast.AST, field: str, index: int | None, node: ast.expr) -> Change:
    """Return the change that hands an expression to the function ``CHANGED`` first."""
    new = ast.copy_location(ast.Call(ast.Name(CHANGED, ast.Load()), [node], []), node)
    ast.copy_location(new.func, node)
    return Change("wrapped", ((parent, field, _put(parent, field, index, new)),))


CHANGED = "_changed_by_a_slip"
Slot = tuple[ast.stmt, ast.AST, str, int | None, ast.expr]  # a statement, and where in it


def _inside(function: ast.FunctionDef) -> Iterator[ast.AST]:
    yield function
    for statement in function.body:
        yield from ast.walk(statement)


def _slots(function: ast.FunctionDef) -> Iterator[Slot]:
    """Yield each expression that is read: its statement, and where it stands."""

    def under(node: ast.AST, statement: ast.stmt) -> Iterator[Slot]:
        for field, value in ast.iter_fields(node):
            if field in ("annotation", "returns", "args") and isinstance(node, _SIGNED):
                continue
            items = enumerate(value) if isinstance(value, list) else [(None, value)]
            for index, item in items:
                written = isinstance(getattr(item, "ctx", None), ast.Store | ast.Del)
                if isinstance(item, ast.expr) and not (isinstance(item, ast.Starred) or written):
                    yield statement, node, field, index, item
                if isinstance(item, ast.AST):
                    yield from under(item, item if isinstance(item, ast.stmt) else statement)

    for statement in function.body:
        yield from under(statement, statement)


_SIGNED = ast.AnnAssign | ast.FunctionDef | ast.arguments


def _put(parent: ast.AST, field: str, index: int | None, new: ast.expr) -> object:
    if index is None:
        return new
    items = list(getattr(parent, field))
    items[index] = new
    return items


def _names(function: ast.FunctionDef) -> dict[str, int]:
    """Return the arguments and the variables of a function, and the line that sets each first.

    What a comprehension sets counts as set on the line before it.
    """
    found = dict.fromkeys((arg.arg for arg in function.args.args), 0)
    for node in (node for statement in function.body for node in ast.walk(statement)):
        if isinstance(node, ast.comprehension):
            for one in ast.walk(node.target):
                if isinstance(one, ast.Name):
                    found[one.id] = min(found.get(one.id, one.lineno), one.lineno - 1)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found[node.id] = min(found.get(node.id, node.lineno), node.lineno)
    return found


def _target(statement: ast.stmt) -> str:
    target: ast.expr | None = getattr(statement, "target", None)
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
    return target.id if isinstance(target, ast.Name) else ""
