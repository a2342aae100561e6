"""Starting: the exercises arrive, links work, a newer course merges in, and nothing is lost."""

from __future__ import annotations

import errno
import os
import re
import shlex
import shutil
from pathlib import Path

import nbformat
import pytest
from commands import refuse

from tinytx.classroom import Work, course, links, read_work
from tinytx.classroom import start as starting
from tinytx.classroom.course import chosen, dumped, exercise_notebooks, load
from tinytx.classroom.start import start
from tinytx.cli import main

NAME = "03_attention.ipynb"
ANSWER = "def softmax(x):\n    return x  # mine"


@pytest.fixture
def mine(tmp_path, capsys):
    """A folder with one chapter, answered in part."""
    folder = tmp_path / "mine"
    assert main(["start", str(folder), "--chapter", "3"]) == 0
    capsys.readouterr()
    change(folder / NAME, "softmax-write", ANSWER)
    return folder


def change(path, name, source):
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.id == name:
            cell.source = source
    nbformat.write(notebook, path)


def source(path, name):
    return next(c.source for c in nbformat.read(path, as_version=4).cells if c.id == name)


@pytest.fixture
def newer(monkeypatch):
    """Make a course that has another text, another stub, and an exercise more."""

    def change_course(**texts):
        def changed(notebook):
            fresh = load(notebook)
            for cell in fresh.cells:
                for name, edit in texts.items():
                    if cell.id == name.replace("_", "-"):
                        assert edit[0] in cell.source
                        cell.source = cell.source.replace(*edit)
            added = [
                nbformat.v4.new_markdown_cell("## 8. More\n\n*30 minutes. x*", id="more-task"),
                nbformat.v4.new_code_cell("def more(): ...", id="more-write"),
            ]
            fresh.cells[-2:-2] = added
            return fresh

        monkeypatch.setattr(starting, "load", changed)

    return change_course


NEWS = {
    "softmax_task": ("Turn each row", "Turn every row"),
    "softmax_write": ("(x: np.ndarray)", "(rows: np.ndarray)"),
    "causal_write": ("(T: int, S: int)", "(t: int, s: int)"),
}


def test_all_exercises_arrive_and_can_be_read(tmp_path, capsys):
    assert main(["start", str(tmp_path / "mine")]) == 0
    course_works = [Work.of(load(one)) for one in exercise_notebooks()]
    out = capsys.readouterr().out
    assert f"{len(course_works)} notebooks copied" in out
    assert f"`tinytx progress {tmp_path / 'mine'}` shows how far you are." in out
    works = [read_work(path) for path in sorted((tmp_path / "mine").glob("*.ipynb"))]
    assert [work.chapter for work in works] == [work.chapter for work in course_works]
    for work, wanted in zip(works, course_works, strict=True):
        assert [one.source for one in work.exercises] == [one.source for one in wanted.exercises]


def test_the_folder_is_my_exercises_where_none_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["start", "--chapter", "attention", "--chapter", "4"]) == 0
    found = sorted(path.name for path in Path("my-exercises").glob("*.ipynb"))
    assert found == [NAME, "04_multihead.ipynb"]


def test_a_second_start_touches_nothing(mine, capsys):
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files(mine)}
    assert main(["start", str(mine), "--chapter", "3"]) == 0
    assert "nothing new for 1 notebook" in capsys.readouterr().out
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files(mine)} == before


def test_a_notebook_without_ids_is_left_alone_while_the_course_is_the_same(mine, capsys):
    notebook = nbformat.read(mine / NAME, as_version=4)
    notebook.nbformat_minor = 4
    for cell in notebook.cells:
        del cell["id"]
    (mine / NAME).write_text(dumped(notebook), encoding="utf-8")
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files(mine)}
    assert main(["start", str(mine), "--chapter", "3"]) == 0
    assert "nothing new for 1 notebook" in capsys.readouterr().out
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files(mine)} == before


