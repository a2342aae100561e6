"""Docstrings on the API pages: an example after a list of parameters or errors is an example.

In a NumPy-style docstring a section lasts until the next heading, so napoleon would read a closing
``>>>`` example as one more error that is raised. The package's docstrings close with examples and
no heading; this puts the heading in. The fields of a named tuple, which its signature lists, are
not listed a second time as "Alias for field number 0".
"""

from __future__ import annotations

import re

from sphinx.application import Sphinx

UNDERLINE = re.compile(r"-{3,}\s*$")


def head_examples(lines: list[str]) -> list[str]:
    """Return ``lines`` with the heading ``Examples`` before an example that follows a section.

    >>> head_examples(["Raises", "------", "ValueError", "    Never.", "", ">>> 1"])[4:]
    ['', 'Examples', '--------', '>>> 1']
    """
    in_section = False
    for index, line in enumerate(lines):
        if UNDERLINE.match(line):
            in_section = lines[index - 1].strip() != "Examples"
        elif in_section and line.startswith(">>>"):
            return [*lines[:index], "Examples", "--------", *lines[index:]]
    return lines


def process(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]):
    lines[:] = head_examples(lines)


def skip_alias(
    app: Sphinx, what: str, name: str, obj: object, skip: bool, options: object
) -> bool | None:
    """Leave out a named tuple's fields that have no words of their own; None leaves it open."""
    return True if str(obj.__doc__).startswith("Alias for field number") else None


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("autodoc-skip-member", skip_alias)
    app.connect("autodoc-process-docstring", process, priority=400)  # before napoleon
    return {"parallel_read_safe": True, "parallel_write_safe": True}
