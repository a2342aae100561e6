"""What a teacher hands out: exercises without answers, and the environment that they run in.

The zip is the same, byte for byte, whenever it is made from the same course: names in order, one
date for all, no owner.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from .. import __version__
from ..files import write_atomic
from .course import (
    PACKED,
    chosen,
    dumped,
    exercise_notebooks,
    load,
    pages_address,
    repository,
    repository_address,
)
from .links import retargeted
from .reading import Work
from .start import KEPT

DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold
CONSTRAINTS = "constraints.txt"
REQUIREMENTS = """\
# pip install -r requirements.txt, from this folder
-c constraints.txt
{package}
"""
ENVIRONMENT = """\
# conda env create -f environment.yml, from this folder
name: tinytx
channels:
  - conda-forge
dependencies:
  - python >=3.11
  - pip
  - pip:
      - -r requirements.txt
"""
READ_ME = """\
# Read me first

{what}
The chapters that they belong to are at {book}.

| notebook | exercises | minutes |
|---|---:|---:|
{table}

## Once: install

You need Python 3.11 or newer and a network. Open a terminal in this folder, then

    python3 -m venv .venv
    .venv/bin/pip install -r requirements.txt

On Windows it is `py -m venv .venv` and `.venv\\Scripts\\pip install -r requirements.txt`. With
conda: `conda env create -f environment.yml`, then `conda activate tinytx`.

PyTorch for Linux takes over four gigabytes more where it brings what a GPU needs. Without a GPU,
install the small build before the second line:

    .venv/bin/pip install {torch} --index-url https://download.pytorch.org/whl/cpu

## Each time: work

    .venv/bin/jupyter lab exercises

(`.venv\\Scripts\\jupyter lab exercises` on Windows, `jupyter lab exercises` with conda.) Replace
`raise NotImplementedError` by your code, run the cell, and run the check below it. It needs no
network. `[ok]` means right, `[x]` wrong, `[ ]` not started, and `[=]` right by calling a function
that does the whole exercise.

    .venv/bin/tinytx progress exercises

shows how far you are.

## To hand in

Save the notebook. Hand in a copy with your name at the end of its name, as in
`{handed_in}`, or a folder with your name that holds it under the name it has.
"""


def release(
    folder: Path, chapters: list[str] | None = None, wheel: Path | None = None
) -> tuple[Path, list[Work]]:
    """Write the zip of some chapters, or of all, into ``folder``; return where, and what is in it.

    With ``wheel`` the package comes along; otherwise pip is asked for this version of it.

    Raises
    ------
    ValueError
        If there is no such chapter, or ``wheel`` is none, or not this version's.
    OSError
        If it cannot be written.
    """
    notebooks = chosen(chapters)
    if wheel is not None and not wheel.is_file():
        raise ValueError(f"{wheel} is no file: build the wheel first, or give another")
    if wheel is not None and not wheel.name.startswith(f"tinytx-{__version__}-"):
        raise ValueError(f"{wheel} is not the wheel of tinytx {__version__}: build it anew")
    if wheel is not None and not _holds_tinytx(wheel):
        raise ValueError(f"{wheel} is no zip with tinytx in it, as a wheel is: build it anew")
    stem = Path(notebooks[0].name).stem if len(notebooks) == 1 else "exercises"
    if 1 < len(notebooks) < len(exercise_notebooks()):
        stem = "-".join(one.name[:2] for one in notebooks)
    name = f"tinytx-{stem}-{__version__}"
    works = [Work.of(load(one)) for one in notebooks]
    content = dict(_content(notebooks, works, wheel))
    path = folder / f"{name}.zip"
    write_atomic(path, _zipped({f"{name}/{inside}": data for inside, data in content.items()}))
    return path, works


def _holds_tinytx(wheel: Path) -> bool:
    try:
        with zipfile.ZipFile(wheel) as archive:
            return "tinytx/__init__.py" in archive.namelist()
    except zipfile.BadZipFile:
        return False


def with_package(works: list[Work]) -> str:
    """Say what writes a zip of the same notebooks with the package in it."""
    every = len(works) == len(exercise_notebooks())
    if repository() is None or not (every or len(works) == 1):
        return "`tinytx release --wheel FILE`"
    return "`make release`" if every else f"`make release CHAPTER={works[0].number:02}`"


def _content(
    notebooks: list[Traversable], works: list[Work], wheel: Path | None
) -> Iterator[tuple[str, bytes]]:
    package = f"tinytx[lab]=={__version__}"
    if wheel is not None:
        package = f"./{wheel.name}[lab]"
        yield wheel.name, wheel.read_bytes()
    pins = _constraints().read_text(encoding="utf-8")
    yield "READ-ME-FIRST.md", _read_me(works, pins).encode()
    yield "requirements.txt", REQUIREMENTS.format(package=package).encode()
    yield "environment.yml", ENVIRONMENT.encode()
    yield CONSTRAINTS, pins.encode()
    for notebook in notebooks:
        text = dumped(retargeted(load(notebook), None))
        yield f"exercises/{notebook.name}", text.encode()
        yield f"exercises/{KEPT}/handed-out/{notebook.name}", text.encode()  # for `tinytx start`


def _constraints() -> Traversable:
    home = repository()
    return home / CONSTRAINTS if home else files(__package__) / PACKED / CONSTRAINTS


def _read_me(works: list[Work], pins: str) -> str:
    rows = [f"| {w.chapter} | {len(w.exercises)} | {w.minutes} |" for w in works]
    many = sum(len(work.exercises) for work in works)
    what = f"These are {many} exercises from chapter {works[0].number}, {works[0].title}."
    if len(works) > 1:
        what = f"These are {many} exercises from {len(works)} chapters."
    torch = next(line for line in pins.splitlines() if line.startswith("torch=="))
    book = pages_address(repository_address()) or repository_address()
    handed_in = f"{works[0].chapter}_ada.ipynb"
    table = "\n".join(rows)
    return READ_ME.format(what=what, book=book, table=table, torch=torch, handed_in=handed_in)


def _zipped(content: dict[str, bytes]) -> bytes:
    """Return a zip of files by name, the same bytes each time."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(content):
            entry = zipfile.ZipInfo(name, DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, wherever it is made
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content[name])
    return whole.getvalue()
