"""A training step of the NumPy engine against the same step by PyTorch's autograd, in float32.

    python benchmarks/training.py [--quick] [--rounds 7] [--threads 2] [--readme]

A step is everything: forward, loss, zeroing the gradients, backward, optimizer. Fair to PyTorch:
its model is written as PyTorch would have it (fused attention, in-place zeroing left to
``set_to_none``, the fused optimizer) and runs eagerly. ``tinytx.pytorch.GPT`` would be kinder to
us: it checks more, and takes 9 % longer at the Raven's shape and 8 % at list operations' T=8. Both
start from the same weights, see the same batch, and must learn alike for three steps before any
clock starts.

`--memory` takes 10,000 steps at the Raven's shape instead and prints what the process holds.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

THREADS = sys.argv[sys.argv.index("--threads") + 1] if "--threads" in sys.argv else "2"
os.environ.setdefault("OPENBLAS_NUM_THREADS", THREADS)  # read once, when NumPy is imported
os.environ.setdefault("OMP_NUM_THREADS", THREADS)

import numpy as np  # noqa: E402
import torch  # noqa: E402
from harness import compare, environment, markdown, publish, ratio, verdict  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402

from tinytx import manual  # noqa: E402
from tinytx.config import GPTConfig  # noqa: E402
from tinytx.manual import cross_entropy_backward, cross_entropy_forward  # noqa: E402

VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
LISTOPS: dict[str, Any] = {
    "vocab_size": 20, "n_layer": 2, "n_head": 4, "d_model": 64, "d_ff": 256, "norm": "post",
    "activation": "relu", "positions": "sinusoidal", "causal": False, "tie_weights": False,
    "padding_id": 0,
}  # fmt: skip
RAVEN: dict[str, Any] = {
    "vocab_size": 60, "context_length": 8, "n_layer": 1, "n_head": 1, "d_model": 32,
    "norm": "post", "tie_weights": False,
}  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """What is trained, on batches of what size, and how much time of PyTorch's it may take."""

    name: str
    config: GPTConfig
    batch: int
    optimizer: str
    limit: float  # the NumPy step's time over PyTorch's
    steps: int  # in one round


SHAPES = [
    Shape("Raven", GPTConfig(**RAVEN), 12, "SGD", 1 / 2, 400),
    Shape("list ops, T=20", GPTConfig(**LISTOPS, context_length=20), 32, "Adam", 1 / 1.1, 60),
    Shape("list ops, T=8", GPTConfig(**LISTOPS, context_length=8), 32, "Adam", 1 / 1.1, 120),
    Shape(
        "L4 H4 D128 T64",
        GPTConfig(vocab_size=256, context_length=64, n_layer=4, n_head=4, d_model=128),
        12, "AdamW", 1.5, 10,
    ),
]  # fmt: skip
OPTIONS = {"SGD": {"lr": 0.05}, "Adam": {"lr": 1e-3}, "AdamW": {"lr": 1e-3, "weight_decay": 0.01}}


