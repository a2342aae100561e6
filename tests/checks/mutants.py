"""Right answers with one random slip: what a check must not call by a name that is not true.

A mutant is the text of a right design with one change of its syntax tree: those that the package
itself makes of its own right answers, here made of others' designs.
"""

from __future__ import annotations

import ast
import inspect
import random
import textwrap

from tinytx.checks.slips.tree import changes, parsed


def mutants(fn, count, seed=0):
    """Return up to ``count`` texts and functions, each like ``fn`` but for one change."""
    return [(text, made) for _, text, made in with_kinds(fn, count, seed)]


def with_kinds(fn, count, seed=0):
    """Return the same with the kind of each change in front; of a callable object nothing."""
    if not inspect.isfunction(fn) or fn.__closure__ or fn.__name__ == "<lambda>":
        return []
    tree = parsed(textwrap.dedent(inspect.getsource(fn)))
    tree.body[0].decorator_list = []
    found = list(changes(tree.body[0]))
    made = []
    for change in random.Random(f"{seed}{fn.__name__}").sample(found, min(count, len(found))):
        space = dict(fn.__globals__)
        with change.made():
            text = ast.unparse(tree)
        try:
            exec(compile(text, f"<mutant of {fn.__name__}>", "exec"), space)
        except (SyntaxError, ValueError):
            continue
        made.append((change.kind, text, space[fn.__name__]))
    return made
