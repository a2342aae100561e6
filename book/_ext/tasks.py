"""Turn an exercise or a solution notebook into what its page shows; the files stay as they are.

Both are written for JupyterLab, where cells run and links start from their folder. A page is read:
it says so at its top, leads to the answers (or warns of them), and says where a live kernel would
show something.
"""

from __future__ import annotations

import re

from mdit_py_plugins.anchors.index import slugify  # what `myst_heading_anchors` calls a heading
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from tinytx.classroom.reading import TASK

MARKER = re.compile(r"^[ \t]*(?:#+|<!--) (?:BEGIN|END) SOLUTION[^\n]*\n?", re.M)
NOT_STARTED = re.compile(r"\[ \] \w+: not started yet\n")

READING = """
:::{{admonition}} Nothing runs on this page
:class: note task-card
It shows what there is to do. To do it, open `exercises/{stem}.ipynb` with `make lab`
(see [Set up](../setup.md)), or take a button at the top: the rocket opens the notebook on Binder or
Colab, the arrow downloads it. The answers stand on
[a page of their own](../solutions/{stem}.ipynb).
:::
"""
SPOILER = """# {title}

:::{{admonition}} Spoiler: this page gives every answer
:class: warning task-card
Try the [exercises](../exercises/{stem}.ipynb) first: each has three hints, folded away, from a
nudge to nearly the answer.
:::

One right answer to each exercise, with what its check says of it. Yours may look different and be
right too: the check decides.
"""
SOLUTION = """{{.to-solution}}
[Solution of exercise {number}](../solutions/{stem}.ipynb#{anchor})
"""
PLAYGROUND = """:::{admonition} The playground needs a live kernel
:class: note task-card
On this page the cell shows nothing. It comes alive where the notebook runs: in JupyterLab, on
Binder or on Colab.
:::
"""


def retarget(text: str) -> str:
    """Let links start from where the pages stand: exercises and solutions beside the chapters.

    >>> retarget("[a](../book/notation.md), [b](../../exercises/01_tokenization.ipynb)")
    '[a](../notation.md), [b](../exercises/01_tokenization.ipynb)'
    """
    return re.sub(r"\]\(\.\./(?:book/|\.\./(?=exercises/|solutions/))", "](../", text)


def exercise_page(notebook: NotebookNode, stem: str) -> NotebookNode:
    """Change the exercises of chapter ``stem`` into their page, and return them."""
    title, _, rest = notebook.cells[0].source.partition("\n")
    notebook.cells[0].source = title + "\n" + READING.format(stem=stem) + rest
    notebook.cells = _with_solution_links(notebook.cells, stem)
    for cell in notebook.cells:
        said = "".join(output.get("text", "") for output in cell.get("outputs", []))
        if NOT_STARTED.fullmatch(said):
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), "not-started"]
    return _page(notebook)


def solution_page(notebook: NotebookNode, stem: str) -> NotebookNode:
    """Change the solutions of chapter ``stem`` into their page, and return them.

    Its front matter keeps it out of the search, and says that no table of contents lists it.
    """
    title = notebook.cells[0].source.partition("\n")[0].replace("# Exercises", "Solutions")
    notebook.cells[0].source = SPOILER.format(title=title, stem=stem)
    notebook.cells = [c for c in notebook.cells if not c.source.startswith("<details>")]
    for cell in notebook.cells:
        cell.source = MARKER.sub("", cell.source).rstrip("\n")
    notebook.metadata |= {"orphan": True, "nosearch": True}
    return _page(notebook)


def _page(notebook: NotebookNode) -> NotebookNode:
    """Do what both kinds of page need: links that lead on, and a word under the playground."""
    cells = []
    for cell in notebook.cells:
        cells.append(cell)
        if cell.cell_type == "markdown":
            cell.source = retarget(cell.source)
        elif cell.source.startswith("playground."):
            cells.append(_text(PLAYGROUND, "playground-note"))
    notebook.cells = cells
    return notebook


def _with_solution_links(cells: list[NotebookNode], stem: str) -> list[NotebookNode]:
    """Return ``cells`` with a link to its solution at the end of each exercise."""
    linked: list[NotebookNode] = []
    link = None
    for cell in [*cells, None]:
        starts = cell is None or cell.source.startswith("## ")
        if starts and link:
            linked.append(link)
            link = None
        if cell is not None:
            linked.append(cell)
            link = _solution_link(cell, stem) or link
    return linked


def _solution_link(cell: NotebookNode, stem: str) -> NotebookNode | None:
    """Return the link to the solution of the exercise that ``cell`` opens, if it opens one."""
    task = TASK.match(cell.source)
    if not task:
        return None
    anchor = slugify(task[0].removeprefix("## "))
    source = SOLUTION.format(number=task[1], stem=stem, anchor=anchor)
    return _text(source, f"solution-{task[1]}")


def _text(source: str, name: str) -> NotebookNode:
    return new_markdown_cell(source, id=name)
