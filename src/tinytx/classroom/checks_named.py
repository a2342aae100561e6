"""Which names of a notebook stand for the checks, or for a part of them, as far as the source says.

A name is bound to a module of ``tinytx.checks``, or to what is below it, by an import under any
name, or where it is assigned such a thing. What goes through a container or a call is not followed.
"""

from __future__ import annotations

import ast

Known = dict[str, list[str]]  # by a name: what it stands for, ["tinytx", "checks", "attention", …]
PACKAGE, TOP = ["tinytx", "checks"], 3


def bound(imported: list[ast.Module], *trees: ast.Module) -> Known:
    r"""Return the names that imports of the first, and assignments of the others, bind to checks.

    >>> tree = ast.parse("from tinytx.checks import attention as a\nc = a.softmax")
    >>> bound([tree], tree)["c"]
    ['tinytx', 'checks', '…', 'softmax']
    """
    known: Known = {"check": [*PACKAGE, "…"]}
    for tree in imported:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                _take(known, node)
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tinytx"):
                module = str(node.module).split(".")
                known |= {one.asname or one.name: [*module, one.name] for one in node.names}
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign | ast.NamedExpr | ast.AnnAssign) and node.value:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if (parts := within(node.value, known)) is not None:
                    named = [one.id for one in targets if isinstance(one, ast.Name)]
                    known |= {name: [*PACKAGE, "…", *parts] for name in named}
    return known


def _take(known: Known, node: ast.Import) -> None:
    for one in node.names:
        parts = one.name.split(".")
        if parts[0] == "tinytx":
            known[one.asname or "tinytx"] = parts if one.asname else parts[:1]


def within(node: ast.AST, known: Known) -> list[str] | None:
    """Return the names below a module of checks that a piece of source leads to; None if none."""
    first, *rest = path(node)
    parts = [*known.get(first, []), *rest]
    return parts[TOP:] if parts[:2] == PACKAGE and len(parts) >= TOP else None


def path(node: ast.AST) -> list[str]:
    """Return the names of ``a.b["c"].d``, and of ``vars(a)["b"]``; the first is '' without a name.

    >>> path(ast.parse("vars(a.b)['c'].d", mode="eval").body)
    ['a', 'b', '__dict__', 'c', 'd']
    """
    names: list[str] = []
    while True:
        if isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Subscript):
            key = node.slice
            names += [key.value] if isinstance(key, ast.Constant) and type(key.value) is str else []
            node = node.value
        elif isinstance(node, ast.Call) and node.args and path(node.func) == ["vars"]:
            names.append("__dict__")
            node = node.args[0]
        else:
            return [node.id if isinstance(node, ast.Name) else "", *names[::-1]]
