"""What a class has done, as one page: the mistakes it makes, the exercises that stop it, the marks.

The page is one file without a script and without a request to anywhere. All that comes from
learners is escaped.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from importlib.resources import files

from ..checks.check import Check
from ..checks.result import MARKS, Result
from .grading import Graded, Row
from .judging import Mark

STATES = ("ok", "borrowed", "wrong", "not started")
SHOWN = 15  # mistakes on the page, those made most
WHO = 12  # learners named at a mistake


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
    for row, name, mark in _marks(graded, topic):
        for mistake in mark.result.mistakes:
            check = graded.chapters[topic].checks[name]
            found.setdefault((name, mistake), Made(mistake, check)).learners.append(row.learner)
    return sorted(found.values(), key=lambda made: (-len(made.learners), made.check.name))


def stops(graded: Graded, topic: str) -> dict[str, Counter]:
    """Return how many learners are in which state, for each exercise of a chapter."""
    found: dict[str, Counter] = {name: Counter() for name in graded.chapters[topic].checks}
    for _, name, mark in _marks(graded, topic):
        found[name][mark.result.status] += 1
    return found


def to_go_over(graded: Graded, topic: str) -> list[tuple[str, list[str], list[str]]]:
    """Return the sections of a chapter that wrong answers point to: with exercises, learners.

    Those that most learners need come first. A wrong answer without a name points to the section
    of its exercise.
    """
    exercises, learners = defaultdict(set), defaultdict(set)
    for row, name, mark in _marks(graded, topic):
        if mark.result.status == "wrong":
            check = graded.chapters[topic].checks[name]
            for section in {Made(m, check).section for m in mark.result.mistakes or ("",)}:
                exercises[section].add(name)
                learners[section].add(row.learner)
    order = sorted(learners, key=lambda section: (-len(learners[section]), section))
    return [(one, sorted(exercises[one]), sorted(learners[one])) for one in order]


def class_page(graded: Graded, title: str = "The class") -> str:
    """Return the page."""
    style = files(__package__).joinpath("class.css").read_text("utf-8")
    learners = len({row.learner for row in graded.rows})
    body = [
        f"<h1>{escape(title)}</h1>",
        f"<p>{learners} {_plural('learner', learners)}, {len(graded.rows)}"
        f" {_plural('notebook', len(graded.rows))}.</p>",
        *(part for topic in graded.chapters for part in _chapter(graded, topic)),
        *_flagged(graded),
        *_left(graded),
        "<h2>How it was graded</h2>",
        *(f"<p>{escape(line)}</p>" for line in graded.held),
        "<p>A flag takes no points: it says where to look. A learner who copies the right answer,"
        " or hides how it is called, is found by reading it and by nothing else.</p>",
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
        " style-src 'unsafe-inline'\">\n"
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(body)
        + "\n</main>\n</body>\n</html>\n"
    )


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"


def _marks(graded: Graded, topic: str) -> Iterator[tuple[Row, str, Mark]]:
    for row in graded.rows:
        if row.topic == topic:
            for name, mark in row.marks.items():
                yield row, name, mark


def _chapter(graded: Graded, topic: str) -> Iterator[str]:
    name = graded.chapters[topic].name
    number, _, rest = name.partition("_")
    yield f"<section><h2>Chapter {escape(number)}: {escape(rest.replace('_', ' '))}</h2>"
    yield from _next_lesson(graded, topic)
    yield from _made(graded, topic)
    yield from _stops(graded, topic)
    yield from _table(graded, topic)
    yield "</section>"


def _next_lesson(graded: Graded, topic: str) -> Iterator[str]:
    sections = to_go_over(graded, topic)
    yield "<h3>To go over next lesson</h3>"
    if not sections:
        yield "<p>No answer is wrong.</p>"
        return
    yield "<ol>"
    for section, exercises, learners in sections:
        count = f"{len(learners)} {_plural('learner', len(learners))}"
        codes = ", ".join(f"<code>{escape(name)}</code>" for name in exercises)
        yield f"<li><b>{escape(section)}</b>: {count}, in {codes}</li>"
    yield "</ol>"


def _made(graded: Graded, topic: str) -> Iterator[str]:
    made = mistakes_made(graded, topic)
    yield "<h3>The mistakes made most</h3>"
    if not made:
        yield "<p>No mistake that has a name.</p>"
        return
    learners = len({row.learner for row in graded.rows if row.topic == topic})
    yield f"<p>The bars are shares of the {learners} {_plural('learner', learners)}.</p>"
    yield '<ul class="made">'
    for one in made[:SHOWN]:
        count, width = len(one.learners), round(100 * len(one.learners) / learners)
        who = ", ".join(one.learners[:WHO])
        more = f" and {count - WHO} more" if count > WHO else ""
        yield (
            f'<li><div class="bar" style="width:{width}%"></div><p><b>{count}</b>'
            f" <code>{escape(one.check.name)}</code> {escape(one.name)}</p>"
            f"<details><summary>Why, where and who</summary><p>{escape(one.why)}"
            f" Section: {escape(one.section)}.</p><p>{escape(who)}{more}</p></details></li>"
        )
    yield "</ul>"
    if len(made) > SHOWN:
        yield f"<p>{len(made) - SHOWN} others are in marks.csv, none of them made more often.</p>"


def _stops(graded: Graded, topic: str) -> Iterator[str]:
    yield "<h3>Which exercises stop them</h3>"
    signs = " ".join(f'<span class="key {_class(s)}">{MARKS[s]} {s}</span>' for s in STATES)
    yield f"<p>{signs}</p><ul class='stops'>"
    for name, counts in stops(graded, topic).items():
        total = max(sum(counts.values()), 1)
        parts = "".join(
            f'<span class="{_class(state)}" style="flex:{counts[state]}">{counts[state]}</span>'
            for state in STATES
            if counts[state]
        )
        percent = round(100 * counts["ok"] / total)
        yield (
            f"<li><span><code>{escape(name)}</code> {percent}% right</span>"
            f'<div class="stack">{parts}</div></li>'
        )
    yield "</ul>"


def _table(graded: Graded, topic: str) -> Iterator[str]:
    names = list(graded.chapters[topic].checks)
    yield "<h3>Who has what</h3>"
    yield '<div class="scroll" tabindex="0" role="region" aria-label="Marks"><table><thead><tr>'
    yield '<th scope="col">learner</th>'
    yield "".join(f'<th scope="col"><span>{escape(name)}</span></th>' for name in names)
    yield '<th scope="col">points</th></tr></thead><tbody>'
    for row in graded.rows:
        if row.topic == topic:
            cells = "".join(_cell(row.marks[name]) for name in names)
            yield (
                f'<tr><th scope="row">{escape(row.learner)}</th>{cells}'
                f"<td>{row.points}/{row.total}</td></tr>"
            )
    yield "</tbody></table></div>"


def _cell(mark: Mark) -> str:
    result: Result = mark.result
    said = result.mistakes[0] if result.mistakes else result.message.partition("\n")[0]
    hint = escape(f"{result.name}: {said}"[:300], quote=True)
    flag = '<span class="flag">!</span>' if mark.flags else ""
    sign = escape(MARKS[result.status])
    return f'<td class="{_class(result.status)}" title="{hint}">{sign}{flag}</td>'


def _flagged(graded: Graded) -> Iterator[str]:
    lines = [
        f"<li>{escape(row.learner)}, <code>{escape(name)}</code>:"
        f" {escape('; '.join(mark.flags))}</li>"
        for row in graded.rows
        for name, mark in row.marks.items()
        if mark.flags
    ]
    if lines:
        yield f"<h2>Flags</h2><details><summary>{len(lines)} to look at</summary><ul>"
        yield from lines
        yield "</ul></details>"


def _left(graded: Graded) -> Iterator[str]:
    if graded.left:
        yield "<h2>Not graded</h2><ul>"
        yield from (f"<li>{escape(line)}</li>" for line in graded.left)
        yield "</ul>"


def _class(status: str) -> str:
    return {"ok": "ok", "borrowed": "half", "wrong": "bad", "not started": "none"}[status]
