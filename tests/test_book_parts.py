"""The pages of the parts, the path in the opening cards, and the teacher's page.

All that they say of the course is computed from its notebooks by ``book/_ext``: here it is computed
another way, from the raw cells, and compared. What is typed is held to what it speaks of.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
import tomllib
from collections import Counter
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
import typer
from small_book import sphinx

from tinytx import cli
from tinytx.recipes.preset import preset_names

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "book"
sys.path.append(str(BOOK / "_ext"))  # as Jupyter Book does

import course as courses  # noqa: E402
import part_drawing  # noqa: E402
import part_pages  # noqa: E402
import paths  # noqa: E402
import teaching  # noqa: E402
import terms  # noqa: E402

COURSE = courses.read_course(BOOK)
CHAPTERS = COURSE.chapters
NOTES = tomllib.loads((BOOK / "course.toml").read_text(encoding="utf-8"))
PLANS = [plan["name"] for plan in NOTES["plan"]]
PAGE = (BOOK / "teaching.md").read_text(encoding="utf-8")
EACH = pytest.mark.parametrize("chapter", CHAPTERS, ids=[c.stem for c in CHAPTERS])
PART = pytest.mark.parametrize("part", COURSE.parts, ids=[p.name for p in COURSE.parts])
PLAN = pytest.mark.parametrize("name", PLANS)


@cache
def cells(path):
    return json.loads((ROOT / path).read_text(encoding="utf-8"))["cells"]


def text_of(chapter, kind="markdown"):
    found = cells(f"book/chapters/{chapter.stem}.ipynb")
    return "\n\n".join("".join(c["source"]) for c in found if c["cell_type"] == kind)


def task_minutes(chapter):
    """Return the minutes of a chapter's exercises, as they stand in its exercise notebook."""
    found = cells(f"exercises/{chapter.stem}.ipynb")
    text = "\n".join("".join(cell["source"]) for cell in found)
    return [int(minutes) for minutes in re.findall(r"^\*(\d+) minutes\. ", text, re.M)]


def card_minutes(chapter):
    """Return the minutes to read, to run and for exercises, as they stand on the card."""
    return list(
        map(int, re.search(r"Minutes\.\*\* (\d+)\D+(\d+)\D+(\d+) for", text_of(chapter)).groups())
    )


@cache
def expanded(page):
    text = (BOOK / f"{page}.md").read_text(encoding="utf-8")
    return part_pages.expand(COURSE, page, text).replace(courses.NO_BREAK, " ")


def said(minutes):
    """Return minutes as the pages say them, by another way than theirs."""
    hours = f"{minutes // 60} h " if minutes >= 60 else ""
    return (hours + (f"{minutes % 60} min" if minutes % 60 or not hours else "")).strip()


# --- what is read from the notebooks


def test_the_course_has_its_parts_and_chapters():
    assert [part.name for part in COURSE.parts] == [
        "Text becomes numbers",
        "The architecture",
        "Learning",
        "Using it",
        "Going further",
    ]
    assert [chapter.number for chapter in CHAPTERS] == list(range(1, 15))
    written = sorted(path.stem for path in BOOK.glob("chapters/*.ipynb"))
    assert [chapter.stem for chapter in CHAPTERS] == written


def test_the_parts_are_those_of_the_landing_page():
    text = (BOOK / "intro.md").read_text(encoding="utf-8")
    found = re.findall(r"^### \[([^]]+)\]\(([^)]+)\.md\)\n(.*?)(?=^###|^::::)", text, re.M | re.S)
    shown = [(name, page, re.findall(r"chapters/(\w+)\.ipynb", rows)) for name, page, rows in found]
    assert shown == [(p.name, p.page, [c.stem for c in p.chapters]) for p in COURSE.parts]


@EACH
def test_a_card_says_the_minutes_of_its_exercises(chapter):
    assert card_minutes(chapter) == [chapter.read, chapter.run, chapter.work]
    assert chapter.work == sum(task_minutes(chapter))
    assert [task.minutes for task in chapter.exercises] == task_minutes(chapter)


@EACH
def test_goals_and_questions_are_all_found(chapter):
    text = text_of(chapter)
    card = text.partition("\n:::\n")[0]
    assert len(chapter.goals) == len(re.findall(r"^- ", card, re.M)) >= 4
    assert len(chapter.questions) == 5
    for question, answer in chapter.questions:
        assert question in text
        assert answer
        assert "details" not in question + answer


