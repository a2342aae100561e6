"""Docstrings on the API pages: what follows a list of parameters or errors is not one of them.

In a NumPy-style docstring a section lasts until the next heading, so napoleon would read a closing
``>>>`` example, or a line that names the source, as one more error that is raised. The package's
docstrings close with these and no heading; this puts the headings in. A result that has a name, and
no type beside it, would be read as a type: here it keeps its name. A module says what it is called,
since that is what one imports from. The fields of a named tuple, which its signature lists, are not
listed a second time as "Alias for field number 0".
"""

from __future__ import annotations

import re

from sphinx.application import Sphinx

UNDERLINE = re.compile(r"-{3,}\s*$")
ENDINGS = {"Source:": "References", ">>>": "Examples"}
NAME = re.compile(r":rtype: ([a-z_]+(?:, [a-z_]+)*)$")


def head_endings(lines: list[str]) -> list[str]:
    """Return ``lines`` with a heading before a source or an example that follows a section.

    >>> head_endings(["Raises", "------", "ValueError", "    Never.", "Source: me.", ">>> 1"])[4:]
    ['References', '----------', 'Source: me.', 'Examples', '--------', '>>> 1']
    """
    headed: list[str] = []
    section = ""
    for line in lines:
        if UNDERLINE.match(line):
            section = headed[-1].strip()
        for start, heading in ENDINGS.items():
            if section not in ("", heading) and line.startswith(start):
                section = heading
                headed += [heading, "-" * len(heading)]
        headed.append(line)
    return headed


def name_results(lines: list[str]) -> list[str]:
    """Return napoleon's ``lines`` with the result's name as its name: it took it for a type.

    >>> name_results([":returns: Two arrays.", ":rtype: y, saved", ""])
    [':returns: **y, saved**: Two arrays.', '']
    """
    kept: list[str] = []
    returns = None
    for line in lines:
        if line.startswith(":returns: "):
            returns = len(kept)
        elif returns is not None and (name := NAME.match(line)):
            what = kept[returns].removeprefix(":returns: ")
            kept[returns] = f":returns: **{name[1]}**: {what}"
            continue
        kept.append(line)
    return kept


def before_napoleon(
    app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]
) -> None:
    lines[:] = head_endings(lines)
    if what == "module":
        lines[:0] = [f"``{name}``", ""]


def after_napoleon(
    app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]
) -> None:
    lines[:] = name_results(lines)


def skip_alias(
    app: Sphinx, what: str, name: str, obj: object, skip: bool, options: object
) -> bool | None:
    """Leave out a named tuple's fields that have no words of their own; None leaves it open."""
    return True if str(obj.__doc__).startswith("Alias for field number") else None


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("autodoc-skip-member", skip_alias)
    app.connect("autodoc-process-docstring", before_napoleon, priority=400)  # it has 500
    app.connect("autodoc-process-docstring", after_napoleon, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
