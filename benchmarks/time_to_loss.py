"""How long until a loss: the plain recipe against `speedrun`, and what each of its means is worth.

    python benchmarks/time_to_loss.py --corpus tales                     (no download)
    python benchmarks/time_to_loss.py --corpus shakespeare               (downloaded once)
    python benchmarks/time_to_loss.py --ablate [--seeds 3]               (without each of the means)
    python benchmarks/time_to_loss.py --readme                           (puts the table there)

Every contender is a preset of the package with changes, run by the package's loop, its fixed number
of steps, with the same threads. Seconds are those of training, evaluation excluded. The loss is the
mean over *all* windows of 64 of the held-out text. The claim: the median of the seeds is at most
the target. Contenders take turns seed by seed, so that a slow minute slows all of them; a share is
the median of the shares seed by seed.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
from statistics import median
from time import perf_counter
from typing import Any

THREADS = sys.argv[sys.argv.index("--threads") + 1] if "--threads" in sys.argv else "2"
os.environ["OMP_NUM_THREADS"] = THREADS

import torch  # noqa: E402
from harness import environment, markdown, publish, verdict  # noqa: E402

from tinytx.recipes.preset import read_preset  # noqa: E402
from tinytx.recipes.text import TextRecipe  # noqa: E402

Contender = tuple[str, dict[str, Any]]  # a preset, and what is changed
PLAIN: Contender = ("shakespeare", {})
FAST = {"shakespeare": "speedrun", "tales": "speedrun-tales"}  # the presets
FREE = {"shakespeare": "speedrun-free", "tales": "speedrun-free-tales"}
ONE_FIRST = read_preset(FAST["tales"]).train["depth_plan"].replace("0:2", "0:1")
TARGETS = {"shakespeare": 1.88, "tales": None}  # None: what the plain recipe reaches
LIMITS = {"speedrun": 1 / 6, "speedrun-free": 1 / 14}
COMMON: dict[str, dict[str, Any]] = {
    "Muon (AdamW for all)": {"optimizer": "adamw"},
    "the fall to zero": {"schedule": "constant", "decay_steps": None},
    "its rate of AdamW (that of plain)": {"lr": 1e-3, "embedding_lr": None},
    "windows once an epoch": {"order": "random"},
    "three rounds (five)": {"muon_iterations": 5},
}
WITHOUT: dict[str, dict[str, dict[str, Any]]] = {  # `speedrun` without each of its means
    "shakespeare": {
        "one block first": {"depth_plan": None},
        "the three late blocks": {"depth_plan": "0:1"},
        **COMMON,
    },
    "tales": {
        "two blocks first (four)": {"depth_plan": None},
        "the second block (one first)": {"depth_plan": ONE_FIRST},
        "the two late blocks": {"depth_plan": "0:2"},
        "small batches first": {"batch_plan": None},
        "batches of 24 (12)": {"batch_plan": None, "batch_size": 12},
        "larger weights at first (0.02)": {"init_std": 0.02},
        **COMMON,
    },
}


class Run:
    """One contender: trains with a seed, and tells seconds and loss."""

    def __init__(self, contender: Contender, corpus: str):
        name, changes = contender
        self.recipe = TextRecipe(read_preset(name))
        more = {"corpus": corpus, "stories": 1200, "held_out_stories": 120, "tokenizer": "char"}
        self.changes = {**more, "sample_tokens": 0, "eval_every": 10**9, **changes}
        self.seconds: list[float] = []
        self.losses: list[float] = []
        self.steps = self.size = 0

    def __call__(self, seed: int) -> None:
        """Train once."""
        trainer = self.recipe.trainer(None, seed=seed, **self.changes)
        held_out = trainer.evaluate
        trainer.evaluate = None
        gc.collect()
        start = perf_counter()
        trainer.run()
        self.seconds.append(perf_counter() - start)
        self.losses.append(held_out(trainer.steps_done)["val_loss"])
        self.steps = trainer.steps_done
        self.size = sum(p.numel() for p in trainer.learner.model.parameters())


def race(runs: dict[str, Run], first: int, seeds: int) -> None:
    for seed in range(first, first + seeds):
        names = list(runs)
        for name in names[seed % len(names) :] + names[: seed % len(names)]:
            runs[name](seed)
            one = runs[name]
            line = {"name": name, "seed": seed, "s": one.seconds[-1], "loss": one.losses[-1]}
            print(json.dumps(line), file=sys.stderr, flush=True)


def share(run: Run, plain: Run) -> float:
    """Return the median share of the plain recipe's time."""
    return median(a / b for a, b in zip(run.seconds, plain.seconds, strict=True))


def table(runs: dict[str, Run], plain: Run) -> str:
    rows = [
        (name, f"{run.size:,}", f"{run.steps:,}", f"{median(run.seconds):.1f}",
         f"1/{1 / share(run, plain):.1f}", f"{median(run.losses):.3f}",
         f"{min(run.losses):.3f} to {max(run.losses):.3f}")
        for name, run in runs.items()
    ]  # fmt: skip
    header = ("recipe", "parameters", "steps", "seconds", "of plain", "loss", "all seeds")
    return markdown(header, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", choices=tuple(TARGETS), default="tales")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--ablate", action="store_true", help="speedrun without each of its means")
    parser.add_argument("--readme", action="store_true", help="put the table into the README")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    fast = FAST[args.corpus]
    contenders = {"plain": PLAIN, "speedrun": (fast, {}), "speedrun-free": (FREE[args.corpus], {})}
    if args.ablate:
        contenders = {"plain": PLAIN, "speedrun": (fast, {})}
        without = WITHOUT[args.corpus]
        contenders |= {f"without {name}": (fast, less) for name, less in without.items()}
    runs = {name: Run(contender, args.corpus) for name, contender in contenders.items()}
    race(runs, args.first, args.seeds)
    plain = runs["plain"]
    about = environment(("torch",), ("OMP_NUM_THREADS",))
    section = f"{'ablation' if args.ablate else 'time-to-loss'}-{args.corpus}"
    publish(section, table(runs, plain), about)
    target = TARGETS[args.corpus] or median(plain.losses)
    for name in LIMITS.keys() & runs.keys():
        print(verdict(f"{name}: loss", median(runs[name].losses), target))
        print(verdict(f"{name}: share of plain's time", share(runs[name], plain), LIMITS[name]))


if __name__ == "__main__":
    main()
