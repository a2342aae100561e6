"""One contender of ``benchmarks/pytorch.py`` in a process of its own, which trains on demand.

    python benchmarks/trainee.py model.pt --batch 12 --length 64 [--fast] [--before small.pt]
    python benchmarks/trainee.py model.pt --batch 12 --length 64 --loop   (tinytx's training loop)

Only the contender's own package is imported here, by unpickling its model, so each has the process
that its users have. It matters: tinytx makes the C library keep freed memory (manual/memory.py),
and in one process that would speed up the others as well.

Reads a number of steps from each line and answers with a line of JSON: the losses, and the growth
of the process so far, in MiB from before the model was read to the peak. With ``--before`` a small
model has taken a step by then, so that what libraries load does not count.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
from collections.abc import Callable

import torch
from torch import nn
from torch.nn.functional import cross_entropy


def step_of(model: nn.Module, B: int, T: int, fast: bool) -> Callable[[], float]:
    """Return a training step: forward, loss, zeroing the gradients, backward, AdamW.

    With ``fast`` the model is compiled, and its products are in bf16.
    """
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01, fused=True)
    draws = torch.Generator().manual_seed(1)
    ids, targets = (torch.randint(256, (B, T), generator=draws) for _ in range(2))
    model.train()
    forward = torch.compile(model, fullgraph=True) if fast else model

    def step() -> float:
        with torch.autocast("cpu", torch.bfloat16, enabled=fast):
            out = forward(ids)
            logits = out.logits if hasattr(out, "logits") else out  # transformers wraps them
            loss = cross_entropy(logits.flatten(0, 1).float(), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


class Same:
    """A source of the same batch again and again, as the bare step has it."""

    def __init__(self, B: int, T: int):
        draws = torch.Generator().manual_seed(1)
        ids, targets = (torch.randint(256, (B, T), generator=draws) for _ in range(2))
        self.batch = ids.numpy(), targets.numpy()

    def next_batch(self):
        """Return ids and targets."""
        return self.batch

    def state(self):
        """Return nothing: there is no order."""
        return {}

    def restore(self, state):
        """Do nothing."""


def loop_of(model: nn.Module, B: int, T: int) -> Callable[[], float]:
    """Return a step of the package's loop with the settings of the bare one, and its progress bar.

    The gradient is looked at as it is in every run (nobody limits it here), the rate is set anew,
    the loss goes into the row to come.
    """
    from rich.console import Console

    from tinytx.training import TrainConfig, Trainer
    from tinytx.training.progress import ProgressBar
    from tinytx.training.torch_learner import TorchLearner

    settings = {"steps": 10**9, "batch_size": B, "lr": 1e-3, "weight_decay": 0.01}
    config = TrainConfig(**settings, eval_every=10**9, device="cpu")
    trainer = Trainer(TorchLearner(model, config), Same(B, T), config)
    trainer.report = ProgressBar(lambda step: B * T, Console(stderr=True))
    trainer.report.start(0, config.steps)
    model.train()

    def step() -> float:
        before = trainer._loss_sum
        trainer._step()
        return trainer._loss_sum - before

    return step


def read(path: str) -> nn.Module:
    """Return the model that benchmarks/pytorch.py wrote a moment ago; read nothing else with it."""
    return torch.load(path, weights_only=False)


def resident() -> float:
    """Return how much memory this process holds now, in MiB."""
    import psutil

    return psutil.Process().memory_info().rss / 2**20


def peak() -> float:
    """Return the most memory this process has held, in MiB."""
    import resource

    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--length", type=int, required=True)
    parser.add_argument("--fast", action="store_true")
    parser.add_argument("--loop", action="store_true")
    parser.add_argument("--before")
    args = parser.parse_args()
    if args.before:
        step_of(read(args.before), 2, 8, args.fast)()
        gc.collect()
    start = resident()
    model, sizes = read(args.model), (args.batch, args.length)
    step = loop_of(model, *sizes) if args.loop else step_of(model, *sizes, args.fast)
    for line in sys.stdin:
        losses = [step() for _ in range(int(line))]
        print(json.dumps({"losses": losses, "grown": peak() - start}), flush=True)


if __name__ == "__main__":
    main()
