"""What a teacher should look at: answers that read what they should not, or reach for the system.

A flag takes no points. It says what the source of the statements that were run names, what the
process did, whether any cell of the notebook replaces a part of the check, and whether the check
had said something better when the notebook was saved. An answer that hides what it calls is not
caught by this: it can only be read.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import lru_cache

from ..checks.check import Check
from ..checks.result import BORROWED, MARKS, NOT_STARTED, OK, WRONG
from .checks_named import Known, bound, path, within
from .magics import UNREADABLE
from .needed import Needed
from .seen import Seen

READS = "reads the right answers of the checks"
CALLED = "called the right answer of the checks"
SAME = "the course's own solution, word for word"
PATCHES = "replaces parts of its check"
SAID = "its own check said"
ODD = "sent what no check sends"
CHECKS = "tinytx.checks."
ANY = "any"  # in the place of an exercise
WEIGHT = (CALLED, READS, PATCHES, SAID, ODD, "ended:", "replaced", "imports", "uses", SAME)
FROM = 4  # statements from which on two answers do not agree by chance
_SYSTEM = {
    "os", "sys", "subprocess", "socket", "ctypes", "signal", "gc", "multiprocessing", "inspect",
    "importlib", "atexit", "pickle", "resource", "threading", "pathlib", "shutil", "urllib",
    "requests", "builtins", "tempfile", "asyncio", "code", "nbformat",
}  # fmt: skip
_INSIDE = {
    "reference", "expected", "catalogue", "suspects", "cases", "rows", "verdict", "last", "answers",
}  # fmt: skip
_DARK = {"exec", "eval", "compile", "__import__", "globals", "open", "getattr", "setattr"}


def flags_of(needed: Needed, check: Check) -> tuple[str, ...]:
    """Return the flags that the source of an answer gives rise to."""
    try:
        tree = ast.parse(needed.text + f"\n{needed.expression}")
    except UNREADABLE:
        return ()
    modules, names = set(), set()
    known = bound([*_trees(needed.cells)], tree)
    read: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules |= {node.module or "", *(f"{node.module}.{a.name}" for a in node.names)}
        elif isinstance(node, ast.Attribute):
            parts = within(node, known) if isinstance(node.ctx, ast.Load) else None
            read.update(parts or [])
        elif isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            modules |= {node.value} if "tinytx.checks" in node.value else set()
    inside = [m for m in modules if m.startswith("tinytx.checks") and "answers" in m]
    found = [READS] if inside or read & _INSIDE else []
    found += [PATCHES] if {check.name, ANY} & patched(needed.cells) else []
    system = sorted({m.partition(".")[0] for m in modules} & _SYSTEM)
    found += [f"imports {', '.join(system)}"] if system else []
    dark = sorted(names & _DARK)
    found += [f"uses {', '.join(dark)}"] if dark else []
    found += [SAME] if _is_the_course_s(tree, check, needed.expression) else []
    return tuple(found)


def by_weight(flags: Iterable[str]) -> tuple[str, ...]:
    """Return flags in the order in which to look at them.

    >>> by_weight(["imports os", CALLED])
    ('called the right answer of the checks', 'imports os')
    """
    return tuple(sorted(dict.fromkeys(flags), key=weight))


def weight(flag: str) -> int:
    """Return the place of a flag among all: 0 weighs most."""
    return next((i for i, start in enumerate(WEIGHT) if flag.startswith(start)), len(WEIGHT))


def disagrees(said: str, status: str) -> str:
    """Return the flag of an answer that was right when it was saved and is not here, or ''.

    ``said`` is the state that the notebook keeps. Then a cell that the answer needs may not have
    been run here, the source may not show where the function is defined, or the answer was changed
    and its check not run again.
    """
    worse = status in (WRONG, NOT_STARTED) and said in (OK, BORROWED)
    return f"{SAID} {MARKS[said]}" if worse else ""


@lru_cache(8)
def patched(cells: tuple[str, ...]) -> frozenset[str]:
    r"""Return the exercises whose check a cell replaces, in whole or in part; ``ANY`` if all may.

    >>> sorted(patched(("check.softmax = print\nsetattr(check.causal_mask, 'run', print)",)))
    ['causal_mask', 'softmax']
    """
    trees = [*_trees(cells)]
    known = bound(trees, *trees)
    return frozenset(n for tree in trees for node in ast.walk(tree) for n in _patches(node, known))


def _patches(node: ast.AST, known: Known) -> Iterator[str]:
    """Yield the exercise whose check a piece of source changes."""
    if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
        yield from _named(within(node, known))
    elif isinstance(node, ast.Call):
        called = path(node.func)
        if called[-1] in ("setattr", "delattr", "__setattr__", "__delattr__") and node.args:
            parts = within(node.args[0], known)
            name = node.args[1] if len(node.args) > 1 else None
            if parts is not None:
                last = str(name.value) if isinstance(name, ast.Constant) else ANY
                yield from _named([*parts, last])
        elif isinstance(node.func, ast.Attribute) and called[-1] in ("update", "pop", "clear"):
            parts = within(node.func.value, known) or []
            if parts[-1:] in (["__dict__"], ["checks"]):
                yield ANY


def _named(parts: list[str] | None) -> Iterator[str]:
    """Yield the exercise that the names below a module of checks lead to; ``ANY`` if none."""
    if parts is not None:
        yield next((one for one in parts if one not in ("chapter", "checks", "__dict__")), ANY)


def flags_of_run(seen: Seen) -> tuple[str, ...]:
    """Return the flags that what a process did gives rise to."""
    used = [what for kind, what in seen.steps if kind == "used"]
    answers = any(name.startswith(CHECKS) for names in used for name in names)
    replaced = [name for kind, what in seen.steps if kind == "replaced" for name in what]
    found = [CALLED] if answers or CHECKS in seen.kind else []
    found += [ODD] if seen.odd else []
    found += [f"ended: {seen.ended}"] if seen.ended else []
    names = ", ".join([*seen.restored, *replaced][:5])
    return tuple(found + ([f"replaced {names}"] if names else []))


def _trees(cells: Iterable[str]) -> Iterator[ast.Module]:
    for source in cells:
        try:
            yield ast.parse(source)
        except UNREADABLE:
            continue


def _is_the_course_s(tree: ast.Module, check: Check, given: str) -> bool:
    names = (check.name, given)
    own = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name in names]
    texts = {way.answer.text for mistake in check.mistakes for way in mistake.ways}
    if not own or len(_body(own[-1])) < FROM:
        return False
    theirs = [
        node
        for text in texts
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef) and node.name == check.name
    ]
    return any(list(map(ast.dump, _body(own[-1]))) == list(map(ast.dump, _body(t))) for t in theirs)


def _body(function: ast.FunctionDef) -> list[ast.stmt]:
    """Return the statements of a function without its docstring."""
    return function.body[1:] if ast.get_docstring(function) is not None else function.body
