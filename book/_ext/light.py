"""Pages that load what they use: no script of 1.5 MB for fifteen icons, no MathJax without maths.

The theme brings Bootstrap, a thousand icons and a search for every page. Here each page keeps

* MathJax, 1.2 MB, only where there is a formula,
* the search's index only on the search page: elsewhere the search box leads there,
* of the icons, which the theme draws by a script *and* by two fonts, the few that are used: in
  fonts that hold these alone,
* of the style sheets of others, the rules that some page can use (``purge.py``).

All is made anew from the installed packages at every build, so nothing is lost when a page changes.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

import myst_nb
import purge
import pydata_sphinx_theme
import sphinx_design
from docutils import nodes
from fontTools import subset
from sphinx.application import Sphinx

THEME = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
THEME_STYLE = "styles/pydata-sphinx-theme.css"
# Style sheets in _static, and where they come from.
STYLES = {
    THEME_STYLE: THEME / THEME_STYLE,
    "sphinx-design.min.css": Path(sphinx_design.__file__).parent / "static/sphinx-design.min.css",
    "mystnb.*.css": Path(myst_nb.__file__).parent / "static/mystnb.css",
}
FONTS = "vendor/fontawesome/webfonts"
# Of a font: the file of the package that can be read without a decompressor of its own.
FACES = re.compile(
    rf"url\(\.\./{FONTS}/(fa-[\w-]+)\.woff2\) format\(\"woff2\"\),url\([^)]*\)[^;}}]*"
)
DRAWN_BY_SCRIPT = re.compile(
    r"\s*<!-- So that users[^>]*-->|\s*<script[^>]*/fontawesome\.js[^>]*></script>"
)
# Scripts choose the colours; where they do not run there were none.
NO_SCRIPT = ('data-theme="auto"', 'data-theme="light"')
SEARCH = re.compile(
    r"\s*<script src=\"[^\"]*(?:searchtools|language_data|searchindex)\.js\"></script>"
)
ICON = re.compile("[\uf000-\uf8ff]")  # as a letter; in other sheets its number stands
MATHS = re.compile(r"class=\"(?:[^\"]* )?math[ \"]|\\\(|\\\[|\$\$")


def drop_mathjax(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Leave MathJax out where the page has no formula; outputs of cells may hold some."""
    if MATHS.search(context.get("body", "")):
        return
    context["script_files"] = [
        script for script in context.get("script_files", ())
        if "mathjax" not in str(getattr(script, "filename", script) or "").lower()
        and "window.MathJax" not in str(getattr(script, "attributes", {}).get("body", ""))
    ]  # fmt: skip


def lighten(app: Sphinx, error: Exception | None) -> None:
    """Go over the built pages and the style sheets that they share."""
    if error or app.builder.format != "html":
        return
    folder = Path(app.outdir)
    known = _lightened(folder)
    static = folder / "_static"
    for script in static.rglob("*.js"):
        if "mathjax" not in script.parts and script.name != "fontawesome.js":
            known |= purge.words_of(script.read_text(encoding="utf-8", errors="replace"))
    for pattern, source in STYLES.items():
        css = purge.purge(source.read_text(encoding="utf-8"), known)
        if pattern == THEME_STYLE:
            css = _with_few_icons(css, static)
        for path in static.glob(pattern):
            path.write_text(css, encoding="utf-8")


def _lightened(folder: Path) -> set[str]:
    """Rewrite every page without the theme's scripts; return all words of all pages."""
    known: set[str] = set()
    for path in folder.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        light = DRAWN_BY_SCRIPT.sub("", page).replace(*NO_SCRIPT, 1)
        if path.name != "search.html":
            light = SEARCH.sub("", light)
        if light != page:
            path.write_text(light, encoding="utf-8")
        known |= purge.words_of(light)
    return known


def _with_few_icons(css: str, static: Path) -> str:
    """Write fonts of the icons that ``css`` and its neighbours name; return ``css`` with these."""
    sheets = [css, *(path.read_text(encoding="utf-8") for path in static.glob("*.css"))]
    sheets += [path.read_text(encoding="utf-8") for path in static.glob("styles/sphinx-*.css")]
    named = {ord(char) for sheet in sheets for char in ICON.findall(sheet)}
    named |= {int(code, 16) for sheet in sheets for code in re.findall(r"\\(f[0-9a-f]{3})", sheet)}
    for face in set(FACES.findall(css)):
        _few_glyphs(THEME / FONTS / f"{face}.ttf", static / FONTS / f"{face}.woff", named)
    return FACES.sub(rf'url(../{FONTS}/\1.woff) format("woff")', css)


def _few_glyphs(source: Path, target: Path, codes: set[int]) -> None:
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells of every table
    options = subset.Options(
        flavor="woff", layout_features=[], hinting=False, recalc_timestamp=False
    )
    font = subset.load_font(source, options)
    few = subset.Subsetter(options)
    few.populate(unicodes=codes)
    few.subset(font)
    target.parent.mkdir(parents=True, exist_ok=True)
    subset.save_font(font, target, options)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", drop_mathjax, priority=900)  # after MathJax has come in
    app.connect("build-finished", lighten, priority=700)  # after the packages' own files
    return {"parallel_read_safe": True, "parallel_write_safe": True}
