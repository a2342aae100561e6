"""A folder of notebooks: whose each is, of which chapter, and which cannot be graded.

Whose a notebook is ``owners.py`` tells from its path. The chapter is what the notebook itself says:
its heading, the checks that it imports, or the names of the checks that it calls; only where it
says nothing its file's name decides.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from ..wording import harmless
from .course import chosen, load, topics
from .owners import named_for, other_folder, passed_over, whose, without_notebook
from .pool import Failed, each
from .reading import CHECK, TOPIC, Work, read_work

LARGEST = 20 << 20  # bytes of a notebook that is read
READING = 60.0  # seconds that a notebook may take to be read
LINK = "it is a link, and links are not followed"
NAMELESS = (
    "no learner's name: put it into a folder of that name, or the name into the file's, as in"
    " 03_attention_ada.ipynb"
)


@dataclass(frozen=True)
class Found:
    """What a file says of itself, once it has been read."""

    topic: str  # of the chapter: attention; "" if neither heading nor checks tell it
    names: tuple[str, ...]  # of the checks that it calls
    sources: tuple[str, ...] = field(repr=False)  # of its code cells
    said: dict[str, str] = field(default_factory=dict)  # by its checks when it was saved: states
    topics: tuple[str, ...] = ()  # of all chapters whose checks it imports


@dataclass(frozen=True)
class Submission:
    """A learner's notebook that can be graded."""

    learner: str
    topic: str
    path: str  # below the folder
    sources: tuple[str, ...] = field(repr=False)
    said: dict[str, str] = field(default_factory=dict)  # by its checks when it was saved: states


@dataclass(frozen=True)
class Missing:
    """A notebook without marks."""

    learner: str  # "" if nothing names one
    topic: str  # "" if nothing tells it
    path: str  # below the folder
    why: str


@dataclass
class Collected:
    """The notebooks of a folder."""

    found: list[Submission] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)  # on those that cannot be graded
    notes: list[str] = field(default_factory=list)

    def refuse(self, path: Path, folder: Path, why: str) -> None:
        """Leave out one notebook."""
        below = path.relative_to(folder)
        inside = path / f"{topics()['attention']}.ipynb" if path.is_dir() else path  # of a folder
        one = Missing(whose(inside, folder), named_for(below), str(below), why)
        self.missing.append(one)
        self.lines.append(f"{below}: {why}")


def collect(folder: Path, jobs: int = 2) -> Collected:
    """Read all notebooks below ``folder``."""
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder: give the one that holds the learners' notebooks")
    paths = [*paths_in(folder)]
    absent = without_notebook(folder, [path for path, _ in paths])
    if not paths:
        more = f"; {harmless(absent)}" if absent else ""
        raise ValueError(f"{folder} holds no notebook: their names end with .ipynb{more}")
    all_ = Collected(notes=[absent] if absent else [])
    for path, why in paths:
        if why:
            all_.refuse(path, folder, why)
    good, found = [path for path, why in paths if not why], []
    for index, what in each(read, good, jobs, READING):
        found += _taken(all_, good[index], folder, what)
    all_.lines.sort()
    all_.notes += _named_otherwise(found)
    found = _spelled_alike(all_, found)
    all_.found, twice, lines = one_each(sorted(found, key=lambda one: one.path))
    all_.missing += twice
    all_.lines += lines
    all_.notes.sort()
    return all_


def _spelled_alike(all_: Collected, found: list[Submission]) -> list[Submission]:
    """Spell a learner's name in one way everywhere: ``gina`` is ``Gina``, if that comes first."""
    both = [(one.path, one.learner) for one in found]
    both += [(one.path, one.learner) for one in all_.missing]
    spelled: dict[str, str] = {}
    for _, name in sorted(both):
        spelled.setdefault(name.casefold(), name)
    all_.missing = [replace(m, learner=spelled[m.learner.casefold()]) for m in all_.missing]
    return [replace(one, learner=spelled[one.learner.casefold()]) for one in found]


