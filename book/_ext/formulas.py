"""Formulas that stand in the pages: set when the book is built, so that no reader loads MathJax.

A page has the HTML that MathJax would make of its formulas, MathML beside it for screen readers,
which do not see the HTML, and, if it has a formula at all, one style sheet with the fonts that this
names. What the keyboard stops at is named as well: by its number, if it has one. Set at the end of
the build, all at once, in every page that was written anew.
"""

from __future__ import annotations

import hashlib
import html
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import mathjax
from docutils import nodes
from mathjax import Formula
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.ext.mathjax import html_visit_displaymath, html_visit_math
from sphinx.util import logging

RENDERER = "set_when_built"
STYLE = "mathjax/chtml.css"  # in _static, with the fonts beside it
FONTS = "output/chtml/fonts/woff-v2"
HAS_FORMULA = re.compile(r"<(?:span|div) class=\"(?:[^\"]* )?math ")
# What Sphinx writes for MathJax to find: a number perhaps, then TeX between its signs, or bare
# where it is an environment. Sphinx writes < as &lt;, so the next one ends the formula.
WRITTEN = re.compile(
    r"(?P<head><(?P<tag>span|div) class=\"(?:[^\"]* )?math [^>]*>\s*(?:<span class=\"eqno\">.*?"
    r"</span>)?)(?P<tex>\\\([^<]*\\\)|\\\[[^<]*\\\]|\\begin\{[^<]*)\s*(?=</(?P=tag)>)",
    re.S,
)
NUMBER = re.compile(r"<span class=\"eqno\">\(([\w.]+)\)")
NAMED = re.compile(rf'aria-label="{mathjax.FOCUSED["aria-label"]}"')
LINK = re.compile(rf"({re.escape(STYLE)})(?:\?v=\w+)?\"")
LETTER = re.compile(r"<mjx-c class=\"([^\"]+)\"")
LETTER_RULE = re.compile(r"^mjx-c((?:\.[\w-]+)+)::?before \{.*?^\}", re.M | re.S)
FAULT = re.compile(r"data-mjx-error=\"([^\"]*)\"")

logger = logging.getLogger(__name__)


def use_own_renderer(app: Sphinx, config: Config) -> None:
    config.html_math_renderer = RENDERER


def add_style(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    if HAS_FORMULA.search(context.get("body", "")):
        app.add_css_file(STYLE)


def formula_of(written: str) -> Formula:
    r"""Return the formula that Sphinx wrote with MathJax's signs around it.

    >>> formula_of(r"\(a &lt; b\)"), formula_of(r"\begin{align}x\end{align}").display
    (Formula(tex='a < b', display=False), True)
    """
    text = html.unescape(written).strip()
    if text.startswith("\\begin"):
        return Formula(text, True)
    return Formula(text[2:-2].strip(), text.startswith("\\["))


def formulas_in(page: str) -> list[Formula]:
    """Return the formulas of a page that are not set yet."""
    return [formula_of(match["tex"]) for match in WRITTEN.finditer(page)]


def with_formulas(page: str, done: dict[Formula, str]) -> str:
    """Return the page with the HTML of ``done`` in the place of its formulas."""

    def replaced(match: re.Match[str]) -> str:
        number = NUMBER.search(match["head"])
        name = f"Equation {number[1]}" if number else mathjax.FOCUSED["aria-label"]
        return match["head"] + NAMED.sub(f'aria-label="{name}"', done[formula_of(match["tex"])])

    return WRITTEN.sub(replaced, page)


def set_formulas(app: Sphinx, error: Exception | None) -> None:
    """Set the formulas of all pages that have some left, and write the style sheet and fonts."""
    if error or app.builder.format != "html":
        return
    pages = {path: path.read_text(encoding="utf-8") for path in Path(app.outdir).rglob("*.html")}
    unset = {path: found for path, page in pages.items() if (found := formulas_in(page))}
    if not unset:
        return
    asked = list(dict.fromkeys(one for found in unset.values() for one in found))
    done = mathjax.typeset(asked, (app.config.mathjax3_config or {}).get("tex", {}), ".")
    by_formula = dict(zip(asked, done.html, strict=True))
    for path, found in unset.items():
        _warn(path.relative_to(app.outdir).as_posix(), found, by_formula)
        pages[path] = with_formulas(pages[path], by_formula)
    used = {letter for page in pages.values() for letter in LETTER.findall(page)}
    css = lean(done.css, used)
    _write_style(Path(app.outdir, "_static", STYLE), css)
    stamp = hashlib.sha256(css.encode()).hexdigest()[:8]  # another sheet is another address
    for path, page in pages.items():
        stamped = LINK.sub(rf'\1?v={stamp}"', page)
        if path in unset or stamped != page:
            path.write_text(stamped, encoding="utf-8")


def _warn(page: str, found: Iterable[Formula], done: dict[Formula, str]) -> None:
    for one in found:
        for reason in FAULT.findall(done[one]):
            logger.warning("%s: %s in the formula %s", page, html.unescape(reason), one.tex)


def lean(css: str, used: set[str]) -> str:
    r"""Return ``css`` with the letters in ``used``, which are classes as an element has them.

    >>> rules = 'mjx-c.mjx-c7D.TEX-I::before {\n x: "}"\n}\nmjx-c.mjx-c41::before {\n y: 2\n}'
    >>> lean(rules, {"mjx-c41"})
    ' mjx-c.mjx-c41::before { y: 2 }'
    """

    def kept(rule: re.Match[str]) -> str:
        return rule[0] if rule[1][1:].replace(".", " ") in used else ""

    return re.sub(r"\s+", " ", LETTER_RULE.sub(kept, css))


def _write_style(path: Path, css: str) -> None:
    """Write the style sheet and its fonts into a folder of their own, in place of what is there."""
    shutil.rmtree(path.parent, ignore_errors=True)
    path.parent.mkdir(parents=True)
    path.write_text(css, encoding="utf-8")
    for font in (mathjax.folder() / FONTS).glob("*.woff"):
        shutil.copyfile(font, path.parent / font.name)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer(RENDERER, (html_visit_math, None), (html_visit_displaymath, None))
    app.connect("config-inited", use_own_renderer)
    app.connect("html-page-context", add_style)
    app.connect("build-finished", set_formulas, priority=600)  # light.py goes over what this wrote
    return {"parallel_read_safe": True, "parallel_write_safe": True}
