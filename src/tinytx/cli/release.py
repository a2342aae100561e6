"""``tinytx release``: what a teacher hands out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .. import __version__
from .chapters import Chapters
from .pages import page

EXAMPLES = page(
    [
        "tinytx release",
        "tinytx release --chapter 3 --out handouts",
        f"tinytx release --chapter 3 --wheel dist/tinytx-{__version__}-py3-none-any.whl",
        "tinytx release --nbgrader my-course --chapter 3",
    ],
    """
    The zip holds the exercises without answers, a READ-ME-FIRST for learners, and the files that
    pip and conda install the course from; with --wheel also the package itself. `make release`
    builds the wheel and hands it on. With --nbgrader the answers go into FOLDER/source. In FOLDER,
    with the environment activated and nbgrader installed (pip install nbgrader), `nbgrader
    generate_assignment` then makes what learners get, and `nbgrader autograde` gives marks: a point
    for each exercise that its check calls [ok].
    """,
)


def release(
    chapter: Chapters = None,
    out: Annotated[
        Path | None,
        typer.Option(help="The folder that the zip is written to.", show_default="this folder"),
    ] = None,
    wheel: Annotated[
        Path | None, typer.Option(help="The package's wheel, to go into the zip.")
    ] = None,
    nbgrader: Annotated[
        Path | None,
        typer.Option(help="Instead of a zip: the folder of an nbgrader course.", metavar="FOLDER"),
    ] = None,
) -> int:
    """Write a zip of exercises and their environment, or the source of an nbgrader course."""
    if nbgrader is not None:
        given = [
            f"--{name}" for name, value in (("wheel", wheel), ("out", out)) if value is not None
        ]
        if given:
            raise ValueError(
                f"{given[0]} is for the zip, and --nbgrader writes none: leave one out"
            )
        return _nbgrader(nbgrader, chapter)
    from ..classroom.release import release as write_release
    from ..classroom.release import with_package

    path, works = write_release(out or Path(), chapter, wheel)
    many, minutes = sum(len(w.exercises) for w in works), sum(w.minutes for w in works)
    print(f"{path}  {path.stat().st_size:,} bytes, {many} exercises, {minutes:,} minutes")
    if wheel is None:
        fetched = f"without --wheel the class installs tinytx {__version__} from PyPI"
        print(f"{fetched}; {with_package(works)} puts the package in")
    return 0


def _nbgrader(folder: Path, chapters: list[str] | None) -> int:
    from ..classroom.nbgrader import course_source

    paths = course_source(folder, chapters)
    for path in paths:
        print(path)
    print(f"Next, in {folder}: nbgrader generate_assignment {paths[0].stem}")
    return 0
