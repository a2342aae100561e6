"""MathJax without a page: TeX to HTML and MathML, in the V8 that the package mini-racer brings.

The scripts are those of the package sphinx-mathjax-offline. Of their 24 MB a reader gets none: the
formulas come out as a browser would have set them, with MathML beside each for screen readers.
"""

from __future__ import annotations

import importlib.util
import json
import re
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import glyphs
from py_mini_racer import MiniRacer
from sphinx.errors import ExtensionError

PACKAGE = "sphinx-mathjax-offline"  # its folder has this name, hyphens and all
COMPONENTS = ("adaptors/liteDOM", "input/tex", "output/chtml", "a11y/assistive-mml")
SCRIPTS = (
    "core.js", "adaptors/*.js", "input/tex.js", "input/tex/extensions/*.js", "output/chtml.js",
    "output/chtml/fonts/*.js", "a11y/assistive-mml.js",
)  # fmt: skip
# What an HTML page or the style sheet says already, and a note of MathJax to itself.
SAID = re.compile(
    r" (?:xmlns=\"http://www.w3.org/1998/Math/MathML\"|unselectable=\"on\""
    r"|style=\"position: relative;\"|data-mjx-(?:texclass|variant)=\"[^\"]*\")"
)
FOCUSED = {"tabindex": "0", "role": "group", "aria-label": "Formula"}
OWN_STYLE = "mjx-container{position:relative}"
RULE = re.compile(r"([^{}]+)\{((?:[^{}\"]|\"[^\"]*\")*)\}")
FACE = re.compile(r"font-family: MJXTEX-?(\w*); src: url\(\"?\./([^\")]+)")
OF_FONT = re.compile(r"\.TEX-(\w+)")  # the class of a letter that is not from the main font
STRETCHED = ("", "S1", "S4", "A")  # the fonts of signs that are put together from parts
# An unknown command is an error (it would be red), and letters are as large as MathJax makes them:
# the page's style sheet fits them to the words around.
CONFIGURE = """
var MathJax = {
  loader: {paths: {mathjax: ""}, load: COMPONENTS, require: (name) => (0, eval)(SCRIPTS[name])},
  startup: {typeset: false},
  tex: {...TEX, packages: {"[-]": ["noundefined"]}},
  chtml: {fontURL: FONTS, adaptiveCSS: false, matchFontHeight: false},
};
"""
SET = """
(async () => {
  await MathJax.startup.promise;
  const adaptor = MathJax.startup.adaptor, set = [];
  for (const [tex, display] of FORMULAS) {
    const box = await MathJax.tex2chtmlPromise(tex, {display, em: 16, ex: 8});
    if (display) {  // wide ones scroll: by keys as well, and what takes the focus has a name
      for (const [name, value] of Object.entries(FOCUSED)) adaptor.setAttribute(box, name, value);
    }
    set.push(adaptor.outerHTML(box));
  }
  return JSON.stringify({set, css: adaptor.textContent(MathJax.chtmlStylesheet())});
})()
"""


class Formula(NamedTuple):
    """A formula: its TeX, without the signs around it, and whether it has a line of its own."""

    tex: str
    display: bool


class Typeset(NamedTuple):
    """Formulas as HTML, in the order asked for, and the style sheet for all MathJax can set."""

    html: list[str]
    css: str


def folder() -> Path:
    """Return where the scripts and fonts of MathJax lie."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ExtensionError(f"the package {PACKAGE} is missing: run `make book`")
    return Path(spec.origin).parent / "static" / "mathjax"


def typeset(formulas: list[Formula], tex: dict[str, Any], fonts: str) -> Typeset:
    """Set ``formulas`` with MathJax's options ``tex``; the style sheet names fonts under ``fonts``.

    What TeX does not understand becomes an ``mjx-merror`` with the reason in ``data-mjx-error``.
    """
    source = folder()
    found = [path for pattern in SCRIPTS for path in source.glob(pattern)]
    names = {
        "SCRIPTS": {
            f"/{path.relative_to(source).as_posix()}": path.read_text(encoding="utf-8")
            for path in found
        },
        "COMPONENTS": COMPONENTS,
        "TEX": tex,
        "FONTS": fonts,
        "FORMULAS": formulas,
        "FOCUSED": FOCUSED,
    }
    with closing(MiniRacer()) as engine:  # left open, it keeps Python from ending
        for name, value in names.items():
            engine.eval(f"var {name} = {json.dumps(value)}")
        engine.eval(CONFIGURE)
        engine.eval((source / "startup.js").read_text(encoding="utf-8"))
        done = json.loads(engine.eval(SET).get())
    return Typeset([SAID.sub("", html) for html in done["set"]], done["css"] + OWN_STYLE)


def font_letters(css: str) -> dict[str, set[int]]:
    r"""Return, for the files of the fonts that a style sheet of MathJax names, their letters in it.

    >>> css = '@font-face { font-family: MJXTEX-I; src: url("./i.woff") }'
    >>> css += 'mjx-c.mjx-c1D465.TEX-I::before{content:"x"}mjx-c.mjx-c79::before{content:"y"}'
    >>> font_letters(css) == {"i.woff": {ord("x")}}
    True
    """
    files = dict(FACE.findall(css))
    found: dict[str, set[int]] = {file: set() for file in files.values()}
    for selector, body in RULE.findall(css):
        own = OF_FONT.findall(selector)
        for name in own or (STRETCHED if "stretch" in selector else [""]):
            if name in files:
                found[files[name]] |= glyphs.letters(body)
    return found