class TorchBlock(nn.Module):
    """A block as one writes it in PyTorch, with the names of ours."""

    def __init__(self, c: GPTConfig):
        super().__init__()
        self.c = c
        self.ln_1, self.ln_2 = nn.LayerNorm(c.d_model), nn.LayerNorm(c.d_model)
        self.attn = nn.ModuleDict({f"{p}_proj": nn.Linear(c.d_model, c.d_model) for p in "qkvo"})
        up, down = nn.Linear(c.d_model, c.d_ff), nn.Linear(c.d_ff, c.d_model)
        self.mlp = nn.ModuleDict({"up_proj": up, "down_proj": down})

    def attend(self, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        """Read other positions: (B, T, D) to (B, T, D)."""
        B, T, D = x.shape
        heads = (B, T, self.c.n_head, self.c.d_head)
        q, k, v = (self.attn[f"{p}_proj"](x).view(heads).transpose(1, 2) for p in "qkv")
        out = functional.scaled_dot_product_attention(
            q, k, v, attn_mask=mask, is_causal=self.c.causal
        )
        return self.attn["o_proj"](out.transpose(1, 2).reshape(B, T, D))

    def think(self, x: torch.Tensor) -> torch.Tensor:
        """Apply the MLP to each position."""
        x = self.mlp["up_proj"](x)
        relu = self.c.activation == "relu"
        x = functional.relu(x) if relu else functional.gelu(x, approximate="tanh")
        return self.mlp["down_proj"](x)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        """Map (B, T, D) to (B, T, D)."""
        if self.c.norm == "pre":
            x = x + self.attend(self.ln_1(x), mask)
            return x + self.think(self.ln_2(x))
        x = self.ln_1(x + self.attend(x, mask))
        return self.ln_2(x + self.think(x))


class TorchGPT(nn.Module):
    """A model as one writes it in PyTorch; it takes the state dict of ours."""

    def __init__(self, c: GPTConfig):
        super().__init__()
        self.c = c
        self.tok_emb = nn.Embedding(c.vocab_size, c.d_model)
        if c.positions == "learned":
            self.pos_emb = nn.Embedding(c.context_length, c.d_model)
        else:
            table = manual.SinusoidalPositions(c.context_length, c.d_model).table
            self.register_buffer("table", torch.tensor(table), persistent=False)
        self.blocks = nn.ModuleList(TorchBlock(c) for _ in range(c.n_layer))
        if c.norm == "pre":
            self.ln_f = nn.LayerNorm(c.d_model)
        self.lm_head = nn.Linear(c.d_model, c.vocab_size, bias=False)
        if c.tie_weights:
            self.lm_head.weight = self.tok_emb.weight

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Map ids (B, T) to logits (B, T, V)."""
        x = self.tok_emb(ids)
        if self.c.positions == "learned":
            x = x + self.pos_emb.weight[: ids.shape[1]]
        else:
            x = x * self.c.embedding_scale + self.table[: ids.shape[1]]
        mask = None
        if self.c.padding_id is not None:
            mask = (ids != self.c.padding_id)[:, None, None, :]
        for block in self.blocks:
            x = block(x, mask)
        return self.lm_head(self.ln_f(x) if self.c.norm == "pre" else x)


def batch(shape: Shape) -> tuple[np.ndarray, np.ndarray]:
    """Random ids, the end of some rows padded if the configuration knows padding, and targets."""
    c, rng = shape.config, np.random.default_rng(1)
    ids = rng.integers(1, c.vocab_size, (shape.batch, c.context_length))
    if c.padding_id is not None:
        ids[::2, -2:] = c.padding_id
    return ids, rng.integers(1, c.vocab_size, ids.shape)


def numpy_step(shape: Shape) -> tuple[Callable[[], float], manual.GPT]:
    model = manual.GPT(shape.config, np.random.default_rng(0))
    optimizer = getattr(manual, shape.optimizer)(model.parameters(), **OPTIONS[shape.optimizer])
    ids, targets = batch(shape)

    def step() -> float:
        loss, saved = cross_entropy_forward(model.forward(ids), targets)
        optimizer.zero_grad()
        model.backward(cross_entropy_backward(1.0, saved))
        optimizer.step()
        return float(loss)

    return step, model


def torch_step(shape: Shape, model: manual.GPT) -> Callable[[], float]:
    twin = TorchGPT(shape.config)
    twin.load_state_dict({k: torch.tensor(v) for k, v in model.state_dict().items()})
    options = {**OPTIONS[shape.optimizer], "fused": True}
    optimizer = getattr(torch.optim, shape.optimizer)(twin.parameters(), **options)
    ids, targets = (torch.tensor(array) for array in batch(shape))

    def step() -> float:
        loss = functional.cross_entropy(twin(ids).flatten(0, 1), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def contenders(shape: Shape) -> dict[str, Callable[[], float]]:
    """Both steps, after a check that three of each give the same losses."""
    ours, model = numpy_step(shape)
    theirs = torch_step(shape, model)
    losses = [(ours(), theirs()) for _ in range(3)]
    if not np.allclose(*zip(*losses, strict=True), rtol=1e-4):
        raise SystemExit(f"{shape.name}: the engines disagree, so no timing is worth it: {losses}")
    return {"NumPy": ours, "PyTorch": theirs}


def repeated(step: Callable[[], float], times: int) -> Callable[[], None]:
    def run() -> None:
        for _ in range(times):
            step()

    return run


def speed(rounds: int, quick: bool) -> None:
    rows, verdicts = [], []
    for shape in SHAPES:
        steps = max(1, shape.steps // 10) if quick else shape.steps
        runs = {name: repeated(step, steps) for name, step in contenders(shape).items()}
        times = compare(runs, rounds)
        per_second = [f"{steps / median(times[name]):.0f}" for name in runs]
        share = ratio(times, "NumPy", "PyTorch")
        rows.append((shape.name, *per_second, f"{1 / share:.2f}"))
        verdicts.append(verdict(f"{shape.name}, time of PyTorch's", share, shape.limit))
    header = ("shape", "NumPy steps/s", "PyTorch steps/s", "times PyTorch")
    publish("training", markdown(header, rows), about())
    print("", *verdicts, sep="\n")


def memory(steps: int = 10_000) -> None:
    import psutil

    step, _ = numpy_step(SHAPES[0])
    process, sizes = psutil.Process(), []
    for number in range(steps + 1):
        step()
        if number % (steps // 5) == 0:
            sizes.append((number, f"{process.memory_info().rss / 2**20:.2f}"))
    print(markdown(("step", "MiB resident"), sizes))


def about() -> str:
    return environment(("numpy", "torch"), VARIABLES)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="a tenth of the steps")
    parser.add_argument("--memory", action="store_true", help="10,000 steps, and what they leave")
    parser.add_argument("--readme", action="store_true", help="put the table into the README")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    print(about(), end="\n\n")
    if args.memory:
        memory()
    else:
        speed(args.rounds, args.quick)


if __name__ == "__main__":
    main()
