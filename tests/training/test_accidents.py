"""What happens around a run: two at once, a full disk, odd numbers, a screen that cannot show."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time

import numpy as np
import pytest
import torch

from tinytx.config import GPTConfig
from tinytx.manual import GPT
from tinytx.recipes.raven import Raven
from tinytx.training import (
    DivergenceError,
    RunFolder,
    TrainConfig,
    load_checkpoint,
    save_checkpoint,
)
from tinytx.training.model_file import load_model, save_model

from . import tiny

TINY = {"steps": 8, "eval_every": 4, "save_every": 4, "d_model": 8, "warmup_steps": 2}


def test_two_runs_that_found_one_folder_empty_do_not_both_write(tmp_path):
    one, other = (tiny.trainer(RunFolder(tmp_path / "run")) for _ in range(2))
    one.run()
    before = (tmp_path / "run" / "last.safetensors").read_bytes()
    with pytest.raises(ValueError, match="run is not empty: continue its run with --resume"):
        other.run()
    assert (tmp_path / "run" / "last.safetensors").read_bytes() == before


def test_a_run_in_progress_keeps_every_other_out(tmp_path):
    first = tiny.trainer(RunFolder(tmp_path / "run"))
    second = tiny.trainer(RunFolder(tmp_path / "run"))
    with first.folder.claimed(), pytest.raises(ValueError, match="another run is training in"):
        second.run()
    second.run()


def test_a_resume_does_not_touch_what_another_one_is_writing(tmp_path):
    tiny.trainer(RunFolder(tmp_path / "run"), steps=12).run()
    folder = RunFolder(tmp_path / "run", resume=True)
    temporary = tmp_path / "run" / ".last.safetensors.0123abcd.tmp"
    temporary.write_bytes(b"half")
    with folder.claimed():
        assert not temporary.exists()
        temporary.write_bytes(b"mine")
        tiny.trainer(RunFolder(tmp_path / "run", resume=True))  # it reads, and removes nothing
        assert temporary.exists()


def test_a_checkpoint_that_changed_since_it_was_read_is_not_written_over(tmp_path):
    tiny.trainer(RunFolder(tmp_path / "run"), steps=12).run()
    late = tiny.trainer(RunFolder(tmp_path / "run", resume=True))
    os.utime(tmp_path / "run" / "last.safetensors", ns=(1, 1))
    with pytest.raises(ValueError, match="has changed since it was read: resume again"):
        late.run()


def test_a_killed_run_leaves_no_lock(tmp_path):
    code = """if True:
        import sys, time
        from tinytx.training import RunFolder
        with RunFolder(sys.argv[1]).claimed():
            print("claimed", flush=True)
            time.sleep(600)
    """
    child = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE)
    assert child.stdout.readline() == b"claimed\n"
    with pytest.raises(ValueError, match="another run"), RunFolder(tmp_path).claimed():
        pass
    child.kill()
    child.wait()
    with RunFolder(tmp_path).claimed():
        pass


def test_a_run_that_failed_at_its_first_step_does_not_block_its_folder(tmp_path):
    fails = tiny.trainer(RunFolder(tmp_path / "run"))
    fails.learner.loss_and_gradients = lambda batch: float("nan")
    with pytest.raises(DivergenceError):
        fails.run()
    assert load_checkpoint(tmp_path / "run" / "last.safetensors").meta["step"] == 0
    assert tiny.trainer(RunFolder(tmp_path / "run")).run().finished
    with pytest.raises(ValueError, match="is not empty"):
        tiny.trainer(RunFolder(tmp_path / "run"))


class Numbers:
    def __init__(self, **values):
        self.values = values

    def __call__(self, step):
        return self.values


@pytest.mark.parametrize(
    "value",
    [0.5, np.float32(0.5), np.float64(0.5), np.array(0.5), np.array([0.5]), torch.tensor(0.5)],
    ids=lambda value: type(value).__name__,
)
def test_a_measurement_may_be_any_number(tmp_path, value):
    trainer = tiny.trainer(
        RunFolder(tmp_path / "run"), evaluate=Numbers(val_loss=value, n=np.int64(3))
    )
    trainer.run()
    row = load_checkpoint(tmp_path / "run" / "last.safetensors").meta["history"][0]
    assert (row["val_loss"], row["n"]) == (0.5, 3)


@pytest.mark.parametrize("value", [float("nan"), np.float32("inf"), torch.tensor(float("nan"))])
def test_a_measurement_that_is_no_number_stops_nothing_and_is_never_best(tmp_path, value):
    trainer = tiny.trainer(RunFolder(tmp_path / "run"), evaluate=Numbers(val_loss=value))
    assert trainer.run().finished
    resumed = tiny.trainer(RunFolder(tmp_path / "run", resume=True))
    assert not np.isfinite(resumed.history[-1]["val_loss"])
    assert resumed.best == np.inf


@pytest.mark.parametrize("value", [None, [1.0], np.ones(2), torch.ones(2), {"a": 1}])
def test_what_is_no_measurement_is_named(tmp_path, value):
    trainer = tiny.trainer(RunFolder(tmp_path / "run"), evaluate=Numbers(val_loss=value))
    kind = type(value).__name__
    with pytest.raises(
        ValueError, match=f"^evaluate gave 'val_loss' as {kind} and must give a num"
    ):
        trainer.run()


def test_numbers_of_numpy_are_settings_like_others():
    config = TrainConfig(steps=np.int64(4), batch_size=np.int32(2), lr=np.float32(0.5))
    assert (type(config.steps), type(config.lr)) == (int, float)
    sizes = {"vocab_size": 8, "context_length": 5, "n_layer": 1, "n_head": 2, "d_model": 6}
    odd = {"dropout": np.float64(0.25), "init_std": np.float32(0.5), "bias": np.bool_(False)}
    model = GPTConfig(**sizes, **odd)
    assert (model.dropout, model.bias) == (0.25, False)
    assert type(model.init_std) is float
    with pytest.raises(ValueError, match=r"dropout is 1\.0 and must be at least 0 and below 1"):
        GPTConfig(**{**model.to_dict(), "dropout": np.float64(1)})


class Screen:
    """A report that fails as a terminal does that cannot show a character, or is closed."""

    def __init__(self, event, error):
        self.event, self.error, self.seen = event, error, []

    def __getattr__(self, name):
        def told(*what):
            self.seen.append(name)
            if name == self.event:
                raise self.error

        return told


@pytest.mark.parametrize("event", ["start", "step", "row", "stop"])
@pytest.mark.parametrize("error", [UnicodeEncodeError("cp932", "—", 0, 1, "no"), BrokenPipeError()])
def test_a_report_that_fails_stops_nothing(tmp_path, event, error):
    trainer = tiny.trainer(RunFolder(tmp_path / "run"), evaluate=Numbers(val_loss=1.0))
    screen = trainer.report = Screen(event, error)
    assert trainer.run().finished
    assert screen.seen[-1] == event
    assert load_checkpoint(tmp_path / "run" / "last.safetensors").meta["step"] == 12


def test_a_row_is_told_after_it_was_saved(tmp_path):
    trainer = tiny.trainer(RunFolder(tmp_path / "run"), evaluate=Numbers(val_loss=1.0))
    steps = []

    class Looks:
        def __getattr__(self, name):
            return lambda *what: None

        def row(self, row):
            meta = load_checkpoint(tmp_path / "run" / "last.safetensors").meta
            steps.append((row["step"], meta["step"], meta["history"][-1]["step"]))

    trainer.report = Looks()
    trainer.run()
    assert steps == [(4, 4, 4), (8, 8, 8), (12, 12, 12)]


@pytest.mark.parametrize("encoding", ["cp932", "ascii", "latin-1"])
def test_the_command_trains_where_the_poem_cannot_be_shown(tmp_path, encoding):
    options = [f"--{name.replace('_', '-')}={value}" for name, value in TINY.items()]
    command = [sys.executable, "-m", "tinytx", "train", "raven", "--out", str(tmp_path / "run")]
    env = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run([*command, *options], env=env, capture_output=True, timeout=1200)
    assert done.returncode == 0, done.stderr
    assert b"step 8" in done.stdout
    assert (tmp_path / "run" / "loss.png").exists()


def test_a_closed_pipe_ends_no_run(tmp_path):
    options = [f"--{name.replace('_', '-')}={value}" for name, value in TINY.items()]
    command = [sys.executable, "-m", "tinytx", "train", "raven", "--out", str(tmp_path / "run")]
    child = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    child.stdout.close()
    errors = child.stderr.read()
    child.wait(120)
    assert b"Traceback" not in errors
    assert load_checkpoint(tmp_path / "run" / "last.safetensors").meta["step"] == 8
    assert (tmp_path / "run" / "loss.png").exists()


def test_a_full_disk_names_the_file(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"No space left on device: '.*last\.safetensors'"):
        tiny.trainer(RunFolder(tmp_path / "run")).run()


def test_a_best_model_that_went_missing_is_said_and_made_anew(tmp_path):
    made = Raven().trainer(tmp_path / "run", **{**TINY, "steps": 8})
    made.run()
    (tmp_path / "run" / "best.safetensors").unlink()
    again = Raven().trainer(tmp_path / "run", resume=True)
    assert again.notes == [
        f"{tmp_path / 'run' / 'best.safetensors'} is missing: the best model is looked for anew"
    ]
    again.run()
    assert again.notes[1].endswith("best.safetensors was missing: it holds the last model now")
    assert load_model(tmp_path / "run" / "best.safetensors").meta["step"] == 8


def test_what_a_kill_left_of_a_picture_is_removed(tmp_path):
    tiny.trainer(RunFolder(tmp_path / "run")).run()
    left = tmp_path / "run" / ".loss.png.0123abcd.tmp"
    left.write_bytes(b"half a picture")
    tiny.trainer(RunFolder(tmp_path / "run", resume=True)).run()
    assert not left.exists()


HUGE = [
    ({"d_model": 10**6}, "a model of n_layer 1, d_model 1000000, .* takes [\\d,]+ GB at least"),
    ({"context_length": 10**7}, "a batch of batch_size 12 and context_length 10000000 takes"),
    ({"batch_size": 10**12}, "a batch of batch_size 1000000000000 .* lower --batch-size"),
    ({"n_layer": 10**12}, "a model of n_layer 1000000000000"),
]


def spent(call):
    """Return the seconds of processor time that ``call`` takes: a busy machine adds none."""
    start = time.process_time()
    call()
    return time.process_time() - start


def refused(call, says):
    """Return what it takes to be refused."""

    def run():
        with pytest.raises(ValueError, match=says):
            call()

    return spent(run)


@pytest.mark.parametrize(("changes", "says"), HUGE)
def test_what_is_too_large_to_be_meant_is_refused_at_once(tmp_path, changes, says):
    usual = max(spent(lambda: Raven().trainer(None, **TINY)) for _ in range(3))
    assert refused(lambda: Raven().trainer(tmp_path / "run", **changes), says) < 20 * usual
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("part", ["config", "data", "train"])
@pytest.mark.parametrize("value", [..., None, {"d_model": []}])
def test_a_run_whose_settings_were_changed_is_refused_in_one_line(tmp_path, part, value):
    Raven().trainer(tmp_path / "run", **TINY).save()
    last = tmp_path / "run" / "last.safetensors"
    tensors, meta = load_checkpoint(last)
    meta["identity"].pop(part)
    if value is not ...:
        meta["identity"][part] = value
    save_checkpoint(last, tensors, meta)
    with pytest.raises(ValueError, match=r"^[^\n]{,300}$"):
        Raven().trainer(last.parent, resume=True)


@pytest.mark.parametrize("field", ["d_model", "n_layer", "vocab_size", "d_ff"])
def test_a_checkpoint_whose_configuration_is_another_is_refused_before_it_is_made(tmp_path, field):
    trainer = Raven().trainer(None, **TINY)
    identity = trainer.identity
    identity["config"][field] = 10**6 if field == "n_layer" else 10**3
    save_model(tmp_path / "a", trainer.learner.model, {"identity": identity, "step": 0})
    usual = max(spent(lambda: Raven().trainer(None, **TINY)) for _ in range(3))
    says = r"its configuration has [\d,]+ weights and it holds"
    assert refused(lambda: load_model(tmp_path / "a"), says) < 20 * usual


@pytest.mark.parametrize(
    "identity", [None, [], "x", {"config": 1}, {"config": {}, "tokenizer": []}]
)
def test_a_checkpoint_of_another_shape_is_refused_in_one_line(tmp_path, identity):
    model = GPT(tiny.CONFIG, np.random.default_rng(0))
    save_model(tmp_path / "a", model, {"identity": identity, "step": 0})
    with pytest.raises(ValueError, match="holds no model that fits together") as error:
        load_model(tmp_path / "a")
    assert len(str(error.value)) < 300


def test_both_engines_refuse_a_model_larger_than_the_machine(monkeypatch):
    from tinytx import pytorch

    config = GPTConfig(vocab_size=8, context_length=5, n_layer=1, n_head=2, d_model=128)
    monkeypatch.setattr("tinytx.room.machine_memory", lambda: 400_000)  # half of its weights
    with pytest.raises(ValueError, match="takes 0 GB at least, and this machine has 0 GB"):
        GPT(config, np.random.default_rng(0))
    with pytest.raises(ValueError, match="make it smaller"):
        pytorch.GPT(config)
    assert pytorch.GPT(config, device="meta").lm_head.weight.is_meta


def test_only_numpy_needs_room_for_a_mask_of_the_whole_context(monkeypatch):
    from tinytx import pytorch

    config = GPTConfig(
        vocab_size=8, context_length=9000, n_layer=1, n_head=2, d_model=8, positions="none"
    )
    monkeypatch.setattr("tinytx.room.machine_memory", lambda: 80_000_000)  # 81 MB are 9000 squared
    with pytest.raises(ValueError, match=r"context_length 9000, .* make it smaller"):
        GPT(config, np.random.default_rng(0))
    assert pytorch.stretched(pytorch.GPT(config), 9001).config.context_length == 9001
