"""For each kind of slip a right answer, the slip in it, and a change near it that is no slip.

``EXAMPLES`` holds by kind: the right text, what is changed in it, to what, to what near it, and the
inputs. The near change is another mistake in the same place, and must not get the kind's name.
"""

from __future__ import annotations

import numpy as np

A, B, C = (np.random.default_rng(i).standard_normal((2, 3, 4)).round(2) for i in range(3))
S, T, U = (np.random.default_rng(i).standard_normal((4, 4)).round(2) for i in range(3, 6))
W = np.random.default_rng(7).standard_normal((4, 4)).round(2)
X = [(A,), (B,), (C,)]
SQUARE = [(S,), (T,), (U,)]
TWO = [(S, W), (T, U), (U, S)]
IDS = [([1, 0, 2, 2, 5, 7],), ([3, 1, 4, 1, 5],), ([2, 7, 1, 8, 2, 8],)]
# Integers above 256, made one by one: equal ones are not one object.
LARGE = [([int(word) for word in text.split()],) for text in ("300 7 300 300", "500 500 7 500 500")]
SCALED = [(A, 0.0), (B, 0.0), (C, 2.0), (A, 0.5), (B, None)]

MEAN = """
def f(x):
    mean = x.mean(axis=-1, keepdims=True)
    return (x - mean) * 3 / np.sqrt(np.square(x).sum(axis=-1, keepdims=True) + 0.5)
"""
RUNS = """
def f(ids):
    out = []
    i = 0
    while i < len(ids):
        if ids[i] > 1 and ids[i] != 7:
            out.append(ids[i] - 2 * i)
        i += 1
    return out
"""
TOTALS = """
def f(ids):
    out = [0] * 3
    for id in ids:
        out[id % 3] += id * id + 1
    return out
"""
PRODUCTS = """
def f(ids):
    total = 0
    for i in range(len(ids) - 1):
        total += ids[i + 1] * ids[i] + i
    return [total, len(ids)]
"""
ROLLED = """
def f(ids):
    total = 0
    for i, id in enumerate(ids):
        total = 2 * total + i * id
    return [total, len(ids)]
"""
STEPS = """
def f(x):
    y = x.copy()
    y[:, 0] = 1
    y = y + 2
    y = y * y
    return y + x
"""


def line(expression: str, arguments: str = "x") -> str:
    """Return the text of a function of one line."""
    return f"def f({arguments}):\n    return {expression}\n"


EXAMPLES = {
    "sign": (MEAN, "x - mean", "x + mean", "x - 1.3 * mean", X),
    "term": (MEAN, " + 0.5", "", " + 0.52", X),
    "factor": (TOTALS, "id * id", "id", "id % 4 * id", IDS),
    "power": (line("np.abs(x) ** 3 + x"), " ** 3", "", " ** 2.2", X),
    "divide": (MEAN, "3 / np", "3 * np", "3 - np", X),
    "floor": (line("x / 3 + np.sin(x)"), "/", "//", "% 5 /", X),
    "order": (
        line("x / (x * x + 1) + x"),
        "x / (x * x + 1)",
        "(x * x + 1) / x",
        "(x * x + 1.7) / x",
        X,
    ),
    "brackets": (line("(x + 1) / 3 + x * x"), "(x + 1) / 3", "x + 1 / 3", "x + 1.2 / 3", X),
    "twice": (line("np.tanh(x) + x"), "tanh(x)", "tanh(np.tanh(x))", "tanh(np.sin(x))", X),
    "elementwise": (line("x @ w + x", "x, w"), "@ w", "* w", "* w.T", TWO),
    "transpose": (line("x @ w.T + w", "x, w"), "w.T", "w", "np.tril(w)", TWO),
    "boundary": (RUNS, "> 1", ">= 1", "> 3", IDS),
    "condition": (RUNS, "and ids", "or ids", "and 2 * ids", IDS),
    "identity": (
        line("[i for i, id in enumerate(ids) if id == ids[-1]]", "ids"),
        "id == ids[-1]",
        "id is ids[-1]",
        "id in ids[-1:] and i > 1",
        LARGE,
    ),
    "truth": (
        line("x * k + 1 if k is not None else x + 2", "x, k"),
        "k is not None",
        "k",
        "k is not None and k > 1",
        SCALED,
    ),
    "case": (
        RUNS,
        "if ids[i] > 1 and ids[i] != 7:",
        "if True:",
        "if ids[i] > 1 and ids[i] not in (5, 7):",
        IDS,
    ),
    "copy": (STEPS, "x.copy()", "x", "x.round()", X),
    "call": (line("np.tanh(x) + x * x"), "np.tanh(x)", "x", "np.arctan(x)", X),
    "keepdims": (
        line("x * x - x.mean(axis=-1, keepdims=True)"),
        "x.mean(axis=-1, keepdims=True)",
        "x.mean(axis=-1)",
        "x.mean(axis=-1, keepdims=True)[::-1]",
        SQUARE,
    ),
    "argument": (
        line("x + x.std(axis=-1, keepdims=True, ddof=1)"),
        ", ddof=1",
        "",
        ", ddof=0.3",
        X,
    ),
    "axis": (MEAN, "mean(axis=-1", "mean(axis=-2", "mean(axis=(-1, -2)", X),
    "size": (
        line("np.tanh(x) / 3 + np.sin(x) * x.shape[-1]"),
        "x.shape[-1]",
        "x.shape[-2]",
        "x.size",
        X,
    ),
    "average": (MEAN, "(x).sum", "(x).mean", "(x).max", X),
    "function": (line("np.maximum(x, 0.3) * x"), "maximum", "minimum", "hypot", X),
    "bound": (PRODUCTS, "len(ids) - 1", "len(ids) - 2", "0, len(ids) - 1, 2", IDS),
    "direction": (
        ROLLED,
        "enumerate(ids)",
        "list(enumerate(ids))[::-1]",
        "enumerate(set(ids))",
        IDS,
    ),
    "constant": (MEAN, "+ 0.5", "+ 1.0", "+ 0.7", X),
    "variable": (MEAN, "np.square(x)", "np.square(mean)", "np.square(x + mean)", X),
    "step": (STEPS, "    y[:, 0] = 1\n", "", "    y[:, 0] = 0.7\n", X),
    "replaces": (TOTALS, "+= id * id", "= id * id", "= out[0] + id * id", IDS),
    "early": (
        TOTALS,
        "    return out",
        "        return out",
        "        if id > 4:\n            return out\n    return out",
        IDS,
    ),
    "sequence": (
        STEPS,
        "    y = y + 2\n    y = y * y\n",
        "    y = y * y\n    y = y + 2\n",
        "    y = y * y\n    y = y + 2.3\n",
        X,
    ),
}  # fmt: skip