def test_what_is_not_a_card_is_refused_by_name(tmp_path):
    folder = tmp_path / "book"
    small_book(folder)
    path = folder / "chapters/01_x.ipynb"
    path.write_text(path.read_text().replace("**Minutes.**", "**Time.**"))
    with pytest.raises(Exception, match="01_x: the opening card does not say"):
        courses.read_course(folder)


# --- what is typed in course.toml


def test_there_is_an_entry_for_each_chapter():
    assert [note["number"] for note in NOTES["chapter"]] == [c.number for c in CHAPTERS]


@EACH
def test_what_to_remember_is_shown_where_it_says(chapter):
    headings = re.findall(r"^#+ (.+)$", text_of(chapter), re.M)
    assert chapter.section in map(terms.slug, headings)
    assert len(chapter.remember) <= 100
    assert len(chapter.stands) <= 100, "one line of a card, two on a phone"


@EACH
def test_numbers_and_code_in_the_lines_stand_in_the_chapter(chapter):
    text = text_of(chapter) + text_of(chapter, "code")
    for line in (chapter.stands, chapter.remember):
        for quoted in re.findall(r"\d[\d.,]*\d|\d|`[^`]+`", line):
            assert quoted.strip("`") in text, f"chapter {chapter.number} does not say {quoted}"


@EACH
def test_the_lines_speak_as_the_chapter_does(chapter):
    """Long words of both lines are the chapter's own, in this form or another."""
    text = text_of(chapter).lower()
    for line in (chapter.stands, chapter.remember):
        missing = [w for w in re.findall(r"[a-z]{6,}", line.lower()) if w[:5] not in text]
        assert missing == []


@EACH
def test_the_lines_use_no_term_before_its_chapter(chapter):
    for term in terms.read_terms(BOOK):
        if not term.everyday and chapter.number not in term.elsewhere:
            number = 0 if term.place[0] == terms.NO_CHAPTER else term.place[0]
            for line in (chapter.stands, chapter.remember):
                late = number > chapter.number and term.pattern.search(line)
                assert not late, f"{term.name} is a word of chapter {number}"


# --- the path


class Row(HTMLParser):
    """The links of a path: where they lead, their class, their words, whether this is the page."""

    def __init__(self, html):
        super().__init__()
        self.links, self.label, self.inside = [], "", False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "nav":
            self.label = attrs.get("aria-label")
        self.inside = tag == "a" or (self.inside and tag == "span")
        if tag == "a":
            self.links.append([attrs["href"], attrs["class"], attrs.get("aria-current"), ""])

    def handle_data(self, data):
        if self.inside:
            self.links[-1][3] += data

    def handle_endtag(self, tag):
        self.inside = self.inside and tag != "a"


@EACH
def test_the_path_leads_everywhere_and_marks_this_chapter(chapter):
    row = Row(paths.path_row(COURSE, chapter.number))
    assert row.label == "Where you are in the course"
    names = [link for link in row.links if link[1] == "path-name"]
    steps = [link for link in row.links if link[1] != "path-name"]
    assert [link[0] for link in names] == [f"../{part.page}.html" for part in COURSE.parts]
    assert [link[0] for link in steps] == [f"../chapters/{c.stem}.html" for c in CHAPTERS]
    kinds = ["path-behind"] * (chapter.number - 1) + ["path-here"]
    assert [link[1] for link in steps] == kinds + ["path-ahead"] * (14 - chapter.number)
    assert [link[3] for link in steps if link[2] == "step"] == [
        f"Chapter {chapter.number} {chapter.title}, you are here"
    ]
    assert len({link[3] for link in row.links}) == 19, "each link has a name of its own"


@EACH
def test_the_path_says_what_is_left_of_the_part(chapter):
    part = next(p for p in COURSE.parts if chapter in p.chapters)
    words = paths.position(COURSE, chapter.number).replace(courses.NO_BREAK, " ")
    rest = part.chapters[part.chapters.index(chapter) :]
    if len(rest) == 1:
        assert words == f"Chapter {chapter.number} of 14, the last of this part."
        return
    read = sum(card_minutes(one)[0] for one in rest)
    whole = sum(sum(card_minutes(one)[:2]) + sum(task_minutes(one)) for one in rest)
    assert words.endswith(f"Left in this part: {said(whole)}, {said(read)} of it reading.")


def test_what_stands_at_an_end_is_what_the_next_card_begins_with():
    assert COURSE.stands_before(1) == NOTES["start"]
    for chapter in CHAPTERS[:-1]:
        assert COURSE.stands_before(chapter.number + 1) == chapter.stands
    assert len({chapter.stands for chapter in CHAPTERS}) == 14


