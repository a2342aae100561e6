"""How fast this machine trains a model and writes with it, both engines side by side.

The contenders run in turn, round after round, and a ratio is taken within each round before its
median: what slows the machine for a while slows both. The ids are random; what they are does not
change what a step costs.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from dataclasses import replace
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from ..config import GPTConfig
from ..generation import generate
from ..inspect.sizes import flops
from ..training.learner import NumPyLearner
from ..training.settings import PLANS, TrainConfig
from .registry import recipe_for

USUAL = (
    GPTConfig(vocab_size=256, context_length=64, n_layer=4, n_head=4, d_model=128),
    TrainConfig(steps=1, batch_size=12, lr=1e-3),
)
ROUNDS = 5
LARGEST = 2e10  # operations of a step; a larger batch is cut, so that a round takes seconds
Unit = Callable[[], int]  # does some work, returns how many tokens that was


class Speed(NamedTuple):
    """What one contender reached."""

    work: str  # "a training step" or "generation"
    engine: str
    tokens_per_second: float
    ratio: float  # to NumPy at the same work


class Pace(NamedTuple):
    """What was measured, and on what."""

    shape: str
    speeds: list[Speed]
    machine: str


def measure_pace(preset: str | os.PathLike[str] | None = None, seconds: float = 20.0) -> Pace:
    """Return tokens per second of a training step and of generation, by both engines.

    Parameters
    ----------
    preset
        Whose model and settings; None for a small GPT of 4 blocks, 4 heads and 128 dimensions.
    seconds
        How long to measure, about. What is slow to start takes longer.

    Raises
    ------
    ValueError
        If there is no such preset, or ``seconds`` is not above 0.
    """
    if not 0 < seconds < float("inf"):
        raise ValueError(f"seconds is {seconds} and must be above 0 and finite")
    config, train = USUAL if preset is None else recipe_for(preset).settings()
    train = _short(config, train)
    units = _units(config, train)
    rates = _rounds(units, seconds)
    speeds = []
    for (work, engine), found in rates.items():
        first = rates[work, "NumPy"]
        ratio = median(mine / other for mine, other in zip(found, first, strict=True))
        speeds.append(Speed(work, engine, median(found), ratio))
    return Pace(_shape(config, train), speeds, machine())


def _short(config: GPTConfig, train: TrainConfig) -> TrainConfig:
    """Return settings of one step in one piece, small enough to be repeated."""
    work = 3 * sum(flops(config, config.context_length).values()) * config.context_length
    rows = max(1, min(train.batch_size, int(LARGEST / work)))
    plain: dict[str, Any]
    plain = {"accumulation": 1, "compile": False, "fsdp": False, **dict.fromkeys(PLANS)}
    return replace(train, batch_size=rows, **plain)


def _units(config: GPTConfig, train: TrainConfig) -> dict[tuple[str, str], Unit]:
    """Return the contenders by work and engine; a model that is not causal writes nothing."""
    import torch

    from .. import manual, pytorch
    from ..training.torch_learner import TorchLearner

    rng = np.random.default_rng(0)
    by_hand = manual.GPT(config, rng, np.float32)
    twin = pytorch.GPT(config, torch.Generator().manual_seed(0))
    hand_train = replace(train, precision="float32")
    units = {
        ("a training step", "NumPy"): _step(NumPyLearner.of(by_hand, hand_train), config, train),
        ("a training step", "PyTorch"): _step(TorchLearner(twin, train), config, train),
    }
    if config.causal:  # with weights of their own: training must not disturb them
        writers = {
            "NumPy": manual.GPT(config, rng, np.float32).eval(),
            "PyTorch": pytorch.GPT(config).eval(),
        }
        n = min(128, max(32, config.context_length - 1))
        units |= {("generation", name): _write(model, n) for name, model in writers.items()}
    return units


def _step(learner: Any, config: GPTConfig, train: TrainConfig) -> Unit:
    shape = (train.batch_size, config.context_length + 1)
    ids = np.random.default_rng(1).integers(config.vocab_size, size=shape)

    def unit() -> int:
        learner.loss_and_gradients((ids[:, :-1], ids[:, 1:]))
        learner.step(1e-5)
        return ids[:, 1:].size

    return unit


def _write(model: Any, n: int) -> Unit:
    def unit() -> int:
        generate(model, [[0]], n, temperature=0)
        return n

    return unit


def _rounds(units: dict[Any, Unit], seconds: float) -> dict[Any, list[float]]:
    """Return the tokens per second of each contender in each round."""
    slot = seconds / (ROUNDS * len(units))
    repeats = {}
    for name, unit in units.items():
        unit()  # what is made at the first call is no part of the second
        start = time.perf_counter()
        unit()
        repeats[name] = max(1, round(slot / (time.perf_counter() - start)))
    rates: dict[Any, list[float]] = {name: [] for name in units}
    for _ in range(ROUNDS):
        for name, unit in units.items():
            start = time.perf_counter()
            tokens = sum(unit() for _ in range(repeats[name]))
            rates[name].append(tokens / (time.perf_counter() - start))
    return rates


def _shape(c: GPTConfig, train: TrainConfig) -> str:
    return (
        f"L{c.n_layer} H{c.n_head} D{c.d_model}, vocabulary {c.vocab_size:,}, "
        f"{train.batch_size} texts of {c.context_length} tokens, {train.optimizer}"
    )


def machine() -> str:
    """Return what computed: the processor, its cores, threads and versions."""
    import torch

    from ..training.device import pick_device

    chip = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            named = [line for line in file if line.startswith("model name")]
        chip = named[0].partition(":")[2].strip() if named else chip
    except OSError:  # no Linux
        pass
    device = pick_device()
    card = f", {torch.cuda.get_device_name(device)}" if device.type == "cuda" else ""
    return (
        f"{chip}, {os.cpu_count()} cores, {torch.get_num_threads()} threads{card}; "
        f"Python {platform.python_version()}, numpy {np.__version__}, torch {torch.__version__}"
    )
