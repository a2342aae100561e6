"""Which statements of a notebook an answer needs: those are run to grade it, and no others.

An exercise is graded without the rest of its notebook. What runs is the cell that defines the
function, and from the other cells, wherever they stand before the check, the imports, helpers and
constants that it uses, by name, with what these use in turn. So a plot, a long experiment or an
endless loop elsewhere takes no time, a cell that fails stops no exercise but its own, and what one
answer does to NumPy the next one never sees. The checks and the playground are not run.

A call that stands alone, or whose value gets a name (``fill()``, ``n = fill(TABLE)``), also in a
loop or under an ``if``, runs where it can change what is used (``effects.py``): the notebook's own
function stores a global name, changes one (``TABLE.append(1)``) or what it is given, itself or
through others of the notebook. The function that is asked for is not taken as such a helper: what
calls it is an experiment. Passed over are calls within ``print(…)``, decorators that register what
they are given, ``setattr(…)``, and changes through another name for the same thing; there
the flag "its own check said [ok]" tells that something is amiss.
"""

from __future__ import annotations

import ast
import builtins
import dis
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from types import CodeType
from typing import cast

from .effects import Effects, changed, root
from .magics import UNREADABLE, without_magics

MOST, MANY = 200_000, 5_000  # characters of a cell, statements of a notebook: more is no answer
_KNOWN = {*dir(builtins), "display", "get_ipython", "__name__", "__file__", "__doc__"}


@dataclass(frozen=True)
class Statement:
    """One statement at the top level of a cell."""

    cell: int  # its number among the code cells
    node: ast.stmt = field(repr=False)
    sets: frozenset[str]
    reads: frozenset[str]
    changes: frozenset[str]  # names of things that it changes: `table[0] = 1`, `table.append(1)`
    error: str = ""  # why it does not compile: `return` outside a function

    @property
    def imports(self) -> bool:
        """Whether it only imports."""
        return isinstance(self.node, ast.Import | ast.ImportFrom)


@dataclass(frozen=True)
class Needed:
    """What is run to grade one exercise."""

    name: str  # of the function
    expression: str  # what is given to the check, mostly the name
    cells: tuple[str, ...] = field(repr=False)  # sources, magics taken out, by number of the cell
    statements: tuple[tuple[int, int], ...] = ()  # which are run: cell, number in the cell
    written: bool = False  # whether any cell gives the name, or what is given, a value
    broken: str = ""  # why the cell that does cannot be read
    unread: tuple[str, ...] = ()  # of each other cell before the check, why it cannot be read

    @property
    def text(self) -> str:
        """All that is run, as one text."""
        return "\n".join(ast.unparse(statement(self, one)) for one in self.statements)


def statement(needed: Needed, one: tuple[int, int]) -> ast.stmt:
    """Return a statement that is run, by its cell and its number there."""
    return _body(needed.cells[one[0]])[one[1]]


def compiled(node: ast.stmt, name: str) -> CodeType:
    """Return the code of a statement of a cell; as in a notebook it may ``await`` by itself."""
    module = ast.Module([node], [])
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    return cast(CodeType, compile(module, name, "exec", flags=flags))


@lru_cache(64)
def _body(source: str) -> list[ast.stmt]:
    return ast.parse(source).body