# --- the pages of the parts


@PART
def test_a_part_says_how_long_it_takes(part):
    page = expanded(part.page)
    assert "{{" not in page
    tasks = [minutes for chapter in part.chapters for minutes in task_minutes(chapter)]
    read, run, _ = map(sum, zip(*map(card_minutes, part.chapters), strict=True))
    assert f"**{said(read + run + sum(tasks))}** in all" in page
    assert f"take {said(read)} to read and {said(run)} to run" in page
    assert (
        f"{len(tasks)} exercises take {said(sum(tasks))}: the shortest {said(min(tasks))}" in page
    )


@PART
def test_a_part_lists_its_chapters_with_what_they_build_on(part):
    page = expanded(part.page)
    for chapter in part.chapters:
        builds = re.search(r"\*\*Builds on\.\*\* (.+)", text_of(chapter))[1]
        words = re.sub(r"\]\([^)]*\)", "](", builds).split("](")[-1]
        assert words in page
        assert chapter.question in page
        assert chapter.remember in page
    for link in re.findall(r"\]\(([^)#]+)(?:#[\w-]+)?\)", page):
        target = (BOOK / "parts" / link).resolve()
        outside = ROOT / target.relative_to(BOOK) if "exercises" in link else target
        assert outside.is_file(), link


@PART
def test_a_part_says_where_its_numbers_come_from(part):
    page = expanded(part.page).partition("## Where the numbers come from")[2]
    code = "\n".join(text_of(chapter, "code") for chapter in part.chapters)
    loaded = set(re.findall(r"load_trained\(\s*\"(\w+)\"", code))
    assert set(re.findall(r"trained model `(\w+)`", page)) == loaded
    commands = re.findall(r"made by `([^`]+)`", page)
    for command in commands:
        assert_exists(command.replace("FILE", "runs.jsonl"))
    many = sum(
        c["cell_type"] == "code" for ch in part.chapters for c in cells(f"book/{ch.page}.ipynb")
    )
    assert f"{many} cells of code" in page
    assert ("Recorded" in page) == bool(re.search(r"\brecord(ed|ings)\(", code))


@PART
def test_the_drawing_shows_lines_and_minutes(part):
    drawn = part_drawing.part_drawing(COURSE, part)
    assert "\n\n" not in drawn, "Markdown would end it there"
    needs = [
        re.findall(r"\[Chapter (\d+)\]", re.search(r"\*\*Builds on.+", text_of(c))[0])
        for c in part.chapters
    ]
    assert drawn.count("<path ") == sum(map(len, needs))
    bars = {
        kind: [float(w) for w in re.findall(rf'drawn-{kind}" [^>]*width="([\d.]+)"', drawn)]
        for kind in ("read", "work")
    }
    scale = part_drawing.LONGEST / max(chapter.read + chapter.work for chapter in part.chapters)
    for read, work, chapter in zip(bars["read"], bars["work"], part.chapters, strict=True):
        assert read == pytest.approx(chapter.read * scale, abs=0.051)
        assert work == pytest.approx(chapter.work * scale, abs=0.051)
    ends = [float(x) for x in re.findall(r'drawn-minutes" x="([\d.]+)"', drawn)]
    assert max(ends) + 50 < part_drawing.WIDTH
    words = re.search(r"<desc[^>]*>(.*)</desc>", drawn)[1]
    for chapter, needed in zip(part.chapters, needs, strict=True):
        assert f"Chapter {chapter.number}, {chapter.title}, builds on" in words
        assert all(re.search(rf"\b{number}\b", words) for number in needed)


def test_a_place_that_nobody_fills_is_refused():
    with pytest.raises(Exception, match="teaching: nothing is called"):
        part_pages.expand(COURSE, "teaching", "{{ nothing-like-it }}")
    left = "{{ repository }}\n{{ pages }}"
    assert part_pages.expand(COURSE, "teaching", left) == left


# --- the teacher's page: plans


@PLAN
def test_a_plan_gives_an_exercise_once_and_forgets_none(name):
    given = Counter(
        (lesson.chapters[0].number, number)
        for lesson in teaching.lessons(COURSE, name)
        for number in (*lesson.together, *lesson.alone)
    )
    assert set(given.values()) == {1}
    every = {(c.number, task.number) for c in CHAPTERS for task in c.exercises}
    assert set(given) <= every
    if name != "three":
        met = {chapter for chapter, _ in given}
        assert set(given) == {pair for pair in every if pair[0] in met}
    if name == "twelve":
        assert set(given) == every


