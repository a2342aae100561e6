"""The drawing of a part: its chapters one below the other, what each builds on, and its minutes.

An SVG that stands in the page, in the page's colours, as wide as a phone. What it shows is said in
words in its description, for those who hear the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from course import Chapter, Course, Part, counted, listed

WIDTH = 350
DOT = 78  # where the dots stand; lines bend to the left of it
TEXT = 98
LONGEST = 180  # of a bar
TALL, LOW = 50, 26  # a row of this part, and one of a chapter before it


def part_drawing(course: Course, part: Part) -> str:
    """Return the drawing of ``part`` as HTML without an empty line, as Markdown wants it."""
    own = [chapter.number for chapter in part.chapters]
    before = sorted({n for chapter in part.chapters for n in chapter.needs} - set(own))
    rows = _rows(before, own)
    height = max(rows.values()) + TALL - 12
    shapes = [*_lines(part, rows), *_earlier(course, before, rows), *_own(part, rows)]
    words = escape(in_words(part))
    return "\n".join(
        [
            '<figure class="part-drawing">',
            f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="drawn drawn-words">',
            f'<title id="drawn">The chapters of part {part.number}</title>',
            f'<desc id="drawn-words">{words}</desc>',
            *shapes,
            "</svg>",
            "<figcaption>A line leads from a chapter down to those that build on it. Bars: minutes "
            "to read (filled) and for the exercises (open).</figcaption>",
            "</figure>",
        ]
    )


def in_words(part: Part) -> str:
    """Say what the drawing shows."""
    return " ".join(
        f"Chapter {c.number}, {c.title}, builds on "
        f"{'chapters' if len(c.needs) > 1 else 'chapter'} {listed(sorted(c.needs))}; "
        f"{counted(c.read, 'minute')} to read, {c.work} for the exercises."
        if c.needs
        else f"Chapter {c.number}, {c.title}, builds on no other; "
        f"{counted(c.read, 'minute')} to read, {c.work} for the exercises."
        for c in part.chapters
    )


def _rows(before: list[int], own: list[int]) -> dict[int, int]:
    """Return the height of each chapter's dot."""
    rows = {number: 14 + LOW * place for place, number in enumerate(before)}
    top = 18 + LOW * len(before)
    return rows | {number: top + TALL * place for place, number in enumerate(own)}


def _lines(part: Part, rows: dict[int, int]) -> Iterator[str]:
    """Draw the lines, one around the other: the further, the wider."""
    farthest = max(rows.values()) - min(rows.values())
    for chapter in part.chapters:
        for needed in chapter.needs:
            start, end = rows[needed], rows[chapter.number]
            bend = DOT - 14 - (DOT + 16) * (end - start) / farthest
            yield (
                f'<path class="drawn-line" d="M{DOT},{start} C{bend:.0f},{start} {bend:.0f},{end} '
                f'{DOT},{end}"/>'
            )


def _earlier(course: Course, before: list[int], rows: dict[int, int]) -> Iterator[str]:
    for number in before:
        y = rows[number]
        yield f'<circle class="drawn-before" cx="{DOT}" cy="{y}" r="4"/>'
        label = escape(f"{number} {course.chapter(number).title}")
        yield f'<text class="drawn-before" x="{TEXT}" y="{y + 4}">{label}</text>'


def _own(part: Part, rows: dict[int, int]) -> Iterator[str]:
    scale = LONGEST / max(chapter.read + chapter.work for chapter in part.chapters)
    for chapter in part.chapters:
        yield from _bar(chapter, rows[chapter.number], scale)


def _bar(chapter: Chapter, y: int, scale: float) -> Iterator[str]:
    read, work = chapter.read * scale, chapter.work * scale
    yield f'<circle class="drawn-dot" cx="{DOT}" cy="{y}" r="7"/>'
    title = escape(f"{chapter.number} {chapter.title}")
    yield f'<text class="drawn-title" x="{TEXT}" y="{y + 5}">{title}</text>'
    yield f'<rect class="drawn-read" x="{TEXT}" y="{y + 14}" width="{read:.1f}" height="9"/>'
    right = TEXT + read
    yield f'<rect class="drawn-work" x="{right:.1f}" y="{y + 14}" width="{work:.1f}" height="9"/>'
    end = right + work + 6
    minutes = f"{chapter.read} + {chapter.work}"
    yield f'<text class="drawn-minutes" x="{end:.1f}" y="{y + 22}">{minutes}</text>'
