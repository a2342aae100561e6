"""Exercises in a folder of the learner's own, kept in step with the course.

``FOLDER/.tinytx`` holds what was handed out, so that a newer course can tell what a learner has
changed, and each notebook as it was before the course changed it. A notebook is written only when
the course has something new for it, in one step, and never when it changed while that was found
out. The copy of what was handed out comes last: stopped in between, the next start finds a notebook
that has the news already.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from ..files import write_atomic
from .cells import DamagedError, read_notebook
from .course import chosen, dumped, load, repository
from .links import retargeted
from .merging import Merged, merge
from .reading import Work

KEPT = ".tinytx"
ABOUT = """\
`tinytx start` keeps here what it handed out (handed-out), and each notebook as it was before a
newer version of the course was merged into it (before). No notebook reads anything here. Without
handed-out, a newer version can add new exercises and change no text that was there.
"""


@dataclass
class Started:
    """What a start has done: names of notebooks, what is new in each, and what went wrong."""

    folder: Path
    copied: list[str] = field(default_factory=list)
    merged: dict[str, list[str]] = field(default_factory=dict)  # what is new in it, in words
    same: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    before: Path | None = None  # where the merged ones lie as they were


def start(folder: Path, chapters: list[str] | None = None) -> Started:
    """Copy the exercises of some chapters, or all, into ``folder``; merge them into what is there.

    A notebook that cannot be read or written is told of in ``problems``, and left as it is.

    Raises
    ------
    ValueError
        If ``folder`` is a file, or the course's own, or there is no such chapter.
    OSError
        If the folder cannot be made or written to.
    """
    notebooks = chosen(chapters)
    _refuse(folder)
    folder.mkdir(parents=True, exist_ok=True)
    about = folder / KEPT / "README.txt"
    if not about.exists():
        write_atomic(about, ABOUT)
    done = Started(folder, before=folder / KEPT / "before" / time.strftime("%Y-%m-%d_%H-%M-%S"))
    for notebook in notebooks:
        _bring(notebook, done)
    if done.before is not None and not done.before.is_dir():
        done.before = None
    return done


def _refuse(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file: give a folder")
    home, here = repository(), folder.resolve()
    if home is not None and any(here.is_relative_to(home / one) for one in OWN):
        raise ValueError(f"{folder} belongs to the course: give a folder of your own")


OWN = ("book", "exercises", "solutions", "src", "tests")  # folders of a clone


def _bring(notebook: Traversable, done: Started) -> None:
    """Bring one notebook into the folder, whatever is there."""
    target = done.folder / notebook.name
    handed_out = done.folder / KEPT / "handed-out" / notebook.name
    new = retargeted(load(notebook), done.folder)
    if not target.exists():
        write_atomic(target, dumped(new))
        done.copied.append(notebook.name)
        _hand_out(handed_out, new, done)
        return
    try:
        news, known = _merge_into(target, handed_out, new, done)
    except DamagedError as error:
        done.problems.append(f"{error}: left as it is; {way_out(target, notebook.name)}")
        return
    except (OSError, ValueError) as error:
        done.problems.append(f"{_one_line(error, target)}: left as it is")
        return
    if news:
        done.merged[notebook.name] = news
    else:
        done.same.append(notebook.name)
    if known is not None:
        _hand_out(handed_out, known, done)


def _hand_out(path: Path, known: NotebookNode, done: Started) -> None:
    """Keep what was handed out; the notebook is up to date where that cannot be written."""
    try:
        write_atomic(path, dumped(known))
    except OSError as error:
        why = f"{error.strerror} ({path})"
        done.problems.append(
            f"{done.folder / path.name}: {why}: what was handed out is not kept, so a newer course"
            " cannot tell what you changed; mend that, and start again"
        )


def _merge_into(
    target: Path, handed_out: Path, new: NotebookNode, done: Started
) -> tuple[list[str], NotebookNode | None]:
    """Merge ``new`` into a notebook that is there; return in words what is new in it.

    With it comes what there is to keep as handed out, or None if that lies there already.
    """
    found = target.read_bytes()
    mine, base = read_notebook(target), _base(handed_out)
    merged = merge(base, mine, new)
    written = _but_for_ids(merged.notebook) != _but_for_ids(mine)
    if written:
        assert done.before is not None
        write_atomic(done.before / target.name, found)
        if target.read_bytes() != found:
            raise ValueError(f"{target} has just changed: save it, and start again")
        write_atomic(target.resolve(), dumped(merged.notebook))
    known = NotebookNode({**new, "cells": [c for c in new.cells if c["id"] not in merged.unsure]})
    news = list(_news(merged, new))
    news = news or ([_unseen(mine, merged.notebook)] if written else [])
    return news, known if base is None or dumped(base) != dumped(known) else None


def _but_for_ids(notebook: NotebookNode) -> list[dict[str, Any]]:
    """Return the cells without what they are told by: ids alone are no reason to write a file."""
    return [{key: cell[key] for key in cell if key != "id"} for cell in notebook.cells]


def _base(handed_out: Path) -> NotebookNode | None:
    try:
        return read_notebook(handed_out)
    except (OSError, ValueError):
        return None


def _news(merged: Merged, new: NotebookNode) -> Iterator[str]:
    """Say in a few lines what a merge has changed."""
    where = {**_places(merged.notebook), **_places(new)}
    tasks = [cell["id"] for cell in _tasks(new)]
    added = [name for name in merged.added if name in tasks]
    for name in added:
        yield f"new: {where[name]}"
    places = [where[name] for name in merged.added if where[name] not in map(where.get, added)]
    texts = [where[name] for name in merged.updated]
    if changed := list(dict.fromkeys([*texts, *places])):
        yield f"changed: {'; '.join(changed)}"
    for name in merged.kept:
        if name in [cell["id"] for cell in _tasks(merged.notebook)]:
            yield f"no longer in the course, and yours stays: {where[name]}"
    if (many := len(merged.unsure)) == 1:
        yield "1 text differs from the course's; it stays, as nothing tells who changed it"
    elif many:
        yield f"{many} texts differ from the course's; they stay, as nothing tells who changed them"
    if lost := list(dict.fromkeys(where[name] for name in merged.lost)):
        yield f"not found in yours, and new in the course: {'; '.join(lost)}"
    for name, difference in merged.beside.items():
        yield f"yours stays, and what is new is laid beside it: {where[name]}"
        yield from (f"    {line}" for line in difference.splitlines())


def _unseen(mine: NotebookNode, merged: NotebookNode) -> str:
    """Say what a merge has changed that no exercise's words show."""
    before, after = (sorted(cell["source"] for cell in one.cells) for one in (mine, merged))
    return f"changed: {'the order of its cells' if before == after else 'where its links lead'}"


