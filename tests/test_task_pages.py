"""The pages of exercises and solutions: made from the notebooks while the book is built.

`tests/browser/test_book.py` opens the built pages.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml
from small_book import sphinx

ROOT = Path(__file__).parent.parent
BOOK = ROOT / "book"
sys.path.append(str(BOOK / "_ext"))  # as Jupyter Book does

import tasks  # noqa: E402

# Exercises may be written before their chapter; they come into the book with it.
CHAPTERS = BOOK / "chapters"
EXERCISES = [p for p in sorted(ROOT.glob("exercises/*.ipynb")) if (CHAPTERS / p.name).exists()]
EACH = pytest.mark.parametrize("path", EXERCISES, ids=[path.stem for path in EXERCISES])
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def read(path):
    return nbformat.read(path, as_version=4)


def prose(notebook) -> str:
    return "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")


def links(notebook) -> set[str]:
    """Return the files that ``notebook`` links to, without their anchors."""
    return set(LINK.findall(prose(notebook)))


def exercise_page(path):
    return tasks.exercise_page(read(path), path.stem)


def solution_page(path):
    return tasks.solution_page(read(ROOT / "solutions" / path.name), path.stem)


# --- where they stand


def test_every_exercise_is_listed_below_its_chapter():
    parts = yaml.safe_load((BOOK / "_toc.yml").read_text(encoding="utf-8"))["parts"]
    below = {
        entry["file"]: [section["file"] for section in entry.get("sections", ())]
        for part in parts
        for entry in part["chapters"]
    }
    assert EXERCISES
    for path in EXERCISES:
        assert f"exercises/{path.stem}" in below[f"chapters/{path.stem}"]


@EACH
def test_the_chapter_leads_to_its_exercises(path):
    assert f"../../exercises/{path.name}" in links(read(CHAPTERS / path.name))


@EACH
def test_links_lead_somewhere_from_the_notebook_and_from_its_page(path):
    pages = {"exercises": exercise_page(path), "solutions": solution_page(path)}
    for folder, page in pages.items():
        there = ROOT / folder
        assert all((there / link).is_file() for link in links(read(there / path.name)))
        for link in links(page):
            target = Path(os.path.normpath(BOOK / folder / link)).relative_to(BOOK)
            inside = target.parts[0] not in pages  # or it comes from beside the book
            assert ((BOOK if inside else ROOT) / target).is_file(), link


# --- what they say


@EACH
def test_each_exercise_ends_with_the_way_to_its_solution(path):
    cells = exercise_page(path).cells
    found = [
        (number, cells[i - 1].source)
        for i, cell in enumerate(cells)
        for number in re.findall(r"^\[Solution of exercise (\d+)\]", cell.source, re.M)
    ]
    assert [number for number, _ in found] == re.findall(r"^## (\d+)\. ", prose(read(path)), re.M)
    assert all(before.count("<details>") == 3 for _, before in found), "after the hints"


@EACH
def test_the_exercise_page_says_what_to_do_and_stores_what_the_notebook_does(path):
    notebook, page = read(path), exercise_page(path)
    title, *rest = page.cells[0].source.splitlines()
    assert title == notebook.cells[0].source.splitlines()[0]
    assert rest[1] == ":::{admonition} Nothing runs on this page"
    code = [[c for c in n.cells if c.cell_type == "code"] for n in (notebook, page)]
    assert [(c.source, c.outputs) for c in code[0]] == [(c.source, c.outputs) for c in code[1]]
    calm = [c.source for c in code[1] if "not-started" in c.metadata.get("tags", ())]
    assert calm == [c.source for c in code[0] if c.source.startswith("check.")]
    assert page.cells[-1].source.startswith(":::{admonition} The playground needs a live kernel")


@EACH
def test_the_solution_page_warns_first_and_gives_every_answer(path):
    page = solution_page(path)
    title, _, box, *_ = page.cells[0].source.splitlines()
    assert title.startswith(f"# Solutions {path.stem[:2]}: ")
    assert box == ":::{admonition} Spoiler: this page gives every answer"
    sources = "\n".join(cell.source for cell in page.cells)
    assert "SOLUTION" not in sources
    assert "<details>" not in sources
    assert "NotImplementedError" not in sources
    assert page.metadata.nosearch
    assert page.metadata.orphan
    marked = [c for c in read(ROOT / "solutions" / path.name).cells if "# BEGIN" in c.source]
    assert marked
    assert all(re.sub(r" *# (BEGIN|END) .*\n?", "", c.source).rstrip() in sources for c in marked)


# --- a book of one chapter, built

CONF = f"""
import sys
sys.path.append({str(BOOK / "_ext")!r})
extensions = ["sphinx_external_toc", "myst_nb", "task_pages"]
external_toc_exclude_missing = True
myst_enable_extensions = ["attrs_block", "colon_fence"]
myst_heading_anchors = 3
nb_execution_mode = "off"
nitpicky = True
html_theme = "basic"
html_sourcelink_suffix = ""
"""
TOC = """
format: jb-book
root: setup
parts:
- numbered: 2
  chapters:
  - file: chapters/01_x
    sections:
    - file: exercises/01_x
