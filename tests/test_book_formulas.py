"""Formulas that are set when the book is built: what becomes of them in text, and in a build."""

from __future__ import annotations

import doctest
import re
import sys
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from small_book import sphinx

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "book" / "_ext"))  # as Jupyter Book does

import formulas  # noqa: E402
import mathjax  # noqa: E402
from mathjax import Formula  # noqa: E402

CONF = f"""
import sys
sys.path.append({str(ROOT / "book" / "_ext")!r})
extensions = ["formulas", "light"]
html_theme = "basic"
mathjax3_config = {{"tex": {{"macros": {{"R": r"\\mathbb{{R}}"}}}}}}
"""
INDEX = r"""
Title
=====

Small :math:`x < \R` and :math:`x < \R` again.

.. math:: \text{loss} = \sqrt{a}
   :label: one

.. math::
   :nowrap:

   \begin{align} a &= b \\ c &= d \end{align}
"""


@pytest.mark.parametrize("module", [formulas, mathjax], ids=lambda one: one.__name__)
def test_examples(module):
    results = doctest.testmod(module)
    assert results.attempted
    assert not results.failed


INLINE = '<span class="math notranslate nohighlight">'
BLOCK = '<div class="math notranslate nohighlight" id="equation-one">\n'
NUMBER = '<span class="eqno">(1)<a class="headerlink" href="#equation-one">#</a></span>'


@pytest.mark.parametrize(
    ("page", "found"),
    [
        (INLINE + r"\(x\)</span>", [Formula("x", False)]),
        (INLINE + r"\(a &lt; b &amp; c\)</span>", [Formula("a < b & c", False)]),
        (BLOCK + "\\[x\\\\y\\]</div>", [Formula(r"x\\y", True)]),
        (BLOCK + NUMBER + "\\[\nx\n\\]</div>", [Formula("x", True)]),
        (
            BLOCK.replace("math ", "amsmath math ") + "\\begin{align}x\\end{align}\n</div>",
            [Formula(r"\begin{align}x\end{align}", True)],
        ),
        (INLINE + r"\(x\)</span>, " + INLINE + r"\(y\)</span>", [("x", False), ("y", False)]),
        (r"<p>It costs \(5\), says <code>\(x\)</code>.</p>", []),
        ('<span class="mathematics">\\(x\\)</span>', []),
        (INLINE + "<mjx-container></mjx-container></span>", []),
    ],
)
def test_formulas_are_found_where_sphinx_writes_them(page, found):
    assert formulas.formulas_in(page) == found
    done = {Formula(*one): "<set></set>" for one in found}
    after = formulas.with_formulas(page, done)
    assert after.count("<set></set>") == len(found)
    assert formulas.formulas_in(after) == []
    assert after.count("eqno") == page.count("eqno")


LABEL = re.compile(r"\$\$ \(([\w-]+)\)|^:label: ([\w-]+)", re.M)


def test_every_equation_with_a_number_is_referred_to_by_its_label():
    book = ROOT / "book"
    paths = [*book.glob("*.md"), *book.glob("*/*.md"), *book.glob("chapters/*.ipynb")]
    texts = [path.read_text(encoding="utf-8") for path in paths if "_build" not in path.parts]
    labels = ["".join(found) for text in texts for found in LABEL.findall(text)]
    named = {name for text in texts for name in re.findall(r"\{eq\}`([\w-]+)`", text)}
    assert len(labels) == len(set(labels)) >= 35
    assert set(labels) == named
    assert all(label.startswith("eq-") for label in labels)


def test_a_formula_is_set_with_mathml_beside_it():
    formula = Formula(r"x \in \R", False)
    (html,) = mathjax.typeset([formula], {"macros": {"R": r"\mathbb{R}"}}, ".").html
    assert '<mjx-math class=" MJX-TEX" aria-hidden="true">' in html
    spoken = re.search(r"<mjx-assistive-mml[^>]*>(.*)</mjx-assistive-mml>", html)[1]
    assert spoken == (
        '<math><mi>x</mi><mo>∈</mo><mrow><mi mathvariant="double-struck">R</mi></mrow></math>'
    )
    assert "tabindex" not in html