def test_a_change_of_links_or_of_order_alone_is_said(mine, capsys, monkeypatch):
    def elsewhere(notebook):
        fresh = load(notebook)
        for cell in fresh.cells:
            cell.source = cell.source.replace("](../book/", "](../elsewhere/book/")
        return fresh

    with monkeypatch.context() as patch:
        patch.setattr(starting, "load", elsewhere)
        patch.setattr(starting, "retargeted", lambda notebook, folder: notebook)
        assert main(["start", str(mine), "--chapter", "3"]) == 0
        out = capsys.readouterr().out
        assert "  changed: where its links lead\n" in out
        assert "As they were before: " in out

        def swapped(notebook):
            fresh = elsewhere(notebook)
            fresh.cells[-2:] = fresh.cells[:-3:-1]
            return fresh

        patch.setattr(starting, "load", swapped)
        assert main(["start", str(mine), "--chapter", "3"]) == 0
        assert "  changed: the order of its cells\n" in capsys.readouterr().out


def test_what_is_gone_from_the_course_is_said_and_no_file_of_before_is_named(
    mine, capsys, monkeypatch
):
    def shorter(notebook):
        fresh = load(notebook)
        last = Work.of(fresh).exercises[-1].cells
        fresh.cells = [cell for cell in fresh.cells if all(cell is not one for one in last)]
        return fresh

    monkeypatch.setattr(starting, "load", shorter)
    assert main(["start", str(mine), "--chapter", "3"]) == 0
    out = capsys.readouterr().out
    assert "no longer in the course, and yours stays: exercise 7" in out
    assert "As they were before" not in out
    assert "nothing new" not in out


def files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_newer_course_merges_in_and_says_what_is_new(mine, newer, capsys):
    change(mine / NAME, "causal-hints", "My notes instead of the hints.")
    before = (mine / NAME).read_bytes()
    newer(**NEWS)
    assert main(["start", str(mine), "--chapter", "3"]) == 0
    out = capsys.readouterr().out
    assert "  new: exercise 8, More\n" in out
    assert "  changed: exercise 1, Softmax; exercise 2, The causal mask\n" in out
    assert "yours stays, and what is new is laid beside it: exercise 1, Softmax" in out
    assert "    -def softmax(x: np.ndarray) -> np.ndarray:\n" in out
    assert "    +def softmax(rows: np.ndarray) -> np.ndarray:\n" in out
    assert source(mine / NAME, "softmax-write") == ANSWER
    assert "Turn every row" in source(mine / NAME, "softmax-task")
    assert "t: int" in source(mine / NAME, "causal-write")
    assert source(mine / NAME, "causal-hints") == "My notes instead of the hints."
    assert [one.title for one in read_work(mine / NAME).exercises][-1] == "More"
    (kept,) = (mine / ".tinytx/before").rglob("*.ipynb")
    assert kept.read_bytes() == before
    assert str(kept.parent) in out
    after = (mine / NAME).read_bytes()
    assert main(["start", str(mine), "--chapter", "3"]) == 0
    assert "nothing new" in capsys.readouterr().out
    assert (mine / NAME).read_bytes() == after


def test_a_lost_copy_of_what_was_handed_out_costs_no_work(mine, newer, capsys):
    (mine / ".tinytx/handed-out" / NAME).write_text("{")
    newer(**NEWS)
    assert main(["start", str(mine), "--chapter", "3"]) == 0
    assert source(mine / NAME, "softmax-write") == ANSWER
    assert "Turn each row" in source(mine / NAME, "softmax-task")
    out = capsys.readouterr().out
    assert "new: exercise 8" in out
    unsure = "1 text differs from the course's; it stays, as nothing tells who changed it"
    assert unsure in out
    assert main(["start", str(mine), "--chapter", "3"]) == 0
    assert unsure in capsys.readouterr().out  # and not that there is nothing new


