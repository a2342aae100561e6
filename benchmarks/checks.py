"""How fast a check speaks, and how truly: cold verdicts, two mistakes at once, random slips.

    python benchmarks/checks.py                      a cold verdict on a wrong answer, and on two
    python benchmarks/checks.py --pairs 200          how many of so many pairs of mistakes are named
    python benchmarks/checks.py --mutants 20         what right designs with one slip are called

Cold means: the first verdict of a process on this exercise, with the catalogue not run yet. Each
row is one exercise. A pair is *named* when both names are given and *one* when only one of the
two shows; a third name is counted as *false*.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import subprocess
import sys
import time
from pathlib import Path

from tinytx.checks import search
from tinytx.checks.edits.__main__ import chapters
from tinytx.checks.trial import Trial

ROOT = Path(__file__).resolve().parents[1]
COLD = """
import sys, time, importlib
module = importlib.import_module(f"tinytx.checks.{sys.argv[1]}")
check = module.chapter.checks[sys.argv[2]]
way = check.mistakes[-1].ways[-1].function()
start = time.perf_counter(); check.run(way); one = time.perf_counter() - start
pairs = check.pairs
two = 0.0
if pairs:
    wrong = pairs[len(pairs) // 2].make()
    start = time.perf_counter(); check.run(wrong); two = time.perf_counter() - start
print(one, two, len(pairs))
"""


def cold(chapter: str, name: str, rounds: int) -> tuple[float, float, int]:
    """Return the median seconds of a cold verdict on one mistake and on two, and the pairs."""
    rows = []
    for _ in range(rounds):
        command = [sys.executable, "-c", COLD, chapter, name]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        rows.append([float(word) for word in done.stdout.split()])
    one, two, pairs = map(statistics.median, zip(*rows, strict=True))
    return one, two, int(pairs)


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


def mutated(chapter: str, check, count: int) -> dict[str, int]:
    """Return what the check says to right designs with one slip."""
    sys.path.insert(0, str(ROOT / "tests"))
    from checks.mutants import mutants

    designs = importlib.import_module(f"checks.{chapter}_designs").RIGHT[check.name]
    said = dict.fromkeys(("mutants", "right", "one", "two", "none"), 0)
    for fn in designs:
        for text, mutant in mutants(fn, count):
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
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="a chapter, such as attention")
    given = parser.parse_args()
    total: dict[str, int] = {}
    for chapter, checks in chapters().items():
        for name, check in checks.items():
            if given.only not in ("", chapter):
                continue
            if given.pairs or given.mutants:
                said = (
                    paired(check, given.pairs)
                    if given.pairs
                    else mutated(chapter, check, given.mutants)
                )
                print(f"{chapter:14}{name:24}", said, flush=True)
                total = {key: total.get(key, 0) + said[key] for key in said}
            else:
                start = time.perf_counter()
                one, two, pairs = cold(chapter, name, given.rounds)
                spent = time.perf_counter() - start
                print(f"{chapter:14}{name:24}one {one:6.3f} s  two {two:6.3f} s  {pairs:5} pairs"
                      f"  ({spent:.0f} s)", flush=True)  # fmt: skip
    if total:
        print("all", total)


if __name__ == "__main__":
    main()
