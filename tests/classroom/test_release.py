"""What is released is whole, the same each time, and works where the repository is not."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from zipfile import ZIP_DEFLATED

import nbformat
import pytest
import yaml
from commands import refuse
from nbclient import NotebookClient
from packaging.requirements import Requirement

from tinytx import __version__
from tinytx.checks import attention
from tinytx.classroom import Work, read_work
from tinytx.classroom.course import exercise_notebooks, load
from tinytx.classroom.release import release
from tinytx.cli import main

from .wheel import ROOT, build, copy


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build(copy(tmp_path_factory.mktemp("build")))


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory, wheel):
    """One chapter's zip, unzipped, and its wheel as if it were installed."""
    folder = tmp_path_factory.mktemp("class")
    path, _ = release(folder, ["3"], wheel)
    zipfile.ZipFile(path).extractall(folder)
    (inside,) = (one for one in folder.iterdir() if one.is_dir())
    (packed,) = inside.glob("*.whl")
    zipfile.ZipFile(packed).extractall(folder / "installed")
    return inside


def environment(unpacked):
    """Return the environment of a Python that finds the released package first."""
    installed = unpacked.parent / "installed"
    return {
        **os.environ,
        "PYTHONPATH": str(installed),
        "OMP_NUM_THREADS": "1",
        "PYTHONSAFEPATH": "1",
    }


def test_it_is_the_same_each_time(tmp_path, wheel):
    first, _ = release(tmp_path / "a", None, wheel)
    second, _ = release(tmp_path / "b", None, wheel)
    assert first.name == f"tinytx-exercises-{__version__}.zip" == second.name
    assert first.read_bytes() == second.read_bytes()
    again = build(copy(tmp_path, wheel.parents[1]))  # of the same files
    assert again.read_bytes() == wheel.read_bytes()


def test_it_holds_the_exercises_and_no_answer(tmp_path, capsys):
    assert main(["release", "--out", str(tmp_path)]) == 0
    works = [Work.of(load(one)) for one in exercise_notebooks()]
    many, minutes = sum(len(w.exercises) for w in works), sum(w.minutes for w in works)
    told, source = capsys.readouterr().out.splitlines()
    assert told.endswith(f"{many} exercises, {minutes:,} minutes")
    assert source == (
        f"without --wheel the class installs tinytx {__version__} from PyPI;"
        " `make release` puts the package in"
    )
    (path,) = tmp_path.iterdir()
    archive = zipfile.ZipFile(path)
    for entry in archive.infolist():  # all may read it, whoever unpacks it and whenever it was made
        assert (entry.create_system, entry.external_attr >> 16) == (3, 0o644)
        assert (entry.date_time, entry.compress_type) == ((1980, 1, 1, 0, 0, 0), ZIP_DEFLATED)
    names = [name.partition("/")[2] for name in archive.namelist()]
    kept = [name for name in names if "/.tinytx/handed-out/" in name]
    names = [name for name in names if name not in kept]
    notebooks = [name for name in names if name.endswith(".ipynb")]
    assert notebooks == [f"exercises/{one.name}" for one in sorted((ROOT / "exercises").iterdir())
                         if one.suffix == ".ipynb"]  # fmt: skip
    assert set(names) - set(notebooks) == {
        "READ-ME-FIRST.md", "constraints.txt", "environment.yml", "requirements.txt"
    }  # fmt: skip
    archive.extractall(tmp_path)
    (inside,) = (one for one in tmp_path.iterdir() if one.is_dir())
    assert kept == [name.replace("/", "/.tinytx/handed-out/") for name in notebooks]
    for name in notebooks:
        handed_out = inside / name.replace("/", "/.tinytx/handed-out/")
        assert handed_out.read_bytes() == (inside / name).read_bytes()  # `tinytx start` merges
        work = read_work(inside / name)
        assert work.exercises
        assert not any(one.started for one in work.exercises)
        text = (inside / name).read_text()
        assert "SOLUTION" not in text
        assert "](../" not in text


def test_where_the_package_comes_from_is_said(tmp_path, capsys, wheel, monkeypatch):
    def said(*options):
        assert main(["release", "--out", str(tmp_path), *map(str, options)]) == 0
        return capsys.readouterr().out

    assert "; `make release CHAPTER=03` puts the package in\n" in said("--chapter", "3")
    two = said("--chapter", "3", "--chapter", "4")
    assert "; `tinytx release --wheel FILE` puts the package in\n" in two
    name = f"tinytx-03-04-{__version__}"
    assert f"{name}.zip" in two  # and not the name of the one with all
    text = zipfile.ZipFile(tmp_path / f"{name}.zip").read(f"{name}/READ-ME-FIRST.md").decode()
    assert "These are 13 exercises from 2 chapters.\n" in text
    assert "PyPI" not in said("--chapter", "3", "--wheel", wheel)
    monkeypatch.setattr("tinytx.classroom.release.repository", lambda: None)
    monkeypatch.setattr("tinytx.classroom.release._constraints", lambda: ROOT / "constraints.txt")
    assert "; `tinytx release --wheel FILE` puts" in said("--chapter", "3")  # there is no Makefile