TIMES = NOTES["teaching"]


@PLAN
def test_a_plan_fits_into_its_meetings(name):
    plan = next(plan for plan in NOTES["plan"] if plan["name"] == name)
    assert len(plan["meetings"]) == 2 * plan["weeks"]
    assert plan["weeks"] == {"three": 3, "six": 6, "twelve": 12}[name]
    for meeting in plan["meetings"]:
        minutes = 0
        for entry in meeting:
            if "groups" in entry:
                minutes += entry["talk"] * len(entry["groups"])
                continue
            tasks = task_minutes(CHAPTERS[entry["chapter"] - 1])
            minutes += sum(tasks[number - 1] for number in entry["class"])
            if not entry.get("again"):
                minutes += 5 * TIMES["question"] + TIMES["figure"]
        talks = any("groups" in entry for entry in meeting)
        assert 40 <= minutes + TIMES["close"] * (not talks) <= TIMES["meeting"]


@PLAN
def test_the_table_of_a_plan_shows_its_minutes(name):
    rows = teaching.plan(COURSE, name).replace(courses.NO_BREAK, " ").splitlines()[3:-1]
    lessons = teaching.lessons(COURSE, name)
    assert len(rows) == len(lessons)
    first = set()
    for row, lesson in zip(rows, lessons, strict=True):
        _, when, where, before, in_class, at_home, _ = (part.strip() for part in row.split("|"))
        assert when == f"{lesson.week}.{lesson.meeting}"
        assert re.findall(r"\[(\d+) ", where) == [str(c.number) for c in lesson.chapters]
        chapter = lesson.chapters[0]
        new = chapter.number not in first
        first.add(chapter.number)
        assert before == (
            said(max(sum(card_minutes(c)[:2]) for c in lesson.chapters)) if new else "–"
        )
        tasks = task_minutes(chapter)
        assert lesson.alone or at_home == "–"
        if lesson.alone:
            work = sum(tasks[number - 1] for number in lesson.alone)
            assert at_home == f"{said(work)}: {', '.join(map(str, lesson.alone))}"
        if len(lesson.chapters) == 1:
            work = sum(tasks[number - 1] for number in lesson.together) + 15 * new
            assert in_class.startswith(f"{said(work)}: ")
    assert re.search(r"At home .* a week", teaching.plan_time(COURSE, name))


def test_weeks_are_added_up():
    lessons = teaching.lessons(COURSE, "six")
    weeks = teaching.minutes_by(lessons, lambda lesson: lesson.week, "read", "at_home")
    third = sum(sum(card_minutes(c)[:2]) for c in CHAPTERS[4:6])
    third += sum(task_minutes(CHAPTERS[4])[n - 1] for n in (2, 3, 5))
    third += sum(task_minutes(CHAPTERS[5])[n - 1] for n in (1, 4, 6, 7))
    assert weeks[3] == third
    words = teaching.plan_time(COURSE, "six").replace(courses.NO_BREAK, " ")
    assert f"{said(min(weeks.values()))} to {said(max(weeks.values()))} a week" in words


def test_the_prose_beside_the_plans_says_what_they_say():
    (talk,) = {
        entry["talk"]
        for plan in NOTES["plan"]
        for m in plan["meetings"]
        for entry in m
        if "talk" in entry
    }
    assert f"takes {talk} minutes for it" in PAGE
    assert TIMES["question"] * 5 == 15
    assert (TIMES["figure"], TIMES["close"]) == (5, 10)
    assert "**The figure.** Five minutes" in " ".join(PAGE.split())
    assert "**The last ten minutes.**" in PAGE
    assert "**Questions, a quarter of an hour.**" in PAGE
    assert "three minutes for each question" in PAGE
    met = {c.number for lesson in teaching.lessons(COURSE, "three") for c in lesson.chapters}
    assert set(range(1, 15)) - met == {8, 10, 11, 12, 13, 14}
    assert re.search(r"leaves out how to distrust it: chapter 8, and\nall from 10 on", PAGE)
    shares = re.findall(r"^\| [^|]+ \| (\d+) % \|", PAGE, re.M)
    assert sum(map(int, shares)) == 100
    room = re.search(r"^\| CPU .*?\| (\S+ GB) \|", (BOOK / "setup.md").read_text("utf-8"), re.M)[1]
    assert f"An environment takes {room}" in PAGE


