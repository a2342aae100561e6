"""Coloured code without an element around each word that has no colour of its own.

Pygments wraps every token. Of those in a chapter most are names and brackets, which the
colour scheme leaves plain: those elements were a fifth of the page of chapter 7.
"""

from __future__ import annotations

import re
from pathlib import Path

RULE = re.compile(r"html\[data-theme=\"(\w+)\"\] \.highlight(?: \.(\w+))? \{([^}]*)\}")
COLOUR = re.compile(r"(?<![\w-])color: (#\w+)")
CODE = re.compile(r"<pre\b.*?</pre>", re.S)


def plain_classes(sheet: Path) -> set[str]:
    """Return the classes that ``pygments.css`` gives the colour of plain code, in every mode."""
    rules = RULE.findall(sheet.read_text(encoding="utf-8")) if sheet.exists() else []
    ground = {
        theme: COLOUR.search(body)[1].lower()
        for theme, name, body in rules
        if not name and COLOUR.search(body)
    }
    named = {name for _, name, _ in rules if name}
    return named - {
        name
        for theme, name, body in rules
        if name and body.strip().lower() != f"color: {ground.get(theme)}"
    }


def without(classes: set[str], page: str) -> str:
    """Return ``page`` with the words of its code that have one of ``classes`` bare.

    >>> without({"n"}, '<pre><span class="n">x</span> <span class="k">in</span></pre>')
    '<pre>x <span class="k">in</span></pre>'
    """
    if not classes:
        return page
    span = re.compile(rf"<span class=\"(?:{'|'.join(sorted(classes))})\">([^<]*)</span>")
    return CODE.sub(lambda code: span.sub(r"\1", code[0]), page)
