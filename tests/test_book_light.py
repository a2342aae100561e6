"""Pages that load what they use: which rules, scripts and icons stay, and which go."""

from __future__ import annotations

import doctest
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from fontTools.ttLib import TTFont
from PIL import Image

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "book" / "_ext"))  # as Jupyter Book does

import code_spans  # noqa: E402
import glyphs  # noqa: E402
import light  # noqa: E402
import pictures  # noqa: E402
import purge  # noqa: E402

PAGE = """<html lang="en" data-theme="auto"><head>
  <!-- So that users can add custom icons -->
  <script defer src="_static/scripts/fontawesome.js?digest=1"></script>
  <script src="_static/searchtools.js"></script>
  <script src="../_static/language_data.js"></script>
  <script src="searchindex.js"></script>
  <script src="_static/book.js"></script>
</head><body><i class="fa-solid fa-sun"></i><p class="sd-card">x</p>
<div id="jb-print-docs-body" class="onlyprint">
    <h1>Title</h1>
    <div id="print-main-content">
        <div id="jb-print-toc"><nav aria-label="Page"></nav>
        </div>
    </div>
</div>
<h1>1. Title</h1></body></html>"""


@pytest.mark.parametrize("module", [purge, code_spans, glyphs], ids=lambda one: one.__name__)
def test_examples(module):
    results = doctest.testmod(module)
    assert results.attempted
    assert not results.failed


@pytest.mark.parametrize(
    ("css", "kept"),
    [
        (".a{x:1}", ".a{x:1}"),
        (".b{x:1}", ""),
        ("p.b,p.a:hover{x:1}", "p.a:hover{x:1}"),
        (".a .b{x:1}.a>#a{x:1}", ".a>#a{x:1}"),
        (".a:not(.b){x:1}", ".a:not(.b){x:1}"),
        (".a[data-x='.b,.c'],.b{x:1}", '.a[data-x=".b,.c"]{x:1}'),
        (":is(.a,:not(.b)) p,.b{x:1}", ":is(.a,:not(.b)) p{x:1}"),
        ("html,body{x:1}", "html,body{x:1}"),
        ("@media (min-width:1px){.b{x:1}}", ""),
        ("@media (min-width:1px){.b{x:1}.a{y:2}}", "@media (min-width:1px){.a{y:2}}"),
        ("@supports (x:1){@media print{.a{x:1}}}", "@supports (x:1){@media print{.a{x:1}}}"),
        ("@keyframes b{from{x:1}to{x:2}}", "@keyframes b{from{x:1}to{x:2}}"),
        ("@font-face{font-family:b}", "@font-face{font-family:b}"),
        ('@charset "utf-8";.a{x:1}', '@charset "utf-8";.a{x:1}'),
        ('.a::after{content:"}.b{"}.b{x:1}', '.a::after{content:"}.b{"}'),
        (".a{background:url(data:image/svg+xml;a,{})}.b{}", None),
        (".a\\:b{x:1}.a\\/c{x:1}", ""),
        ("/* .a{x:1} */.b{x:1}", ""),
        (".bs-anything{x:1}", ".bs-anything{x:1}"),
    ],
)
def test_a_rule_stays_if_all_of_a_selectors_classes_are_known(css, kept):
    if kept is None:
        kept = css.removesuffix(".b{}")
    assert purge.purge(css, {"a", "p"}) == kept


@pytest.fixture
def built(tmp_path):
    """A book of two pages, as the theme leaves it, gone over once."""
    static = tmp_path / "_static"
    for name in (*light.STYLES, "scripts/fontawesome.js"):
        path = static / name.replace("*", "1")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("/* as the theme has it */", encoding="utf-8")
    (static / "own.css").write_text('.x::before{content:"\\f00c"}', encoding="utf-8")
    (static / "book.js").write_text("box.className = 'sd-tab-set'", encoding="utf-8")
    for name in ("page.html", "search.html"):
        (tmp_path / name).write_text(PAGE, encoding="utf-8")
    app = SimpleNamespace(builder=SimpleNamespace(format="html"), outdir=str(tmp_path))
    light.lighten(app, None)
    return tmp_path


def test_pages_lose_the_scripts_that_they_do_not_use(built):
    page = (built / "page.html").read_text(encoding="utf-8")
    for name in ("fontawesome", "searchtools", "language_data", "searchindex"):
        assert name not in page
    assert "_static/book.js" in page
    assert '<html lang="en" data-theme="light">' in page  # colours without a script
    search = (built / "search.html").read_text(encoding="utf-8")
    assert "searchindex.js" in search
    assert "fontawesome" not in search


def test_pages_have_one_heading_on_paper_too(built):
    page = (built / "page.html").read_text(encoding="utf-8")
    assert "jb-print" not in page
    assert page.count("<h1") == 1
    assert '<p class="sd-card">x</p>\n<h1>1. Title</h1></body></html>' in page


