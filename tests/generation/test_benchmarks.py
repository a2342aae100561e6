from __future__ import annotations

import re
import subprocess
import sys

from benchmarks import harness

FOLDER = harness.__file__.removesuffix("harness.py")


def run(script, *options):
    command = [sys.executable, FOLDER + script, "--quick", "--threads", "1", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=3000)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_generation_benchmark_runs():
    out = run("generation.py")
    for name in ("tinytx, NumPy", "tinytx, PyTorch", "transformers", "transformers, loop"):
        assert re.search(rf"^\| L4 H4 D128 \| {name} \| [\d,]+ \| [\d.]+ \|$", out, re.MULTILINE)
    assert len(re.findall(r"^- (?:met|MISSED): ", out, re.MULTILINE)) == 2


def test_cached_against_uncached_by_length_is_written(tmp_path):
    run("generation.py", "--lengths", str(tmp_path / "lengths.png"))
    header, *rows = (tmp_path / "lengths.csv").read_text().splitlines()
    assert header == "engine,length,cached_ms,uncached_ms"
    assert [row.split(",")[:2] for row in rows] == [
        [engine, length] for engine in ("NumPy", "PyTorch") for length in ("16", "32", "64")
    ]
    assert (tmp_path / "lengths.png").read_bytes().startswith(b"\x89PNG")


def test_the_training_benchmark_runs():
    out = run("pytorch.py")
    for name in ("tinytx", "tinytx, the loop", "transformers"):
        assert re.search(rf"^\| L4 H4 D128 \| {name} \| [\d,]+ \| [\d.]+ \|$", out, re.MULTILINE)
    assert len(re.findall(r"^- (?:met|MISSED): ", out, re.MULTILINE)) == 3
