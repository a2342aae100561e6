"""The built book in headless Chromium: its search, modes, paths, exercises and solutions.

The book is `book/_build/html`, or the folder in $BOOK_HTML. If it is not built yet, the first test
builds it (`make browser` has it built before). What must hold on every page is in
`every_page.py`.
"""

from __future__ import annotations

import importlib
import os
import posixpath
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from sphinx.util.inventory import InventoryFile

from .markup import markup

ROOT = Path(__file__).parent.parent.parent
HTML = Path(os.environ.get("BOOK_HTML", ROOT / "book" / "_build" / "html"))
CHAPTER = "chapters/01_tokenization.html"
# Bytes as they lie on the server, with all that a page loads; the landing page has a model in it.
LANDING, OTHER = 1_600_000, 900_000

PACKAGES = (
    "checks", "data", "evaluation", "figures", "generation", "inspect", "manual", "pytorch",
    "tokenizers", "training",
)  # fmt: skip


@pytest.fixture(scope="module")
def html() -> Path:
    """The folder of the built book; builds it if it is missing."""
    if not (HTML / "index.html").exists():
        command = [
            sys.executable,
            "-m",
            "jupyter_book",
            "build",
            "book",
            "-W",
            "--keep-going",
            "-n",
        ]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=6000)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return HTML


def settle(page) -> None:
    """Wait until the theme's scripts have run and MathJax has set every formula."""
    page.wait_for_load_state("load")
    page.evaluate("() => window.MathJax?.startup?.promise")
    page.evaluate("() => document.fonts.ready")


def too_wide(page) -> list[str]:
    """Return what sticks out on the right, when the page is wider than the window."""
    return page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
            [...document.querySelectorAll("main *")]
            .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
            .map(e => `<${e.tagName} class="${e.className}">`).slice(0, 5)
            .concat(`${document.documentElement.scrollWidth} > ${innerWidth}`)"""
    )


@pytest.mark.parametrize("served", [False, True], ids=["file", "http"])
def test_search_finds_a_word(html, visit, visited, serve, served):
    base = serve(html) if served else html.resolve().as_uri() + "/"
    page = visit(base + "intro.html")
    settle(page)
    page.keyboard.press("Control+k")
    page.keyboard.type("vocabulary")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=vocabulary*")
    hits = page.locator("#search-results ul.search li a")
    hits.first.wait_for()
    page.wait_for_function("/found \\d+ page/.test(document.body.innerText)")
    assert any("Notation" in text or "Glossary" in text for text in hits.all_inner_texts())
    if served:  # from a file the browser may not read the pages, so there are no summaries
        page.locator("#search-results p.context").first.wait_for()
        summary = page.locator("#search-results p.context").first.inner_text()
        assert "vocabular" in summary.lower()  # the search looks for the stem
        assert ".pdf" not in summary, "the summary begins with the page's buttons"
    hits.first.click()
    page.wait_for_load_state()
    visited(page).assert_clean()


def test_search_for_nothing_says_so(html, visit, visited):
    page = visit((html / "search.html").resolve().as_uri() + "?q=xyzzyplugh")
    page.get_by_text("did not match any documents").wait_for()
    visited(page).assert_clean()


def test_reader_changes_the_mode_and_it_lasts(html, visit, visited):
    page = visit(html / "setup.html")
    settle(page)
    theme = "document.documentElement.dataset.theme"
    button = page.locator("button.theme-switch-button:visible").first
    modes = set()
    for _ in range(3):
        button.click()
        modes.add((page.evaluate("document.documentElement.dataset.mode"), page.evaluate(theme)))
    assert modes == {("light", "light"), ("dark", "dark"), ("auto", "light")}
    while page.evaluate(theme) != "dark":
        button.click()
    page.reload()
    assert page.evaluate(theme) == "dark"
    visited(page).assert_clean()


def test_paper_is_white_in_dark_mode_too(html, visit):
    page = visit(html / "notation.html", theme="dark")
    settle(page)
    theme = "document.documentElement.dataset.theme"
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(theme) == "light"
    page.emulate_media(media="print")
    ground = page.locator("body").evaluate("e => getComputedStyle(e).backgroundColor")
    assert ground == "rgb(255, 255, 255)"
    assert page.get_by_role("heading", name="Notation", level=1).is_visible()
    assert not page.locator(".bd-sidebar-primary").is_visible()
    page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(theme) == "dark"


def beside(path: Path, which: str) -> Path | None:
    """Return the page that the arrow at a page's foot leads to: ``left-prev`` or ``right-next``."""
    there = re.search(rf'class="{which}"\s+href="([^"#]+)"', path.read_text(encoding="utf-8"))
    return (path.parent / there[1]).resolve() if there else None


def test_previous_and_next_walk_through_the_book(html):
    """Page by page as they are written, there and back; a click comes below."""
    walked = [html.resolve() / "intro.html"]
    while following := beside(walked[-1], "right-next"):
        assert following not in walked
        assert beside(following, "left-prev") == walked[-1]
        walked.append(following)
    names = [path.relative_to(html.resolve()).as_posix() for path in walked]
    assert names[:2] == ["intro.html", "setup.html"]
    assert names[-1] == "bibliography.html"
    assert [name for name in names if name.startswith("chapters/")] == [
        f"chapters/{path.stem}.html" for path in sorted(ROOT.glob("book/chapters/*.ipynb"))
    ]


