"""What a learner waits for before anything happens: what commands and notebooks load.

It is told by what is loaded, not by the clock: a machine may be slow.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tinytx.checks.trial import HEAVY
from tinytx.classroom.course import exercise_notebooks

LIBRARIES = {*HEAVY, "jsonschema", "nbformat", "IPython", "ipywidgets", "pyarrow", "tiktoken"}
ENGINES = {f"tinytx.{name}" for name in ("manual", "training", "data", "recipes", "inspect")}
FIRST_CELL = LIBRARIES | {"rich", "typer"} | ENGINES - {"tinytx.manual"} | {"tinytx.experiments"}
LOADED = "\nimport sys; print(*sys.modules, file=sys.stderr)"


def loaded(code, folder):
    """Return the modules that are there after ``code`` has run in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", code + LOADED],
        cwd=folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return set(done.stderr.splitlines()[-1].split())


def ran(folder, *arguments):
    return loaded(f"from tinytx.cli import main; main({[*arguments]})", folder)


def test_a_learners_commands_load_no_engine_and_no_heavy_library(tmp_path):
    # Notebooks are read and written, but without the parsers that jsonschema has lark build.
    dear = LIBRARIES - {"jsonschema", "nbformat"} | {"lark"} | ENGINES
    assert not ran(tmp_path, "start", "mine") & dear
    assert len(list((tmp_path / "mine").glob("*.ipynb"))) == 14
    assert not ran(tmp_path, "start", "mine") & dear  # nothing to copy, all to compare
    assert not ran(tmp_path, "progress", "mine") & dear
    assert not ran(tmp_path, "release", "--out", "zip") & dear


@pytest.mark.parametrize(
    "words",
    ["--version", "start --help", "grade --help", "inspect --help", "tokenize --help", "trian"],
)
def test_what_is_asked_of_one_command_loads_no_other(words, tmp_path):
    there = ran(tmp_path, *words.split())
    assert "tinytx.cli.app" in there
    assert not there & (LIBRARIES | ENGINES)
    named = words.split()[0]
    others = {f"tinytx.cli.{name}" for name in ("train", "generate", "download")} & there
    assert not others - {f"tinytx.cli.{named}"}


def test_a_shell_that_completes_one_command_loads_no_other(tmp_path):
    code = """
import os
from tinytx.cli import main
os.environ |= {"_TINYTX_COMPLETE": "complete_bash", "COMP_WORDS": "tinytx pro", "COMP_CWORD": "1"}
main()"""
    there = loaded(code, tmp_path)
    assert "tinytx.cli.progress" in there
    assert "tinytx.cli.train" not in there
    assert not there & (LIBRARIES | ENGINES)


def test_the_first_cells_of_notebooks_load_what_their_checks_need(tmp_path):
    firsts = []
    for notebook in exercise_notebooks():
        cells = json.loads(Path(notebook).read_text(encoding="utf-8"))["cells"]
        firsts.append("".join(next(c for c in cells if c["cell_type"] == "code")["source"]))
    there = loaded("\n".join(firsts), tmp_path)
    assert len(firsts) == 14
    assert "tinytx.checks.playground" in there
    assert not there & FIRST_CELL
