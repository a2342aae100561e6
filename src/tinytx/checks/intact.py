"""What an answer may have replaced in the libraries that everyone shares, noticed and put back.

``np.exp = my_exp`` in a cell changes every other function that uses NumPy, the checks among them:
an answer could then pass against itself. The names are remembered when the checks are imported.
"""

from __future__ import annotations

import builtins
import math
from types import ModuleType

import numpy as np

# A notebook has its own of these.
ITS_OWN = {"input", "print", "open", "exit", "quit", "display", "get_ipython", "__import__"}


def _functions(module: ModuleType) -> dict[str, object]:
    return {name: value for name, value in vars(module).items() if callable(value)}


_KEPT = {module: _functions(module) for module in (np, np.linalg, math, builtins)}


def restore() -> list[str]:
    """Put back what was replaced or deleted, and return the names, such as ``numpy.exp``."""
    found = []
    for module, functions in _KEPT.items():
        now = vars(module)
        for name, function in functions.items():
            if now.get(name) is not function and name not in ITS_OWN:
                setattr(module, name, function)
                found.append(f"{module.__name__}.{name}")
    return sorted(found)
