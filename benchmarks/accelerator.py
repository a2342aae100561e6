"""How much of a graphics card the training loop uses: tokens/s, and the share of its matrix peak.

    python benchmarks/accelerator.py [--preset fineweb] [--rows 512] [--parts 4] [--seconds 20]

The preset's model and settings on random tokens, so that nothing is downloaded; bf16 where the
card has it, compiled. The peak is *measured* on the same card: the best of a few square products.
A step costs three times the forward pass (``tinytx.inspect.flops``), dropout and norms not counted.
"""

from __future__ import annotations

import argparse
import json
import time

import numpy as np
import torch

from tinytx.config import GPTConfig
from tinytx.inspect import flops
from tinytx.pytorch import GPT
from tinytx.recipes.preset import read_preset
from tinytx.training import TrainConfig, Trainer
from tinytx.training.torch_learner import TorchLearner

SIZES = (2048, 4096, 8192)


class RandomSource:
    """Random tokens: eight batches, again and again."""

    def __init__(self, V: int, rows: int, T: int):
        draws = np.random.default_rng(0)
        self.batches = [draws.integers(0, V, (2, rows, T)) for _ in range(8)]
        self.given = 0

    def next_batch(self):
        """Return ids and targets."""
        self.given += 1
        return tuple(self.batches[self.given % 8])

    def state(self):
        """Return nothing: there is no order."""
        return {}


def peak(device: torch.device, dtype: torch.dtype) -> float:
    """Return the most operations per second that a product of matrices reached."""
    best = 0.0
    for n in SIZES if device.type == "cuda" else SIZES[:1]:
        a, b = (torch.randn(n, n, device=device, dtype=dtype) for _ in range(2))
        for _ in range(3):
            a @ b
        settle(device)
        start, turns = time.perf_counter(), 0
        while time.perf_counter() - start < 0.5:
            for _ in range(8):
                a @ b
            settle(device)
            turns += 8
        best = max(best, 2 * n**3 * turns / (time.perf_counter() - start))
    return best


def settle(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def measure(preset: str, rows: int, parts: int, seconds: float, **changes) -> dict[str, object]:
    """Return what the loop does in about ``seconds``."""
    given = read_preset(preset)
    V = given.model.get("vocab_size", 100_277)
    config = GPTConfig(**{"vocab_size": V, **given.model})
    settings = {**given.train, "batch_size": rows, "accumulation": parts, **changes}
    train = TrainConfig(**{**settings, "steps": 10**9, "eval_every": 10**9})
    model = GPT(config, torch.Generator().manual_seed(0))
    learner = TorchLearner(model, train)
    T = config.context_length
    trainer = Trainer(learner, RandomSource(V, rows, T), train)
    for _ in range(3):
        trainer._step()
    settle(learner.device)
    start, steps = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        trainer._step()
        steps += 1
    settle(learner.device)
    spent = time.perf_counter() - start
    tokens = steps * rows * T / spent
    per_second = 3 * sum(flops(config, T).values()) * tokens
    top = peak(learner.device, learner._dtype or torch.float32)
    name = learner.device.type
    if name == "cuda":
        name = torch.cuda.get_device_name()
    return {
        "device": name, "torch": torch.__version__, "dtype": str(learner._dtype),
        "compile": train.compile, "rows": rows, "parts": parts, "ms a step": 1000 * spent / steps,
        "tokens/s": round(tokens), "TFLOP/s": per_second / 1e12, "peak TFLOP/s": top / 1e12,
        "share of the peak": per_second / top,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="fineweb")
    parser.add_argument("--rows", type=int, default=512, help="sequences in a step")
    parser.add_argument("--parts", type=int, default=4, help="accumulation")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--eager", action="store_true", help="do not compile")
    args = parser.parse_args()
    options = {"compile": not args.eager}
    print(
        json.dumps(measure(args.preset, args.rows, args.parts, args.seconds, **options), indent=1)
    )


if __name__ == "__main__":
    main()
