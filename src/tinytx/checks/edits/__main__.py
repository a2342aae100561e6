"""Print the mistakes of an exercise as changes of the right answer, or try one of them.

    python -m tinytx.checks.edits                              the exercises there are
    python -m tinytx.checks.edits attention scaled_scores      every mistake, as diffs
    python -m tinytx.checks.edits attention scaled_scores "k is not transposed"

The last shows what the check says to each way of making the mistake: whether it is refused and
named, what else does the same, and what a learner reads. It exits with 1 if something is amiss.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
import sys

import tinytx.checks

from ..check import Check
from ..trial import Trial
from .catalogue import Mistake, Way


def diff(way: Way) -> str:
    """Return the lines of the right answer that a way changes, and what stands there instead."""
    if way.given:
        return f"+{way.text}"
    lines = difflib.unified_diff(
        way.answer.text.splitlines(), way.text.splitlines(), lineterm="", n=0
    )
    return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))


def shown(mistake: Mistake) -> str:
    """Return a mistake's name, its diffs, and its words."""
    ways = "\n\n".join(diff(way) for way in mistake.ways)
    words = f"Why: {mistake.why}\nLook at: {mistake.look_at}"
    return f"== {mistake.name}\n{ways}\n{words}\n"


def tried(check: Check, mistake: Mistake) -> tuple[str, bool]:
    """Return what the check says to each way of a mistake, and whether all is as it should be."""
    said, good = [], True
    for one, way, theirs in check.catalogue:
        if one.name != mistake.name:
            continue
        result = check.verdict(Trial(theirs))
        fine = result.mistake == mistake.name
        lines = [
            diff(way),
            "refused and named" if fine else f"NOT AS IT SHOULD BE: {result.status}",
        ]
        lines += [f"DOES THE SAME: {name}" for name in _alike(check, way, theirs)]
        good = good and fine and len(lines) == 2
        said.append("\n".join([*lines, str(result)]))
    return "\n\n".join(said), good


def _alike(check: Check, way: Way, theirs: list) -> list[str]:
    others = [(m, w, t) for m, w, t in check.catalogue if w is not way]
    return [m.name for m, _, t in others if check.agree(t, theirs, inputs=True)]


def chapters() -> dict[str, dict[str, Check]]:
    """Return the checks of each chapter by the name of its folder."""
    found = {}
    for info in pkgutil.iter_modules(tinytx.checks.__path__):
        if info.ispkg:
            module = importlib.import_module(f"tinytx.checks.{info.name}")
            if hasattr(module, "chapter"):
                found[info.name] = module.chapter.checks
    return found


def main(arguments: list[str]) -> int:
    """Do what the command line asks for; 2 if it asks for something that is not there."""
    there = chapters()
    if len(arguments) < 2 or arguments[1] not in there.get(arguments[0], {}):
        for name, checks in there.items():
            print(name, *checks)
        return 2 * bool(arguments)
    check = there[arguments[0]][arguments[1]]
    wanted = arguments[2:] or [mistake.name for mistake in check.mistakes]
    by_name = {mistake.name: mistake for mistake in check.mistakes}
    unknown = [name for name in wanted if name not in by_name]
    if unknown:
        print(
            f"no mistake of {check.name} is called {unknown[0]!r}; there are:", *by_name, sep="\n"
        )
        return 2
    good = True
    for name in wanted:
        print(shown(by_name[name]))
        if arguments[2:]:
            said, fine = tried(check, by_name[name])
            print(said)
            good = good and fine
    return int(not good)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
