"""What the course says of itself, read from its notebooks: nothing here is typed a second time.

The parts and their order come from ``_toc.yml``; questions, goals and minutes from the opening card
of each chapter; the whiteboard questions from its end; exercises from the exercise notebooks; and
what no notebook says (what stands after a chapter, what to keep of it) from ``course.toml``.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml
from sphinx.errors import ExtensionError

from tinytx import figures
from tinytx.classroom.reading import Exercise, read_work

CARD = re.compile(
    r"# (?P<title>.+?)\n.*?\*\*The question\.\*\* (?P<question>.+?)\n.*?"
    r"\*\*You will be able to\*\*\n(?P<goals>.*?)"
    r"\*\*Minutes\.\*\* (?P<read>\d+) to read, (?P<run>\d+) to run, "
    r"(?P<work>\d+) for the exercises\..*?\*\*Builds on\.\*\* (?P<builds>.*?)\n:::",
    re.S,
)
QUESTION = re.compile(
    r"^\d\. (?P<question>.+?)\n\s*<details><summary>Answer</summary>(?P<answer>.*?)</details>",
    re.S | re.M,
)
NEEDED = re.compile(r"\[Chapter (\d+)\]\(")
MODEL = re.compile(r"load_trained\(\s*\"(\w+)\"")
RECORDS = {  # what a cell calls: what ships, and the command that makes it anew
    r"\brecord\.recorded\(": ("training runs", "python -m tinytx.recipes.record"),
    r"\brecordings\(": ("runs of the planted bugs", "python -m tinytx.bugs.record"),
    r"(?<![.\w])recorded\(": ("experiments", "tinytx experiment --record FILE"),
}
FIGURE = re.compile(r"\b([A-Z]\w+)\(")
NO_BREAK = "\N{NO-BREAK SPACE}"
UNCOMPARED = {"nbval-ignore-output", "nbval-skip"}
LINK = re.compile(r"\]\((?P<stem>\d\d_\w+?)(?:\.ipynb)?(?P<anchor>#[\w-]+)?\)")
ABOVE = re.compile(r"\]\(\.\./(?!\.\.)")


@dataclass(frozen=True)
class Chapter:
    """A chapter as its notebooks describe it; texts are Markdown."""

    number: int
    stem: str
    title: str
    question: str
    goals: tuple[str, ...]
    read: int  # minutes
    run: int
    work: int
    builds_on: str
    needs: tuple[int, ...]  # the chapters that the card builds on
    questions: tuple[tuple[str, str], ...]  # for the whiteboard, with their answers
    exercises: tuple[Exercise, ...]
    topic: str  # the module of its checks
    figures: tuple[str, ...]  # interactive ones that it shows, as one says their names
    cells: int  # of code
    uncompared: int  # of these, cells whose outputs differ from run to run
    models: tuple[str, ...]  # trained ones that it loads
    records: tuple[tuple[str, str], ...]  # recorded runs that it reads, and what made them
    stands: str  # when it ends
    remember: str
    section: str  # where that is shown: an anchor

    @property
    def minutes(self) -> int:
        """All of it: to read, to run, and the exercises."""
        return self.read + self.run + self.work

    @property
    def page(self) -> str:
        """The name of its page, as Sphinx has it."""
        return f"chapters/{self.stem}"


@dataclass(frozen=True)
class Part:
    """A part of the course, and its page."""

    number: int
    name: str
    page: str
    chapters: tuple[Chapter, ...]


@dataclass(frozen=True, eq=False)
class Course:
    """All of it."""

    parts: tuple[Part, ...]
    start: str  # what stands before the first chapter
    sources: tuple[Path, ...]  # the files that all this comes from

    @property
    def chapters(self) -> tuple[Chapter, ...]:
        """All chapters, in order."""
        return tuple(chapter for part in self.parts for chapter in part.chapters)

    def chapter(self, number: int) -> Chapter:
        """Return a chapter by its number."""
        return self.chapters[number - 1]

    def part_of(self, number: int) -> Part:
        """Return the part that holds a chapter."""
        return next(p for p in self.parts if number in [c.number for c in p.chapters])

    def stands_before(self, number: int) -> str:
        """Return what is in hand when a chapter begins."""
        return self.chapter(number - 1).stands if number > 1 else self.start

    def left_in_part(self, number: int) -> tuple[int, int]:
        """Return the minutes from this chapter to the end of its part: all, and to read alone."""
        rest = [c for c in self.part_of(number).chapters if c.number >= number]
        return sum(c.minutes for c in rest), sum(c.read for c in rest)


def duration(minutes: int) -> str:
    """Return minutes as people say them; a line ends before a number, not after it.

    >>> [said.replace(NO_BREAK, "_") for said in map(duration, (45, 60, 277))]
    ['45_min', '1_h', '4_h 37_min']
    """
    hours, rest = divmod(minutes, 60)
    words = [f"{hours}{NO_BREAK}h"] * (hours > 0)
    words += [f"{rest}{NO_BREAK}min"] * (rest > 0 or not hours)
    return " ".join(words)


def listed(items: Iterable[object]) -> str:
    """Return items as a sentence lists them.

    >>> listed([1]), listed([1, 2]), listed([1, 2, 3])
    ('1', '1 and 2', '1, 2 and 3')
    """
    *head, last = map(str, items)
    return f"{', '.join(head)} and {last}" if head else last


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural if it is not one.

    >>> counted(1, "chapter"), counted(12, "exercise")
    ('1 chapter', '12 exercises')
    """
    return f"{number} {noun}" + "s" * (number != 1)


