"""What the teacher's page takes from the notebooks: plans with their minutes, notes by chapter.

The plans stand in ``course.toml`` as numbers of chapters and exercises; titles and minutes come
from the notebooks, mistakes from the catalogues of the checks.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course import Chapter, Course, counted, duration, from_page, listed

import tinytx

CHECKS = Path(tinytx.__file__).parent / "checks"
SHOWN = 3  # mistakes of an exercise on the page
NOTHING = "–"
SPECIAL = re.compile(r"([\\`*_{}\[\]<>$#|~])")


@dataclass(frozen=True)
class Lesson:
    """What a meeting does with a chapter, or with several in groups; times are in minutes."""

    week: int
    meeting: int  # in its week
    chapters: tuple[Chapter, ...]
    read: int  # before it
    talk: int  # questions or talks, in class
    together: tuple[int, ...]  # numbers of exercises
    alone: tuple[int, ...]

    @property
    def in_class(self) -> int:
        """Questions or talks, and exercises."""
        return self.talk + self._work(self.together)

    @property
    def at_home(self) -> int:
        """Exercises after the meeting, without the reading before it."""
        return self._work(self.alone)

    def _work(self, numbers: tuple[int, ...]) -> int:
        return sum(e.minutes for e in self.chapters[0].exercises if e.number in numbers)


def notes(course: Course) -> dict[str, Any]:
    """Return the teacher's part of ``course.toml``, the first of the course's sources."""
    return tomllib.loads(course.sources[0].read_text(encoding="utf-8"))


def lessons(course: Course, name: str) -> list[Lesson]:
    """Return the lessons of the plan called ``name``, in order."""
    said = notes(course)
    plan = next(plan for plan in said["plan"] if plan["name"] == name)
    weekly = len(plan["meetings"]) // plan["weeks"]
    return [
        _lesson(course, entry, said["teaching"]["question"], *divmod(place, weekly))
        for place, meeting in enumerate(plan["meetings"])
        for entry in meeting
    ]


def _lesson(
    course: Course, entry: dict[str, Any], question: int, week: int, meeting: int
) -> Lesson:
    numbers = entry.get("groups", [entry.get("chapter")])
    chapters = tuple(map(course.chapter, numbers))
    first = not entry.get("again")
    talk = (
        len(chapters) * entry["talk"]
        if "groups" in entry
        else len(chapters[0].questions) * (question * first)
    )
    return Lesson(
        week=week + 1,
        meeting=meeting + 1,
        chapters=chapters,
        read=max(chapter.read + chapter.run for chapter in chapters) * first,
        talk=talk,
        together=tuple(entry.get("class", ())),
        alone=tuple(entry.get("home", ())),
    )


def plan(course: Course, name: str) -> str:
    """Return a plan as a table, a row for each lesson."""
    rows = ["| meeting | chapter | to read before | in class | at home after |", "|" + "---|" * 5]
    rows += map(_row, lessons(course, name))
    return "\n".join(["::::{div} plan", *rows, "::::"])


def _row(lesson: Lesson) -> str:
    links = [f"[{c.number} {c.title}](#{anchor(c)})" for c in lesson.chapters]
    groups = len(lesson.chapters) > 1
    chapters = f"one of {', '.join(links)}" if groups else links[0]
    talk = ["talks" if groups else "questions"] * (lesson.talk > 0)
    return (
        f"| {lesson.week}.{lesson.meeting} | {chapters} "
        f"| {duration(lesson.read) if lesson.read else NOTHING} "
        f"| {duration(lesson.in_class)}: {', '.join([*talk, *map(str, lesson.together)])} "
        f"| {_at_home(lesson)} |"
    )


def _at_home(lesson: Lesson) -> str:
    if not lesson.alone:
        return NOTHING
    return f"{duration(lesson.at_home)}: {', '.join(map(str, lesson.alone))}"


def plan_time(course: Course, name: str) -> str:
    """Say what a plan asks of the class, in class and at home."""
    all_of_it, meeting = lessons(course, name), notes(course)["teaching"]["meeting"]
    planned = minutes_by(all_of_it, lambda one: (one.week, one.meeting), "in_class")
    weeks = minutes_by(all_of_it, lambda one: one.week, "read", "at_home")
    done = sum(len(one.together) + len(one.alone) for one in all_of_it)
    every = sum(len(chapter.exercises) for chapter in course.chapters)
    some = f"All {every}" if done == every else f"{done} of the {every}"
    return (
        f"{counted(len(planned), 'meeting')} of {meeting} minutes, of which "
        f"{_range(planned.values())} go to questions and exercises; the rest is for the figure, "
        "the last ten minutes and what comes up. "
        f"At home {_range(weeks.values())} a week. {some} exercises."
    )


def minutes_by(
    all_of_it: list[Lesson], key: Callable[[Lesson], Any], *kinds: str
) -> dict[Any, int]:
    """Add up minutes of some kinds, by meeting or by week."""
    sums: dict[Any, int] = {}
    for one in all_of_it:
        sums[key(one)] = sums.get(key(one), 0) + sum(getattr(one, kind) for kind in kinds)
    return sums


def _range(values: Any) -> str:
    values = list(values)
    return f"{duration(min(values))} to {duration(max(values))}"


def how_long(course: Course, which: str | None) -> str:
    """Say how long the whole course takes."""
    chapters = course.chapters
    return (
        f"All of it takes {duration(sum(c.read for c in chapters))} to read and "
        f"{duration(sum(c.work for c in chapters))} for "
        f"{counted(sum(len(c.exercises) for c in chapters), 'exercise')}, by the minutes that "
        "stand on them."
    )


def total(course: Course, which: str | None) -> str:
    """Say how much there is of everything."""
    chapters = course.chapters
    tasks = [task for chapter in chapters for task in chapter.exercises]
    return (
        f"The course has {counted(len(chapters), 'chapter')}, "
        f"{duration(sum(c.read for c in chapters))} to read, and "
        f"{counted(len(tasks), 'exercise')}, "
        f"{duration(sum(task.minutes for task in tasks))} to do. The checks name "
        f"{sum(len(mistakes(c, e.name)) for c in chapters for e in c.exercises):,} mistakes, "
        f"and {sum(len(c.questions) for c in chapters)} questions wait for a whiteboard."
    )


def chapter_notes(course: Course, which: str | None) -> str:
    """Return goals, questions with answers, and stumbling blocks, a section for each chapter."""
    return "\n\n".join(text for chapter in course.chapters for text in _notes(course, chapter))


def heading(chapter: Chapter) -> str:
    return f"Chapter {chapter.number}: {chapter.title}"


def anchor(chapter: Chapter) -> str:
    """Return what MyST calls the heading of a chapter's notes."""
    return heading(chapter).lower().replace(":", "").replace(" ", "-")


