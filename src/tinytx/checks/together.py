"""Many wrong functions compiled as one, in the time of a few.

A search for what an answer did wrong tries some two thousand functions, and calls most of them
once. To compile each takes longer than to call it. But each is the right answer with one statement
or two changed: so all changed statements are put into one function, each behind a number that says
which of them is meant.

.. code-block:: python

    def scaled_scores(q, k):            # the answer, with two ways of writing its only statement
        if _way_0:
            if _way_0 < 2:
                return q @ k / np.sqrt(q.shape[-1])
            else:
                return q @ k.mT * np.sqrt(q.shape[-1])
        else:
            return q @ k.mT / np.sqrt(q.shape[-1])

What would be another function in such company is left out: one that reads a name as a global which
is a variable of others, say.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import CodeType
from typing import Any, TypeVar

Block = tuple[ast.stmt, ...]
Variant = dict[ast.stmt, Block]  # what stands in the place of a statement; none lies in another
Node = TypeVar("Node", bound=ast.AST)
FLAG = "_way_{}"
# Words that make another function of all: a generator, or one whose variables are not its own.
WHOLE = re.compile(r"\b(yield|await|async|global|nonlocal|class|match|exec|locals)\b|:=")


@dataclass(frozen=True)
class Maker:
    """Makes one of the functions that were compiled together; called with the names it may use."""

    name: str
    code: CodeType
    flags: dict[str, int]

    def __call__(self, *names: dict[str, Any]) -> Callable[..., object]:
        """Return the function, new and with a state of its own."""
        space: dict[str, Any] = {}
        for some in (*names, self.flags):
            space.update(some)
        exec(self.code, space)
        return space[self.name]


def together(tree: ast.Module, variants: list[Variant | None]) -> list[Maker | None]:
    """Return for each variant of the only function in ``tree`` what makes it.

    It is None for a variant that is None, and for one that is left out. No text of the function or
    of a variant may hold a word of ``WHOLE``.
    """
    function = only(tree)
    places = _Places(function, [variant for variant in variants if variant])
    kept = [variant if variant and places.takes(variant) else None for variant in variants]
    whole = ast.Module([changed(function, {"body": places.merged(function.body)})], [])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of `is` beside a number
            code = compile(whole, f"<{function.name}>", "exec")
    except (SyntaxError, ValueError, TypeError, RecursionError):
        return [None] * len(variants)
    off = {flag: 0 for flag, _ in places.numbers.values()}
    return [
        Maker(function.name, code, {**off, **places.flags(variant)}) if variant else None
        for variant in kept
    ]


class _Places:
    """The statements of a function that some variant changes, and all that may stand there.

    What is a variable of a function in company has to be one of it alone. A choice is not taken if
    it sets a name that is a global one elsewhere, or reads one that only others set.
    """

    def __init__(self, function: ast.FunctionDef, variants: list[Variant]):
        self.function = function
        self.arguments = {arg.arg for arg in ast.walk(function.args) if isinstance(arg, ast.arg)}
        self.own = _set(function.body) | self.arguments
        found: dict[ast.stmt, dict[int, Block]] = {}
        for variant in variants:
            for statement, block in variant.items():
                found.setdefault(statement, {})[id(block)] = block
        self.known: dict[ast.AST, frozenset[str]] = {}  # what is read in a node: most are in many
        sets = {(s, at): _set(block) for s, some in found.items() for at, block in some.items()}
        foreign = set().union(*sets.values()) - self.own
        elsewhere = foreign & self._read(function.body)

        def taken(statement: ast.stmt, at: int, block: Block) -> bool:
            names = sets[statement, at]
            return not (names & elsewhere or (foreign and foreign & self._read(block) - names))

        self.choices = {
            statement: {at: block for at, block in some.items() if taken(statement, at, block)}
            for statement, some in found.items()
        }
        self.numbers = {
            (statement, at): (FLAG.format(place), number)
            for place, (statement, some) in enumerate(self.choices.items())
            for number, at in enumerate(some, 1)
        }
        self.lost = {key for key in self.numbers if _set([key[0]]) - sets[key]}

    def flags(self, variant: Variant) -> dict[str, int]:
        """Return the numbers that make a variant."""
        return dict(self.numbers[statement, id(block)] for statement, block in variant.items())

    def takes(self, variant: Variant) -> bool:
        """Return whether a variant is in company what it is alone.

        A name that it reads and does not set any more, as the right answer does, would be global.
        """
        keys = [(statement, id(block)) for statement, block in variant.items()]
        if self.lost.isdisjoint(keys):
            return all(key in self.numbers for key in keys)
        body = self._body(self.function.body, variant)
        lost = self.own - _set(body) - self.arguments
        return all(key in self.numbers for key in keys) and lost.isdisjoint(self._read(body))

    def _read(self, statements: Block | list[ast.stmt]) -> frozenset[str]:
        """Return the names in statements, inner functions included, that may be read there."""
        return frozenset().union(*map(self._read_in, statements))

    def _read_in(self, node: ast.AST) -> frozenset[str]:
        if isinstance(node, ast.Name):
            return frozenset({node.id})
        if node not in self.known:
            inner = map(self._read_in, ast.iter_child_nodes(node))
            self.known[node] = frozenset().union(*inner)
        return self.known[node]

    def _body(self, block: list[ast.stmt], variant: Variant) -> list[ast.stmt]:
        """Return the statements of a variant."""
        found: list[ast.stmt] = []
        for statement in block:
            if statement in variant:
                found += variant[statement]
            else:
                inner = {name: self._body(part, variant) for name, part in blocks(statement)}
                found.append(changed(statement, inner))
        return found

    def merged(self, block: list[ast.stmt]) -> list[ast.stmt]:
        """Return a block in which all that may stand there does, behind numbers."""
        return [self._either(statement) for statement in block]

    def _either(self, statement: ast.stmt) -> ast.stmt:
        inner = {name: self.merged(block) for name, block in blocks(statement)}
        merged = changed(statement, inner)
        some = self.choices.get(statement)
        if not some:
            return merged
        name, _ = self.numbers[statement, next(iter(some))]
        flag = ast.copy_location(ast.Name(name, ast.Load()), statement)
        chosen = _tree(flag, list(some.values()), 1)
        return ast.copy_location(ast.If(flag, chosen, [merged]), statement)


def _tree(flag: ast.Name, found: list[Block], first: int) -> list[ast.stmt]:
    """Return what does one of the blocks: that whose number ``flag`` is, counted from ``first``."""
    if len(found) == 1:
        return list(found[0]) or [ast.copy_location(ast.Pass(), flag)]
    half = len(found) // 2
    number = ast.copy_location(ast.Constant(first + half), flag)
    test = ast.copy_location(ast.Compare(flag, [ast.Lt()], [number]), flag)
    halves = _tree(flag, found[:half], first), _tree(flag, found[half:], first + half)
    return [ast.copy_location(ast.If(test, *halves), flag)]


def only(tree: ast.Module) -> ast.FunctionDef:
    """Return the function of a tree that has one."""
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef), "an answer is a function"
    return function


def blocks(statement: ast.stmt) -> Iterator[tuple[str, list[ast.stmt]]]:
    """Yield the blocks inside a statement that are of its own function, each with its field."""
    if isinstance(statement, ast.For | ast.While | ast.If | ast.With | ast.Try):
        for name in ("body", "orelse", "finalbody"):
            if getattr(statement, name, None):
                yield name, getattr(statement, name)


def changed(node: Node, fields: Mapping[str, object]) -> Node:
    """Return a node with some fields changed, a new one if there are any."""
    return type(node)(**{**vars(node), **fields}) if fields else node


def _set(statements: Block | list[ast.stmt]) -> set[str]:
    """Return the variables that statements set."""
    found: set[str] = set()
    for one in statements:
        for target in (*getattr(one, "targets", ()), getattr(one, "target", None)):
            found |= _stored(target)
        for item in getattr(one, "items", ()):
            found |= _stored(item.optional_vars)
        if isinstance(one, ast.Import | ast.ImportFrom):
            found |= {(name.asname or name.name).partition(".")[0] for name in one.names}
        if isinstance(one, ast.FunctionDef):
            found.add(one.name)
        for handler in getattr(one, "handlers", ()):
            found |= _set(handler.body) | ({handler.name} if handler.name else set())
        for _, block in blocks(one):
            found |= _set(block)
    return found


def _stored(target: ast.expr | None) -> set[str]:
    if isinstance(target, ast.Name):
        return {target.id}
    if isinstance(target, ast.Tuple | ast.List):
        return set().union(*map(_stored, target.elts))
    return _stored(target.value) if isinstance(target, ast.Starred) else set()
