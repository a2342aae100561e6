"""Train the right model and each bug from five seeds, and write the curves: about eight minutes.

    python -m tinytx.bugs.record [--out FILE] [name ...]

With names only these are trained anew, and the others stay as the file has them.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import torch

from ..files import write_atomic
from ..threads import one_thread
from . import BUGS, trial
from .recording import NAME, SEEDS
from .suspects import Right

RIGHT: dict[str, dict[str, Any]] = {
    "right": {},
    "right, in NumPy": {"engine": "numpy"},
    "right, phrases": {"engine": "numpy", "documents": True},
    "right, longer": {"engine": "numpy", "steps": 1200, "dropout": 0.0},
}
CURVES = ("train", "norm", "own", "whole", "prefix")


def record(name: str) -> dict[str, Any]:
    """Return what is kept of the runs of one bug, or of the right model, from all seeds."""
    bug = BUGS.get(name)
    given = RIGHT[name] if bug is None else bug.trial
    code = (Right() if bug is None else bug.planted).load("bugs.trial")
    settings, right = code.Settings(**given), trial.Settings(**given)
    runs = []
    for seed in SEEDS:
        torch.manual_seed(seed)  # of what should not be drawn: dropout in evaluation
        runs.append(code.run(seed, settings))
    kept: dict[str, Any] = {"beside": beside(given)}
    kept.update({what: [_rounded(getattr(run, what)) for run in runs] for what in CURVES})
    honest = [[trial.honest_loss(weights, right) for weights in run.weights] for run in runs]
    kept.update(honest=[_rounded(row) for row in honest])
    return {**kept, "writing": _rounded([run.writing for run in runs]), "text": runs[0].text}


def beside(given: dict[str, Any]) -> str:
    """Return the right runs that a bug's are compared with; accumulation changes nothing there."""
    wanted = {n: v for n, v in given.items() if n != "accumulation"}
    return next(name for name, settings in RIGHT.items() if settings == wanted)


def _rounded(values: list[float]) -> list[float]:
    return [round(float(value), 4) for value in values]


def main(arguments: list[str]) -> int:
    """Record what is named, or everything."""
    parser = argparse.ArgumentParser(prog="python -m tinytx.bugs.record", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help="a bug, or right; all without")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name(NAME))
    given = parser.parse_args(arguments)
    known = [*RIGHT, *BUGS]
    for name in given.names:
        if name not in known:
            parser.error(f"{name!r} is no bug: there are {', '.join(known)}")
    table = json.loads(given.out.read_text("utf-8")) if given.out.exists() else {"runs": {}}
    with one_thread():
        for name in given.names or known:
            table["runs"][name] = record(name)
            runs = {n: table["runs"][n] for n in known if n in table["runs"]}
            text = json.dumps({"seeds": SEEDS, "runs": runs}, ensure_ascii=False)
            write_atomic(given.out, text.replace('}, "', '},\n"') + "\n")
            print(name, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
