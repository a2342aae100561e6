"""What the training loop costs over the same step written bare.

    python benchmarks/loop.py [--rounds 9] [--threads 2]

Both in one process, in turn, with the same model, batch and settings: between two processes the
layout of memory alone makes five percent, either way. The loop looks up the rate, counts targets,
checks the loss and keeps its sum, and asks whether to stop; ``benchmarks/trainee.py`` has both.
"""

from __future__ import annotations

import argparse
import os
import sys

THREADS = sys.argv[sys.argv.index("--threads") + 1] if "--threads" in sys.argv else "2"
os.environ["OMP_NUM_THREADS"] = THREADS

import torch  # noqa: E402
from harness import compare, environment, ratio, verdict  # noqa: E402
from trainee import loop_of, step_of  # noqa: E402

from tinytx.config import GPTConfig  # noqa: E402
from tinytx.pytorch import GPT  # noqa: E402

STEPS = 15
LIMIT = 1.03


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    config = GPTConfig(vocab_size=256, context_length=64, n_layer=4, n_head=4, d_model=128)
    models = [GPT(config, torch.Generator().manual_seed(0)) for _ in range(2)]
    steps = {"bare": step_of(models[0], 12, 64, False), "loop": loop_of(models[1], 12, 64)}
    runs = {name: lambda one=one: [one() for _ in range(STEPS)] for name, one in steps.items()}
    times = compare(runs, args.rounds)
    print(environment(("torch",), ("OMP_NUM_THREADS",)))
    print(verdict("the loop's time of the bare step's", ratio(times, "loop", "bare"), LIMIT))


if __name__ == "__main__":
    main()
