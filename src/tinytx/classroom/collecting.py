"""A folder of notebooks: whose each is, of which chapter, and which cannot be graded.

::

    FOLDER/LEARNER/03_attention.ipynb
    FOLDER/03_attention_LEARNER.ipynb, FOLDER/LEARNER_03_attention.ipynb
    FOLDER/submitted/LEARNER/ASSIGNMENT/NAME.ipynb          as nbgrader has it

The chapter is what the notebook itself says: its heading, the checks that it imports, or the names
of the checks that it calls; only where it says nothing its file's name decides.
"""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path

from .reading import read_work

LARGEST = 20 << 20  # bytes of a notebook that is read
PASSED_OVER = {"__MACOSX", "__pycache__", "node_modules"}


@dataclass(frozen=True)
class Found:
    """What a file says of itself, once it has been read."""

    topic: str  # of the chapter: attention; "" if neither heading nor checks tell it
    names: tuple[str, ...]  # of the checks that it calls
    sources: tuple[str, ...] = field(repr=False)  # of its code cells


@dataclass(frozen=True)
class Submission:
    """A learner's notebook that can be graded."""

    learner: str
    topic: str
    path: str  # below the folder
    sources: tuple[str, ...] = field(repr=False)


@cache
def topics() -> dict[str, str]:
    """Return the chapters by their topics: ``{"attention": "03_attention", …}``."""
    found = {}
    for folder in files("tinytx.checks").iterdir():
        init = folder / "__init__.py"
        if folder.is_dir() and init.is_file():
            name = re.search(r'Chapter\(\s*"(\d\d_\w+)"', init.read_text("utf-8"))
            if name:
                found[folder.name] = name[1]
    return dict(sorted(found.items(), key=lambda item: item[1]))


def paths_in(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield every file that may be a notebook, with '' or why it is not read."""
    for place, inside, names in os.walk(folder):
        inside[:] = sorted(n for n in inside if not n.startswith(".") and n not in PASSED_OVER)
        for name in sorted(names):
            if name.lower().endswith(".ipynb") and not name.startswith("."):
                yield Path(place, name), _refused(Path(place, name))


def _refused(path: Path) -> str:
    try:
        what = path.lstat()
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    if stat.S_ISLNK(what.st_mode):
        return "it is a link, and links are not followed"
    if not stat.S_ISREG(what.st_mode):
        return "it is no file"
    if what.st_size > LARGEST:
        return f"it has {what.st_size >> 20} MB, and a notebook of exercises has at most 20"
    return ""


def read(path: Path) -> Found:
    """Return what a notebook says of itself; ``ValueError`` in one line if it is none."""
    try:
        work = read_work(path)
    except ValueError as error:
        raise ValueError(str(error).removeprefix(f"{path} is ")) from None
    parts = [*work.opening, *(c for e in work.exercises for c in e.cells), *work.closing]
    sources = tuple(cell.source for cell in parts if cell.cell_type == "code")
    names = {name for text in sources for name in re.findall(r"^check\.(\w+)\(", text, re.M)}
    names |= {exercise.name for exercise in work.exercises if exercise.name}
    numbers = {name[:2]: topic for topic, name in topics().items()}
    by_number = numbers.get(f"{work.number:02}", "") if work.number else ""
    topic = work.topic if work.topic in topics() else by_number
    return Found(topic, tuple(sorted(names)), sources)


def whose(path: Path, folder: Path) -> str:
    """Return the learner whom a path names.

    >>> folder = Path("class")
    >>> for path in ("ada/03_attention.ipynb", "03_attention_ada.ipynb", "ada-03_attention.ipynb",
    ...              "submitted/ada/ps1/problem.ipynb", "03_attention/ada.ipynb"):
    ...     print(whose(folder / path, folder), end=" ")
    ada ada ada ada ada
    >>> whose(Path("ada/03_attention.ipynb"), Path("ada"))
    'ada'
    """
    *above, stem = path.relative_to(folder).with_suffix("").parts
    above = above[1:] if above and above[0] == "submitted" else above
    learners = [part for part in above if not _chapter_in(part)]
    name = learners[0] if learners else _without_chapter(stem)
    return unicodedata.normalize("NFC", name or folder.resolve().name)


def _chapter_in(name: str) -> str:
    """Return the topic that a name holds, with its number, or ''."""
    return next((t for t, full in topics().items() if full in name.lower()), "")


def _without_chapter(stem: str) -> str:
    full = topics().get(_chapter_in(stem), "")
    left = re.sub(re.escape(full), "", stem, flags=re.I) if full else stem
    return re.sub(r"^[\s_.()-]+|[\s_.()-]+$", "", left) if full else stem


@cache
def names_of(topic: str) -> frozenset[str]:
    """Return the names of a topic's exercises: each has a file of its mistakes."""
    inside = (file.name for file in (files("tinytx.checks") / topic).iterdir())
    return frozenset(name.removesuffix(".toml") for name in inside if name.endswith(".toml"))


def topic_of(found: Found, path: Path) -> str:
    """Return the topic of a notebook: by what it says, its checks' names, its path; '' if none."""
    if found.topic:
        return found.topic
    fits = {topic: len(names_of(topic) & set(found.names)) for topic in topics()}
    best = max(fits, key=lambda topic: fits[topic], default="")
    if best and fits[best] and [*fits.values()].count(fits[best]) == 1:
        return best
    return next(filter(None, map(_chapter_in, reversed(path.parts))), "")


def one_each(submissions: list[Submission]) -> tuple[list[Submission], list[str]]:
    """Return those that are a learner's only notebook of a chapter, and a line on the others."""
    groups: dict[tuple[str, str], list[Submission]] = {}
    for one in submissions:
        groups.setdefault((one.learner.casefold(), one.topic), []).append(one)
    lines = [
        f"{some[0].learner} has {len(some)} notebooks of {topics()[some[0].topic]}"
        f" ({', '.join(one.path for one in some)}): keep one; none is graded"
        for some in groups.values()
        if len(some) > 1
    ]
    return [some[0] for some in groups.values() if len(some) == 1], lines
