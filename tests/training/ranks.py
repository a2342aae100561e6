"""Runs of several processes for tests, started without ``torchrun``, which takes seconds."""

from __future__ import annotations

import contextlib
import functools
import io
import os
import socket
import time
from multiprocessing.connection import wait

from tinytx.recipes.preset import read_preset
from tinytx.recipes.text import TextRecipe

from .test_kill import SERVER, TEXT

SETTINGS = {
    **TEXT, "optimizer": "adamw", "steps": 8, "batch_size": 8, "eval_every": 4, "save_every": 4,
    "d_model": 8, "warmup_steps": 2, "schedule": "linear", "clip": 1.0, "seed": 3,
}  # fmt: skip


def free_port():
    with contextlib.closing(socket.socket()) as found:
        found.bind(("localhost", 0))
        return found.getsockname()[1]


class Pause:
    """A report that lets a step take a while, and tells another process which one is done."""

    def __init__(self, shared, seconds):
        self.shared, self.seconds = shared, seconds

    def start(self, step, steps):
        pass

    def step(self, step, loss):
        self.shared.value = step
        time.sleep(self.seconds)

    def row(self, row):
        pass

    def stop(self):
        pass


def place(rank, size, port):
    """Return what torchrun tells a process."""
    return {
        "RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(size),
        "MASTER_ADDR": "localhost", "MASTER_PORT": str(port),
    }  # fmt: skip


def one(rank, size, port, answers, folder, shared, options):
    """Be one rank of a run; put its outcome or its error into ``answers``."""
    os.environ.update(options.pop("environment", {}), **place(rank, size, port))
    import torch

    torch.set_num_threads(1)
    if "backend" in options:  # the real compiler takes longer than everything else here
        torch.compile = functools.partial(torch.compile, backend=options.pop("backend"))
    try:
        report = None if shared is None else Pause(shared, 0.05)
        recipe = TextRecipe(read_preset(options.pop("preset", "tales")))
        trainer = recipe.trainer(folder, report=report, **options)
        outcome = trainer.run()
        answers.put((rank, outcome, trainer.notes))
        trainer.world.leave()
    except Exception as error:
        answers.put((rank, error, []))


def start(size, folder, shared=None, **options):
    """Start a run of ``size`` processes; return these, and the queue of their answers."""
    answers, port = SERVER.Queue(), free_port()
    processes = [
        SERVER.Process(target=one, args=(rank, size, port, answers, folder, shared, options))
        for rank in range(size)
    ]
    for process in processes:
        process.start()
    return processes, answers


def run(size, folder, **options):
    """Run to the end and return each rank's outcome and notes, in the order of ranks."""
    processes, answers = start(size, folder, **options)
    found = sorted((answers.get(timeout=120) for _ in processes), key=lambda one: one[0])
    wait([process.sentinel for process in processes], timeout=60)
    for process in processes:
        process.join(60)
    for _, outcome, _ in found:
        if isinstance(outcome, Exception):
            raise outcome
    return [(outcome, notes) for _, outcome, notes in found]


def one_typed(rank, size, port, answers, words):
    """Be one rank of a command; put its exit code and what it prints into ``answers``."""
    os.environ.update(place(rank, size, port))
    from tinytx.cli import main

    with contextlib.redirect_stdout(io.StringIO()) as out:
        code = main(list(words))
    answers.put((rank, code, out.getvalue()))


def typed(size, *words):
    """Run a command in ``size`` processes; return each rank's exit code and words."""
    answers, port = SERVER.Queue(), free_port()
    processes = [
        SERVER.Process(target=one_typed, args=(rank, size, port, answers, words))
        for rank in range(size)
    ]
    for process in processes:
        process.start()
    found = sorted(answers.get(timeout=120) for _ in processes)
    for process in processes:
        process.join(60)
    return [(code, said) for _, code, said in found]
