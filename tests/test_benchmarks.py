"""Each benchmark runs, with little to do: its table has all rows, and its verdicts are said."""

from __future__ import annotations

import re
import runpy
import sys

import pytest

from benchmarks import harness

FOLDER = harness.__file__.removesuffix("harness.py")


@pytest.fixture
def run(monkeypatch, capsys):
    """Return a function that runs a script as its command would, in this process.

    What the command imports first takes longer than what it then does.
    """
    monkeypatch.syspath_prepend(FOLDER)
    monkeypatch.setattr("gc.collect", lambda: 0)  # of all that the tests hold
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.setenv(name, "1")

    def of(script, *options):
        monkeypatch.setattr(sys, "argv", [FOLDER + script, "--quick", *options])
        capsys.readouterr()
        runpy.run_path(FOLDER + script, run_name="__main__")
        return capsys.readouterr().out

    yield of
    for name in ("corpus", "harness", "peers"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(("options", "rest"), [([], 0.2), (["--quick"], 0.0)])
def test_nobody_rests_before_times_that_do_not_count(monkeypatch, options, rest):
    monkeypatch.setattr(sys, "argv", ["benchmark", *options])
    assert runpy.run_path(harness.__file__)["REST"] == rest


def test_the_tokenization_benchmark_runs(run):
    out = run("tokenization.py")
    for name in ("tinytx", "tokenizers", "rustbpe", "tiktoken", "to_tiktoken\\(\\)"):
        assert re.search(rf"^\| [^|]*\| {name} \| [\d.]+ \| ", out, re.MULTILINE), name
    assert len(re.findall(r"^- (?:met|MISSED): ", out, re.MULTILINE)) == 7


def test_the_generation_benchmark_runs(run):
    out = run("generation.py", "--threads", "1")
    for name in ("tinytx, NumPy", "tinytx, PyTorch", "transformers", "transformers, loop"):
        assert re.search(rf"^\| L4 H4 D128 \| {name} \| [\d,]+ \| [\d.]+ \|$", out, re.MULTILINE)
    assert len(re.findall(r"^- (?:met|MISSED): ", out, re.MULTILINE)) == 2


def test_cached_against_uncached_by_length_is_written(run, tmp_path):
    run("generation.py", "--threads", "1", "--lengths", str(tmp_path / "lengths.png"))
    header, *rows = (tmp_path / "lengths.csv").read_text().splitlines()
    assert header == "engine,length,cached_ms,uncached_ms"
    assert [row.split(",")[:2] for row in rows] == [
        [engine, length] for engine in ("NumPy", "PyTorch") for length in ("16", "32", "64")
    ]
    assert (tmp_path / "lengths.png").read_bytes().startswith(b"\x89PNG")


def test_the_training_benchmark_runs(run):
    out = run("pytorch.py", "--threads", "1")
    for name in ("tinytx", "tinytx, the loop", "transformers"):
        assert re.search(rf"^\| L4 H4 D128 \| {name} \| [\d,]+ \| [\d.]+ \|$", out, re.MULTILINE)
    assert len(re.findall(r"^- (?:met|MISSED): ", out, re.MULTILINE)) == 3
