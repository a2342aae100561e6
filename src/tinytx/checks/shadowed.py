"""Names of Python and of modules that a notebook has given another value, and an answer uses.

``list = 3`` outlives the line that says so: the kernel keeps it when the line is gone, and every
later answer that calls ``list`` fails in a way that nothing on the page explains.
"""

from __future__ import annotations

import builtins
import dis
import functools
import inspect
import types
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from .intact import ITS_OWN
from .values import SIMPLE, shown

MODULES = {
    "math": "import math",
    "np": "import numpy as np",
    "re": "import re",
    "tokenizers": "from tinytx import tokenizers",
    "torch": "import torch",
}
SAYS = (
    "`{0}` is {1} in your notebook, no longer {2}. Once no line sets it any more, {3} brings that"
    " back"
)
MANY = 20  # entries of a list that is written out
LETTERS = 40


def shadowed(fn: object) -> list[str]:
    r"""Say of each name that ``fn`` uses, or a function of the notebook that it calls.

    >>> space = {"__name__": "__main__", "list": 3, "np": [1]}
    >>> exec("def f(x):\n    return list(x), g(x)\ndef g(x):\n    return np.array(x)", space)
    >>> [text.partition(" in ")[0] for text in shadowed(space["f"])]
    ['`list` is 3', '`np` is [1]']
    """
    try:
        fn = inspect.unwrap(fn.func if isinstance(fn, functools.partial) else fn)  # type: ignore[arg-type]
        if not isinstance(fn, types.FunctionType) or fn.__globals__.get("__name__") != "__main__":
            return []
        used = dict(_used(fn.__code__, fn.__globals__, set()))
        return [text for name in sorted(used) if (text := _says(name, *used[name]))]
    except Exception:  # of what a learner's namespace can hold
        return []


def _used(
    code: types.CodeType, space: dict[str, Any], seen: set[types.CodeType]
) -> Iterator[tuple[str, tuple[object, bool]]]:
    """Yield each global name that code uses, its value, and whether an attribute of it is used."""
    seen.add(code)
    steps = [*dis.get_instructions(code), None]
    for one, after in pairwise(steps):
        if one is None or one.opname not in ("LOAD_GLOBAL", "LOAD_NAME") or one.argval not in space:
            continue
        value = space[one.argval]
        dotted = after is not None and after.opname in ("LOAD_ATTR", "LOAD_METHOD")
        if one.argval not in MODULES or dotted:
            yield one.argval, (value, dotted)
        own = isinstance(value, types.FunctionType) and value.__globals__ is space
        if own and value.__code__ not in seen:
            yield from _used(value.__code__, space, seen)
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType) and inner not in seen:
            yield from _used(inner, space, seen)


def _says(name: str, value: object, dotted: bool) -> str:
    if name in MODULES:
        module = isinstance(value, types.ModuleType)
        back = f"`{MODULES[name]}`"
        return "" if module else SAYS.format(name, _written(value), "the module", back)
    own = vars(builtins).get(name, value)
    if name.startswith("_") or name in ITS_OWN or own is value:
        return ""
    back = f"`del {name}` or a restart of the kernel"
    return SAYS.format(name, _written(value), "Python's own", back)


def _written(value: Any) -> str:
    """Write a value in a few characters, and run nothing of a class of the learner's."""
    kind = type(value)
    if kind in SIMPLE or kind is np.ndarray:
        return shown(value, LETTERS)
    if kind in (list, tuple, dict, set):
        short = len(value) <= MANY and all(type(entry) in SIMPLE for entry in value)
        return shown(value, LETTERS) if short and kind is not dict else f"a {kind.__name__}"
    if callable(value) and (isinstance(value, type) or kind.__module__ in ("builtins", "numpy")):
        module = value.__module__ or "numpy"  # a ufunc says nothing of its own
        if module == "__main__":
            return f"a {'class' if isinstance(value, type) else 'function'} of your own"
        return value.__name__ if module == "builtins" else f"{module}.{value.__name__}"
    return f"a value of type {kind.__name__}"
