"""Show the package's own source in a notebook, so that a chapter never repeats a definition."""

from __future__ import annotations

import html
import inspect
import textwrap
from collections.abc import Callable


class Source:
    """The source of one function or class, coloured in a notebook and plain everywhere else."""

    def __init__(self, obj: Callable[..., object] | type, docstring: bool = False):
        code = textwrap.dedent(inspect.getsource(obj))
        doc = obj.__doc__  # its own: `inspect.getdoc` would bring an inherited one
        if doc and not docstring:
            code = _without_docstring(code)
        self.code = code.rstrip() + "\n"
        self.where = f"{obj.__module__}.{obj.__qualname__}"

    def __repr__(self) -> str:
        return f"# {self.where}\n{self.code}"

    def _repr_html_(self) -> str:
        from pygments import highlight
        from pygments.formatters import HtmlFormatter
        from pygments.lexers import PythonLexer

        body = highlight(self.code, PythonLexer(), HtmlFormatter(nowrap=True, classprefix=""))
        return (
            f'<div class="highlight tinytx-source"><p><code>{html.escape(self.where)}</code></p>'
            f"<pre>{body}</pre></div>"
        )


def show(obj: Callable[..., object] | type, docstring: bool = False) -> Source:
    """Display the source of ``obj``, a function or class of the package, in a notebook.

    The docstring is left out unless ``docstring`` is true: a chapter has just said it in prose.

    >>> from tinytx.data import raven
    >>> show(raven)
    # tinytx.data.raven.raven
    @cache  # a string cannot be changed, and the file is read once
    def raven() -> str:
        return files(__package__).joinpath("raven.txt").read_text(encoding="utf-8")
    >>> raven.__doc__.splitlines()[0] in show(raven, docstring=True).code
    True
    """
    return Source(obj, docstring)


def _without_docstring(code: str) -> str:
    """Drop the first docstring of ``code`` by line numbers, so that comments survive."""
    import ast

    node = ast.parse(code).body[0]
    assert isinstance(node, ast.FunctionDef | ast.ClassDef), "only these have a docstring"
    first = node.body[0]
    lines = code.splitlines()
    del lines[first.lineno - 1 : first.end_lineno]
    if lines[first.lineno - 1 : first.lineno] == [""]:
        del lines[first.lineno - 1]
    return "\n".join(lines)
