"""Pages that load what they use: no script of 1.5 MB for fifteen icons, no font for twelve letters.

The theme brings Bootstrap, a thousand icons and a search for every page. Here each page keeps

* the search's index only on the search page: elsewhere the search box leads there,
* of the icons, which the theme draws by a script *and* by two fonts, the few that are used: in
  fonts that hold these alone,
* of the formulas' style sheet and fonts, likewise, what some formula of the book uses,
* of the style sheets of others, the rules that some page can use (``purge.py``),
* one heading: the theme writes it once more for paper, with the contents,
* of the elements around every word of code, those that have a colour (``code_spans.py``),
* drawn figures as WebP without loss, a third of the PNG (``pictures.py``).

All is made anew from the installed packages at every build, so nothing is lost when a page changes.
"""

from __future__ import annotations

import re
from pathlib import Path

import code_spans
import formulas
import glyphs
import mathjax
import myst_nb
import pictures
import purge
import pydata_sphinx_theme
import sphinx_book_theme
import sphinx_design
from sphinx.application import Sphinx

THEME = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
THEME_STYLE = "styles/pydata-sphinx-theme.css"
BOOK_STYLE = "styles/sphinx-book-theme.css"
# Style sheets in _static, and where they come from.
STYLES = {
    THEME_STYLE: THEME / THEME_STYLE,
    BOOK_STYLE: Path(sphinx_book_theme.__file__).parent
    / "theme/sphinx_book_theme/static"
    / BOOK_STYLE,
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
# A second heading and a second list of contents, for paper only; the page's own heading prints.
FOR_PAPER = re.compile(r'<div id="jb-print-docs-body".*?\n    </div>\n</div>\n', re.S)
ICON = re.compile("[\uf000-\uf8ff]")  # as a letter; in other sheets its number stands


def lighten(app: Sphinx, error: Exception | None) -> None:
    """Go over the built pages and the style sheets that they share."""
    if error or app.builder.format != "html":
        return
    folder = Path(app.outdir)
    static = folder / "_static"
    pictures.to_webp(folder)
    known = _lightened(folder, code_spans.plain_classes(static / "pygments.css"))
    for script in static.rglob("*.js"):
        if script.name != "fontawesome.js":
            known |= purge.words_of(script.read_text(encoding="utf-8", errors="replace"))
    for pattern, source in STYLES.items():
        css = purge.purge(source.read_text(encoding="utf-8"), known)
        if pattern == THEME_STYLE:
            css = _with_few_icons(css, static)
        for path in static.glob(pattern):
            path.write_text(css, encoding="utf-8")
    _purge_properties(static, known)
    _purge_formulas(static / formulas.STYLE, known)


def _lightened(folder: Path, plain: set[str]) -> set[str]:
    """Rewrite every page without the theme's scripts; return all words of all pages."""
    known: set[str] = set()
    for path in folder.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        light = DRAWN_BY_SCRIPT.sub("", page).replace(*NO_SCRIPT, 1)
        if path.name != "search.html":
            light = SEARCH.sub("", light)
        light = code_spans.without(plain, FOR_PAPER.sub("", light, count=1))
        if light != page:
            path.write_text(light, encoding="utf-8")
        known |= purge.words_of(light)
    return known


def _purge_properties(static: Path, known: set[str]) -> None:
    """Take out of the packages' sheets the custom properties that no sheet in use asks for."""
    sheets = {path: path.read_text(encoding="utf-8") for path in static.rglob("*.css")}
    asked = set().union(*map(purge.properties_of, sheets.values()))
    for path in {path for pattern in STYLES for path in static.glob(pattern)}:
        path.write_text(purge.purge(sheets[path], known, asked), encoding="utf-8")


def _with_few_icons(css: str, static: Path) -> str:
    """Write fonts of the icons that ``css`` and its neighbours name; return ``css`` with these."""
    sheets = [css, *(path.read_text(encoding="utf-8") for path in static.glob("*.css"))]
    sheets += [path.read_text(encoding="utf-8") for path in static.glob("styles/sphinx-*.css")]
    named = {ord(char) for sheet in sheets for char in ICON.findall(sheet)}
    named |= {int(code, 16) for sheet in sheets for code in re.findall(r"\\(f[0-9a-f]{3})", sheet)}
    for face in set(FACES.findall(css)):
        target = static / FONTS / f"{face}.woff"
        glyphs.subset_font(THEME / FONTS / f"{face}.ttf", target, named)
    return FACES.sub(rf'url(../{FONTS}/\1.woff) format("woff")', css)


def _purge_formulas(sheet: Path, known: set[str]) -> None:
    """Leave in the formulas' style sheet and fonts what formulas of the book use."""
    if not sheet.exists():
        return
    css = purge.purge(sheet.read_text(encoding="utf-8"), known)
    sheet.write_text(css, encoding="utf-8")
    for name, letters in mathjax.font_letters(css).items():
        source = mathjax.folder() / formulas.FONTS / name
        glyphs.subset_font(source, sheet.parent / name, letters, hinting=True)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", lighten, priority=700)  # after the packages' own files
    return {"parallel_read_safe": True, "parallel_write_safe": True}