def test_a_notebook_that_was_moved_away_is_begun_anew(mine):
    (mine / NAME).rename(mine / "old.ipynb")
    start(mine, ["3"])
    assert "NotImplementedError" in source(mine / NAME, "softmax-write")
    assert source(mine / "old.ipynb", "softmax-write") == ANSWER


@pytest.mark.parametrize("content", [b"", b'{"cells": [', b"\xff", b"[]"])
def test_a_broken_notebook_is_one_line_and_the_others_go_on(content, mine, newer, capsys):
    newer(**NEWS)
    (mine / NAME).write_bytes(content)
    assert main(["start", str(mine), "--chapter", "3", "--chapter", "4"]) == 2
    streams = capsys.readouterr()
    assert "1 notebook copied" in streams.out
    (line,) = streams.err.splitlines()
    assert f"{NAME} is no notebook" in line
    assert line.endswith(
        f": left as it is; move it away, then `tinytx start {mine} --chapter 3`"
    )  # nothing lies in before
    assert (mine / NAME).read_bytes() == content


def test_half_of_a_character_is_named_with_its_notebook(mine, newer, capsys):
    newer(**NEWS)
    text = (mine / NAME).read_text("utf-8")
    (mine / NAME).write_text(text.replace("# mine", r"# \ud800"), "utf-8")
    assert main(["start", str(mine), "--chapter", "3"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    said = r"holds '\ud800', half of a character, which no file can: take it out: left as it is"
    assert line == f"tinytx: {mine / NAME} {said}"


def test_a_notebook_that_changes_meanwhile_is_left(mine, newer, capsys, monkeypatch):
    newer(**NEWS)
    merge = starting.merge

    def slow(*three):
        merged = merge(*three)
        change(mine / NAME, "softmax-write", "saved meanwhile")
        return merged

    monkeypatch.setattr(starting, "merge", slow)
    assert main(["start", str(mine), "--chapter", "3"]) == 2
    assert "has just changed: save it, and start again: left as it is" in capsys.readouterr().err
    assert source(mine / NAME, "softmax-write") == "saved meanwhile"
    monkeypatch.undo()


@pytest.mark.parametrize("at", [1, 2, 3])
def test_stopped_at_any_write_the_next_start_goes_on(at, mine, newer, monkeypatch):
    newer(**NEWS)
    write, count = starting.write_atomic, iter(range(1, 9))

    def stops(path, content):
        if next(count) == at:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        write(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(starting, "write_atomic", stops)
        done = start(mine, ["3"])
    (line,) = done.problems
    assert f"{mine / NAME}: No space left on device" in line
    assert line.endswith(": left as it is") is (at < 3)
    assert ("what was handed out is not kept" in line) is (NAME in done.merged) is (at == 3)
    assert source(mine / NAME, "softmax-write") == ANSWER
    start(mine, ["3"])
    assert source(mine / NAME, "softmax-write") == ANSWER
    assert "Turn every row" in source(mine / NAME, "softmax-task")
    cells = nbformat.read(mine / NAME, as_version=4).cells
    assert sum("New in the course" in cell.source for cell in cells) == 1
    assert start(mine, ["3"]).same == [NAME]


def test_where_nothing_can_be_kept_the_notebook_is_named(mine, newer, capsys):
    newer(**NEWS)
    before = (mine / NAME).read_bytes()
    (mine / ".tinytx/before").touch()  # where the folder has to be made
    assert main(["start", str(mine), "--chapter", "3"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"tinytx: {mine / NAME}: Not a directory ({mine / '.tinytx/before'}")
    assert line.endswith(": left as it is")
    assert (mine / NAME).read_bytes() == before


def test_where_the_copy_of_what_was_handed_out_cannot_lie_that_alone_is_told(mine, newer, capsys):
    newer(**NEWS)
    shutil.rmtree(mine / ".tinytx/handed-out")
    (mine / ".tinytx/handed-out").touch()
    for out in ("As they were before: ", "2 notebooks copied"):
        more = () if "before" in out else ("--chapter", "4")
        if more:
            (mine / NAME).unlink()
        assert main(["start", str(mine), "--chapter", "3", *more]) == 2
        said = capsys.readouterr()
        assert out in said.out
        first, *_ = said.err.splitlines()
        assert first.startswith(f"tinytx: {mine / NAME}: ")
        assert f"({mine / '.tinytx/handed-out' / NAME}): what was handed out is not kept" in first
        assert "left as it is" not in said.err


def test_what_cannot_be_a_folder_is_one_line(tmp_path, capsys, monkeypatch):
    (tmp_path / "file").write_text("mine")
    assert "file is a file: give a folder" in refuse(capsys, "start", tmp_path / "file")
    refuse(capsys, "start", tmp_path / "file" / "inside")
    assert (tmp_path / "file").read_text() == "mine"
    assert "there is no chapter '15': give 01 to 14, or a name such as" in refuse(
        capsys, "start", tmp_path / "x", "--chapter", "15"
    )
    assert not (tmp_path / "x").exists()
    home = course.ROOT
    for own in ("exercises", "book/chapters", "src"):
        assert "belongs to the course" in refuse(capsys, "start", home / own)

    def refused(path, content):
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr(starting, "write_atomic", refused)
    assert "Read-only file system: " in refuse(capsys, "start", tmp_path / "x")


def test_links_lead_to_the_clone_from_in_it_or_beside_it_and_to_the_pages_from_elsewhere(
    tmp_path, monkeypatch
):
    clone = tmp_path / "clone"
    for name in ("exercises", "src/tinytx", "book/chapters"):
        (clone / name).mkdir(parents=True)
    (clone / "pyproject.toml").touch()
    notebook = load(chosen(["3"])[0])
    monkeypatch.setattr(course, "ROOT", clone)
    places = {
        clone / "mine": "../book/chapters/03_attention.ipynb",
        clone / "a/mine": "../../book/chapters/03_attention.ipynb",
        tmp_path / "mine": "../clone/book/chapters/03_attention.ipynb",
        tmp_path / "a/mine": "https://tinytx.github.io/tinytx/chapters/03_attention.html",
    }
    for folder, target in places.items():
        text = "\n".join(cell.source for cell in links.retargeted(notebook, folder).cells)
        assert f"]({target}#the-causal-mask)" in text
        assert set(re.findall(r"\]\(([^)#]+)", text)) == {
            target, target.replace("chapters/03_attention.ipynb", "notation.md").replace(
                "chapters/03_attention.html", "notation.html"),
        }  # fmt: skip


def test_a_clone_whose_folder_has_a_space_is_linked_too(tmp_path, monkeypatch):
    clone = tmp_path / "my (clone)"
    (clone / "exercises").mkdir(parents=True)
    (clone / "pyproject.toml").touch()
    monkeypatch.setattr(links, "repository", lambda: clone)
    assert links.nearby(tmp_path / "mine") == "../my%20%28clone%29/book"


@pytest.mark.skipif(os.name == "nt", reason="quotes as a shell of Unix takes them")
@pytest.mark.parametrize("folder", ["my work", "it's", "a;b", "$HOME"])
def test_a_command_can_be_typed_as_it_is_shown(folder):
    shown = starting.command("start", Path(folder), " --chapter 4").strip("`")
    assert shlex.split(shown) == ["tinytx", "start", folder, "--chapter", "4"]


def test_links_into_the_clone_lead_to_files_that_are_there():
    folder = course.ROOT / "my-exercises"
    for notebook in exercise_notebooks():
        text = "\n".join(c.source for c in links.retargeted(load(notebook), folder).cells)
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
            assert (folder / target).resolve().is_file(), target


def test_what_is_handed_out_is_the_file_of_the_course_but_for_links():
    for notebook in exercise_notebooks():
        assert dumped(load(notebook)) == notebook.read_text(encoding="utf-8")
