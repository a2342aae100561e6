"""What a teacher should look at: answers that read what they should not, or reach for the system.

A flag takes no points. It says what the source of the statements that were run names, or what the
process did. An answer that hides what it calls is not caught by this: it can only be read.
"""

from __future__ import annotations

import ast

from ..checks.check import Check
from .needed import Needed
from .seen import Seen

READS = "reads the right answers of the checks"
CALLED = "called the right answer of the checks"
SAME = "the course's own solution, word for word"
FROM = 4  # statements from which on two answers do not agree by chance
_SYSTEM = {
    "os", "sys", "subprocess", "socket", "ctypes", "signal", "gc", "multiprocessing", "inspect",
    "importlib", "atexit", "pickle", "resource", "threading", "pathlib", "shutil", "urllib",
    "requests", "builtins", "tempfile", "asyncio", "code", "nbformat",
}  # fmt: skip
_INSIDE = {"reference", "expected", "catalogue", "suspects", "cases", "rows", "verdict", "last"}
_DARK = {"exec", "eval", "compile", "__import__", "globals", "open", "getattr", "setattr"}


def flags_of(needed: Needed, check: Check) -> tuple[str, ...]:
    """Return the flags that the source of an answer gives rise to."""
    try:
        tree = ast.parse(needed.text + f"\n{needed.expression}")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    modules, attributes, names = set(), set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules |= {node.module or "", *(f"{node.module}.{a.name}" for a in node.names)}
        elif isinstance(node, ast.Attribute):
            attributes.add(node.attr)
        elif isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            modules |= {node.value} if "tinytx.checks" in node.value else set()
    inside = [m for m in modules if m.startswith("tinytx.checks") and "answers" in m]
    found = [READS] if inside or ("check" in names and attributes & _INSIDE) else []
    system = sorted({m.partition(".")[0] for m in modules} & _SYSTEM)
    found += [f"imports {', '.join(system)}"] if system else []
    dark = sorted(names & _DARK)
    found += [f"uses {', '.join(dark)}"] if dark else []
    found += [SAME] if _is_the_course_s(tree, check) else []
    return tuple(found)


def flags_of_run(seen: Seen) -> tuple[str, ...]:
    """Return the flags that what a process did gives rise to."""
    used = [what for kind, what in seen.steps if kind == "used"]
    answers = any(name.startswith("tinytx.checks") for names in used for name in names)
    replaced = [name for kind, what in seen.steps if kind == "replaced" for name in what]
    found = [CALLED] if answers or ".answers" in seen.kind else []
    found += ["sent what no check sends"] if seen.odd else []
    found += [f"ended: {seen.ended}"] if seen.ended else []
    names = ", ".join([*seen.restored, *replaced][:5])
    return tuple(found + ([f"replaced {names}"] if names else []))


def _is_the_course_s(tree: ast.Module, check: Check) -> bool:
    own = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == check.name]
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