def test_one_goes_on_and_back_by_the_arrows(html, visit):
    page = visit(html / "index.html")
    page.wait_for_url("**/intro.html")
    for arrow, name in (("right-next", "setup"), ("right-next", "parts/*"), ("left-prev", "setup")):
        page.locator(f"a.{arrow}").click()
        page.wait_for_url(f"**/{name}.html")
    assert page.get_by_role("heading", level=1).is_visible()


def repository() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project["urls"]["Repository"]


def test_footer_names_the_licence_and_the_source(html, visit):
    page = visit(html / "intro.html")
    footer = page.locator("footer.bd-footer-content")
    assert "CC BY 4.0" in footer.inner_text()
    assert "MIT" in footer.inner_text()
    links = footer.locator("a").evaluate_all("all => all.map(a => a.href)")
    assert repository() in links


def test_pages_carry_a_plain_description(html, visit):
    page = visit(html / "notation.html")
    for selector in ("meta[name=description]", "meta[property='og:description']"):
        said = page.locator(selector).get_attribute("content")
        assert len(said) > 40
        assert "\\" not in said
        assert "$" not in said


# --- what needs a chapter


@pytest.fixture
def chapter(html, visit):
    if not (html / CHAPTER).exists():
        pytest.skip(f"the book was built without {CHAPTER}")
    page = visit(html / CHAPTER)
    settle(page)
    return page


def test_chapter_can_be_downloaded_and_launched(html, chapter):
    links = chapter.locator(".article-header-buttons a").evaluate_all("all => all.map(a => a.href)")
    where = repository().removeprefix("https://github.com/")
    notebook = f"book/{CHAPTER.removesuffix('.html')}.ipynb"
    assert any("colab" in link and f"{where}/blob/main/{notebook}" in link for link in links)
    assert any("binder" in link and where in link and notebook in link for link in links)
    assert any(link.endswith(f"_sources/{CHAPTER.removesuffix('.html')}.ipynb") for link in links)
    assert (html / "_sources" / CHAPTER).with_suffix(".ipynb").exists()


def test_code_can_be_copied(chapter):
    cells = chapter.locator("div.cell_input .highlight")
    assert cells.count() > 0
    assert chapter.locator("div.cell_input .highlight button.copybtn").count() == cells.count()


def test_code_scrolls_and_is_not_clipped(chapter):
    chapter.set_viewport_size({"width": 390, "height": 844})
    clipped = chapter.evaluate(
        """() => [...document.querySelectorAll("article pre")]
            .filter(pre => pre.scrollWidth > pre.clientWidth + 1
                && !["auto", "scroll"].includes(getComputedStyle(pre).overflowX))
            .map(pre => pre.textContent.slice(0, 60))"""
    )
    assert clipped == []


def test_equations_are_numbered(html, visit):
    page = visit(html / "notation.html")
    settle(page)
    numbers = page.locator("span.eqno").all_inner_texts()
    assert len(numbers) >= 2
    assert all(text.strip().startswith("(") for text in numbers)
    assert len(set(numbers)) == len(numbers)


def test_outputs_are_transparent_in_dark_mode(html, visit):
    if not (html / CHAPTER).exists():
        pytest.skip(f"the book was built without {CHAPTER}")
    page = visit(html / CHAPTER, theme="dark")
    settle(page)
    grounds = page.locator("div.cell_output .text_html").evaluate_all(
        "all => all.map(e => getComputedStyle(e).backgroundColor)"
    )
    assert set(grounds) <= {"rgba(0, 0, 0, 0)"}


def test_shown_source_is_coloured_in_both_modes(html, visit):
    if not (html / CHAPTER).exists():
        pytest.skip(f"the book was built without {CHAPTER}")
    colours = []
    for theme in ("light", "dark"):
        page = visit(html / CHAPTER, theme=theme)
        settle(page)
        keyword = page.locator(".tinytx-source pre .k, .tinytx-source pre .kn").first
        if not keyword.count():
            pytest.skip("the chapter shows no source")
        here = "e => getComputedStyle(e).color"
        assert keyword.evaluate(here) != page.locator(".tinytx-source pre").first.evaluate(here)
        colours.append(keyword.evaluate(here))
    assert colours[0] != colours[1]


# --- exercises and solutions

EXERCISES = sorted(
    path.stem
    for path in ROOT.glob("exercises/*.ipynb")
    if (ROOT / "book" / "chapters" / path.name).exists()
)
EACH_EXERCISE = pytest.mark.parametrize("tasks_of", EXERCISES, indirect=True)


@pytest.fixture(scope="module")
def tasks_of(request, html, empty_pages):
    """The page of a chapter's exercises, opened once for the tests that only read there."""
    page, seen = empty_pages.open(html / f"exercises/{request.param}.html")
    settle(page)
    yield request.param, page, seen
    empty_pages.give_back(True, page, seen)


