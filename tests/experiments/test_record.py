"""Recording: what is there is not trained again, and a kill loses one line at most."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tinytx.experiments import record
from tinytx.experiments.arms import SEEDS, TUNING_SEED, Arm, arms
from tinytx.experiments.record import Recorder, as_text, best_rate, next_rate, read_lines

RATES = [0.005, 0.01, 0.02]


class InThreads(Recorder):
    """A recorder whose runs are threads of this process."""

    def _pool(self) -> Executor:
        return ThreadPoolExecutor(self.processes)


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Runs cost nothing: the loss is how far the rate is from 0.04. Returned: what was asked."""
    asked: list[tuple[Any, ...]] = []

    def train_one(arm: Arm, data: str, rate: float, seed: int) -> dict[str, Any]:
        asked.append((arm.name, data, rate, seed))
        head = {"arm": arm.name, "data": data, "stamp": arm.stamp(data), "rate": rate, "seed": seed}
        return {**head, "curve": [1.0, abs(rate - 0.04)], "tokens": 5}

    monkeypatch.setattr(record, "train_one", train_one)
    return asked


def test_each_arm_is_trained_at_its_best_rate(tmp_path: Path, trained: list[Any]) -> None:
    InThreads(tmp_path / "r.jsonl").record([arms()["relu"]])
    searched = {rate for _, data, rate, seed in trained if seed == TUNING_SEED and data == "tokens"}
    assert searched == {*RATES, 0.04, 0.08}  # on past the end, until the best is inside
    reported = [(data, rate, seed) for _, data, rate, seed in trained if seed != TUNING_SEED]
    assert sorted(reported) == [(d, 0.04, s) for d in ("characters", "tokens") for s in SEEDS]


def test_what_is_there_is_not_trained_again(tmp_path: Path, trained: list[Any]) -> None:
    path = tmp_path / "r.jsonl"
    InThreads(path).record([arms()["relu"]])
    whole, first = path.read_text(), len(trained)
    lines = whole.splitlines(keepends=True)
    path.write_text("".join(lines[:5]) + lines[5][:30])  # killed in the middle of a line
    trained.clear()
    InThreads(path).record([arms()["relu"]])
    assert len(trained) == first - 5
    assert sorted(path.read_text().splitlines()) == sorted(whole.splitlines())


def test_another_setting_is_another_run(tmp_path: Path, trained: list[Any]) -> None:
    path = tmp_path / "r.jsonl"
    InThreads(path).record([arms()["relu"]])
    lines = [{**json.loads(text), "stamp": "00000000"} for text in path.read_text().splitlines()]
    path.write_text("".join(map(as_text, lines)))
    assert not InThreads(path).lines
    InThreads(path).record([])
    assert path.read_text() == "".join(map(as_text, lines))  # and it is kept


def test_sizes_of_the_scaling_law_share_a_rate(tmp_path: Path, trained: list[Any]) -> None:
    InThreads(tmp_path / "r.jsonl").record([arms()["1 block of 8, 1200 steps"]])
    searched = {name for name, _, _, seed in trained if seed == TUNING_SEED}
    assert searched == {"1 block of 8, 300 steps"}
    assert {rate for name, *_, rate, seed in trained if seed == 0} == {0.04}


def test_an_arm_may_take_a_part_of_another_one_s_rate(tmp_path: Path, trained: list[Any]) -> None:
    InThreads(tmp_path / "r.jsonl").record([arms()["base, half the rate"]])
    assert {(name, rate) for name, _, rate, seed in trained if seed != TUNING_SEED} == {
        ("base, half the rate", 0.02)
    }


def test_a_failing_run_ends_the_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trained: list[Any]
) -> None:
    good = record.train_one

    def fails(arm: Arm, data: str, rate: float, seed: int) -> dict[str, Any]:
        if seed == 2:
            raise MemoryError("no room")
        return good(arm, data, rate, seed)

    monkeypatch.setattr(record, "train_one", fails)
    path = tmp_path / "r.jsonl"
    with pytest.raises(MemoryError, match="no room"):
        InThreads(path).record([arms()["relu"]])
    assert len(read_lines(path)) >= len(RATES)


KILLED = """
import os, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from tinytx.experiments.record import end_with_parent
if __name__ == "__main__":
    with ProcessPoolExecutor(1, get_context("spawn"), initializer=end_with_parent) as pool:
        print(pool.submit(os.getpid).result(), flush=True)
        pool.submit(time.sleep, 600).result()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="asks a process by signal whether it lives")
def test_runs_end_with_a_recording_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as parent:
        child = int(parent.stdout.readline())
        parent.kill()
    for _ in range(300):
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    raise AssertionError(f"process {child} is still at work, half a minute after its parent's end")


def test_a_file_that_is_no_record_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text('{"arm": "base"}\n{"arm": "base"}\n')
    with pytest.raises(ValueError, match=r"line 1 of .* is no run"):
        Recorder(path)
    for number in (0, 1.5):
        with pytest.raises(ValueError, match=f"processes is {number}"):
            Recorder(tmp_path / "new.jsonl", processes=number)


@pytest.mark.parametrize(
    "text",
    ["my notes, one line\n", "my notes", '{"a": 1}\n', '{"arm":"base"}', '{"arm":"base"\n', "\n"],
)
def test_what_no_kill_cut_off_is_no_run(tmp_path: Path, text: str) -> None:
    path = tmp_path / "notes.txt"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"line 1 of .* is no run: give a file that --record"):
        Recorder(str(path)).record([])
    assert path.read_text() == text


def test_a_file_that_is_not_utf_8_is_no_record(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(b"na\xefve\n")
    with pytest.raises(ValueError, match=r"notes.txt is no record \(byte 2 is not UTF-8\): give"):
        Recorder(path)


def test_a_path_may_be_a_string(tmp_path: Path, trained: list[Any]) -> None:
    InThreads(str(tmp_path / "runs" / "r.jsonl")).record([arms()["base, half the rate"]])
    assert read_lines(tmp_path / "runs" / "r.jsonl")


def test_a_run_that_diverged_is_the_worst() -> None:
    assert best_rate({0.01: 0.5, 0.02: float("inf")}) == 0.01
    assert best_rate({0.02: 0.5, 0.01: 0.5, 0.04: 0.6}) == 0.01  # the smallest of two
    assert next_rate({0.01: 0.5, 0.02: float("inf")}) == 0.005
    assert next_rate({0.005: 0.6, 0.01: 0.5, 0.02: float("inf")}) is None