class Cells:
    """The code cells of a notebook, taken apart into statements."""

    def __init__(self, sources: list[str]):
        self.broken: dict[int, str] = {}
        self.statements: list[Statement] = []
        self.numbers: dict[int, int] = {}  # of a statement in its cell, by its place in the list
        self.sources = tuple(s if len(s) > MOST else without_magics(s) for s in sources)
        for cell, source in enumerate(self.sources):
            self._take(cell, source)
        self.modules = {n for one in self.statements if one.imports for n in one.sets}
        self.effects = Effects([one.node for one in self.statements])

    def _take(self, cell: int, source: str) -> None:
        try:
            if len(source) > MOST:
                raise ValueError(f"a cell of {len(source):,} characters is too long")
            body = ast.parse(source).body
            if len(self.statements) + len(body) > MANY:
                raise ValueError(f"a notebook of more than {MANY:,} statements is too long")
            for number, node in enumerate(body):
                self.numbers[len(self.statements)] = number
                self.statements.append(_statement(cell, node))
        except UNREADABLE as error:
            self.broken[cell] = _says(error)

    def needed(self, name: str) -> Needed:
        """Return what is run to grade the exercise ``name``."""
        calls = [
            (i, given)
            for i, one in enumerate(self.statements)
            if (given := _given(one.node, name)) is not None
        ]
        end, given = calls[-1] if calls else (len(self.statements), ast.Name(name, ast.Load()))
        asked = self._asked(given, name)
        setters = [i for i, one in enumerate(self.statements) if asked in one.sets]
        before = [i for i in setters if i < end]
        own = self.statements[(before or setters)[-1]].cell if setters else None
        torn = [cell for cell in self.broken if _defines(self.sources[cell], asked)]
        if torn and (own is None or torn[-1] > own):
            return Needed(name, name, self.sources, written=True, broken=self.broken[torn[-1]])
        touched = [one.changes | self.effects.of(one.node, asked) for one in self.statements]
        chosen = self._closure(_names(given), own, end, touched)
        return Needed(
            name,
            ast.unparse(given),
            self.sources,
            tuple((self.statements[i].cell, self.numbers[i]) for i in chosen),
            written=own is not None or not isinstance(given, ast.Name),
            unread=tuple(why for cell, why in self.broken.items() if cell != own),
        )

    def _asked(self, given: ast.expr, name: str) -> str:
        """Return the name of the answer: what the check is given, if any cell defines that."""
        other = given.id if isinstance(given, ast.Name) else name
        torn = any(_defines(self.sources[cell], other) for cell in self.broken)
        return other if torn or any(other in one.sets for one in self.statements) else name

    def _closure(
        self, wanted: set[str], own: int | None, end: int, touched: list[frozenset[str]]
    ) -> list[int]:
        """Return the statements to run; ``touched`` is what each changes, itself or by a call."""
        chosen = {
            i for i, one in enumerate(self.statements) if one.cell == own and not _checks(one.node)
        }
        for i in chosen:
            wanted |= self.statements[i].reads
        before = {n for one in self.statements[:end] for n in one.sets}
        everywhere = {n for one in self.statements for n in one.sets} | _KNOWN
        starred = any(_takes_all(one.node) for one in self.statements[:end])
        size = -1
        while size != len(chosen) + len(wanted):
            size = len(chosen) + len(wanted)
            for i in set(range(len(self.statements))) - chosen:
                every = i < end or (not starred and bool(wanted - everywhere))
                if self._is_needed(i, wanted - before if i >= end else wanted, touched[i], every):
                    chosen.add(i)
                    wanted |= self.statements[i].reads | self.statements[i].sets
        if wanted - everywhere and any("exec" in one.reads for one in self.statements):
            return [i for i, s in enumerate(self.statements) if i < end and not _checks(s.node)]
        return sorted(chosen)

    def _is_needed(self, i: int, wanted: set[str], touched: frozenset[str], every: bool) -> bool:
        """Return whether a statement sets or changes what is wanted.

        Of what stands after the check only what nothing before it defines is wanted. Which names
        ``from … import *`` defines nobody knows: it is needed where ``every`` says so, before the
        check, and behind it if a name is defined nowhere else.
        """
        one = self.statements[i]
        reached = (touched & wanted) - self.modules
        every = every and _takes_all(one.node)
        return not _checks(one.node) and bool(one.sets & wanted or reached or every)


def _takes_all(node: ast.stmt) -> bool:
    """Return whether a statement is ``from … import *``."""
    return isinstance(node, ast.ImportFrom) and node.names[0].name == "*"


def _says(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        line = f", line {error.lineno}: {(error.text or '').strip()[:80]}" if error.lineno else ""
        return f"{type(error).__name__}: {error.msg}{line}"
    return f"{type(error).__name__}: {str(error)[:120]}"


def _statement(cell: int, node: ast.stmt) -> Statement:
    sets: set[str] = set()
    reads: set[str] = set()
    for code in _codes(compiled(node, "<cell>")):
        for step in dis.get_instructions(code):
            if not isinstance(step.argval, str) or "FAST" in step.opname:
                continue
            if step.opname.startswith("LOAD_") and re.search("NAME|GLOBAL", step.opname):
                reads.add(step.argval)
            elif step.opname == "STORE_GLOBAL" or (
                step.opname == "STORE_NAME" and code.co_name == "<module>"
            ):
                sets.add(step.argval)
    return Statement(cell, node, frozenset(sets), frozenset(reads), frozenset(changed(node)))


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for inside in code.co_consts:
        if isinstance(inside, CodeType):
            yield from _codes(inside)


def _given(node: ast.stmt, name: str) -> ast.expr | None:
    """Return what ``check.name(…)`` is given, if the statement is that."""
    call = node.value if isinstance(node, ast.Expr | ast.Assign) else None
    if not isinstance(call, ast.Call):
        return None
    if not (isinstance(call.func, ast.Attribute) and call.func.attr == name):
        return None
    if not (isinstance(call.func.value, ast.Name) and call.func.value.id == "check"):
        return None
    return call.args[0] if len(call.args) == 1 else None


def _checks(node: ast.stmt) -> bool:
    """Return whether a statement calls a check or the playground, or shows something."""
    called = (
        node.value.func if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) else None
    )
    roots = [*root(called)] if isinstance(called, ast.Attribute) else []
    if isinstance(node, ast.Assign):  # `_ = check.softmax(softmax)`
        call = node.value
        return isinstance(call, ast.Call) and "check" in root(call.func)
    shows = isinstance(called, ast.Name) and called.id in ("print", "display", "help")
    return shows or bool({"check", "playground", "plt"} & {*roots})


def _names(node: ast.expr) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _defines(source: str, name: str) -> bool:
    return (
        re.search(rf"^\s*(?:async\s+)?(?:def|class)\s+{re.escape(name)}\b", source, re.M)
        is not None
    )