def _notes(course: Course, chapter: Chapter) -> Iterator[str]:
    page = f"{chapter.page}.ipynb"
    yield f"### {heading(chapter)}"
    yield f"**Goals.** Whoever has worked through [the chapter]({page}) can"
    yield "\n".join(f"- {from_page(goal, 'teaching')};" for goal in chapter.goals)[:-1] + "."
    if chapter.figures:
        figures = listed(f"the {figure}" for figure in chapter.figures)
        yield f"**To project**, from the chapter's page, without a kernel: {figures}."
    tasks = [f"{task.number} {_plain(task.title)} ({task.minutes})" for task in chapter.exercises]
    yield (
        f"**[Exercises](exercises/{chapter.stem}.ipynb)**, with minutes: {'; '.join(tasks)}. "
        f"[Solutions](solutions/{chapter.stem}.ipynb)."
    )
    yield f"**To ask aloud**, from [the whiteboard test]({page}#the-whiteboard-test):"
    for number, (question, answer) in enumerate(chapter.questions, 1):
        yield f"{number}. {from_page(question, 'teaching')}"
        text = from_page(answer, "teaching")
        yield f"<details><summary>Answer</summary>\n\n{text}\n\n</details>"
    yield from _stumbles(course, chapter)


def _stumbles(course: Course, chapter: Chapter) -> Iterator[str]:
    found = [(task, mistakes(chapter, task.name)) for task in chapter.exercises]
    many = sum(len(names) for _, names in found)
    yield (
        "<details><summary>Where they may stumble: of "
        f"{many} mistakes that the checks name, the first {SHOWN} of each exercise</summary>"
    )
    yield "\n".join(
        f"- {task.number} {_plain(task.title)} ({len(names)}): "
        f"{'; '.join(map(_plain, names[:SHOWN]))}"
        for task, names in found
    )
    yield "</details>"


def _plain(text: str) -> str:
    r"""Return text that Markdown shows as it is.

    >>> print(_plain("a * b_c"))
    a \* b\_c
    """
    return SPECIAL.sub(r"\\\1", text)


def catalogue(chapter: Chapter, name: str) -> Path:
    """Return the file of the mistakes of an exercise."""
    return CHECKS / chapter.topic / f"{name}.toml"


def sources(course: Course) -> list[Path]:
    """Return the files beside the notebooks that the teacher's page comes from."""
    return [catalogue(c, task.name) for c in course.chapters for task in c.exercises]


def mistakes(chapter: Chapter, name: str) -> list[str]:
    """Return the names of the mistakes that the check of an exercise knows, in its order."""
    found = tomllib.loads(catalogue(chapter, name).read_text(encoding="utf-8"))["mistake"]
    return list(dict.fromkeys(mistake["name"] for mistake in found))


PIECES: dict[str, Callable[[Course, str], str]] = {
    "plan": plan,
    "plan-time": plan_time,
    "how-long": how_long,
    "total": total,
    "chapter-notes": chapter_notes,
}
