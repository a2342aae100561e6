"""``tinytx experiment``: what is recorded, and a record that goes on where it was stopped."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from commands import refuse

import tinytx.experiments
from tinytx.cli import main
from tinytx.experiments import experiments

SHIPPED = Path(tinytx.experiments.__file__).with_name("recorded.jsonl")


def test_all_experiments_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["experiment"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(experiments())
    assert [line.split()[0] for line in lines] == [str(e.chapter) for e in experiments().values()]
    assert sum(line.split()[1] == "optimizer" for line in lines) == 1


def test_an_experiment_is_shown_on_both_kinds_of_data(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["experiment", "optimizer"]) == 0
    shown = capsys.readouterr().out
    for word in ("optimizer, tokens: Which optimizer", "optimizer, characters", "Muon", "SGD"):
        assert word in shown


def test_a_whole_record_is_read_and_not_trained_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "runs.jsonl"
    shutil.copy(SHIPPED, path)
    assert main(["experiment", "tying", "--record", str(path)]) == 0
    assert "untied" in capsys.readouterr().out
    assert sorted(path.read_text().splitlines()) == sorted(SHIPPED.read_text().splitlines())


def test_wrong_words_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "experiment is 'heds' and must be one of norm," in refuse(capsys, "experiment", "heds")
    path = tmp_path / "notes.txt"
    path.write_text("a\nb\n")
    assert "is no run" in refuse(capsys, "experiment", "tying", "--record", path)
    assert path.read_text() == "a\nb\n"
