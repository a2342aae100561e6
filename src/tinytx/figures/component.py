"""The base of every interactive figure: data, style and script in one piece of HTML.

A figure is self-contained: nothing is loaded, no kernel is asked. What stands in the page is a
*fallback* that says the same in words, and a script that lays a shadow root over it. Where
scripts do not run (an untrusted notebook, a reader without JavaScript) the fallback stays.

The HTML is deterministic, so that stored notebook outputs can be compared as strings: the name
of a figure is a hash of its content. Data reaches the script as JSON that cannot close the
script element, and the scripts write text only through ``textContent``.
"""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from .. import palette


class Figure:
    """An interactive figure: HTML where a notebook or the book shows it, words everywhere else.

    A subclass names its ``kind``, its ``scripts`` and ``styles`` in ``static/``, and gives
    :meth:`data` (what the script needs, as JSON), :meth:`words` (the text form) and
    :meth:`fallback` (the same as HTML, with all user text escaped).
    """

    kind: str
    scripts: tuple[str, ...]
    styles: tuple[str, ...]

    def data(self) -> dict[str, object]:
        """Return what the script draws, as plain JSON values."""
        raise NotImplementedError

    def words(self) -> str:
        """Return what the figure shows, in words."""
        raise NotImplementedError

    def fallback(self) -> str:
        """Return what the page shows where scripts do not run."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return self.words()

    def _repr_html_(self) -> str:
        style = palette.css() + "".join(_static(name) for name in ("kit.css", *self.styles))
        code = "".join(_static(name) for name in ("kit.js", *self.scripts))
        blob, sheet = _json(self.data()), _json(style)
        content = "\0".join((blob, sheet, code, self.fallback()))
        name = f"{self.kind}-{hashlib.sha256(content.encode()).hexdigest()[:10]}"
        # A data attribute and no id: the same figure may stand in a page twice, an id may not.
        return (
            f'<div class="tinytx-figure mathjax_ignore" data-figure="{name}" '
            'data-lm-suppress-shortcuts="true">'
            f'<div style="overflow-x:auto;overflow-wrap:anywhere">{self.fallback()}</div></div>\n'
            f'<script>(() => {{\n"use strict";\n{code}'
            f'for (const host of hosts("{name}")) mount(host, {sheet}, figure, {blob});\n'
            "})();</script>"
        )


def table(caption: str, head: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> str:
    """Return an HTML table with every cell escaped; the first cell of a row is its heading.

    >>> table("Ids", ("token", "id"), [("<b>", 7)])
    '<table><caption>Ids</caption><thead><tr><th scope="col">token</th><th scope="col">id</th>...
    """
    text = [[html.escape(str(cell)) for cell in row] for row in rows]
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>{"".join(f"<td>{cell}</td>" for cell in row[1:])}</tr>'
        for row in text
    )
    columns = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in head)
    return (
        f"<table><caption>{html.escape(caption)}</caption>"
        f"<thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table>"
    )


def _json(value: object) -> str:
    """Write JSON that is safe inside a script element: pure ASCII, no ``<``, ``>`` or ``&``."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


@cache
def _static(name: str) -> str:
    """Read a script or style of the kit, without indentation, blank and comment lines."""
    text = files(__package__).joinpath("static", name).read_text(encoding="utf-8")
    lines = (line.strip() for line in text.splitlines())
    return "".join(f"{line}\n" for line in lines if line and not line.startswith(("//", "/*")))