def test_what_pip_and_conda_read_is_right(unpacked, tmp_path):
    lines = (unpacked / "requirements.txt").read_text().splitlines()
    local = f"./tinytx-{__version__}-py3-none-any.whl[lab]"
    assert [line for line in lines if not line.startswith("#")] == ["-c constraints.txt", local]
    assert (unpacked / "constraints.txt").read_text() == (ROOT / "constraints.txt").read_text()
    conda = yaml.safe_load((unpacked / "environment.yml").read_text())
    assert {"pip": ["-r requirements.txt"]} in conda["dependencies"]
    path, _ = release(tmp_path, ["3"])
    archive = zipfile.ZipFile(path)
    lines = archive.read(f"{path.stem}/requirements.txt").decode().splitlines()
    wanted = Requirement(lines[-1])
    assert (wanted.name, wanted.extras, str(wanted.specifier)) == (
        "tinytx",
        {"lab"},
        f"=={__version__}",
    )


def test_pip_takes_the_requirements(unpacked):
    """It finds the wheel and its version; what the wheel needs is left out here."""
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--dry-run",
               "--ignore-installed", "-r", "requirements.txt"]  # fmt: skip
    done = subprocess.run(command, cwd=unpacked, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert f"Would install tinytx-{__version__}" in done.stdout


def test_the_read_me_names_what_is_there(unpacked):
    text = (unpacked / "READ-ME-FIRST.md").read_text()
    assert "| 03_attention | 7 | 110 |" in text
    assert "7 exercises from chapter 3, Attention" in text
    assert f"pip install {pin('torch')} --index-url" in text
    assert "belong to are at https://tinytx.github.io/tinytx" in text
    for name in re.findall(r"-[rf] ([\w.-]+)", text):
        assert (unpacked / name).is_file()
    assert max(map(len, text.splitlines())) <= 100
    handed_in = text.partition("## To hand in")[2]
    assert "`03_attention_ada.ipynb`" in handed_in
    assert "a folder with your name" in handed_in


def pin(name):
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return next(line for line in lines if line.startswith(f"{name}=="))


def test_its_checks_work_where_the_repository_is_not(unpacked):
    path = unpacked / "exercises/03_attention.ipynb"
    notebook = nbformat.read(path, as_version=4)
    answer, wrong = (
        "def causal_mask(T, S):\n    return np.tri(T, S, S - T, bool)",
        "(x):\n    return x",
    )
    for cell in notebook.cells:
        if cell.id == "causal-write":
            cell.source = answer
        if cell.id == "softmax-write":
            cell.source = f"def softmax{wrong}"
    notebook.cells.append(nbformat.v4.new_code_cell("import tinytx; print(tinytx.__file__)"))
    client = NotebookClient(notebook, kernel_name="python3", timeout=300,
                            resources={"metadata": {"path": str(path.parent)}})  # fmt: skip
    client.execute(env=environment(unpacked))
    nbformat.write(notebook, path)
    assert str(unpacked.parent / "installed") in notebook.cells[-1].outputs[0].text
    states = {one.name: one.verdict.status for one in read_work(path).exercises}
    rest = dict.fromkeys(list(attention.chapter.checks)[2:], "not started")
    assert states == {"softmax": "wrong", "causal_mask": "ok", **rest}


COMMANDS = """
from tinytx.cli import main
for line in ("start", "progress", "release --chapter 3", "release --chapter 3 --nbgrader course"):
    assert main(line.split()) == 0, line
"""


def test_the_commands_work_where_the_repository_is_not(unpacked, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", COMMANDS],
        cwd=tmp_path, env=environment(unpacked), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    many = len(exercise_notebooks())
    assert f"my-exercises: {many} notebooks copied" in done.stdout
    assert "Done: 0 of " in done.stdout
    assert f"tinytx-03_attention-{__version__}.zip" in done.stdout
    text = (tmp_path / "my-exercises/03_attention.ipynb").read_text()
    assert "https://tinytx.github.io/tinytx/chapters/03_attention.html#masks" in text
    assert (tmp_path / "course/source/03_attention/03_attention.ipynb").is_file()


def test_wrong_input_is_one_line(tmp_path, capsys):
    assert "no chapter '99'" in refuse(capsys, "release", "--chapter", "99", "--out", tmp_path)
    for version in ("0.0.1", f"{__version__}.post1"):
        other = tmp_path / f"tinytx-{version}-py3-none-any.whl"
        other.touch()
        line = refuse(capsys, "release", "--wheel", other, "--out", tmp_path)
        assert f"is not the wheel of tinytx {__version__}: build it anew" in line
    assert "is no file" in refuse(capsys, "release", "--wheel", tmp_path, "--out", tmp_path)
    (tmp_path / "file").touch()
    refuse(capsys, "release", "--out", tmp_path / "file")
    missing = tmp_path / f"tinytx-{__version__}-py3-none-any.whl"
    assert "is no file" in refuse(capsys, "release", "--wheel", missing, "--out", tmp_path)
    missing.touch()
    for _ in range(2):
        line = refuse(capsys, "release", "--wheel", missing, "--out", tmp_path)
        assert "is no zip with tinytx" in line
        zipfile.ZipFile(missing, "w").close()
    for option in ("--wheel", "--out"):
        line = refuse(capsys, "release", "--nbgrader", tmp_path / "course", option, missing)
        assert f"{option} is for the zip, and --nbgrader writes none: leave one out" in line
    assert not (tmp_path / "course").exists()
    assert not list(tmp_path.glob("*.zip"))
