"""Experiments that never were, from a seed: arms whose seeds share their luck."""

from importlib.resources import files

import numpy as np
import pytest

from tinytx.experiments.arms import arms as all_arms
from tinytx.experiments.arms import data_of
from tinytx.experiments.recording import NAME, recorded

SEEDS = 5
STEPS = [30 * (i + 1) for i in range(10)]
FLOORS = {"tokens": 0.245, "characters": 0.152}
# How much each arm ends above the first, in nats per token.
EFFECTS = {
    "positions": {"learned": 0.0, "rotary": -0.012, "sinusoidal": 0.001, "none": 0.09},
    "norm": {"pre-norm": 0.0, "post-norm": 0.02, "post-norm, no warm-up": 0.05, "no norm": 3.0},
}
QUESTIONS = {
    "positions": "How should the model know the order of its tokens?",
    "norm": "Should the norm stand before each part or after it?",
}


def made(seeds: int = SEEDS, shared: float = 0.02, own: float = 0.003) -> dict:
    """Return two experiments; ``shared`` is what a seed does to all arms, ``own`` to each."""
    rng = np.random.default_rng(12)
    found = {}
    for name, effects in EFFECTS.items():
        data = {}
        for key, floor in FLOORS.items():
            luck = rng.normal(0, shared, seeds)
            arms = {}
            for i, (arm, effect) in enumerate(effects.items()):
                ends = floor + 0.09 + effect + luck + rng.normal(0, own, seeds)
                arms[arm] = {"lr": 0.01 * 2**i, "losses": list(ends), "curves": curves(ends, rng)}
            data[key] = {"floor": floor, "steps": STEPS, "arms": arms}
        found[name] = {"question": QUESTIONS[name], "data": data}
    trouble(found["norm"]["data"]["tokens"]["arms"])
    return found


def curves(ends: np.ndarray, rng: np.random.Generator) -> list[list[float]]:
    """Return a curve for each seed, from about 4 nats to its end."""
    begin = 4 + rng.normal(0, 0.1, len(ends))
    fall = [*(0.42 ** np.arange(len(STEPS) - 1)), 0.0]
    return [
        list(end + max(first - end, 0) * np.array(fall))
        for end, first in zip(ends, begin, strict=True)
    ]


def trouble(arms: dict) -> None:
    """Let two runs diverge half way, and make a note of it; "no norm" does not learn at all."""
    arm = arms["post-norm, no warm-up"]
    arm["note"] = "Two runs met a loss that was no number."
    for seed in (1, 4):
        arm["losses"][seed] = None
        arm["curves"][seed][4] = 11.0
        arm["curves"][seed][5:] = [None] * 5
    for seed, curve in enumerate(arms["no norm"]["curves"]):
        curve[:] = [4.05 - 0.02 * i + 0.01 * seed for i in range(len(STEPS))]
        arms["no norm"]["losses"][seed] = curve[-1]


def needs_the_recording() -> None:
    """Skip the test where the runs that ship are not there, or not all of them."""
    if not files("tinytx.experiments").joinpath(NAME).is_file():
        pytest.skip("the experiments are not recorded")
    wanted = {(arm.name, data) for arm in all_arms().values() for data in data_of(arm)}
    missing = wanted - set(recorded())
    if missing:
        pytest.skip(f"{len(missing)} of {len(wanted)} arms are not recorded")