def said(name: str) -> str:
    """Return the name of a figure's class as one says it; "" if it is none, or in every chapter.

    >>> said("MaskPainter"), said("BPEStepper"), said("LineUp"), said("Pipeline"), said("GPT")
    ('mask painter', 'BPE stepper', 'line-up', '', '')
    """
    if name not in figures.__all__ or name == "Pipeline":
        return ""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z]+", name)
    joined = " ".join(word if word.isupper() else word.lower() for word in words)
    return re.sub(r"\b(all|line) (reduce|up)\b", r"\1-\2", joined)


def from_page(text: str, page: str) -> str:
    """Return a chapter's Markdown with links that lead on from ``page``.

    >>> from_page("[1](01_tokenization), [N](../notation.md#shapes)", "parts/2_architecture")
    '[1](../chapters/01_tokenization.ipynb), [N](../notation.md#shapes)'
    >>> from_page("[3](03_attention.ipynb#masks)", "teaching")
    '[3](chapters/03_attention.ipynb#masks)'
    """
    above = "../" * page.count("/")
    text = LINK.sub(lambda m: f"]({above}chapters/{m['stem']}.ipynb{m['anchor'] or ''})", text)
    return ABOVE.sub(f"]({above}", text) if not above else text


def read_course(book: Path) -> Course:
    """Read the course whose book lies in ``book``."""
    return _read(book.resolve())


@cache
def _read(book: Path) -> Course:
    notes = tomllib.loads((book / "course.toml").read_text(encoding="utf-8"))
    toc = yaml.safe_load((book / "_toc.yml").read_text(encoding="utf-8"))["parts"]
    parts, sources = [], [book / "course.toml", book / "_toc.yml"]
    for number, (name, page, stems) in enumerate(_parts(toc), 1):
        chapters = []
        for stem in stems:
            chapters.append(_chapter(book, stem, notes["chapter"]))
            sources += _files(book, stem)
        parts.append(Part(number, name, page, tuple(chapters)))
    return Course(tuple(parts), notes["start"], tuple(sources))


def _parts(toc: list[dict[str, Any]]) -> Iterator[tuple[str, str, list[str]]]:
    """Yield the parts: a page under a caption, and the chapters that follow it."""
    for head, body in pairwise(toc):
        page = head["chapters"][0]["file"]
        if page.startswith("parts/"):
            yield head["caption"], page, [e["file"].split("/")[1] for e in body["chapters"]]


def _files(book: Path, stem: str) -> list[Path]:
    return [book / f"chapters/{stem}.ipynb", book.parent / f"exercises/{stem}.ipynb"]


def _chapter(book: Path, stem: str, notes: list[dict[str, Any]]) -> Chapter:
    chapter, tasks = _files(book, stem)
    lesson = json.loads(chapter.read_text(encoding="utf-8"))
    number = int(stem[:2])
    texts = ["".join(c["source"]) for c in lesson["cells"] if c["cell_type"] == "markdown"]
    code = [c for c in lesson["cells"] if c["cell_type"] == "code"]
    source = "\n".join("".join(cell["source"]) for cell in code)
    card = CARD.match(texts[0])
    if not card:
        raise ExtensionError(f"{stem}: the opening card does not say its question and minutes")
    own = next(note for note in notes if note["number"] == number)
    work = read_work(tasks)
    end = "\n\n".join(texts).partition("## The whiteboard test")[2].partition("\n## ")[0]
    return Chapter(
        number=number,
        stem=stem,
        title=card["title"],
        question=card["question"],
        goals=tuple(re.findall(r"^- (.+)[;.]$", card["goals"], re.M)),
        **{kind: int(card[kind]) for kind in ("read", "run", "work")},
        builds_on=" ".join(card["builds"].split()),
        needs=tuple(map(int, NEEDED.findall(card["builds"]))),
        questions=tuple((m["question"], m["answer"].strip()) for m in QUESTION.finditer(end)),
        exercises=work.exercises,
        topic=work.topic,
        figures=tuple(dict.fromkeys(filter(None, map(said, FIGURE.findall(source))))),
        cells=len(code),
        uncompared=sum(bool(UNCOMPARED & set(c["metadata"].get("tags", ()))) for c in code),
        models=tuple(dict.fromkeys(MODEL.findall(source))),
        records=tuple(made for call, made in RECORDS.items() if re.search(call, source)),
        stands=own["stands"],
        remember=own["remember"],
        section=own["section"],
    )
