"""The steps that CONTRIBUTING.md names, taken: a mistake is one block, an exercise three files."""

from __future__ import annotations

import importlib
import re
import shlex
import sys
from pathlib import Path

import nbformat

import tinytx.checks
from tinytx.checks import attention
from tinytx.checks.attention import answers
from tinytx.checks.edits import load
from tinytx.checks.edits.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import notebooks  # noqa: E402

import exercises  # noqa: E402

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
BLOCK = re.search(r"```toml\n(.*?)```", TEXT, re.S).group(1)
COMMAND = re.search(r"^python -m tinytx.checks.edits (.+)$", TEXT, re.M).group(1)


def test_the_block_shown_is_short_and_a_mistake_that_the_check_knows(tmp_path):
    assert len(BLOCK.splitlines()) <= 10
    (tmp_path / "a.toml").write_text(BLOCK, encoding="utf-8")
    (mistake,) = load(tmp_path / "a.toml", "scaled_scores", answers)
    assert mistake.name in [known.name for known in attention.scaled_scores.mistakes]
    result = attention.scaled_scores.run(mistake.ways[0].function())
    assert result.mistake == mistake.name


def test_the_command_shown_says_what_a_mistake_does(capsys):
    assert main(shlex.split(COMMAND)) == 0
    said = capsys.readouterr().out
    for words in ("-    return", "+    return", "refused and named", "[x] scaled_scores: the div"):
        assert words in said


TASK = '''def half(xs: list[int]) -> list[int]:
    """Return every second entry."""
    # BEGIN SOLUTION
    return xs[::2]
    # END SOLUTION
'''
MODULE = '''"""The check of ``half(xs)``."""

from ..check import Check

check = Check.of(__file__, "half(xs)", [([1, 2, 3],), ([4, 5],), ([],)], "Halves")
'''
TOML = """
[[mistake]]
name = "it begins with the second"
why = "the first counts as number 0."
look_at = "the start of your slice."
edits = ["[::2] → [1::2]"]
"""


def test_an_exercise_is_a_cell_a_module_and_a_catalogue(tmp_path, monkeypatch):
    for folder in ("solutions", "exercises", "src/tinytx/checks/topic"):
        (tmp_path / folder).mkdir(parents=True)
    cells = ["import math", TASK, "half([1, 2])"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells[:2]])
    notebooks.save(notebooks.tidy(notebook), tmp_path / "solutions/00_topic.ipynb")
    assert exercises.main([], tmp_path) == 0
    assert exercises.main(["--check"], tmp_path) == 0
    folder = tmp_path / "src/tinytx/checks/topic"
    written = (folder / "answers.py").read_text()
    assert "return xs[::2]" in written
    assert "SOLUTION" not in written
    (folder / "__init__.py").write_text("")
    (folder / "half.py").write_text(MODULE)
    (folder / "half.toml").write_text(TOML)
    monkeypatch.setattr(tinytx.checks, "__path__", [*tinytx.checks.__path__, str(folder.parent)])
    check = importlib.import_module("tinytx.checks.topic.half").check
    assert check.run(lambda xs: list(xs)[::2]).status == "ok"
    assert check.run(lambda xs: xs[1::2]).mistake == "it begins with the second"
    (folder / "answers.py").write_text(written.replace("::2", "::3"))
    assert exercises.main(["--check"], tmp_path) == 1
