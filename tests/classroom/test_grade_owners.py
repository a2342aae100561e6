"""Whose a notebook is, what is told of those that are left out, and what stays of earlier marks."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import sys
from pathlib import Path

import pytest

from tinytx import cli, files
from tinytx.classroom.collecting import Missing
from tinytx.classroom.flags import disagrees
from tinytx.classroom.grading import Graded, collect, grade
from tinytx.classroom.owners import other_folder, whose
from tinytx.cli.grade import _try_out as try_out
from tinytx.cli.grade import _write as write_marks

from .grading_made import hand_in, notebook

GOOD = json.dumps(notebook("03_attention"))


def place(folder, *names, text=GOOD):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def rows(path):
    return [*csv.DictReader(io.StringIO(path.read_text("utf-8-sig")))]


@pytest.mark.parametrize(
    ("path", "learner"),
    [
        ("week3/03_attention_cleo.ipynb", "cleo"),
        ("week3/dora-03_attention.ipynb", "dora"),
        ("group1/ada/03_attention.ipynb", "ada"),
        ("group1/ada/03_attention/03_attention.ipynb", "ada"),
        ("group1/ada/03_attention_final.ipynb", "ada"),
        ("ada/03_attention (1).ipynb", "ada"),
        ("ada/03_attention-Copy1.ipynb", "ada"),
        ("03_attention_ada (2).ipynb", "ada"),
        ("03-attention ada.ipynb", "ada"),
        ("submitted/zoe/ps1/problem.ipynb", "zoe"),
        ("submitted/zoe/ps1/03_attention_x.ipynb", "zoe"),
        ("course/submitted/zoe/ps1/problem.ipynb", "zoe"),
        ("Ada Lovelace_8812_assignsubmission_file/03_attention_x.ipynb", "Ada Lovelace"),
        ("Ada Lovelace_8812_assignsubmission_file_/x.ipynb", "Ada Lovelace"),
        ("Ada Lovelace_8812_assignsubmission_file_03_attention.ipynb", "Ada Lovelace"),
        ("03_attention/ada.ipynb", "ada"),
        ("03_attention_ada_final.ipynb", "ada"),
        ("03_attention_ada_v2.ipynb", "ada"),
        ("03_attention_ada-final-v2.ipynb", "ada"),
        ("03_attention_newton.ipynb", "newton"),
        ("ada/Copy of 03_attention.ipynb", "ada"),
        ("Kopie von 03_attention_ada.ipynb", "ada"),
        ("ada/tinytx-03_attention-1.0.0/exercises/03_attention.ipynb", "ada"),
        ("ada/tinytx-1.0.0/exercises (1)/03_attention.ipynb", "ada"),
        ("ada/my-exercises/03_attention.ipynb", "ada"),
        ("cleo/03_attention_done.ipynb", "cleo"),
        ("exercises/03_attention.ipynb", ""),
        ("03_attention.ipynb", ""),
        ("03_attention (2).ipynb", ""),
        ("03_attention/03_attention.ipynb", ""),
    ],
)
def test_a_name_in_the_file_then_the_nearest_folder_says_whose(path, learner):
    assert whose(Path("class", path), Path("class")) == learner


def test_nbgrader_s_own_folder_may_be_given_too(tmp_path, monkeypatch):
    (tmp_path / "submitted").mkdir()
    monkeypatch.chdir(tmp_path / "submitted")
    for top in (Path("course/submitted"), Path()):
        assert whose(top / "zoe" / "ps1" / "problem.ipynb", top) == "zoe"
        assert whose(top / "03_attention_ada.ipynb", top) == "ada"


def test_a_class_in_the_folders_of_weeks_and_groups_is_graded(tmp_path):
    place(tmp_path, "week3/03_attention_cleo.ipynb", "week3/03_attention_dora.ipynb")
    place(tmp_path, "group1/ada/03_attention.ipynb", "group1/bob/03_attention.ipynb")
    all_ = collect(tmp_path)
    assert sorted(one.learner for one in all_.found) == ["ada", "bob", "cleo", "dora"]
    assert all_.lines == all_.notes == []


def test_a_file_that_names_another_than_its_folder_is_told(tmp_path):
    place(tmp_path, "cleo/03_attention_clea.ipynb", "ada/03_attention_ADA.ipynb")
    place(tmp_path, "week3/03_attention_bob.ipynb", "week3/03_attention_dora.ipynb")
    (note,) = collect(tmp_path).notes
    assert note.endswith("its name says clea, its folder cleo: graded as clea's")


@pytest.mark.parametrize("folder", ["Mu\u0308ller", " Müller", "Müller (1)", "müller"])
def test_a_folder_names_who_its_file_names_however_it_is_spelled(folder):
    assert other_folder(Path(folder, "03_attention_Müller.ipynb"), "Müller") == ""


def test_two_chapters_in_one_notebook_are_told(tmp_path):
    both = notebook("03_attention")
    both["cells"] += notebook("04_multihead")["cells"]
    place(tmp_path, "ada/both.ipynb", text=json.dumps(both))
    (note,) = collect(tmp_path).notes
    assert "holds 03_attention and 04_multihead: graded as 03_attention alone" in note


def test_a_learner_is_one_however_the_name_is_spelled(tmp_path):
    four = json.dumps(notebook("04_multihead"))
    place(tmp_path, "Gina/03_attention.ipynb")
    place(tmp_path, "gina/04_multihead.ipynb", text=four)
    place(tmp_path, "GINA/05_blocks.ipynb", text="{")
    all_ = collect(tmp_path)
    names = [one.learner for one in (*all_.found, *all_.missing)]
    assert len(names) == 3
    assert len(set(names)) == 1


def test_without_a_learner_s_name_nothing_is_graded(tmp_path):
    place(tmp_path, "03_attention.ipynb", "03_attention (2).ipynb")
    all_ = collect(tmp_path)
    assert all_.found == []
    assert len(all_.missing) == 2
    assert all("no learner's name" in line for line in all_.lines)


def test_a_notebook_of_words_alone_is_not_graded(tmp_path):
    hand_in(tmp_path, "ada")
    path = hand_in(tmp_path, "bob")
    made = notebook("03_attention")
    made["cells"] = [cell for cell in made["cells"] if cell["cell_type"] != "code"]
    path.write_text(json.dumps(made), "utf-8")
    all_ = collect(tmp_path)
    assert [one.learner for one in all_.found] == ["ada"]
    where = os.path.join("bob", "03_attention.ipynb")
    assert all_.lines == [f"{where}: no exercise of this course is in it"]


def test_folders_without_a_notebook_are_told(tmp_path):
    place(tmp_path, "ada/03_attention.ipynb", "group/eve/03_attention.ipynb")
    place(tmp_path, "tom.zip", "uwe.ipynb.txt", "READ_ME.py", text="x")
    place(tmp_path, "bob/sam.zip", "cy/03_attention.ipynb.txt", "group/flo/x.py", text="x")
    for name in ("wim", "ada/data", ".git", "__MACOSX"):
        (tmp_path / name).mkdir()
    (note,) = collect(tmp_path).notes
    assert note == (
        "no notebook in: bob (sam.zip: unpack it), cy (03_attention.ipynb.txt: take the .txt off"
        " its name), group/flo (x.py: it is no notebook), wim,"
        " tom.zip (unpack it), uwe.ipynb.txt (take the .txt off its name)"
    )


def test_a_folder_that_is_a_link_is_told_and_not_followed(tmp_path):
    place(tmp_path, "other/03_attention.ipynb", "class/group/ada/03_attention.ipynb")
    folder = tmp_path / "class"
    for name in ("bob.b", "group/cy", "group/ada/data", ".git"):
        (folder / name).symlink_to(tmp_path / "other")
    (folder / "group/flo").mkdir()
    all_ = collect(folder)
    assert [one.learner for one in all_.found] == ["ada"]
    assert {one.learner for one in all_.missing} == {"bob.b", "cy"}
    why = "it is a link, and links are not followed"
    assert all_.lines == [f"bob.b: {why}", f"{Path('group/cy')}: {why}"]
    assert all_.notes == [f"no notebook in: {Path('group/flo')}"]


def test_what_a_check_had_said_is_kept_where_its_answer_is_gone(tmp_path):
    made = notebook("03_attention", {"softmax": "# gone", "who_moves": "def who_moves(x)\n    1"})
    place(tmp_path, "ada/03_attention.ipynb", text=json.dumps(made))
    (one,) = collect(tmp_path).found
    assert one.said["softmax"] == one.said["causal_mask"] == "ok"
    assert "who_moves" not in one.said
    assert disagrees(one.said["softmax"], "not started") == "its own check said [ok]"


def test_a_folder_of_archives_alone_says_so(tmp_path):
    place(tmp_path, "sam.zip", text="x")
    with pytest.raises(ValueError, match=r"holds no notebook.*sam\.zip \(unpack it\)"):
        collect(tmp_path)


def test_another_chapter_than_the_name_says_is_told(tmp_path):
    hand_in(tmp_path, "ada", "04_multihead").rename(tmp_path / "ada" / "03_attention.ipynb")
    (note,) = collect(tmp_path).notes
    assert "named 03_attention, holds 04_multihead" in note


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Grade twice into one folder: a learner, a broken notebook, two of one, no name."""
    top = tmp_path_factory.mktemp("class")
    folder, out = top / "class", top / "marks"
    hand_in(folder, "ada", kind="exercises")
    place(folder, "bob/03_attention.ipynb", text="{")
    place(folder, "cy/03_attention.ipynb", "cy/again.ipynb", "03_attention.ipynb")
    hand_in(folder, "ada", "04_multihead", kind="exercises")
    out.mkdir()
    (out / "marks.csv").write_text("earlier", "utf-8")
    code = cli.main(["grade", str(folder), "--chapter", "Attention", "--out", str(out)])
    return code, out


