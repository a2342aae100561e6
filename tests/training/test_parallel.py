"""Several processes are one run: the same curve, the same files, one end for all."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import numpy as np
import pytest

from tinytx.training import load_checkpoint
from tinytx.training.parallel import LostRankError

from . import ranks
from .ranks import SERVER, SETTINGS


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """One process with the whole batch."""
    return run_alone(tmp_path_factory.mktemp("alone") / "run")


def run_alone(folder, **changes):
    ((outcome, _),) = ranks.run(1, folder, **{**SETTINGS, **changes})
    return outcome, load_checkpoint(folder / "last.safetensors")


def assert_the_same(found, folder, alone):
    expected, checkpoint = alone
    assert_same_curve(found, expected)
    assert_same_state(folder, checkpoint)


def assert_same_curve(found, expected):
    for outcome, _ in found:
        assert outcome.finished
        for row, other in zip(outcome.history, expected.history, strict=True):
            assert row["train_loss"] == pytest.approx(other["train_loss"], rel=1e-5)
            assert row["val_loss"] == pytest.approx(other["val_loss"], rel=1e-5)


def assert_same_state(folder, checkpoint):
    tensors = load_checkpoint(folder / "last.safetensors").tensors
    assert tensors.keys() == checkpoint.tensors.keys()
    for name, value in checkpoint.tensors.items():
        np.testing.assert_allclose(tensors[name], value, rtol=1e-3, atol=2e-5, err_msg=name)


@pytest.mark.parametrize("fsdp", [False, True])
def test_two_processes_have_the_curve_of_one(tmp_path, alone, fsdp):
    found = ranks.run(2, tmp_path / "run", fsdp=fsdp, **SETTINGS)
    assert_the_same(found, tmp_path / "run", alone)
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert {"last.safetensors", "best.safetensors", "history.csv"} <= names


@pytest.mark.parametrize("fsdp", [False, True])
def test_two_processes_compiled_have_it_too(tmp_path, alone, fsdp):
    found = ranks.run(
        2, tmp_path / "run", backend="aot_eager", **{**SETTINGS, "compile": True, "fsdp": fsdp}
    )
    assert_the_same(found, tmp_path / "run", alone)


@pytest.mark.parametrize("fsdp", [False, True])
def test_two_processes_that_compute_activations_again_have_it_too(tmp_path, alone, fsdp):
    found = ranks.run(2, tmp_path / "run", **{**SETTINGS, "checkpointing": True, "fsdp": fsdp})
    assert_the_same(found, tmp_path / "run", alone)


@pytest.mark.parametrize(
    "changes",
    [
        {"stories": 41, "accumulation": 1},  # the last batch of an epoch: 1 row for 2 processes
        {"stories": 45, "accumulation": 4, "fsdp": True},  # 3 and 2 rows, each a part
    ],
)
def test_a_last_batch_may_give_the_processes_unequal_rows(tmp_path, changes):
    changes = {
        "corpus": "tales", "order": "documents", "held_out_stories": 8, "sample_tokens": 0,
        "steps": 6, "eval_every": 3, **changes,
    }  # fmt: skip
    found = ranks.run(2, tmp_path / "run", **{**SETTINGS, **changes})
    alone = run_alone(tmp_path / "alone", **changes)
    assert_the_same(found, tmp_path / "run", alone)


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_blocks_that_wait_in_two_processes(tmp_path, optimizer):
    """Each depth is wrapped anew around the same parameters: no gradient may count twice."""
    changes = {"n_layer": 2, "depth_plan": "0:1 3:2", "optimizer": optimizer}
    found = ranks.run(2, tmp_path / "run", **{**SETTINGS, **changes})
    expected, checkpoint = run_alone(tmp_path / "alone", **changes)
    assert_same_curve(found, expected)
    if optimizer == "adamw":  # muon makes as long as the others what is rounding at first
        assert_same_state(tmp_path / "run", checkpoint)


def test_a_missing_best_model_is_made_anew_of_weights_that_are_shared_out(tmp_path):
    ranks.run(2, tmp_path / "run", **SETTINGS, fsdp=True)
    best = tmp_path / "run" / "best.safetensors"
    before = load_checkpoint(best).tensors
    best.unlink()
    found = ranks.run(2, tmp_path / "run", resume=True)
    assert all(outcome.finished for outcome, _ in found)
    assert any("was missing: it holds the last model now" in note for note in found[0][1])
    after = load_checkpoint(best).tensors
    assert {name: value.shape for name, value in after.items()} == {
        name: value.shape for name, value in before.items()
    }


@pytest.mark.parametrize(("before", "after"), [(2, 1), (1, 2)])
def test_a_run_goes_on_with_another_number_of_processes(tmp_path, alone, before, after):
    folder = tmp_path / "run"
    shared = SERVER.Value("i", 0, lock=False)
    processes, _ = ranks.start(before, folder, shared, **SETTINGS)
    give_up = time.monotonic() + 100
    while shared.value < 5 and time.monotonic() < give_up:
        time.sleep(0.01)
    for process in processes:
        process.kill()
        process.join()
    assert load_checkpoint(folder / "last.safetensors").meta["step"] == 4
    found = ranks.run(after, folder, resume=True)
    assert_the_same(found, folder, alone)


def test_a_killed_process_ends_the_others_with_one_line(tmp_path):
    shared = SERVER.Value("i", 0, lock=False)
    options = {**SETTINGS, "steps": 1000}
    processes, answers = ranks.start(2, tmp_path / "run", shared, **options)
    give_up = time.monotonic() + 100
    while shared.value < 6 and time.monotonic() < give_up:
        time.sleep(0.01)
    processes[1].kill()
    begun = time.monotonic()
    rank, error, _ = answers.get(timeout=60)
    assert time.monotonic() - begun < 20
    assert rank == 0
    assert isinstance(error, LostRankError)
    assert str(error).startswith("another process of this run has ended, so it cannot go on")
    assert "with any number of processes that divides the batch" in str(error)
    assert "last.safetensors still holds step " in str(error)
    assert "\n" not in str(error)
    processes[0].join(60)


def test_what_the_first_process_refuses_all_refuse(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "letter.txt").write_text("Dear mother")
    processes, answers = ranks.start(2, tmp_path / "run", **SETTINGS)
    for _ in processes:
        _, error, _ = answers.get(timeout=60)
        assert "run is not empty" in str(error)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch_size": 6}, "batch_size is 6 and must be a multiple of 2 processes times accumul"),
        ({"engine": "numpy"}, "the NumPy engine trains in one process and there are 2"),
        ({"fsdp": True, "optimizer": "muon"}, "fsdp shares each matrix out and muon needs it"),
        ({"fsdp": True, "depth_plan": "0:1"}, "depth_plan is '0:1' and fsdp shares out the bl"),
        ({"batch_plan": "0:2 3:5"}, "batch_plan has the value 5 and must have multiples of 2 pr"),
    ],
)
def test_what_does_not_go_into_two_processes_is_one_line(tmp_path, changes, message):
    processes, answers = ranks.start(2, tmp_path / "run", **{**SETTINGS, **changes})
    for _ in processes:
        _, error, _ = answers.get(timeout=60)
        assert message in str(error)


def torchrun(*options):
    command = [
        sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2",
        "--master-port", str(ranks.free_port()), "-m", "tinytx", "train", *options,
    ]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=240,
        env={**os.environ, "OMP_NUM_THREADS": "1"}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_torchrun_starts_the_command_and_goes_on(tmp_path):
    """As a reader types it: one line of progress for each row, from one process only.

    A run in two halves, its weights shared out, ends where one process does at once. The second
    half is the same command in two processes that torchrun need not start: it takes seconds.
    """
    settings = {**SETTINGS, "schedule": "constant"}  # the rate does not depend on the length
    options = [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()]
    folder = tmp_path / "run"
    said = torchrun("tales", "--out", str(folder), *options, "--fsdp", "--steps", "4")
    assert [said.count(words) for words in ("step 4 ", "everything is in ")] == [1, 1]
    assert load_checkpoint(folder / "last.safetensors").meta["step"] == 4
    said = ranks.typed(2, "train", "--out", str(folder), "--resume", "--steps", "8")
    assert [code for code, _ in said] == [0, 0]
    for words in ("step 8 ", "everything is in "):
        assert [told.count(words) for _, told in said] == [1, 0]
    _, checkpoint = run_alone(tmp_path / "alone", schedule="constant")
    assert_same_state(folder, checkpoint)
