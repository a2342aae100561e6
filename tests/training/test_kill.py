"""A training process that is killed at any moment and resumed is the same run, bit for bit."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time

import numpy as np
import pytest

from tinytx.files import is_leftover
from tinytx.recipes.listops import ListOps
from tinytx.recipes.preset import read_preset
from tinytx.recipes.raven import Raven
from tinytx.recipes.text import TextRecipe
from tinytx.training import load_checkpoint

# Small, with dropout (so that the model's generator matters), and saving so often that kills land
# in the middle of writing, too.
COMMON = {"steps": 40, "eval_every": 20, "save_every": 4, "d_model": 8, "dropout": 0.1, "seed": 3}
TEXT = {  # PyTorch, a step in two parts, two optimizers
    "corpus": "raven", "tokenizer": "char", "context_length": 12, "n_layer": 1, "n_head": 2,
    "batch_size": 4, "accumulation": 2, "optimizer": "muon", "warmup_steps": 10,
    "sample_tokens": 5, "eval_windows": 8, "order": "random",
}  # fmt: skip


def text():
    return TextRecipe(read_preset("tales"))


RUNS = {
    "raven": (Raven, {**COMMON, "warmup_steps": 10}),
    "listops": (ListOps, {**COMMON, "n": 100, "n_layer": 1, "n_head": 2, "warmup_steps": 10}),
    "text": (text, {**COMMON, **TEXT}),
}
KILLS = {"raven": 8, "listops": 8, "text": 6}  # what one takes is PyTorch's start
SERVER = multiprocessing.get_context(
    "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
)
# The last two are imported by PyTorch's first optimizer and by sharing out, in 1.6 s: of what a
# process of these tests takes it would be nine tenths.
SERVER.set_forkserver_preload(
    ["tinytx.recipes.raven", "tinytx.recipes.listops", "tinytx.recipes.text",
     "tinytx.training.torch_learner", "torch._dynamo", "torch.distributed.fsdp"]
)  # fmt: skip


class Counter:
    """Tells another process which step is done."""

    def __init__(self, shared):
        self.shared = shared

    def start(self, step, steps):
        pass

    def step(self, step, loss):
        self.shared.value = step
        time.sleep(0.0005)  # as long as a step takes: the killer shall not always come too late

    def row(self, row):
        pass

    def stop(self):
        pass


def train(name, folder, shared=None, resume=False):
    make, settings = RUNS[name]
    report = None if shared is None else Counter(shared)
    changes = {} if resume else settings
    return make().trainer(folder, resume=resume, report=report, **changes).run()


def train_and_die_in_a_move(name, folder, moves):
    """Kill the own process when a file is about to be moved into place for the n-th time."""
    move = os.replace

    def deadly(*arguments):
        deadly.left -= 1
        if deadly.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        move(*arguments)

    deadly.left = moves
    os.replace = deadly
    train(name, folder)


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module", params=RUNS)
def uninterrupted(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    outcome = train(request.param, folder)
    assert outcome.finished
    return request.param, files(folder)


def kill_at(name, folder, step):
    """Start a process, kill it with SIGKILL once it has done ``step`` steps; return its last."""
    shared = SERVER.Value("i", 0, lock=False)
    process = SERVER.Process(target=train, args=(name, folder, shared))
    process.start()
    give_up = time.monotonic() + 600
    while shared.value < step and process.is_alive() and time.monotonic() < give_up:
        time.sleep(0.0002)
    process.kill()
    process.join()
    return process.exitcode, shared.value


def test_killed_runs_of_each_system_end_with_the_weights_of_an_uninterrupted_one(
    uninterrupted, tmp_path
):
    name, expected = uninterrupted
    killed_early = 0
    for number, step in enumerate(np.random.default_rng(7).integers(1, 37, size=KILLS[name])):
        folder = tmp_path / str(number)
        code, done = kill_at(name, folder, step)
        if code == -signal.SIGKILL and done < 40:
            killed_early += 1
        saved = load_checkpoint(folder / "last.safetensors").meta["step"]
        assert saved <= done + 1
        assert train(name, folder, resume=True).finished
        assert files(folder) == expected
    assert killed_early >= 0.8 * KILLS[name], (
        f"only {killed_early} were killed before they were done"
    )


@pytest.mark.parametrize("moves", [3, 5, 8])
def test_a_kill_between_writing_and_moving_leaves_the_older_file(uninterrupted, tmp_path, moves):
    name, expected = uninterrupted
    process = SERVER.Process(target=train_and_die_in_a_move, args=(name, tmp_path, moves))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert any(path.name.startswith(".") for path in tmp_path.iterdir())  # what was being written
    assert train(name, tmp_path, resume=True).finished
    assert files(tmp_path) == expected  # and the leftover is gone


@pytest.mark.parametrize("moves", [1, 2])
def test_a_kill_in_the_first_writes_leaves_a_folder_that_can_be_used(
    uninterrupted, tmp_path, moves
):
    """The preset is written first, then the checkpoint of step 0."""
    name, expected = uninterrupted
    process = SERVER.Process(target=train_and_die_in_a_move, args=(name, tmp_path, moves))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert train(name, tmp_path).finished
    left = {key: value for key, value in files(tmp_path).items() if not is_leftover(key)}
    assert left == expected
