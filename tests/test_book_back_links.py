"""Links from pages of source: to where a name is described now, and pages of what is gone go."""

import doctest
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.append(str(Path(__file__).parent.parent / "book" / "_ext"))  # as Jupyter Book does

import back_links

BACK = '<a class="viewcode-back" href="{}">[docs]</a>'


def test_examples():
    assert doctest.testmod(back_links).failed == 0


@pytest.fixture
def app(tmp_path):
    """A book whose name tinytx.a.f has moved, and whose module tinytx.gone is gone."""
    entry = SimpleNamespace(docname="api/new", node_id="tinytx.a.f")
    env = SimpleNamespace(
        get_domain=lambda name: SimpleNamespace(objects={"tinytx.a.f": entry}),
        _viewcode_modules={"tinytx.a": ("source",), "tinytx.unread": False},
    )
    folder = tmp_path / "_modules" / "tinytx"
    folder.mkdir(parents=True)
    old = BACK.format("../../api/old.html#tinytx.a.f")
    text = f"{old}def f(): ...\n{BACK.format('../../api/old.html#tinytx.a.g')}def g(): ..."
    for name in ("a", "gone", "unread"):
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    (tmp_path / "_modules" / "index.html").write_text("All modules", encoding="utf-8")
    return SimpleNamespace(env=env, outdir=str(tmp_path), builder=SimpleNamespace(format="html"))


def test_links_lead_to_the_page_of_today_and_none_to_nowhere(app):
    back_links.lead_back(app, None)
    page = Path(app.outdir, "_modules/tinytx/a.html").read_text(encoding="utf-8")
    assert page == f"{BACK.format('../../api/new.html#tinytx.a.f')}def f(): ...\ndef g(): ..."


def test_a_name_that_a_package_offers_is_found_in_its_module(app):
    page = Path(app.outdir, "_modules/tinytx/a.html")
    page.write_text(f"{BACK.format('../../api/new.html#tinytx.f')}def f(): ...", encoding="utf-8")
    back_links.lead_back(app, None)
    mended = f"{BACK.format('../../api/new.html#tinytx.a.f')}def f(): ..."
    assert page.read_text(encoding="utf-8") == mended


def test_pages_of_modules_that_are_gone_go(app):
    back_links.lead_back(app, None)
    left = sorted(path.name for path in Path(app.outdir).rglob("*.html"))
    assert left == ["a.html", "index.html"]


def test_a_build_that_failed_is_left_as_it_is(app):
    back_links.lead_back(app, ValueError("no"))
    assert len(list(Path(app.outdir).rglob("*.html"))) == 4
