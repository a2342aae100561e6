"""What comparing outputs cannot see: cells that never ran, stray outputs, a chapter's shape."""

from __future__ import annotations

import re
import statistics
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("book/chapters", "exercises", "solutions")
NOTEBOOKS = sorted(path for folder in FOLDERS for path in (ROOT / folder).glob("*.ipynb"))
CHAPTERS = [path for path in NOTEBOOKS if path.parent.name == "chapters"]
WIDGET = "application/vnd.jupyter.widget-view+json"


def named(paths):
    return {"argvalues": paths, "ids": [str(path.relative_to(ROOT)) for path in paths]}


@pytest.fixture(scope="module")
def read():
    kept = {}

    def reader(path):
        if path not in kept:
            kept[path] = nbformat.read(path, as_version=4)
        return kept[path]

    return reader


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def prose(notebook):
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def test_there_are_notebooks():
    assert len(CHAPTERS) >= 1
    assert {path.parent.name for path in NOTEBOOKS} == {"chapters", "exercises", "solutions"}


@pytest.mark.parametrize("path", **named(NOTEBOOKS))
def test_every_cell_ran_in_order(path, read):
    """A cell without an execution count is not compared at all, so none may lack it."""
    counts = [cell.execution_count for cell in code_cells(read(path))]
    assert counts == list(range(1, len(counts) + 1)), "run `make outputs`"


@pytest.mark.parametrize("path", **named(NOTEBOOKS))
def test_notebook_is_valid_and_plain(path, read):
    notebook = read(path)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    assert "widgets" not in notebook.metadata, "widget state was stored"
    for cell in code_cells(notebook):
        assert not cell.source.rstrip().endswith(";"), f"a trailing ';' is ignored: {cell.source}"
        assert "nbval-skip" not in cell.metadata.get("tags", []), "every cell is verified"


@pytest.mark.parametrize("path", **named(NOTEBOOKS))
def test_outputs_are_the_same_everywhere(path, read):
    for cell in code_cells(read(path)):
        for output in cell.outputs:
            if output.output_type == "error":
                assert "raises-exception" in cell.metadata.get("tags", []), output.evalue
            assert WIDGET not in output.get("data", {}), "a widget needs a kernel: not in an output"
            text = str(output.get("text", "")) + str(output.get("data", {}).get("text/plain", ""))
            found = re.search(r"/tmp/|/home/|/Users/|/root/|0x[0-9a-f]{8,}|object at 0x", text)
            assert not found, f"{found.group()} in the output of: {cell.source}"


@pytest.mark.parametrize("path", **named(CHAPTERS))
def test_every_picture_is_described(path, read):
    for cell in code_cells(read(path)):
        if any("image/png" in output.get("data", {}) for output in cell.outputs):
            alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
            assert len(alt.split()) >= 8, f"no alt text for the picture of: {cell.source}"


@pytest.mark.parametrize("path", **named(CHAPTERS))
def test_chapter_has_its_parts(path, read):
    notebook = read(path)
    text = prose(notebook)
    for part in ("**The question.**", "**You will be able to**", "**Minutes.**", "**Builds on.**"):
        assert part in notebook.cells[0].source, f"the opening lacks {part}"
    headings = re.findall(r"^## (.+)$", text, re.M)
    assert headings[-4:] == [
        "Pitfalls by symptom",
        "Exercises",
        "The whiteboard test",
        "Further reading",
    ]
    whiteboard = text.partition("## The whiteboard test")[2].partition("## Further reading")[0]
    assert whiteboard.count("<details>") == whiteboard.count("</details>") == 5
    assert 3 <= text.partition("## Further reading")[2].count("{cite:t}") <= 6


@pytest.mark.parametrize("path", **named(CHAPTERS))
def test_chapter_has_its_size(path, read):
    notebook = read(path)
    words = len(re.sub(r"<[^>]+>|```.*?```", "", prose(notebook), flags=re.S).split())
    lengths = [len(cell.source.splitlines()) for cell in code_cells(notebook)]
    assert 2000 <= words <= 4000, f"{words} words"
    assert 25 <= len(lengths) <= 50, f"{len(lengths)} code cells"
    assert statistics.median(lengths) <= 5


@pytest.mark.parametrize("path", **named(CHAPTERS))
def test_chapter_defines_nothing(path, read):
    """A chapter never redefines what the package defines: its cells hold no `def` or `class`."""
    for cell in code_cells(read(path)):
        assert not re.search(r"^\s*(def|class) ", cell.source, re.M), cell.source


@pytest.mark.parametrize("path", **named(CHAPTERS))
def test_chapter_has_a_figure_and_a_drawing(path, read):
    kinds = [
        kind
        for cell in code_cells(read(path))
        for output in cell.outputs
        for kind, data in output.get("data", {}).items()
        if kind == "image/png" or (kind == "text/html" and "tinytx-figure" in str(data))
    ]
    assert "image/png" in kinds
    assert "text/html" in kinds