def _tasks(notebook: NotebookNode) -> list[NotebookNode]:
    return [exercise.cells[0] for exercise in Work.of(notebook).exercises]


def _places(notebook: NotebookNode) -> dict[str, str]:
    """Return in words where each cell stands, by its id."""
    work = Work.of(notebook)
    places = {cell["id"]: "the beginning" for cell in work.opening if "id" in cell}
    places |= {cell["id"]: "the playground" for cell in work.closing if "id" in cell}
    for exercise in work.exercises:
        words = f"exercise {exercise.number}, {exercise.title}"
        places |= {cell["id"]: words for cell in exercise.cells if "id" in cell}
    return places


def _one_line(error: OSError | ValueError, target: Path) -> str:
    """Return what went wrong with a notebook, and at which other file."""
    if isinstance(error, UnicodeEncodeError):
        half = ascii(error.object[error.start])
        return f"{target} holds {half}, half of a character, which no file can: take it out"
    if not isinstance(error, OSError) or not error.strerror:
        return str(error)
    elsewhere = error.filename and Path(error.filename) != target
    return f"{target}: {error.strerror}{f' ({error.filename})' if elsewhere else ''}"


def command(name: str, folder: Path, options: str = "") -> str:
    """Return a command on a learner's folder, as one types it.

    >>> command("progress", Path("mine"))
    '`tinytx progress mine`'
    """
    quoted = subprocess.list2cmdline([str(folder)])  # as Windows takes it
    named = quoted if os.name == "nt" else shlex.quote(str(folder))
    return f"`tinytx {name} {named}{options}`"


def way_out(path: Path, notebook: str) -> str:
    """Say how to get on where a file can't be read that stands for the course's ``notebook``."""
    before = path.parent / KEPT / "before"
    kept = any(one.name == path.name for one in before.glob("*/*.ipynb"))
    earlier = f"; earlier versions lie in {before}" if kept else ""
    again = command("start", path.parent, f" --chapter {int(notebook[:2])}")
    return f"move it away, then {again}{earlier}"