def hrefs(page, selector: str) -> list[str]:
    """Return where the links of ``selector`` lead, as whole addresses."""
    return page.locator(selector).evaluate_all("all => all.map(a => a.href)")


@EACH_EXERCISE
def test_exercises_stand_below_their_chapter_and_solutions_do_not(html, tasks_of):
    stem, page, seen = tasks_of
    at = (html / "chapters" / f"{stem}.html").resolve().as_uri()
    chapter = page.locator("nav.bd-links li.toctree-l1.current", has=page.locator("> a"))
    assert hrefs(page, "nav.bd-links li.toctree-l1.current > a") == [at]
    entry = chapter.locator("li.toctree-l2 > a.current")
    assert entry.is_visible()
    assert not re.match(r"\d", entry.inner_text()), "a section number, though it is no section"
    walk = hrefs(page, "nav.bd-links a, a.left-prev, a.right-next")
    assert at in walk
    assert not [link for link in walk if "/solutions/" in link]
    seen.assert_clean()


@EACH_EXERCISE
def test_each_exercise_has_three_hints_folded_and_the_way_to_its_solution(html, tasks_of):
    stem, page, _ = tasks_of
    tasks = page.locator("article section section").filter(has_text="not started yet")
    assert tasks.count() >= 4
    solution = (html / "solutions" / f"{stem}.html").resolve().as_uri()
    for task in tasks.all():
        assert task.locator("details").count() == 3
        assert task.locator("details[open]").count() == 0
        (link,) = hrefs(task, "a:has-text('Solution of exercise')")
        assert link == f"{solution}#{task.get_attribute('id')}"
    assert hrefs(page, ".task-card a")[1] == solution


@pytest.mark.parametrize("stem", EXERCISES)
def test_solutions_warn_first_and_stand_where_the_exercises_point(html, visit, visited, stem):
    page = visit(html / f"exercises/{stem}.html")
    links = page.get_by_role("link", name="Solution of exercise")
    many = links.count()
    links.last.click()
    page.wait_for_url(f"**/solutions/{stem}.html#*")
    settle(page)
    assert page.locator(":target").get_by_text("[ok]").count() == 1
    assert page.get_by_text("Spoiler: this page gives every answer").is_visible()
    assert page.locator("article .output", has_text="[ok]").count() == many
    assert page.locator("article pre", has_text="NotImplementedError").count() == 0
    assert page.locator("a.left-prev, a.right-next").count() == 0
    visited(page).assert_clean()


@pytest.mark.parametrize("stem", EXERCISES)
@pytest.mark.parametrize("folder", ["exercises", "solutions"])
def test_the_notebook_of_a_page_is_the_one_in_the_repository(html, folder, stem):
    """As the page is written: no script has a hand in its buttons."""
    file = f"{folder}/{stem}.ipynb"
    links = markup(html / folder / f"{stem}.html").links
    where = repository().removeprefix("https://github.com/")
    assert f"https://colab.research.google.com/github/{where}/blob/main/{file}" in links
    assert f"https://mybinder.org/v2/gh/{where}/main?urlpath=lab/tree/{file}" in links
    (download,) = [link for link in links if "_sources" in link]
    given = html / folder / download
    assert given.read_bytes() == (ROOT / file).read_bytes()


def test_exercises_are_quiet_where_nothing_has_begun(html, visit):
    page = visit(html / f"exercises/{EXERCISES[0]}.html")
    said = page.locator(".tag_not-started .output pre")
    look = "e => [getComputedStyle(e).color, getComputedStyle(e).borderLeftColor]"
    colour, rule = said.first.evaluate(look)
    assert rule == "rgba(0, 0, 0, 0)"
    assert colour != page.locator("article p").first.evaluate("e => getComputedStyle(e).color")


def test_the_search_finds_exercises_and_passes_over_solutions(html, serve, visit):
    """Of two names in code, one stands in an exercise, the other in its solution alone."""
    solution = (html / "solutions/01_tokenization.html").read_text(encoding="utf-8")
    assert "longest_first" in solution
    assert "split_special" in solution
    base = serve(html)
    page = visit(f"{base}search.html?q=longest_first")
    page.get_by_text("did not match any documents").wait_for()
    page.goto(f"{base}search.html?q=split_special")
    page.locator("#search-results ul.search li a").first.wait_for()
    page.wait_for_function("/found \\d+ page/.test(document.body.innerText)")
    found = hrefs(page, "#search-results ul.search li a")
    assert [link for link in found if "/exercises/01_tokenization.html" in link]
    assert not [link for link in found if "/solutions/" in link]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_stands_on_an_api_page(html, package):
    """Names that are imported on demand are easily forgotten: autodoc does not see them."""
    with open(html / "objects.inv", "rb") as file:
        inventory = InventoryFile.load(file, "", posixpath.join)
    python = [kind for kind in inventory if kind.startswith("py:")]
    described = {name.rsplit(".", 1)[-1] for kind in python for name in inventory[kind]}
    public = set(importlib.import_module(f"tinytx.{package}").__all__)
    assert public
    assert public - described == set()