"""
CHAPTER = "# X\n\n## Part\n\n[Exercises](../../exercises/01_x.ipynb)"
EXERCISE = [
    "# Exercises 01: X\n\nGo with [X](../book/chapters/01_x.ipynb#part).",
    "## 1. Do *this*\n\nFrom [Part](../book/chapters/01_x.ipynb#part).",
    "<details>\n<summary>Hint</summary>\n\nTry.\n\n</details>",
    "## Playground\n\nPlay.",
]


def notebook(path: Path, *sources: str) -> None:
    path.parent.mkdir(exist_ok=True)
    cells = [nbformat.v4.new_markdown_cell(s, id=f"c{i}") for i, s in enumerate(sources)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)


def clone(folder: Path) -> Path:
    """A clean clone of a small course; chapter 02 has its exercises and is not listed yet."""
    (folder / "book").mkdir()
    (folder / "book/conf.py").write_text(CONF)
    (folder / "book/_toc.yml").write_text(TOC)
    (folder / "book/setup.md").write_text("# Set up")
    notebook(folder / "book/chapters/01_x.ipynb", CHAPTER)
    for name in ("01_x", "02_y"):
        notebook(folder / f"exercises/{name}.ipynb", *EXERCISE)
        notebook(folder / f"solutions/{name}.ipynb", *EXERCISE)
    return folder


def build(project: Path) -> subprocess.CompletedProcess[str]:
    return sphinx("-W", "-b", "html", "book", "build/html", cwd=project)


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Return a clean clone that was built, the files that it had before, and what was said."""
    project = clone(tmp_path_factory.mktemp("built"))
    return project, files(project), build(project)


def test_a_clean_clone_gets_its_pages_and_keeps_no_copies(built):
    project, before, done = built
    assert done.returncode == 0, done.stderr
    html = project / "build/html"
    assert [file for file in files(project) if not file.startswith("build/")] == before
    for folder in ("exercises", "solutions"):
        assert [path.name for path in (html / folder).glob("*.html")] == ["01_x.html"]
        source = project / folder / "01_x.ipynb"
        assert (html / "_sources" / folder / "01_x.ipynb").read_bytes() == source.read_bytes()
    exercise = (html / "exercises/01_x.html").read_text()
    assert 'href="../solutions/01_x.html#do-this"' in exercise
    assert "section-number" not in exercise.partition("<h1>")[2].partition("</h1>")[0]
    assert 'content="noindex"' in (html / "solutions/01_x.html").read_text()
    assert 'href="../exercises/01_x.html"' in (html / "chapters/01_x.html").read_text()


def test_a_build_does_again_only_what_has_changed(built):
    project = built[0]
    assert "updating environment: 0 added, 0 changed, 0 removed" in build(project).stdout
    (project / "book/setup.md").write_text("# Set up, another way")
    again = build(project).stdout
    assert "updating environment: 0 added, 1 changed, 0 removed" in again
    assert "setup" in again
    assert "01_x" not in again
    page = (project / "build/html/exercises/01_x.html").read_text()
    assert "section-number" not in page.partition("<h1>")[2].partition("</h1>")[0]


def test_a_build_that_fails_keeps_no_copies_either(tmp_path):
    project = clone(tmp_path)
    before = files(project)
    notebook(project / "exercises/01_x.ipynb", *EXERCISE, "[Lost](../book/chapters/01_x.ipynb#no)")
    done = build(project)
    assert done.returncode != 0
    assert "'no'" in done.stderr
    assert [file for file in files(project) if not file.startswith("build/")] == before
