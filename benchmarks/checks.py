"""How fast a check speaks, and how truly: cold verdicts, two mistakes at once, random slips.

    python benchmarks/checks.py                      a cold verdict, in seconds of the processor
    python benchmarks/checks.py --pairs 200          how many of so many pairs of mistakes are named
    python benchmarks/checks.py --mutants 20         what right designs with one slip are called
    python benchmarks/checks.py --mutants 20 --seed 1            and with other slips

Cold means: the first verdict of a process on this exercise, with the catalogue not run yet. Each
row is one exercise, with a wrong answer of the catalogue, two of them at once, and one that nothing
explains, for which all is searched. The slowest ten come at the end.

A pair is *named* when both names are given and *one* when only one of the two shows; a third name
is counted as *false*.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import subprocess
import sys
from pathlib import Path

from tinytx.checks import search
from tinytx.checks.edits.__main__ import chapters
from tinytx.checks.trial import Trial

ROOT = Path(__file__).resolve().parents[1]
COLD = """
import os, sys, importlib
import numpy as np

def spent():
    return sum(os.times()[:4])  # of the processor, with the copies in which answers are called

def odd(value):
    if isinstance(value, np.ndarray):
        return ~value if value.dtype == bool else np.sin(7 * value + 1).astype(value.dtype)
    if isinstance(value, (list, tuple)):
        inside = any(isinstance(one, np.ndarray) for one in value)
        return type(value)(map(odd, value)) if inside else value[::2] + value[:3]
    if isinstance(value, dict):
        return {key: odd(one) for key, one in value.items()}
    return value[::2] + value[:3] if isinstance(value, (str, bytes)) else type(value)(3 * value)

module = importlib.import_module(f"tinytx.checks.{sys.argv[1]}")
check = module.chapter.checks[sys.argv[2]]
answers = {
    "one": lambda: check.mistakes[-1].ways[-1].function(),
    "two": lambda: check.pairs[len(check.pairs) // 2].make() if check.pairs else None,
    "none": lambda: lambda *args: odd(check.reference(*args)),
}
fn = answers[sys.argv[3]]()
start = spent()
if fn is not None:
    check.run(fn)
print(spent() - start)
"""
KINDS = ("one", "two", "none")


def cold(chapter: str, name: str, kind: str, rounds: int) -> float:
    """Return the median processor seconds of a cold verdict on a wrong answer of this kind."""
    command = [sys.executable, "-c", COLD, chapter, name, kind]
    runs = (subprocess.run(command, capture_output=True, text=True, check=True).stdout
            for _ in range(rounds))  # fmt: skip
    return statistics.median(map(float, runs))


def paired(check, count: int) -> dict[str, int]:
    """Return what the check says to about ``count`` pairs of mistakes, spread over all."""
    said = dict.fromkeys(("named", "one", "none", "false", "right"), 0)
    for pair in check.pairs[:: max(len(check.pairs) // count, 1)]:
        theirs = search.watched(pair.series, search.ONE, search.ALL)
        if check.agree(theirs[:-1], check.expected, inputs=True):
            said["right"] += 1  # the one undoes the other
            continue
        names = set(check.verdict(Trial(theirs)).mistakes)
        kind = "named" if names == pair.names else "none" if not names else "one"
        said["false" if names - pair.names else kind] += 1
    return said


def mutated(chapter: str, check, count: int, seed: int) -> dict[str, int]:
    """Return what the check says to right designs with one slip."""
    sys.path.insert(0, str(ROOT / "tests"))
    from checks.mutants import mutants

    designs = importlib.import_module(f"checks.{chapter}_designs").RIGHT[check.name]
    said = dict.fromkeys(("mutants", "right", "one", "two", "none"), 0)
    for fn in designs:
        for text, mutant in mutants(fn, count, seed):
            result = check.run(mutant)
            said["mutants"] += 1
            kind = ("none", "one", "two")[len(result.mistakes)]
            said["right" if result.status == "ok" else kind] += 1
            if len(result.mistakes) == 2:
                print(f"--- called {result.mistakes}:\n{text}")
    return said


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=0)
    parser.add_argument("--mutants", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0, help="of the slips that are drawn")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="a chapter, such as attention")
    given = parser.parse_args()
    total: dict[str, int] = {}
    slow: list[tuple[float, str, str]] = []
    for chapter, checks in chapters().items():
        for name, check in checks.items():
            if given.only not in ("", chapter):
                continue
            if given.pairs or given.mutants:
                said = (
                    paired(check, given.pairs)
                    if given.pairs
                    else mutated(chapter, check, given.mutants, given.seed)
                )
                print(f"{chapter:14}{name:24}", said, flush=True)
                total = {key: total.get(key, 0) + said[key] for key in said}
            else:
                row = [cold(chapter, name, kind, given.rounds) for kind in KINDS]
                said = "  ".join(
                    f"{kind} {took:5.2f} s" for kind, took in zip(KINDS, row, strict=True)
                )
                print(f"{chapter:14}{name:24}{said}", flush=True)
                slow += [(took, kind, name) for kind, took in zip(KINDS, row, strict=True)]
    for took, kind, name in sorted(slow, reverse=True)[:10]:
        print(f"slowest: {took:5.2f} s  {kind:5}{name}")
    if total:
        print("all", total)


if __name__ == "__main__":
    main()
