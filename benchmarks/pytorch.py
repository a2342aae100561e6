"""A training step of the PyTorch engine against ``transformers`` and ``llms-from-scratch``.

    python benchmarks/pytorch.py [--quick] [--rounds 5] [--threads 2]
    python benchmarks/pytorch.py --fast       (bf16 and compile, the large shape: minutes)
    python benchmarks/pytorch.py --memory     (peak memory of a step, the large shape)

A step is everything: forward, loss, zeroing the gradients, backward, AdamW (PyTorch's fused one for
all), float32, eager. Fair to the others: all start from the same weights without dropout, see the
same batch, compute the loss by the same call from their logits, and must arrive at the same losses
in three steps before any clock starts. The head of ``llms-from-scratch`` is not tied: it has
V x D numbers more to learn, 1 % of the small model.

`--memory` runs each contender in a process of its own and prints by how much its resident memory
grew, from before the model was made to its peak in three steps. A small one has taken a step by
then, so that what libraries load does not count.
"""

from __future__ import annotations

import argparse
import gc
import os
import subprocess
import sys
from collections.abc import Callable
from statistics import median

THREADS = sys.argv[sys.argv.index("--threads") + 1] if "--threads" in sys.argv else "2"
os.environ.setdefault("OMP_NUM_THREADS", THREADS)

import torch  # noqa: E402
from harness import compare, environment, markdown, ratio, verdict  # noqa: E402
from peers import LLMS, PACKAGES, SHAPES, hugging_face, llms_from_scratch, logits_of  # noqa: E402
from torch import nn  # noqa: E402

from tinytx.config import GPTConfig  # noqa: E402
from tinytx.pytorch import GPT, AdamW, cross_entropy  # noqa: E402

OURS, HF, BOOK = "tinytx", "transformers", "llms-from-scratch"
BATCHES = {"L4 H4 D128": (12, 64), "L6 H6 D384": (8, 256)}  # B, T
STEPS = {"L4 H4 D128": 10, "L6 H6 D384": 1}
LIMITS = {"L4 H4 D128": 1.25, "L6 H6 D384": 1.10}  # times faster than transformers
FAST_LIMIT = 2.3
LARGE = "L6 H6 D384"

Step = Callable[[], float]


def build(name: str, shape: str) -> nn.Module:
    config = GPTConfig(vocab_size=256, context_length=BATCHES[shape][1], **SHAPES[shape])
    model = GPT(config, torch.Generator().manual_seed(0))
    if name == OURS:
        return model
    return hugging_face(model) if name == HF else llms_from_scratch(model, "ch04")


def step_of(model: nn.Module, shape: str, bf16: bool = False, train: bool = True) -> Step:
    optimizer = AdamW(model.parameters(), lr=1e-3, weight_decay=0.01, fused=True)
    draws = torch.Generator().manual_seed(1)
    ids, targets = (torch.randint(256, BATCHES[shape], generator=draws) for _ in range(2))
    model.train(train)

    def step() -> float:
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            loss = cross_entropy(logits_of(model(ids)), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def contenders(shape: str) -> dict[str, Step]:
    names = [OURS, HF, BOOK] if LLMS else [OURS, HF]
    steps = {name: step_of(build(name, shape), shape) for name in names}
    losses = {name: [step() for _ in range(3)] for name, step in steps.items()}
    for name in (OURS, HF):  # another head learns otherwise: only its first loss is the same
        if not torch.allclose(*map(torch.tensor, (losses[OURS], losses[name])), rtol=1e-4):
            raise SystemExit(f"{name} learns otherwise, so no timing is worth it: {losses}")
    if LLMS and abs(losses[OURS][0] - losses[BOOK][0]) > 1e-4:
        raise SystemExit(f"{BOOK} starts otherwise, so no timing is worth it: {losses}")
    return steps


def repeated(step: Step, times: int) -> Callable[[], None]:
    def run() -> None:
        for _ in range(times):
            step()

    return run


def speed(rounds: int, quick: bool) -> None:
    rows, verdicts = [], []
    for shape in list(SHAPES)[: 1 if quick else None]:
        n = 1 if quick else STEPS[shape]
        times = compare({k: repeated(s, n) for k, s in contenders(shape).items()}, rounds)
        rows += table(shape, times, n)
        share = ratio(times, OURS, HF)
        verdicts.append(verdict(f"{shape}: time of {HF}'s", share, 1 / LIMITS[shape]))
    print(markdown(("shape", "", "tokens/s", f"times {HF}"), rows))
    print("", *verdicts, sep="\n")


def table(shape: str, times: dict[str, list[float]], steps: int) -> list[tuple[str, ...]]:
    B, T = BATCHES[shape]
    return [
        (shape, name, f"{steps * B * T / median(each):,.0f}", f"{1 / ratio(times, name, HF):.2f}")
        for name, each in times.items()
    ]


def fast(rounds: int) -> None:
    """Compare compiled bf16 autocast with float32, eager, of transformers."""
    best = f"{OURS}, bf16, compiled"
    steps = {
        best: step_of(torch.compile(build(OURS, LARGE), fullgraph=True), LARGE, bf16=True),
        OURS: step_of(build(OURS, LARGE), LARGE),
        HF: step_of(build(HF, LARGE), LARGE),
    }
    times = compare(steps, rounds)
    print(markdown(("shape", "", "tokens/s", f"times {HF}"), table(LARGE, times, 1)))
    print("", verdict(f"{best}, time of {HF}'s", ratio(times, best, HF), 1 / FAST_LIMIT), sep="\n")


def memory() -> None:
    peaks = {}
    for name in [OURS, HF, BOOK] if LLMS else [OURS, HF]:
        command = [sys.executable, __file__, "--peak", name]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        peaks[name] = float(done.stdout)
    rows = [(name, f"{peak:.0f}", f"{peak / peaks[HF]:.2f}") for name, peak in peaks.items()]
    print(markdown((LARGE, "peak MiB", f"times {HF}"), rows))
    print("", verdict(f"peak memory of {HF}'s", peaks[OURS] / peaks[HF], 1.0), sep="\n")


def peak(name: str) -> float:
    """Return how many MiB this process grew by, in three steps."""
    import resource

    import psutil

    step_of(build(name, next(iter(SHAPES))), next(iter(SHAPES)))()
    gc.collect()
    before = psutil.Process().memory_info().rss / 2**20
    repeated(step_of(build(name, LARGE), LARGE), 3)()
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit - before


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="one step, to see that it runs")
    parser.add_argument("--fast", action="store_true", help="bf16 and compile")
    parser.add_argument("--memory", action="store_true", help="peak memory of a step")
    parser.add_argument("--peak", help=argparse.SUPPRESS)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if args.peak:
        print(peak(args.peak))
        return
    packages = (*PACKAGES, BOOK) if LLMS else PACKAGES
    print(environment(packages, ("OMP_NUM_THREADS",)), end="\n\n")
    if args.memory:
        memory()
    elif args.fast:
        fast(args.rounds)
    else:
        speed(args.rounds, args.quick)


if __name__ == "__main__":
    main()
