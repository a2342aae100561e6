"""Where the course's own notebooks are, which chapters they make, and where the book is published.

In a clone of the repository they lie in its folders ``exercises`` and ``solutions``. A wheel brings
copies, which setup.py puts beside this file when the wheel is built.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, metadata
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[3]  # of a clone; of an installed wheel nothing of ours
PACKED = "notebooks"
ALL = "all"  # in the place of a chapter


def repository() -> Path | None:
    """Return the folder of the clone that this package runs from; None outside of one."""
    marks = ("pyproject.toml", "exercises", "src/tinytx")
    return ROOT if all((ROOT / mark).exists() for mark in marks) else None


def exercise_notebooks(kind: str = "exercises") -> list[Traversable]:
    """Return the course's notebooks of a kind, ``exercises`` or ``solutions``, in order.

    Raises
    ------
    FileNotFoundError
        If this installation has none.
    """
    home = repository()
    folder: Traversable = home / kind if home else files(__package__) / PACKED / kind
    found = [one for one in folder.iterdir() if _is_chapter(one.name)] if folder.is_dir() else []
    if not found:
        raise FileNotFoundError(f"this installation of tinytx has no {kind}: install it anew")
    return sorted(found, key=lambda one: one.name)


def chosen(chapters: list[str] | None, kind: str = "exercises") -> list[Traversable]:
    """Return the notebooks of some chapters, named as ``3``, ``03``, ``attention``; or of all.

    >>> [one.name for one in chosen(["3", "backprop"])]
    ['03_attention.ipynb', '06_backprop.ipynb']

    Raises
    ------
    ValueError
        If there is no such chapter.
    """
    every = {Path(one.name).stem: one for one in exercise_notebooks(kind)}
    if not chapters or ALL in chapters:
        return list(every.values())
    stems = list(every)
    wanted = {name: stem_of(name, stems) for name in chapters}
    if unknown := [name for name, stem in wanted.items() if not stem]:
        limits = f"give {stems[0][:2]} to {stems[-1][:2]}, or a name such as {stems[0][3:]}"
        raise ValueError(f"there is no chapter {unknown[0]!r}: {limits}")
    return [one for stem, one in every.items() if stem in wanted.values()]


@cache
def topics() -> dict[str, str]:
    """Return the chapters by their topics: ``{"attention": "03_attention", …}``."""
    stems = [Path(one.name).stem for one in exercise_notebooks()]
    return {stem.partition("_")[2]: stem for stem in stems}


def stem_of(name: str, stems: Iterable[str]) -> str:
    """Return the chapter of ``stems`` that a number, a topic or both name; "" if none.

    >>> [stem_of(name, ["03_attention"]) for name in ("3", "03", "Attention", "03_attention", "4")]
    ['03_attention', '03_attention', '03_attention', '03_attention', '']
    """
    name = name.strip().lower()
    number = f"{int(name):02}" if name.isdecimal() else ""
    fits = (s for s in stems if name in (s, s.partition("_")[2]) or number == s[:2])
    return next(fits, "")


def load(notebook: Traversable) -> NotebookNode:
    """Return one of the course's own notebooks."""
    return nbformat.reads(notebook.read_text(encoding="utf-8"), as_version=4)


def dumped(notebook: NotebookNode) -> str:
    """Return a notebook as the text of its file."""
    return nbformat.v4.writes(notebook) + "\n"  # no validation: what JupyterLab reads may be saved


def repository_address() -> str:
    """Return where the repository is published; "" where the package does not say."""
    try:
        urls = metadata("tinytx").get_all("Project-URL") or []
    except PackageNotFoundError:
        return ""
    return next((url.partition(", ")[2] for url in urls if url.startswith("Repository,")), "")


def pages_address(repository: str) -> str:
    """Return where GitHub Pages serves the book of ``repository``; empty for other hosts.

    >>> pages_address("https://github.com/owner/name")
    'https://owner.github.io/name/'
    """
    match = re.fullmatch(r"https://github\.com/([^/]+)/([^/]+)", repository)
    return f"https://{match[1].lower()}.github.io/{match[2]}/" if match else ""


def _is_chapter(name: str) -> bool:
    return re.fullmatch(r"\d\d_\w+\.ipynb", name) is not None
