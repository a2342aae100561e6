"""The text of a right answer, and the functions that it and its edits define."""

from __future__ import annotations

import ast
import collections
import functools
import inspect
import io
import itertools
import math
import re
import textwrap
import tokenize
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import CodeType, ModuleType
from typing import Any

import numpy as np

from ..together import only

# What an edit may use without saying so.
COMMON = {
    "collections": collections,
    "functools": functools,
    "itertools": itertools,
    "math": math,
    "np": np,
    "re": re,
}


@dataclass(frozen=True)
class Answer:
    """A function as text, without comments and docstring, and the names that it may use."""

    name: str
    text: str
    names: dict[str, object] = field(repr=False, compare=False)

    @classmethod
    def of(cls, module: ModuleType, name: str, style: str = "") -> Answer:
        """Return the function ``name`` of a module, or ``name__style`` under the plain name."""
        full = f"{name}__{style}" if style else name
        text = plain(inspect.getsource(getattr(module, full)))
        text = re.sub(rf"^def {full}\b", f"def {name}", text)
        return cls(name, text, {**COMMON, **vars(module)})

    def using(self, names: dict[str, object]) -> Answer:
        """Return the answer with further names at hand."""
        return replace(self, names={**self.names, **names})

    def body(self, body: str) -> str:
        """Return the text of the function with another body under the same signature."""
        first = only(ast.parse(self.text)).body[0].lineno
        head = "".join(self.text.splitlines(keepends=True)[: first - 1])
        return head + textwrap.indent(textwrap.dedent(body.strip("\n")), "    ") + "\n"

    def function(self, text: str) -> Callable[..., object]:
        """Return the function that ``text`` defines, with a state of its own."""
        return self.defined(compile(text, f"<{self.name}>", "exec"))

    def defined(self, code: CodeType) -> Callable[..., object]:
        """Return the function that compiled text defines, with a state of its own."""
        space: dict[str, Any] = dict(self.names)
        exec(code, space)
        return space[self.name]


def plain(source: str) -> str:
    """Return the source of a function without its comments, docstring and empty lines."""
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column].rstrip()
    first = only(ast.parse(source)).body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        lines[first.lineno - 1 : first.end_lineno] = []
    return "".join(line + "\n" for line in lines if line.strip())
