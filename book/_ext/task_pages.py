"""Make pages of ``exercises/*.ipynb`` and ``solutions/*.ipynb``, which lie outside the book.

Sphinx reads files below its own folder, so they are copied there for the time of a build and
removed at its end: each stands once in the repository, and nobody works in a copy. What a page
shows beyond its file is made in memory (see ``tasks``), so the file that it offers for download
is the one in the repository.

An exercise page is listed in ``_toc.yml``, below its chapter. Its solution page follows from that:
it is built, and stands neither in the side bar nor in the search.
"""

from __future__ import annotations

import atexit
import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import tasks
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment

MAKE = {"exercises": tasks.exercise_page, "solutions": tasks.solution_page}
NOINDEX = '<meta name="robots" content="noindex" />'


def is_task_page(docname: str) -> bool:
    return docname.partition("/")[0] in MAKE


def copies(book: Path) -> Iterator[tuple[Path, Path]]:
    """Yield each notebook of the repository with the place of its copy in the book."""
    for folder in MAKE:
        for path in sorted((book.parent / folder).glob("*.ipynb")):
            yield path, book / folder / path.name


def bring_in(app: Sphinx, config: Config) -> None:
    atexit.register(take_out, Path(app.srcdir))  # however the build ends
    for path, copy in copies(Path(app.srcdir)):
        copy.parent.mkdir(exist_ok=True)
        shutil.copy2(path, copy)  # with its time: Sphinx reads anew only what has changed


def take_out(book: Path) -> None:
    for _, copy in copies(book):
        copy.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # not empty yet
            copy.parent.rmdir()


def keep_solutions(app: Sphinx, config: Config) -> None:
    """Take the solutions of listed exercises off the list of what is not built."""

    def has_exercises(pattern: str) -> bool:
        folder, _, name = pattern.partition("/")
        return folder == "solutions" and f"exercises/{Path(name).stem}" in config.external_site_map

    # In one order, whatever the file system's: when it changes, Sphinx reads everything anew.
    config.exclude_patterns = sorted(p for p in config.exclude_patterns if not has_exercises(p))


def make_page(app: Sphinx, docname: str, source: list[str]) -> None:
    folder, _, stem = docname.partition("/")
    if folder == "chapters":
        source[0] = tasks.retarget(source[0])
    elif folder in MAKE:
        page = MAKE[folder](nbformat.reads(source[0], as_version=4), stem)
        source[0] = nbformat.writes(page)


def hide_numbers(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Take the number off exercise pages: as sections they would all come last, as 3.14 or so."""
    env.hidden_numbers = {}
    for docname in filter(is_task_page, env.all_docs):
        env.hidden_numbers[docname] = env.toc_secnumbers.pop(docname, {})
        entries = env.tocs[docname].findall(nodes.reference)
        for node in (env.titles[docname], env.longtitles[docname], *entries):
            node.attributes.pop("secnumber", None)
    return []


def put_numbers_back(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Let Sphinx see the numbers of the last build, or it writes the pages again for new ones."""
    env.toc_secnumbers |= getattr(env, "hidden_numbers", {})
    return []


def point_at_files(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Let launch buttons name the file in the repository; keep answers from search engines."""
    if not is_task_page(page):
        return
    book = app.config.html_theme_options.get("path_to_docs")
    buttons = [b for group in context.get("header_buttons", ()) for b in group.get("buttons", [])]
    for button in buttons:
        if "url" in button:
            button["url"] = button["url"].replace(f"/{book}/{page}.", f"/{page}.")
    if page.startswith("solutions/"):
        context["metatags"] = context.get("metatags", "") + NOINDEX


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("config-inited", bring_in, priority=400)
    app.connect("config-inited", keep_solutions, priority=950)  # after the table of contents
    app.connect("source-read", make_page)
    app.connect("env-get-updated", put_numbers_back, priority=400)  # Sphinx numbers at 500
    app.connect("env-get-updated", hide_numbers, priority=900)
    app.connect("html-page-context", point_at_files, priority=900)  # after the theme's buttons
    return {"parallel_read_safe": True, "parallel_write_safe": True}
