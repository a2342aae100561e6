"""How far a learner is: what the notebooks say is what the table says."""

from __future__ import annotations

import json
import os
import re

import nbformat
import pytest
from commands import refuse

from tinytx.classroom import start as starting
from tinytx.classroom.course import load
from tinytx.classroom.progress import progress
from tinytx.classroom.start import start
from tinytx.cli import main


@pytest.fixture
def mine(tmp_path):
    start(tmp_path / "mine", ["3", "4"])
    return tmp_path / "mine"


def answer(folder, stem, name, source, verdict, ran=30, judged=31):
    """Write an answer, and what its check has said, as JupyterLab saves them."""
    path = folder / f"{stem}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.source.startswith(f"def {name}("):
            cell.source, cell.execution_count = source, ran
        if cell.source == f"check.{name}({name})":
            cell.execution_count = judged
            cell.outputs = [nbformat.v4.new_output("stream", text=verdict)] if verdict else []
    nbformat.write(notebook, path)


WRONG = "[x] causal_mask: the mask is upside down\n    Smallest example: …\n    Why: because.\n"


def fill(folder):
    answer(folder, "03_attention", "softmax", "def softmax(x): return 1", "[ok] softmax: right\n")
    answer(folder, "03_attention", "causal_mask", "def causal_mask(T, S): return 1", WRONG)
    answer(folder, "03_attention", "scaled_scores", "def scaled_scores(q, k): return 1", "")
    answer(folder, "03_attention", "masked_weights", "def masked_weights(s, m): return 1",
           "[ok] masked_weights: right\n", ran=40)  # fmt: skip
    answer(folder, "03_attention", "who_moves", "# gone", "[ok] who_moves: right\n")
    answer(folder, "03_attention", "attention", "def attention(q): return 1",
           "[=] attention: right, by calling attention_forward\n")  # fmt: skip


def test_each_state_is_told(mine):
    fill(mine)
    found = progress(mine)
    lines = {line.name: line for line in found.lines if line.chapter == 3}
    states = {name: (line.mark, line.done, line.changed) for name, line in lines.items()}
    assert states == {
        "softmax": ("[ok]", True, False),
        "causal_mask": ("[x]", False, False),
        "scaled_scores": ("[?]", False, False),
        "masked_weights": ("[ok]", False, True),
        "who_moves": ("[?]", False, False),
        "attention": ("[=]", False, False),
        "sees_the_future": ("[ ]", False, False),
    }
    assert lines["causal_mask"].mistakes == ("the mask is upside down",)
    said = {name: line.said for name, line in lines.items() if line.said}
    assert said == {
        "causal_mask": "the mask is upside down",
        "attention": "right, by calling attention_forward",
    }
    assert (lines["scaled_scores"].state, lines["who_moves"].state) == ("not checked", "missing")
    assert found.minutes_done == 10
    assert (
        found.minutes_done + found.minutes_left == sum(line.minutes for line in found.lines) == 200
    )
    assert found.next.name == "causal_mask"
    assert len(found.absent) == 12


def test_the_table_shows_it(mine, capsys):
    fill(mine)
    assert main(["progress", str(mine)]) == 0
    out = re.sub(" +", " ", capsys.readouterr().out)
    assert "03 Attention 110 1 of 7 done" in out
    assert "[x] 2. The causal mask 10 the mask is upside down\n" in out
    assert "[ok] 4. Weights under a mask 15 changed since\n" in out
    assert "[?] 3. Scaled scores, and two bugs in them 10 not checked\n" in out
    assert "[ ] 7. Find the leak 30\n" in out
    assert "6 exercises, none begun" in out
    assert "Done: 1 of 13 exercises, 10 of 200 minutes." in out
    assert "Next: 03_attention.ipynb, exercise 2, The causal mask (10 minutes)." in out
    absent = f"12 notebooks of the course; `tinytx start {mine}` brings them."
    assert f"Not in this folder: {absent}" in out
    assert "1. Split" not in out
    for more in ([str(mine), "--all"], [str(next(mine.glob("04_*.ipynb")))]):
        assert main(["progress", *more]) == 0
        assert "1. Split" in capsys.readouterr().out


def rewrite(folder, change):
    path = folder / "03_attention.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = change(notebook.cells)
    nbformat.write(notebook, path)
    return {line.name: line.state for line in progress(folder).lines if line.chapter == 3}


@pytest.mark.parametrize(
    ("answered", "checked"),
    [
        ("def softmax(x): return 1\n\ncheck.softmax(softmax)", None),
        ("if True:\n    def softmax(x): return 1", "check.softmax(softmax)"),
        ("try:\n    pass\nfinally:\n    softmax = max", "_ = check.softmax(softmax)"),
        ("with a:\n    for b in c: softmax = b", "result = check.softmax(softmax)"),
    ],
)
def test_an_answer_is_found_wherever_it_and_its_check_stand(answered, checked, mine):
    def change(cells):
        answer(mine, "03_attention", "softmax", answered, "")
        cells = nbformat.read(mine / "03_attention.ipynb", as_version=4).cells
        (own,) = [cell for cell in cells if cell.source == answered]
        (check,) = [cell for cell in cells if cell.source == "check.softmax(softmax)"]
        judge = check if checked else own
        judge.source, judge.execution_count = checked or answered, 31
        judge.outputs = [nbformat.v4.new_output("stream", text="[ok] softmax: right\n")]
        return [cell for cell in cells if checked or cell is not check]

    assert rewrite(mine, change)["softmax"] == "ok"


def test_an_exercise_does_not_vanish_with_its_heading(mine):
    def change(cells):
        for cell in cells:
            if cell.source.startswith("## 3. "):
                cell.source = "\nMy note.\n\n" + cell.source
            if cell.source.startswith("## 4. "):
                cell.source = cell.source.partition("\n")[2]
        gone = {"attention-write", "attention-check", "attention-task"}
        return [cell for cell in cells if cell.id not in gone]

    before = rewrite(mine, list)
    assert rewrite(mine, change) == {**before, "attention": "missing"}


def test_a_task_that_stands_there_twice_counts_once(mine):
    def change(cells):
        fill(mine)
        cells = nbformat.read(mine / "03_attention.ipynb", as_version=4).cells
        (task,) = [cell for cell in cells if cell.source.startswith("## 1. ")]
        at = cells.index(task)
        return [*cells[: at + 1], nbformat.v4.new_markdown_cell(task.source), *cells[at + 1 :]]

    states = rewrite(mine, change)
    assert len([one for one in progress(mine).lines if one.chapter == 3]) == len(states) == 7
    assert states["softmax"] == "ok"


def test_a_failing_line_in_a_helper_of_the_first_cell_is_no_change(mine):
    said = "[x] softmax: raises E\n    In your line 2: return helper_of(x)\n"
    answer(mine, "03_attention", "softmax", "def softmax(x): return hers(x)", said)

    def change(cells):
        (first,) = [cell for cell in cells if cell.id == "imports"]
        first.source += "\ndef hers(x):\n    return helper_of(x)"
        return cells

    assert progress(mine).lines[0].changed
    rewrite(mine, change)
    assert not progress(mine).lines[0].changed


def test_a_copy_is_not_counted_again(mine, capsys):
    text = (mine / "03_attention.ipynb").read_text()
    (mine / "03_attention-Copy1.ipynb").write_text(text)
    (mine / "00_mine.ipynb").write_text(text)
    found = progress(mine)
    assert found.copies == ["00_mine.ipynb", "03_attention-Copy1.ipynb"]
    assert found.minutes_left == 200
    assert main(["progress", str(mine)]) == 0
    assert (
        "Not counted, as a second notebook of its chapter: 00_mine.ipynb" in capsys.readouterr().out
    )


def test_one_notebook_and_json(mine, capsys):
    fill(mine)
    assert main(["progress", str(mine / "03_attention.ipynb"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [line["name"] for line in found["exercises"]][:2] == ["softmax", "causal_mask"]
    assert found["minutes"] == {"done": 10, "left": 100}
    assert found["next"]["name"] == "causal_mask"
    assert found["problems"] == found["absent"] == []


def finish(path):
    """Answer all exercises of a notebook."""
    for line in progress(path).lines:
        name = line.name
        source = f"def {name}(): pass; return 1"
        answer(path.parent, path.stem, name, source, f"[ok] {name}: right\n")


def test_all_done_has_nothing_next(mine, capsys):
    path = mine / "03_attention.ipynb"
    finish(path)
    assert progress(path).next is None
    assert main(["progress", str(path)]) == 0
    assert "Next" not in capsys.readouterr().out


def test_bad_files_are_a_line_each_and_the_others_are_shown(mine, capsys):
    (mine / "05_broken.ipynb").write_text('{"cells": [')
    (mine / "notes.ipynb").write_text(nbformat.writes(nbformat.v4.new_notebook()))
    (mine / "06_folder.ipynb").mkdir()
    before = {path: path.stat().st_mtime_ns for path in mine.iterdir()}
    assert main(["progress", str(mine)]) == 2
    streams = capsys.readouterr()
    assert "Done: 0 of 13 exercises" in streams.out
    lines = streams.err.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("tinytx: ") for line in lines)
    assert "05_broken.ipynb is no notebook: it is cut off" in streams.err
    assert "notes.ipynb holds no exercise" in streams.err
    assert f"tinytx: {mine / '06_folder.ipynb'}: Is a directory" in lines
    assert {path: path.stat().st_mtime_ns for path in mine.iterdir()} == before


EMPTY = "is no notebook: it is empty"
NEWER = "is of a newer nbformat (5) than this reads (4)"


@pytest.mark.parametrize(
    ("content", "said", "state"),
    [
        (b"", EMPTY, "cannot be read"),
        (b'{"nbformat": 5, "cells": []}', NEWER, "cannot be read"),
        (b'{"nbformat": 4, "metadata": {}, "cells": []}', "holds no exercise", "holds no exercise"),
    ],
)
def test_a_damaged_notebook_keeps_its_row_and_its_exercises(content, said, state, mine, capsys):
    fill(mine)
    path = mine / "04_multihead.ipynb"
    path.write_bytes(content)
    assert main(["progress", str(mine), "--all"]) == 2
    streams = capsys.readouterr()
    out = re.sub(" +", " ", streams.out)
    (row,) = [line for line in out.splitlines() if line.startswith("04 ")]
    assert row.endswith(f" 90 {state}")
    assert "Done: 1 of 13 exercises, 10 of 200 minutes." in out
    assert "12 notebooks of the course" in out
    (line,) = streams.err.splitlines()
    way_out = f": move it away, then `tinytx start {mine} --chapter 4`"
    assert line == f"tinytx: {path} {said}{'' if said == NEWER else way_out}"


def test_what_lies_in_before_is_said_of_a_damaged_notebook(mine):
    kept = mine / ".tinytx/before/2026-01-01_00-00-00"
    kept.mkdir(parents=True)
    (mine / "04_multihead.ipynb").write_text("{")
    (kept / "03_attention.ipynb").touch()
    assert "earlier" not in progress(mine).problems[0]
    (kept / "04_multihead.ipynb").touch()
    assert (
        progress(mine).problems[0].endswith(f" --chapter 4`; earlier versions lie in {kept.parent}")
    )


def test_a_damaged_copy_takes_nothing_from_the_chapter(mine):
    (mine / "04_multihead-Copy1.ipynb").write_text("{")
    found = progress(mine)
    assert (len(found.lines), found.minutes_left) == (13, 200)
    assert not any(line.lost for line in found.lines)


def test_next_is_where_the_learner_is(tmp_path):
    folder = tmp_path / "mine"
    start(folder, ["1", "3", "4"])
    assert progress(folder).next.chapter == 1  # nothing is begun
    answer(folder, "03_attention", "softmax", "def softmax(x): return 1", "[ok] softmax: right\n")
    assert progress(folder).next.name == "causal_mask"
    finish(folder / "03_attention.ipynb")
    assert progress(folder).next.chapter == 4
    (folder / "04_multihead.ipynb").write_text("{")
    assert progress(folder).next.chapter == 1  # not into what cannot be read


def test_next_is_in_the_last_chapter_that_was_begun(tmp_path):
    folder = tmp_path / "mine"
    start(folder, ["1", "3", "4"])
    answer(folder, "03_attention", "softmax", "def softmax(x): return 1", "[ ] softmax: not yet\n")
    assert progress(folder).next.chapter == 3  # written, and not checked since
    first = progress(folder).lines[0]
    stem, source = first.file.removesuffix(".ipynb"), f"def {first.name}(x): return 1"
    answer(folder, stem, first.name, source, "")
    (folder / "04_multihead.ipynb").write_text("{")
    assert progress(folder).next.chapter == 3  # neither an earlier one, nor what cannot be read


def test_chapters_come_in_the_order_of_the_book_whatever_their_files_are_called(mine):
    (mine / "03_attention.ipynb").rename(mine / "zz.ipynb")
    (mine / "04_multihead.ipynb").unlink()
    (mine / "04_MULTIHEAD.ipynb").write_text("{")
    own = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("## 1. My own")])
    for name in ("00_own.ipynb", "01_own.ipynb"):
        nbformat.write(own, mine / name)
    found = progress(mine)
    files = list(dict.fromkeys(line.file for line in found.lines))
    assert files == ["zz.ipynb", "04_MULTIHEAD.ipynb", "00_own.ipynb", "01_own.ipynb"]
    assert (len(found.absent), found.copies) == (12, [])


def test_a_stub_that_a_newer_course_has_changed_is_not_begun(tmp_path, monkeypatch):
    def newer(notebook):
        fresh = load(notebook)
        for cell in fresh.cells:
            cell.source = cell.source.replace("def causal_mask(T: int", "def causal_mask(t: int")
        return fresh

    folder = tmp_path / "mine"
    start(folder, ["3"])
    path = folder / "03_attention.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for at, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":  # run all
            cell.execution_count = at
    nbformat.write(notebook, path)
    monkeypatch.setattr(starting, "load", newer)
    assert start(folder, ["3"]).merged
    (line,) = [line for line in progress(folder).lines if line.name == "causal_mask"]
    assert (line.mark, line.changed, line.begun) == ("[ ]", False, False)


def test_no_folder_and_an_empty_one_say_how_to_start(tmp_path, capsys):
    assert "is not there: `tinytx start" in refuse(capsys, "progress", tmp_path / "none")
    assert "has no notebook: `tinytx start" in refuse(capsys, "progress", tmp_path)


def test_what_is_there_and_no_folder_is_said_to_be_so(tmp_path, capsys):
    os.mkfifo(tmp_path / "pipe")
    line = refuse(capsys, "progress", tmp_path / "pipe")
    assert "pipe is neither a folder nor a file: give a folder or a notebook" in line


def test_a_terminal_gets_a_drawn_table(mine, capsys, monkeypatch):
    fill(mine)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["progress", str(mine)]) == 0
    out = capsys.readouterr().out
    assert "┃" in out
    assert "[x]" in out
    assert "the mask is upside down" in out
