"""How far a learner is, from the notebooks as they were saved; nothing is run.

What a notebook shows is what its checks said when they were last run. An answer that is surely
another one now is marked; a change that was saved and never run cannot be told. A notebook that
cannot be read and is named as the course's counts with all of that one's exercises, none done.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from ..checks.result import BORROWED, MARKS, NOT_STARTED, OK, WRONG
from .cells import DamagedError
from .course import exercise_notebooks, load
from .reading import Exercise, Work, read_work
from .start import command, way_out

UNCHECKED, MISSING = "not checked", "missing"
UNREAD, NO_EXERCISE = "cannot be read", "holds no exercise"  # of a whole notebook


@dataclass(frozen=True)
class Line:
    """One exercise: where it stands, and how it stands with it."""

    file: str
    chapter: int | None
    number: int
    title: str
    name: str
    state: str  # a verdict's status; "not checked"; "missing": no cell answers it; or UNREAD, …
    changed: bool  # since its check was run, as far as the notebook tells
    mistakes: tuple[str, ...]  # that the check named
    said: str  # the first line of what the check said of a wrong answer
    minutes: int

    @property
    def done(self) -> bool:
        """Whether it is right, by the learner's own work, as far as the notebook tells."""
        return self.state == OK and not self.changed

    @property
    def mark(self) -> str:
        """The sign that the check prints; ``[ ]`` as well where nothing is begun.

        ``[?]`` where there is an answer and its check has not been run.
        """
        return MARKS.get(self.state, "[?]")

    @property
    def begun(self) -> bool:
        """Whether there is anything of the learner's, as far as the notebook tells."""
        return not self.lost and (self.state != NOT_STARTED or self.changed)

    @property
    def lost(self) -> bool:
        """Whether it stands in the table for a notebook that does not show it."""
        return self.state in (UNREAD, NO_EXERCISE)


@dataclass
class Progress:
    """All exercises of a folder, in the order of the book."""

    lines: list[Line] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)  # files that could not be read, a line each
    absent: list[str] = field(default_factory=list)  # notebooks of the course that are not there
    copies: list[str] = field(
        default_factory=list
    )  # files of a chapter that another one stands for
    chapters: dict[str, str] = field(default_factory=dict)  # from the file to the chapter's title

    @property
    def minutes_done(self) -> int:
        """The time that the tasks of the finished exercises give."""
        return sum(line.minutes for line in self.lines if line.done)

    @property
    def minutes_left(self) -> int:
        """The time that the other tasks give."""
        return sum(line.minutes for line in self.lines if not line.done)

    @property
    def next(self) -> Line | None:
        """The first exercise not done from the last chapter begun on; after the end, from all."""
        last = next((line.file for line in self.lines[::-1] if line.begun), None)
        at = next((i for i, line in enumerate(self.lines) if line.file == last), 0)
        ahead = self.lines[at:] + self.lines[:at]
        return next((line for line in ahead if not line.done and not line.lost), None)

    def as_json(self) -> dict[str, Any]:
        """Return all of it for other programs."""
        return {
            "exercises": [{**asdict(line), "done": line.done} for line in self.lines],
            "minutes": {"done": self.minutes_done, "left": self.minutes_left},
            "next": asdict(self.next) if self.next else None,
            "problems": self.problems,
            "absent": self.absent,
            "copies": self.copies,
        }


def progress(folder: Path) -> Progress:
    """Return how far the notebooks in ``folder`` are; it may also be one notebook.

    Raises
    ------
    ValueError
        If there is no such folder, or no notebook in it.
    """
    paths = [folder] if folder.is_file() else sorted(folder.glob("*.ipynb"))
    if not paths and folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is neither a folder nor a file: give a folder or a notebook")
    if not paths:
        what = "has no notebook" if folder.is_dir() else "is not there"
        raise ValueError(f"{folder} {what}: {command('start', folder)} puts the exercises there")
    found = Progress()
    works, lost = _read(paths, found)
    found.copies = _copies(works)
    states = _stand_in(works, lost)
    for name in sorted(works.keys() - found.copies, key=lambda one: (works[one].number or 99, one)):
        work, state = _beside_the_course_s(works[name]), states.get(name, "")
        found.chapters[name] = work.title
        found.lines += [line_of(name, work, one, state) for one in work.exercises]
    if folder.is_dir():
        there = {work.chapter for work in works.values()} | {path.stem for path in paths}
        found.absent = [n.name for n in exercise_notebooks() if Path(n.name).stem not in there]
    return found


def _beside_the_course_s(work: Work) -> Work:
    """Return a work with each of its chapter's exercises once, also those that it lacks."""
    course = [one for one in exercise_notebooks() if Path(one.name).stem == work.chapter]
    return work.beside(Work.of(load(course[0]))) if course else work


def _read(paths: list[Path], found: Progress) -> tuple[dict[str, Work], dict[Path, str]]:
    """Return what the files hold, and what is said of those that show no exercise."""
    works: dict[str, Work] = {}
    lost: dict[Path, str] = {}
    for path in paths:
        try:
            work = read_work(path)
        except (OSError, ValueError) as error:
            lost[path] = UNREAD
            found.problems.append(_why(error, path))
            continue
        if work.exercises:
            works[path.name] = work
        else:
            lost[path] = NO_EXERCISE
            found.problems.append(_with_way_out(f"{path} {NO_EXERCISE}", path))
    return works, lost


def _copies(works: dict[str, Work]) -> list[str]:
    """Return the files that hold a chapter's exercises again; the course's own name comes first."""
    files = sorted(works, key=lambda name: (Path(name).stem != works[name].chapter, name))
    first: dict[str, str] = {}
    for name in files:
        first.setdefault(works[name].chapter or name, name)
    return sorted(works.keys() - first.values())


def _stand_in(works: dict[str, Work], lost: dict[Path, str]) -> dict[str, str]:
    """Put the course's exercises where a notebook shows none; return what is said of its file."""
    states: dict[str, str] = {}
    for path, state in lost.items():
        meant = _meant(path)
        if meant and Path(meant.name).stem not in {one.chapter for one in works.values()}:
            works[path.name], states[path.name] = Work.of(load(meant)), state
    return states


def _meant(path: Path) -> Traversable | None:
    """Return the course's notebook whose name a file has, alone or with more; None if none."""
    notebooks = exercise_notebooks()
    return next((one for one in notebooks if Path(one.name).stem in path.stem.lower()), None)


def line_of(file: str, work: Work, exercise: Exercise, lost: str = "") -> Line:
    """Return how it stands with one exercise; ``lost`` is what is said of its whole notebook."""
    if lost:
        one = exercise
        return Line(file, work.number, one.number, one.title, one.name, lost, False, (), "",
                    one.minutes)  # fmt: skip
    verdict = exercise.verdict
    state, said = (verdict.status, verdict.message) if verdict else ("", "")
    if exercise.answer is None:
        state = MISSING
    elif not verdict:
        state = UNCHECKED if exercise.started else NOT_STARTED
    return Line(
        file, work.number, exercise.number, exercise.title, exercise.name,
        state, exercise.changed and state != MISSING,
        verdict.mistakes if verdict else (),
        said.partition("\n")[0] if state in (WRONG, BORROWED) else "", exercise.minutes,
    )  # fmt: skip


def _why(error: OSError | ValueError, path: Path) -> str:
    if isinstance(error, OSError):
        return f"{path}: {error.strerror}"
    return _with_way_out(str(error), path) if isinstance(error, DamagedError) else str(error)


def _with_way_out(what: str, path: Path) -> str:
    meant = _meant(path)
    return f"{what}: {way_out(path, meant.name)}" if meant else what
