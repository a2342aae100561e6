"""What a class has done, as one page: the mistakes it makes, the exercises that stop it, the marks.

The page is one file without a script and without a request to anywhere. All that comes from
learners is escaped, and steers nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape as escaped
from importlib.resources import files

from ..checks.result import MARKS, Result
from ..wording import harmless
from .collecting import title_of
from .counting import mistakes_made, stops, to_go_over, unnamed
from .flags import weight
from .grading import Graded
from .judging import Mark

STATES = ("ok", "borrowed", "wrong", "not started")
SHOWN = 15  # mistakes on the page, those made most
WHO = 12  # learners named at a mistake


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


def escape(text: str) -> str:
    """Return a text as the page shows it."""
    return escaped(harmless(text))


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"


def _chapter(graded: Graded, topic: str) -> Iterator[str]:
    name = graded.chapters[topic].name
    number = name.partition("_")[0]
    yield f"<section><h2>Chapter {escape(number)}: {_text(title_of(topic))}</h2>"
    yield from _next_lesson(graded, topic)
    yield from _made(graded, topic)
    yield from _unnamed(graded, topic)
    yield from _stops(graded, topic)
    yield from _table(graded, topic)
    yield "</section>"


def _next_lesson(graded: Graded, topic: str) -> Iterator[str]:
    sections = to_go_over(graded, topic)
    yield "<h3>To go over next lesson</h3>"
    if sections:
        yield "<p>How many learners' answers point there.</p>"
    if not sections:
        yield "<p>No answer is wrong.</p>"
        return
    yield "<ol>"
    for one in sections:
        codes = ", ".join(f"<code>{escape(name)}</code>" for name in sorted(one.exercises))
        yield f"<li><b>{_text(one.name)}</b>: {one}, in {codes}</li>"
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
            f" <code>{escape(one.check.name)}</code> {_text(one.name)}</p>"
            f"<details><summary>{'Why, where' if one.why else 'Where'} and who</summary>"
            f"<p>{_text(one.why)}{' ' if one.why else ''}"
            f"Section: {_text(one.section)}.</p><p>{escape(who)}{more}</p></details></li>"
        )
    yield "</ul>"
    if len(made) > SHOWN:
        yield f"<p>{len(made) - SHOWN} others are in marks.csv, none of them made more often.</p>"


def _unnamed(graded: Graded, topic: str) -> Iterator[str]:
    wrong = unnamed(graded, topic)
    if not wrong:
        return
    yield f"<details class='unnamed'><summary>{len(wrong)} wrong without a name</summary>"
    yield '<div class="scroll" tabindex="0" role="region" aria-label="Wrong without a name">'
    yield '<table><thead><tr><th scope="col">who</th><th scope="col">exercise</th>'
    yield '<th scope="col">what was said</th></tr></thead><tbody>'
    for learner, name, said in wrong:
        yield (
            f'<tr><th scope="row">{escape(learner)}</th><td><code>{escape(name)}</code></td>'
            f"<td>{_text(said)}</td></tr>"
        )
    yield "</tbody></table></div></details>"


def _text(text: str) -> str:
    """Return a text for the page: escaped, and what stands in backticks as code.

    >>> _text("`a < b` is")
    '<code>a &lt; b</code> is'
    """
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


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
    hint = escape(f"{result.name}: {said}"[:300].replace("`", ""))
    flag = '<span class="flag">!</span>' if mark.flags else ""
    sign = escape(MARKS[result.status]) if mark.given else "–"
    kind = _class(result.status) if mark.given else "none"
    return f'<td class="{kind}" title="{hint}">{sign}{flag}</td>'


def _flagged(graded: Graded) -> Iterator[str]:
    flagged = [
        (row.learner, name, mark.flags)
        for row in graded.rows
        for name, mark in row.marks.items()
        if mark.flags
    ]
    if flagged:
        yield f"<h2>Flags</h2><details><summary>{len(flagged)} to look at</summary><ul>"
        for learner, name, flags in sorted(flagged, key=lambda one: weight(one[2][0])):
            said = _text("; ".join(flags))
            yield f"<li>{escape(learner)}, <code>{escape(name)}</code>: {said}</li>"
        yield "</ul></details>"


def _left(graded: Graded) -> Iterator[str]:
    for head, lines in (("Not graded", graded.left), ("Also", graded.notes)):
        if lines:
            yield f"<h2>{head}</h2><ul>"
            yield from (f"<li>{escape(line)}</li>" for line in lines)
            yield "</ul>"


def _class(status: str) -> str:
    return {"ok": "ok", "borrowed": "half", "wrong": "bad", "not started": "none"}[status]