def _named_otherwise(found: list[Submission]) -> list[str]:
    """Return a line on each notebook whose name and whose own folder name two learners."""
    there: dict[str, set[str]] = {}
    others = [(one, other_folder(Path(one.path), one.learner)) for one in found]
    for one, folder in others:
        there.setdefault(folder, set()).add(one.learner)
    return [
        f"{one.path}: its name says {one.learner}, its folder {folder}: graded as {one.learner}'s"
        for one, folder in others
        if folder and len(there[folder]) == 1
    ]


def _taken(all_: Collected, path: Path, folder: Path, what: Any) -> list[Submission]:
    """Return what was read as a submission, if it can be graded."""
    below = path.relative_to(folder)
    learner, named = whose(path, folder), named_for(below)
    topic = "" if isinstance(what, Failed) else topic_of(what, below)
    if isinstance(what, Failed):
        all_.refuse(path, folder, what.reason)
    elif not topic or not what.sources:
        all_.refuse(path, folder, "no exercise of this course is in it")
    elif not learner:
        all_.refuse(path, folder, NAMELESS)
    else:
        if others := [topics()[one] for one in what.topics if one != topic]:
            graded = topics()[topic]
            also = f"holds {' and '.join([graded, *others])}: graded as {graded} alone"
            all_.notes.append(f"{below}: {also}; put each chapter into a notebook of its own")
        if named not in ("", topic):
            holds = topics()[topic]
            all_.notes.append(f"{below}: named {topics()[named]}, holds {holds}: graded as {holds}")
        return [Submission(learner, topic, str(below), what.sources, what.said)]
    return []


def paths_in(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield every file that may be a notebook, with '' or why it is not read.

    So are links to folders, but for one beside a notebook, which is no learner's.
    """
    for place, inside, names in os.walk(folder):
        inside[:] = sorted(name for name in inside if not passed_over(name))
        books = [n for n in names if n.lower().endswith(".ipynb") and not n.startswith(".")]
        for name in sorted(books):
            yield Path(place, name), _refused(Path(place, name))
        for one in (Path(place, name) for name in inside):
            if one.is_symlink() and (not books or Path(place) == folder):
                yield one, LINK


def _refused(path: Path) -> str:
    try:
        what = path.lstat()
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    if stat.S_ISLNK(what.st_mode):
        return LINK
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
    names = {name for text in sources for name in CHECK.findall(text)}
    names |= {exercise.name for exercise in work.exercises if exercise.name}
    numbers = {name[:2]: topic for topic, name in topics().items()}
    by_number = numbers.get(f"{work.number:02}", "") if work.number else ""
    topic = work.topic if work.topic in topics() else by_number
    imported = {name for text in sources for name in TOPIC.findall(text)}
    every = tuple(name for name in topics() if name in imported)
    return Found(topic, tuple(sorted(names)), sources, _said(work), every)


def _said(work: Work) -> dict[str, str]:
    """Return the states that the checks had printed, but for answers that were changed since.

    Where a notebook holds no answer any more it still says what its check had said.
    """
    kept = [one for one in work.exercises if one.answer is None or not one.changed]
    verdicts = {one.name: one.verdict for one in kept}
    return {name: verdict.status for name, verdict in verdicts.items() if verdict}


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
    return named_for(path)


def one_each(submissions: list[Submission]) -> tuple[list[Submission], list[Missing], list[str]]:
    """Return those that are a learner's only notebook of a chapter, and who has more, in a line."""
    groups: dict[tuple[str, str], list[Submission]] = {}
    for one in submissions:
        groups.setdefault((one.learner.casefold(), one.topic), []).append(one)
    missing, lines = [], []
    for (_, topic), some in groups.items():
        if len(some) > 1:
            paths = ", ".join(one.path for one in some)
            why = f"{len(some)} notebooks of {topics()[topic]} ({paths}): keep one; none is graded"
            missing.append(Missing(some[0].learner, topic, some[0].path, why))
            lines.append(f"{some[0].learner} has {why}")
    return [some[0] for some in groups.values() if len(some) == 1], missing, lines


@cache
def title_of(topic: str) -> str:
    """Return a chapter's title, as the heading of its exercises has it."""
    try:
        return Work.of(load(chosen([topic])[0])).title
    except OSError:  # an installation without notebooks
        return topic.replace("_", " ").capitalize()