# --- the teacher's page: notes, commands, questions


def test_the_totals_are_those_of_the_course():
    page = expanded("teaching")
    assert "{{" not in page.replace("{{ repository }}", "")
    every = [minutes for chapter in CHAPTERS for minutes in task_minutes(chapter)]
    assert f"{len(every)} exercises, {said(sum(every))} to do" in page
    assert f"{said(sum(card_minutes(c)[0] for c in CHAPTERS))} to read" in page
    named = 0
    for chapter in CHAPTERS:
        for task in chapter.exercises:
            file = ROOT / f"src/tinytx/checks/{chapter.topic}/{task.name}.toml"
            entries = tomllib.loads(file.read_text(encoding="utf-8"))["mistake"]
            named += len({entry["name"] for entry in entries})
    assert f"name {named:,} mistakes" in page


def test_the_landing_page_says_how_long_all_of_it_takes():
    every = [minutes for chapter in CHAPTERS for minutes in task_minutes(chapter)]
    read = said(sum(card_minutes(chapter)[0] for chapter in CHAPTERS))
    words = f"{read} to read and {said(sum(every))} for {len(every)} exercises"
    assert words in expanded("intro")


@EACH
def test_a_chapter_has_its_notes(chapter):
    page = expanded("teaching")
    notes = page.partition(f"### {teaching.heading(chapter)}\n")[2].partition("\n### ")[0]
    assert terms.slug(teaching.heading(chapter)) == teaching.anchor(chapter)
    assert notes.count("<summary>Answer</summary>") == 5
    assert notes.count("<details>") == notes.count("</details>") == 6
    for question, _ in chapter.questions:
        assert courses.from_page(question, "teaching") in notes
    for task in chapter.exercises:
        assert f"{task.title.replace('*', '')[:8]}" in notes
    for link in re.findall(r"\]\(([^)#\s]+)(?:#[\w-]+)?\)", notes):
        where = ROOT if link.startswith(("exercises/", "solutions/")) else BOOK
        assert (where / link).is_file(), link


def test_the_stumbling_blocks_are_in_the_catalogues():
    chapter = CHAPTERS[2]
    names = teaching.mistakes(chapter, "scaled_scores")
    assert names[0] == "the division by the root is missing"
    notes = "\n".join(teaching.chapter_notes(COURSE, None).splitlines())
    assert "the division by the root is missing; " in notes


def assert_exists(command):
    """Hold a command of a page to what is there: targets, commands and their options, modules."""
    words = shlex.split(command)
    if words[0] == "make":
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        assert re.search(rf"^{words[1]}:", makefile, re.M), command
    elif words[0] == "python":
        assert words[1] == "-m"
        module = ROOT / "src" / Path(*words[2].split("."))
        assert module.with_suffix(".py").exists() or (module / "__main__.py").exists(), command
    elif words[0] == "tinytx":
        found = typer.main.get_command(cli.app).commands
        assert words[1] in found, f"no such command: {command}"
        if len(words) > 2 or command in blocks(PAGE):  # else it is a command's name in a sentence
            found[words[1]].make_context(words[1], words[2:]).close()
        if words[1] == "train":
            assert words[2] in preset_names()
    else:
        assert words[0] == "nbgrader", command


def blocks(page):
    """Return the lines of a page's blocks of commands."""
    return "".join(re.findall(r"```bash\n(.*?)```", page, re.S)).splitlines()


def commands(page):
    """Return the commands that a page shows, in blocks and in lines of text."""
    inline = re.findall(r"`((?:tinytx|make|python -m|nbgrader)\s[^`]+)`", page)
    return sorted({" ".join(line.split()) for line in (*blocks(page), *inline)})


@pytest.mark.parametrize("command", commands(PAGE))
def test_the_commands_of_the_page_exist(command):
    assert_exists(command)


def test_the_page_shows_the_commands_that_a_class_needs():
    shown = {command.split()[1] for command in commands(PAGE) if command.startswith("tinytx")}
    assert {"start", "progress", "release", "grade"} <= shown


def test_there_are_ten_questions_with_answers_before_the_first_lesson():
    section = PAGE.partition("## What they have to know")[2].partition("\n## ")[0]
    assert re.findall(r"^(\d+)\. ", section, re.M) == [str(n) for n in range(1, 11)]
    assert section.count("<details><summary>Answer</summary>") == 10
    assert section.count(">>>") >= 10, "answers are run, with those of all pages, in test_book.py"


