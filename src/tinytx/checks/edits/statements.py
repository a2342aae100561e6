"""Which statements of an answer an edit changes, and what then stands there."""

from __future__ import annotations

import ast
import itertools

from ..together import WHOLE, Block, Variant, blocks, only
from .text import Edit


class Statements:
    r"""The statements of a function's text, each with its place: whole lines from start to end.

    >>> lines = Statements("def f(a, b):\n    a = a + 1\n    return a * b\n")
    >>> edit = Edit.of(lines.text, ["a + 1 → a + b"])
    >>> [ast.unparse(one) for block in lines.variant(edit).values() for one in block]
    ['a = a + b']
    """

    def __init__(self, text: str):
        self.text, self.tree = text, ast.parse(text)
        sizes = (len(line) for line in text.splitlines(keepends=True))
        self.starts = [0, *itertools.accumulate(sizes)]
        self.known: dict[tuple[ast.stmt, str], Block | None] = {}
        one = len(self.tree.body) == 1 and isinstance(self.tree.body[0], ast.FunctionDef)
        self.usable = one and not WHOLE.search(text)
        self.single: dict[Edit, Variant | None] = {}
        self.relations: dict[ast.stmt, set[ast.stmt]] = {}
        self.spans: dict[ast.stmt, tuple[int, int]] = {}
        self.alone: dict[ast.stmt, bool] = {}  # whether it has its lines for itself
        self.inside: dict[ast.stmt, list[ast.stmt]] = {}  # the blocks in it
        if self.usable:
            self._relate(only(self.tree).body, ())

    def variant(self, edit: Edit) -> Variant | None:
        """Return what stands in the place of each statement that an edit changes.

        None where they are not the same statements any more: the head of the function is changed,
        or how far a line is set in.
        """
        if not self.usable:
            return None
        found: dict[ast.stmt, list[tuple[int, int, str]]] = {}
        for start, end, new in edit.places:
            path = self._path(start, end)
            if not path:
                return None
            owner = next((one for one in path if one in found), path[-1])
            inside = [one for one in found if one in self.related(owner) and one is not owner]
            moved = [place for one in inside for place in found.pop(one)]
            found.setdefault(owner, []).extend([*moved, (start, end, new)])
        made: Variant = {}
        for one, places in found.items():
            block = self._block(one, Edit(tuple(places)))
            if block is None:
                return None
            made[one] = block
        return None if _gone(made) > 1 else made

    def both(self, a: Edit, b: Edit) -> Variant | None:
        """Return the same of two edits that are made together."""
        one, other = self._alone(a), self._alone(b)
        if one is None or other is None:
            return self.variant(a + b)
        if any(self.related(statement) & other.keys() for statement in one):
            return self.variant(a + b)  # they meet in a statement
        return None if _gone(one) + _gone(other) > 1 else one | other

    def _alone(self, edit: Edit) -> Variant | None:
        if edit not in self.single:
            self.single[edit] = self.variant(edit)
        return self.single[edit]

    def related(self, statement: ast.stmt) -> set[ast.stmt]:
        """Return the statements around a statement and inside it, and itself."""
        return self.relations[statement]

    def _relate(self, block: list[ast.stmt], around: tuple[ast.stmt, ...]) -> None:
        for statement in block:
            self.relations[statement] = {statement, *around}
            for outer in around:
                self.relations[outer].add(statement)
            self.spans[statement] = self._span(statement)
            self.alone[statement] = self._is_alone(statement)
            self.inside[statement] = [one for _, inner in blocks(statement) for one in inner]
            self._relate(self.inside[statement], (*around, statement))

    def _path(self, start: int, end: int) -> list[ast.stmt]:
        """Return the statements around a place, from the outermost in."""
        path: list[ast.stmt] = []
        block = only(self.tree).body
        while True:
            around = next((one for one in block if self._holds(one, start, end)), None)
            if around is None:
                return path
            path.append(around)
            block = self.inside[around]

    def _holds(self, statement: ast.stmt, start: int, end: int) -> bool:
        """Return whether a place lies in the lines of a statement that has its lines for itself."""
        first, last = self.spans[statement]
        return first <= start < last and end <= last and self.alone[statement]

    def _span(self, statement: ast.stmt) -> tuple[int, int]:
        return self.starts[statement.lineno - 1], self.starts[_end(statement)[0]]

    def _is_alone(self, statement: ast.stmt) -> bool:
        first, last = self.spans[statement]
        if getattr(statement, "decorator_list", None):
            return False
        before = self.text[first:][: statement.col_offset]
        row, column = _end(statement)
        after = self.text[self.starts[row - 1] + column : last]
        word = self.text[first + statement.col_offset :][:4]
        return not before.strip() and not after.strip() and word != "elif"

    def _block(self, statement: ast.stmt, edit: Edit) -> Block | None:
        """Return what a statement becomes, or None if it does not stay in its place."""
        first, last = self.spans[statement]
        places = tuple((start - first, end - first, new) for start, end, new in edit.places)
        text = Edit(tuple(sorted(places))).apply(self.text[first:last])
        if (statement, text) not in self.known:
            self.known[statement, text] = _parsed(text, statement.col_offset)
        return self.known[statement, text]


def _end(statement: ast.stmt) -> tuple[int, int]:
    """Return the line, from 1, and the column where a statement ends."""
    row, column = statement.end_lineno, statement.end_col_offset
    assert row is not None, "it was read from a text"
    assert column is not None, "it was read from a text"
    return row, column


def _parsed(text: str, indent: int) -> Block | None:
    """Return the statements of a text whose lines are set in, or None if it is not that."""
    if WHOLE.search(text):
        return None
    try:
        tree = ast.parse(f"if 1:\n{' ' * indent}pass\n{text}")
    except (SyntaxError, ValueError):
        return None
    (whole, *others) = tree.body
    assert isinstance(whole, ast.If), "the text begins so"
    return None if others or whole.orelse else tuple(whole.body[1:])


def _gone(variant: Variant) -> int:
    """Return how many statements nothing is left of: two may leave a block without any."""
    return sum(block == () for block in variant.values())
