"""What a class has done, counted: mistakes by name, exercises that stop it, sections to go over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..checks.check import Check
from ..checks.result import WRONG
from .grading import Graded, Row
from .judging import Mark


@dataclass
class Made:
    """A mistake, and who made it."""

    name: str
    check: Check
    learners: list[str] = field(default_factory=list)

    @property
    def section(self) -> str:
        """The heading of the chapter to read again."""
        return next(
            (m.section or self.check.section for m in self.check.mistakes if m.name == self.name),
            self.check.section,
        )

    @property
    def why(self) -> str:
        """Why it is wrong, if the catalogue has it."""
        return next((m.why for m in self.check.mistakes if m.name == self.name), "")


def mistakes_made(graded: Graded, topic: str) -> list[Made]:
    """Return the mistakes of a chapter that have a name, those of most learners first."""
    found: dict[tuple[str, str], Made] = {}
    for row, name, mark in marks_of(graded, topic):
        for mistake in mark.result.mistakes:
            check = graded.chapters[topic].checks[name]
            found.setdefault((name, mistake), Made(mistake, check)).learners.append(row.learner)
    return sorted(found.values(), key=lambda made: (-len(made.learners), made.check.name))


def stops(graded: Graded, topic: str) -> dict[str, Counter]:
    """Return how many learners are in which state, for each exercise of a chapter."""
    found: dict[str, Counter] = {name: Counter() for name in graded.chapters[topic].checks}
    for _, name, mark in marks_of(graded, topic):
        found[name][mark.result.status] += 1
    return found


@dataclass
class Section:
    """A section of a chapter that wrong answers point to."""

    name: str
    exercises: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)  # learners, by a mistake that has a name
    pointed: set[str] = field(default_factory=set)  # learners, by any wrong answer

    @property
    def others(self) -> int:
        """How many learners it is for whose mistakes in it have no name."""
        return len(self.pointed - self.named)

    def __str__(self) -> str:
        others = f", {self.others} otherwise" if self.others else ""
        return f"{len(self.named)} by a named mistake{others}"


def to_go_over(graded: Graded, topic: str) -> list[Section]:
    """Return the sections of a chapter that wrong answers point to.

    Those come first to which mistakes with a name point for most learners. A wrong answer without
    a name may be wrong by anything: it points to the section of its exercise, and counts apart.
    """
    found: dict[str, Section] = {}
    for row, name, mark in marks_of(graded, topic):
        if mark.result.status == WRONG:
            check, mistakes = graded.chapters[topic].checks[name], mark.result.mistakes
            for section in {Made(m, check).section for m in mistakes or ("",)}:
                one = found.setdefault(section, Section(section))
                one.exercises.add(name)
                one.pointed.add(row.learner)
                one.named |= {row.learner} if mistakes else set()
    return sorted(found.values(), key=lambda one: (-len(one.named), -one.others, one.name))


def unnamed(graded: Graded, topic: str) -> list[tuple[str, str, str]]:
    """Return who has which exercise wrong by no mistake that has a name, and what was said."""
    found = [
        (row.learner, name, mark.said)
        for row, name, mark in marks_of(graded, topic)
        if mark.result.status == WRONG and not mark.result.mistakes
    ]
    order = [*graded.chapters[topic].checks]
    return sorted(found, key=lambda one: (order.index(one[1]), one[2], one[0].casefold()))


def marks_of(graded: Graded, topic: str) -> Iterator[tuple[Row, str, Mark]]:
    """Yield the marks of a chapter's notebooks, but for those that could not be judged."""
    for row in graded.rows:
        if row.topic == topic:
            for name, mark in row.marks.items():
                if mark.given:
                    yield row, name, mark