@pytest.mark.parametrize(
    ("tex", "reason"),
    [
        (r"\nosuchcommand", "Undefined control sequence"),
        (r"\frac{a}", "Missing argument"),
        (r"{a", "missing close brace"),
    ],
)
def test_what_tex_does_not_know_is_an_error_with_a_reason(tex, reason):
    good, bad = mathjax.typeset([Formula("x", True), Formula(tex, True)], {}, ".").html
    assert formulas.FAULT.findall(good) == []
    assert reason in formulas.FAULT.findall(bad)[0]


def build(folder: Path, text: str) -> str:
    """Build a book of one page; return what it complained of."""
    folder.mkdir(exist_ok=True)
    (folder / "conf.py").write_text(CONF, encoding="utf-8")
    (folder / "index.rst").write_text(text, encoding="utf-8")
    done = sphinx("-q", "-b", "html", folder, folder / "out")
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("book")
    assert build(folder, INDEX) == ""
    return folder / "out"


def test_a_page_has_its_formulas_and_no_script_for_them(built):
    page = (built / "index.html").read_text(encoding="utf-8")
    assert page.count("<mjx-container") == 4
    assert page.count('display="true" tabindex="0"') == 2
    assert page.count("</span><mjx-container") == 1  # the number stands before its formula
    names = re.findall(r"role=\"group\" aria-label=\"([^\"]+)\"", page)
    assert names == ["Equation 1", "Formula"]  # what the keyboard stops at
    assert "\\(" not in page
    assert "_static/mathjax/chtml.css" in page
    assert not re.search(r"<script[^>]*mathjax|window\.MathJax", page)
    assert list((built / "_static").rglob("tex-*.js")) == []
    genindex = (built / "genindex.html").read_text(encoding="utf-8")
    assert "mathjax" not in genindex


def test_style_and_fonts_hold_what_is_used(built):
    folder = built / "_static" / "mathjax"
    css = (folder / "chtml.css").read_text(encoding="utf-8")
    assert "mjx-c.mjx-c1D44E.TEX-I::before" in css  # a
    assert "mjx-c1D467" not in css  # z
    assert len(css) < 30_000
    named = set(re.findall(r"url\(\"?\./(MathJax_[\w-]+\.woff)", css))
    assert "MathJax_Main-Regular.woff" in named
    assert named <= {path.name for path in folder.iterdir()}
    letters = {name: set(TTFont(folder / name).getBestCmap() or {}) for name in named}
    assert {ord(char) for char in "abcdx"} == letters["MathJax_Math-Italic.woff"]
    assert {ord(char) for char in "los=<"} <= letters["MathJax_Main-Regular.woff"]
    assert ord("z") not in letters["MathJax_Main-Regular.woff"]
    assert letters["MathJax_AMS-Regular.woff"] >= {ord("R")}


def test_building_again_sets_what_is_new_and_keeps_the_rest(tmp_path):
    book = tmp_path / "book"
    build(book, INDEX)
    (book / "second.rst").write_text(":orphan:\n\nSecond\n======\n\n:math:`z`\n", encoding="utf-8")
    before = (book / "out" / "index.html").read_text(encoding="utf-8")
    assert build(book, INDEX) == ""
    after = (book / "out" / "index.html").read_text(encoding="utf-8")
    (old,), (new,) = (re.findall(r"chtml\.css\?v=(\w+)", page) for page in (before, after))
    assert old != new  # or a browser would keep the style sheet that has no z
    assert after.replace(new, old) == before
    css = (book / "out" / "_static" / "mathjax" / "chtml.css").read_text(encoding="utf-8")
    assert "mjx-c.mjx-c1D467.TEX-I::before" in css
    assert "mjx-c.mjx-c1D44E.TEX-I::before" in css


def test_a_formula_in_error_is_a_warning_with_its_page(tmp_path):
    said = build(tmp_path, "Title\n=====\n\n:math:`\\nosuchcommand`\n")
    assert "index.html: Undefined control sequence" in said
    assert r"in the formula \nosuchcommand" in said
