"""``tinytx start``: the exercises in a folder of the learner's own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .chapters import Chapters
from .pages import page

if TYPE_CHECKING:
    from ..classroom.start import Started

FOLDER = Path("my-exercises")
EXAMPLES = page(
    [
        "tinytx start",
        "tinytx start my-exercises --chapter 3 --chapter 4",
        "tinytx progress",
    ],
    """
    Run it again when the course has a newer version. Your answers and your own cells stay; texts
    of tasks are brought up to date, new exercises appear, and no exercise is taken away. Where both
    you and the course changed a cell, yours stays and the course's is laid beside it. A notebook is
    kept as it was, in FOLDER/.tinytx/before, before it is changed. What was handed out lies in
    FOLDER/.tinytx/handed-out; without it nothing tells who changed a text, and yours stays. To
    begin a notebook anew, move it away and start again.
    """,
)


def start(
    folder: Annotated[Path, typer.Argument(help="Your folder; it is made if missing.")] = FOLDER,
    chapter: Chapters = None,
) -> int:
    """Copy the exercises into a folder of your own, or merge a newer version into it."""
    from ..classroom.start import start as start_folder

    done = start_folder(folder, chapter)
    _tell(done)
    for line in done.problems:
        print(f"tinytx: {line}", file=sys.stderr)
    return 2 if done.problems else 0


def _tell(done: Started) -> None:
    from ..classroom.start import command

    if done.copied:
        print(f"{done.folder}: {_notebooks(done.copied)} copied")
    for name, news in done.merged.items():
        print(f"{done.folder / name}")
        for line in news:
            print(f"  {line}")
    if done.merged and done.before:
        print(f"As they were before: {done.before}")
        print("Is one of them open? In JupyterLab choose File, Reload Notebook from Disk.")
    elif done.same and not done.merged and not done.copied:
        print(f"{done.folder}: nothing new for {_notebooks(done.same)}")
    if done.copied:
        progress = command("progress", done.folder)
        print(f"Open them with `jupyter lab`; {progress} shows how far you are.")


def _notebooks(names: list[str]) -> str:
    return f"{len(names)} notebook{'s' * (len(names) != 1)}"
