"""A training step of the PyTorch engine against ``transformers`` and ``llms-from-scratch``.

    python benchmarks/pytorch.py [--quick] [--rounds 5] [--threads 2] [--readme]
    python benchmarks/pytorch.py --fast       (bf16 and compile, the large shape: minutes)
    python benchmarks/pytorch.py --memory     (peak memory of a step, the large shape)

A step is everything: forward, loss, zeroing the gradients, backward, AdamW (PyTorch's fused one for
all), float32, eager. Fair to the others: all start from the same weights without dropout, see the
same batch, compute the loss by the same call from their logits, and must arrive at the same losses
in three steps before any clock starts. Each trains in a process of its own, as its users would have
it (``benchmarks/trainee.py``), and only one at a time. The head of ``llms-from-scratch`` is not
tied: it has V x D numbers more to learn, 1 % of the small model. "tinytx, the loop" is our model in
the package's training loop, with all that the loop does besides the step.

`--memory` tells by how much the resident memory of each process grew, from before the model was
read to the peak in three steps.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

THREADS = sys.argv[sys.argv.index("--threads") + 1] if "--threads" in sys.argv else "2"
os.environ["OMP_NUM_THREADS"] = THREADS  # for the processes that train

import torch  # noqa: E402
from harness import compare, environment, markdown, publish, ratio, verdict  # noqa: E402
from peers import LLMS, PACKAGES, SHAPES, hugging_face, llms_from_scratch  # noqa: E402

from tinytx.config import GPTConfig  # noqa: E402
from tinytx.pytorch import GPT  # noqa: E402

OURS, HF, BOOK, BEST = "tinytx", "transformers", "llms-from-scratch", "tinytx, bf16, compiled"
LOOP = "tinytx, the loop"
NAMES = (OURS, LOOP, HF, BOOK) if LLMS else (OURS, LOOP, HF)
OPTIONS = {BEST: ["--fast"], LOOP: ["--loop"]}
SMALL, LARGE = "L4 H4 D128", "L6 H6 D384"
BATCHES = {SMALL: (12, 64), LARGE: (8, 256)}  # B, T
STEPS = {SMALL: 25, LARGE: 1}
LIMITS = {SMALL: 1.25, LARGE: 1.10}  # times faster than transformers
LOOP_LIMITS = {SMALL: 1.15, LARGE: 1.10}
LOOP_COST = 1.03  # times the bare step
FAST_LIMIT = 2.3


class Trainee:
    """A contender's process: call it with a number of steps, and it takes them."""

    def __init__(self, model: Path, shape: str, *options: str):
        B, T = BATCHES[shape]
        script = str(Path(__file__).with_name("trainee.py"))
        command = [sys.executable, script, str(model), "--batch", str(B), "--length", str(T)]
        self.process = subprocess.Popen(
            [*command, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __call__(self, steps: int) -> dict[str, Any]:
        """Return the losses of that many steps, and by how many MiB the process has grown."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(steps, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit("a contender died; what it said stands above")
        return json.loads(answer)


def write(folder: Path, name: str, shape: str) -> Path:
    """Write the contender's model, with our weights, to a file for its process to read."""
    config = GPTConfig(vocab_size=256, context_length=BATCHES[shape][1], **SHAPES[shape])
    model: torch.nn.Module = GPT(config, torch.Generator().manual_seed(0))
    if name == HF:
        model = hugging_face(model)
    if name == BOOK:
        model = llms_from_scratch(model, "ch04")
    path = folder / f"{name}, {shape}.pt"
    torch.save(model, path)
    return path


@contextmanager
def trainees(shape: str, *extra: str) -> Iterator[dict[str, Trainee]]:
    """Yield the contenders' processes, having seen that all of them learn the same."""
    started: dict[str, Trainee] = {}
    with TemporaryDirectory() as folder:
        try:
            for name in (*NAMES, *extra):
                model = write(Path(folder), OURS if name in OPTIONS else name, shape)
                started[name] = Trainee(model, shape, *OPTIONS.get(name, []))
                started[name](0)  # it has read the model
            check({name: started[name](3)["losses"] for name in started})
            yield started
        finally:
            for trainee in started.values():
                trainee.process.communicate()


def check(losses: dict[str, list[float]]) -> None:
    """Leave unless all contenders have the same losses: bf16 to two digits, float32 to four.

    The head of ``llms-from-scratch`` learns otherwise: only its first loss can be the same.
    """
    for name, found in losses.items():
        n = 1 if name == BOOK else 3
        close = torch.tensor(found[:n]), torch.tensor(losses[OURS][:n])
        if not torch.allclose(*close, rtol=1e-2 if name == BEST else 1e-4):
            raise SystemExit(f"{name} learns otherwise, so no timing is worth it: {losses}")


def speed(rounds: int, quick: bool) -> None:
    rows, verdicts = [], []
    for shape in list(SHAPES)[: 1 if quick else None]:
        n = 1 if quick else STEPS[shape]
        times = timed(shape, n, rounds)
        rows += table(shape, times, n)
        share = ratio(times, OURS, HF)
        verdicts.append(verdict(f"{shape}: time of {HF}'s", share, 1 / LIMITS[shape]))
        share = ratio(times, LOOP, HF)
        verdicts.append(verdict(f"{shape}: the loop's, of {HF}'s", share, 1 / LOOP_LIMITS[shape]))
        share = ratio(times, LOOP, OURS)
        verdicts.append(verdict(f"{shape}: the loop's, of the bare step's", share, LOOP_COST))
    publish("pytorch", markdown(("shape", "", "tokens/s", f"times {HF}"), rows), about())
    print("", *verdicts, sep="\n")


def timed(shape: str, steps: int, rounds: int, *extra: str) -> dict[str, list[float]]:
    with trainees(shape, *extra) as all_of_them:
        runs = {name: lambda one=one: one(steps) for name, one in all_of_them.items()}
        return compare(runs, rounds)


def table(shape: str, times: dict[str, list[float]], steps: int) -> list[tuple[str, ...]]:
    B, T = BATCHES[shape]
    return [
        (shape, name, f"{steps * B * T / median(each):,.0f}", f"{1 / ratio(times, name, HF):.2f}")
        for name, each in times.items()
    ]


def fast(rounds: int) -> None:
    """Compare compiled bf16 autocast with float32, eager, of the others."""
    times = timed(LARGE, 1, rounds, BEST)
    print(markdown(("shape", "", "tokens/s", f"times {HF}"), table(LARGE, times, 1)))
    print("", verdict(f"{BEST}, time of {HF}'s", ratio(times, BEST, HF), 1 / FAST_LIMIT), sep="\n")


def memory() -> None:
    peaks = {}
    with TemporaryDirectory() as folder:
        for name in NAMES:
            small, large = (write(Path(folder), name, shape) for shape in (SMALL, LARGE))
            trainee = Trainee(large, LARGE, "--before", str(small))
            peaks[name] = trainee(3)["grown"]
            trainee.process.communicate()
    rows = [(name, f"{peak:.0f}", f"{peak / peaks[HF]:.2f}") for name, peak in peaks.items()]
    publish("memory", markdown((LARGE, "peak MiB", f"times {HF}"), rows), about())
    print("", verdict(f"peak memory of {HF}'s", peaks[OURS] / peaks[HF], 1.0), sep="\n")


def about() -> str:
    return environment((*PACKAGES, BOOK) if LLMS else PACKAGES, ("OMP_NUM_THREADS",))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="one step, to see that it runs")
    parser.add_argument("--fast", action="store_true", help="bf16 and compile")
    parser.add_argument("--memory", action="store_true", help="peak memory of a step")
    parser.add_argument("--readme", action="store_true", help="put the table into the README")
    args = parser.parse_args()
    print(about(), end="\n\n")
    if args.memory:
        memory()
    elif args.fast:
        fast(args.rounds)
    else:
        speed(args.rounds, args.quick)


if __name__ == "__main__":
    main()