def test_who_could_not_be_graded_has_a_line_and_the_exit_code_is_2(graded):
    code, out = graded
    assert code == 2
    totals = {row["learner"]: row for row in rows(out / "totals.csv")}
    assert {name: row["state"] for name, row in totals.items()} == {
        "ada": "graded", "bob": "not graded", "cy": "not graded", "": "not graded",
    }  # fmt: skip
    assert "no notebook" in totals["bob"]["why"]
    assert "2 notebooks of 03_attention" in totals["cy"]["why"]
    lines = {row["learner"]: row for row in rows(out / "marks.csv") if row["exercise"] == ""}
    assert lines.keys() == {"bob", "cy", ""}
    assert lines["bob"]["state"] == "not graded"
    assert lines["bob"]["chapter"] == "03_attention"
    assert "no notebook" in lines["bob"]["said"]


def test_earlier_marks_are_kept(graded):
    assert (graded[1] / "marks.csv.bak").read_text("utf-8") == "earlier"


def test_that_is_said_and_so_are_other_chapters(tmp_path, capsys):
    hand_in(tmp_path / "c", "ada", kind="exercises")
    hand_in(tmp_path / "c", "ada", "04_multihead", kind="exercises")
    for _ in range(2):
        arguments = ["grade", str(tmp_path / "c"), "--chapter", " 3 ", "--out", str(tmp_path / "m")]
        assert cli.main(arguments) == 0
    said = capsys.readouterr().out
    assert said.count("What was there is kept: marks.csv.bak, totals.csv.bak, class.html.bak") == 1
    assert "1 notebook of other chapters left out" in said
    assert cli.main(["grade", str(tmp_path / "c"), "--chapter", "5"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("no notebook of 05_blocks; there is 03_attention, 04_multihead")


def test_the_marks_of_every_run_are_kept_and_a_full_disk_takes_none(tmp_path, monkeypatch):
    made = ("marks.csv", "totals.csv", "class.html")
    for run in range(4):
        kept = write_marks(tmp_path / "m", dict.fromkeys(made, f"{run}"))
        end = {0: None, 1: "bak"}.get(run, f"bak{run}")
        assert kept == [f"{name}.{end}" for name in made if end]
    ends = {"": "3", ".bak": "0", ".bak2": "1", ".bak3": "2"}
    there = {f"{name}{end}": text for name in made for end, text in ends.items()}
    assert {path.name: path.read_text() for path in (tmp_path / "m").iterdir()} == there
    write = files.write_atomic

    def full(path, content):
        if "class.html" in path.name:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        write(path, content)

    monkeypatch.setattr(files, "write_atomic", full)
    with pytest.raises(OSError, match="No space"):
        write_marks(tmp_path / "m", dict.fromkeys(made, "4"))
    assert {path.name: path.read_text() for path in (tmp_path / "m").iterdir()} == there


def test_the_table_is_shown_where_the_marks_cannot_be_written(tmp_path, capsys, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device", "marks.csv")

    monkeypatch.setattr("tinytx.cli.grade._write", full)
    graded = Graded(notes=["a note"], missing=[Missing("ada", "", "x.ipynb", "why")])
    monkeypatch.setattr("tinytx.classroom.grading.grade", lambda *_: graded)
    assert cli.main(["grade", str(tmp_path), "--out", str(tmp_path / "m")]) == 2
    said = capsys.readouterr()
    assert "a note" in said.out
    assert "No space left on device: marks.csv" in said.err


def test_the_trial_makes_no_folder_and_leaves_nothing(tmp_path, monkeypatch):
    sizes, write = [], files.write_atomic
    monkeypatch.setattr(files, "write_atomic", lambda p, c: (sizes.append(len(c)), write(p, c)))
    for out in (tmp_path, tmp_path / "a/b"):
        try_out(out)
    assert min(sizes) > 100_000
    assert [*tmp_path.iterdir()] == []
    (tmp_path / "link").symlink_to("nowhere")
    with pytest.raises(ValueError, match=r"link, which is no folder"):
        try_out(tmp_path / "link")


def test_where_the_marks_go_is_tried_before_anything_is_graded(tmp_path, capsys, monkeypatch):
    hand_in(tmp_path / "c", "ada")
    (tmp_path / "file").write_text("x", "utf-8")
    monkeypatch.setattr("tinytx.classroom.grading.grade", lambda *_: pytest.fail("graded"))
    assert cli.main(["grade", str(tmp_path / "c"), "--out", str(tmp_path / "file")]) == 2
    assert "is no folder" in capsys.readouterr().err
    assert cli.main(["grade", str(tmp_path / "c"), "--out", str(tmp_path / "file" / "m")]) != 0
    (line,) = capsys.readouterr().err.splitlines()
    assert "file" in line
    closed = tmp_path / "closed"
    closed.mkdir()
    closed.chmod(0o500)
    if sys.platform == "linux" and os.getuid() != 0:
        assert cli.main(["grade", str(tmp_path / "c"), "--out", str(closed)]) != 0


def test_a_judge_that_ends_leaves_no_marks(tmp_path, monkeypatch):
    from tinytx.classroom import grading, marks

    hand_in(tmp_path, "ada", kind="exercises")
    monkeypatch.setattr(grading, "judged", lambda *_: os._exit(1))
    graded = grade(tmp_path)
    (row,) = csv.DictReader(io.StringIO(marks.totals_csv(graded)[1:]))
    assert row["state"] == "not graded"
    assert "its process ended" in row["why"]
    states = {one["state"] for one in csv.DictReader(io.StringIO(marks.marks_csv(graded)[1:]))}
    assert states == {"not graded"}