def test_style_sheets_keep_what_pages_and_scripts_name(built):
    design = (built / "_static" / "sphinx-design.min.css").read_text(encoding="utf-8")
    assert ".sd-card{" in design
    assert ".sd-tab-set{" in design  # a script names it
    assert ".sd-btn" not in design
    theme = (built / "_static" / light.THEME_STYLE).read_text(encoding="utf-8")
    assert ".fa-sun" in theme
    assert ".fa-moon" not in theme
    assert "fontawesome.com/license" in theme
    assert len(theme) < 0.4 * (light.THEME / light.THEME_STYLE).stat().st_size


def test_the_fonts_hold_the_icons_that_are_left_and_no_more(built):
    theme = (built / "_static" / light.THEME_STYLE).read_text(encoding="utf-8")
    fonts = built / "_static" / light.FONTS
    found = set()
    for face in ("fa-solid-900", "fa-brands-400"):
        assert f'url(../{light.FONTS}/{face}.woff) format("woff")' in theme
        found |= set(TTFont(fonts / f"{face}.woff").getBestCmap() or {})
        assert (fonts / f"{face}.woff").stat().st_size < 8000
    assert ord("\uf185") in found  # the sun, of the page
    assert ord("\uf00c") in found  # a sign of our own sheet
    assert ord("\uf186") not in found  # the moon
    assert ".woff2" not in re.sub(r"/\*.*?\*/", "", theme, flags=re.S)


def test_once_more_changes_nothing(built):
    before = {path: path.read_bytes() for path in built.rglob("*") if path.is_file()}
    app = SimpleNamespace(builder=SimpleNamespace(format="html"), outdir=str(built))
    light.lighten(app, None)
    assert {path: path.read_bytes() for path in built.rglob("*") if path.is_file()} == before


# --- code

SHEET = """html[data-theme="light"] .highlight { background: #fff; color: #080808 }
html[data-theme="light"] .highlight .n { color: #080808 } /* Name */
html[data-theme="light"] .highlight .p { color: #080808 }
html[data-theme="light"] .highlight .ge { color: #080808; font-style: italic }
html[data-theme="light"] .highlight .k { color: #6730C5 }
html[data-theme="dark"] .highlight { background: #000; color: #F8F8F2 }
html[data-theme="dark"] .highlight .n { color: #f8f8f2 }
html[data-theme="dark"] .highlight .p { color: #dcc6e0 }
html[data-theme="dark"] .highlight .ge { color: #F8F8F2 }
html[data-theme="dark"] .highlight .k { color: #DCC6E0 }
"""


def test_a_word_is_plain_where_no_mode_gives_it_a_look_of_its_own(tmp_path):
    sheet = tmp_path / "pygments.css"
    sheet.write_text(SHEET, encoding="utf-8")
    assert code_spans.plain_classes(sheet) == {"n"}  # p is coloured in the dark, ge is slanted
    assert code_spans.plain_classes(tmp_path / "none.css") == set()


@pytest.mark.parametrize(
    ("page", "kept"),
    [
        ('<pre><span class="n">x</span></pre>', "<pre>x</pre>"),
        ('<pre class="a">\n<span class="n">a</span>\n</pre>', '<pre class="a">\na\n</pre>'),
        ('<pre><a href="#"><span class="n">x</span></a></pre>', '<pre><a href="#">x</a></pre>'),
        ('<pre><span class="n">&lt;</span></pre>', "<pre>&lt;</pre>"),
        ('<pre><span class="k">if</span></pre>', None),
        ('<pre><span class="n"><b>x</b></span></pre>', None),
        ('<pre><span class="nn">x</span></pre>', None),
        ('<dt><span class="n">x</span></dt><pre>y</pre>', None),
    ],
)
def test_only_words_of_code_lose_their_element(page, kept):
    assert code_spans.without({"n"}, page) == (kept or page)
    assert code_spans.without(set(), page) == page


# --- pictures


def test_figures_become_webp_without_loss(tmp_path):
    drawn = np.random.default_rng(0).integers(0, 256, (20, 30, 4), np.uint8)
    drawn[..., 3] = 255
    (tmp_path / "_images").mkdir()
    Image.fromarray(drawn).save(tmp_path / "_images" / "a.png")
    page = tmp_path / "chapters" / "page.html"
    page.parent.mkdir()
    page.write_text('<img alt="x" src="../_images/a.png" /><img src="../_static/b.png" />')
    for _ in range(2):
        pictures.to_webp(tmp_path)
        text = '<img alt="x" src="../_images/a.webp" /><img src="../_static/b.png" />'
        assert page.read_text() == text
    with Image.open(tmp_path / "_images" / "a.webp") as shown:
        assert (np.asarray(shown.convert("RGBA")) == drawn).all()