# --- a small book, built

CONF = f"""
import sys
sys.path.append({str(BOOK / "_ext")!r})
extensions = ["sphinx_external_toc", "myst_nb", "sphinx_design", "part_pages", "paths"]
myst_enable_extensions = ["attrs_block", "colon_fence", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "off"
suppress_warnings = ["myst.xref_missing"]
exclude_patterns = ["exercises"]
html_theme = "basic"
"""
TOC = """
format: jb-book
root: intro
parts:
- caption: First
  chapters:
  - file: parts/1_first
- numbered: 2
  chapters:
  - file: chapters/01_x
  - file: chapters/02_y
"""
CARD = """# {title}

:::{{admonition}} In this chapter
:class: chapter-opening

**The question.** Why?

**You will be able to**

- do it.

**Minutes.** {read} to read, 1 to run, 5 for the exercises.

**Builds on.** Python.
:::
"""
TASKS = [
    "# Exercises {n}: X",
    "## 1. Half\n\n*5 minutes. One line.*\n\n`half(x) -> float`",
]


def notebook(path, *sources, code=()):
    path.parent.mkdir(exist_ok=True, parents=True)
    made = [nbformat.v4.new_markdown_cell(s, id=f"c{i}") for i, s in enumerate(sources)]
    made += [nbformat.v4.new_code_cell(s, id=f"d{i}") for i, s in enumerate(code)]
    nbformat.write(nbformat.v4.new_notebook(cells=made), path)


def chapter_notebook(folder, stem, read):
    end = "## What is now in hand\n\n- A thing.\n\nAnd more."
    notebook(folder / f"chapters/{stem}.ipynb", CARD.format(title=stem, read=read), end)


def small_book(folder):
    """Write a course of two chapters into ``folder``."""
    folder.mkdir()
    (folder / "conf.py").write_text(CONF)
    (folder / "_toc.yml").write_text(TOC)
    (folder / "intro.md").write_text("# Start")
    (folder / "parts").mkdir()
    (folder / "parts/1_first.md").write_text("# Part 1\n\n{{ part-drawing }}\n\n{{ part-time }}")
    entries = [
        f'[[chapter]]\nnumber = {n}\nstands = "It\'s `{n}`."\nremember = "R."\nsection = "s"\n'
        for n in (1, 2)
    ]
    (folder / "course.toml").write_text('start = "Nothing."\n' + "".join(entries))
    for number, stem in ((1, "01_x"), (2, "02_y")):
        chapter_notebook(folder, stem, 10)
        tasks = [text.format(n=f"{number:02}") for text in TASKS]
        notebook(folder.parent / f"exercises/{stem}.ipynb", *tasks)


def build(folder):
    done = sphinx("-W", "-b", "html", "book", "out", cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_build_puts_the_path_into_cards_and_keeps_them_in_step(tmp_path):
    small_book(tmp_path / "book")
    build(tmp_path)
    first, second = (tmp_path / f"out/chapters/{stem}.html" for stem in ("01_x", "02_y"))
    page = first.read_text()
    card = page.partition("chapter-opening")[2].partition("<h2>")[0]
    assert "<strong>In hand.</strong> Nothing." in card
    assert "Left in this part: 32\N{NO-BREAK SPACE}min" in card
    assert 'href="../parts/1_first.html"' in card
    end = page.partition("<h2>")[2]
    assert re.search(r"<strong>So now:</strong> It’s <code[^>]*>.*?1.*?</code>\.</p>\s*<p>And", end)
    assert re.search(r"In hand.</strong> It’s <code", second.read_text())
    assert "**32" not in (part := (tmp_path / "out/parts/1_first.html").read_text())
    assert "<strong>32\N{NO-BREAK SPACE}min</strong> in all" in part
    assert "<svg viewBox" in part

    chapter_notebook(
        tmp_path / "book", "02_y", 20
    )  # longer: what is left in chapter 1 changes, too
    again = build(tmp_path)
    assert "updating environment: 0 added, 2 changed, 0 removed" in again, "the part, and chapter 2"
    assert "Left in this part: 42\N{NO-BREAK SPACE}min" in first.read_text()
    assert (
        "<strong>42\N{NO-BREAK SPACE}min</strong> in all"
        in (tmp_path / "out/parts/1_first.html").read_text()
    )
    index = (tmp_path / "out/searchindex.js").read_text()
    assert "behind you" not in index
    assert '"behind"' not in index, "the search passes over the path"
