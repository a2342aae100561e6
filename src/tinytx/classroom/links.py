"""Links of exercise notebooks into the book, made to work from where a copy of them lies.

JupyterLab opens what lies below the folder that it was started in. So a link leads to the chapter
in the clone where the copy lies in the clone or beside it, and else to the published page.
"""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from nbformat import NotebookNode

from .course import pages_address, repository, repository_address

BOOK = re.compile(r"\]\(\.\./book/([^)#\s]+)(#[^)\s]*)?\)")


def retargeted(notebook: NotebookNode, folder: Path | None) -> NotebookNode:
    """Return a copy of a notebook from ``exercises/`` whose links work in ``folder``.

    Without a folder, and from where the book does not lie near, they lead to the published pages.
    """
    base = "" if folder is None else nearby(folder)
    copy: NotebookNode = NotebookNode(notebook)
    pages = pages_address(repository_address())
    copy["cells"] = [_retargeted_cell(cell, base, pages) for cell in notebook["cells"]]
    return copy


def nearby(folder: Path) -> str:
    """Return the way from ``folder`` to the book's sources, as a link has it; "" if it is far."""
    home, here = repository(), folder.resolve()
    if home is None or not (here.is_relative_to(home) or here.parent == home.parent):
        return ""
    return quote(PurePosixPath(*Path(os.path.relpath(home / "book", here)).parts).as_posix())


def without_targets(text: str) -> str:
    """Return ``text`` with its links' words alone, to compare what is written.

    >>> without_targets("From [Masks](../book/chapters/03_attention.ipynb#masks).")
    'From [Masks].'
    """
    return re.sub(r"\]\([^)\s]*\)", "]", text)


def published(page: str, anchor: str, pages: str) -> str:
    """Return the address of a page of the built book.

    >>> published("chapters/03_attention.ipynb", "#masks", "https://owner.github.io/name/")
    'https://owner.github.io/name/chapters/03_attention.html#masks'
    """
    return f"{pages}{PurePosixPath(page).with_suffix('.html')}{anchor}"


def _retargeted_cell(cell: NotebookNode, base: str, pages: str) -> NotebookNode:
    if cell["cell_type"] != "markdown":
        return cell

    def target(found: re.Match[str]) -> str:
        page, anchor = found[1], found[2] or ""
        to = f"{base}/{page}{anchor}" if base else published(page, anchor, pages)
        return f"]({to})" if base or pages else found[0]

    return NotebookNode({**cell, "source": BOOK.sub(target, cell["source"])})
