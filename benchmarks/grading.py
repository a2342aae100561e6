"""How long a class takes to grade: so many notebooks of one chapter, with catalogued mistakes.

    python benchmarks/grading.py                          200 notebooks of chapter 03
    python benchmarks/grading.py --chapter 13 --class 50 --jobs 4
    python benchmarks/grading.py --keep class             leave the notebooks in a folder

Each notebook is the chapter's solution, in which about every second answer is replaced: by one with
a mistake of the catalogue, by two mistakes at once where they can be made together, or by the stub.
Told are the seconds on the clock and those of the processors (the machine may have other work), and
how many of the single mistakes were called by their name.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import random
import tempfile
import time
from pathlib import Path

from tinytx.checks.edits import Mistake
from tinytx.classroom.collecting import topics
from tinytx.classroom.grading import chosen, grade

ROOT = Path(__file__).resolve().parents[1]
WRONG, TWO, STUB = 0.4, 0.05, 0.05  # shares of the answers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--chapter", default="03")
    parser.add_argument("--class", dest="learners", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    topic = chosen(options.chapter)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        made = make_class(topic, options.learners, folder)
        before, began = sum(os.times()[:4]), time.monotonic()
        graded = grade(folder, jobs=options.jobs)
        wall, work = time.monotonic() - began, sum(os.times()[:4]) - before
    named = [
        set(row.marks[name].result.mistakes) == {mistake}
        for row in graded.rows
        for name, mistake in made[row.learner].items()
        if mistake
    ]
    print(f"{topics()[topic]}: {len(graded.rows)} notebooks, {options.jobs} at once")
    print(f"{wall:7.1f} s on the clock, {work:.1f} s of the processors")
    print(f"{sum(named):7} of {len(named)} single mistakes named")
    for line in [*graded.left, *graded.held]:
        print(f"        {line}")


def make_class(topic: str, learners: int, folder: Path, seed: int = 0) -> dict[str, dict[str, str]]:
    """Write the notebooks of a class; return the single mistake of each learner's exercise."""
    checks = importlib.import_module(f"tinytx.checks.{topic}").chapter.checks
    text = (ROOT / "solutions" / f"{topics()[topic]}.ipynb").read_text("utf-8")
    made = {}
    for number in range(learners):
        rng = random.Random(f"{seed} {number}")
        learner, notebook = f"learner-{number:03}", json.loads(text)
        made[learner] = {name: _change(notebook, check, rng) for name, check in checks.items()}
        path = folder / learner / f"{topics()[topic]}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(notebook), "utf-8")
    return made


def _change(notebook: dict, check, rng: random.Random) -> str:
    """Replace one answer of a notebook, or leave it; return the mistake's name, if it is one."""
    chance = rng.random()
    (cell,) = [c for c in notebook["cells"] if _defines(c, check.name)]
    if chance < WRONG:
        mistake, text = rng.choice(_texts(check.mistakes))
        cell["source"] = text
        return mistake
    if chance < WRONG + TWO:
        cell["source"] = _two(check.mistakes, rng) or cell["source"]
    elif chance < WRONG + TWO + STUB:
        head = "".join(cell["source"]).partition("# BEGIN SOLUTION")[0]
        cell["source"] = head + "raise NotImplementedError"
    return ""


def _defines(cell: dict, name: str) -> bool:
    return cell["cell_type"] == "code" and f"def {name}(" in "".join(cell["source"])


def _texts(mistakes: list[Mistake]) -> list[tuple[str, str]]:
    """Return the mistakes that are text under the exercise's own names."""
    return [(m.name, way.text) for m in mistakes for way in m.ways if way.edit and way.pairs]


def _two(mistakes: list[Mistake], rng: random.Random) -> str:
    """Return an answer with two mistakes that fit each other, or '' if chance finds none."""
    ways = [way for m in mistakes for way in m.ways if way.edit and way.pairs]
    for _ in range(20):
        one, other = rng.choice(ways), rng.choice(ways)
        if one.answer.text == other.answer.text and one.edit.fits(other.edit):
            return one.edit.apply(other.edit.apply(one.answer.text))
    return ""


if __name__ == "__main__":
    main()
