"""What several tests make or move: mistakes given as functions, changed arguments, controls,
and the functions with bugs that tasks show."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import numpy as np

from tinytx.checks.edits import Answer, Mistake, Way


def mistake(name, *wrong, why="WHY.", look_at="LOOK.", section=""):
    """Return a mistake that is made in the ways of ``wrong``."""
    ways = [Way(Answer("", "", {"wrong": fn}), "wrong", given=True) for fn in wrong]
    return Mistake(name, why, look_at, section, tuple(ways))


def with_changed(checks, name, at, change):
    """Return the right answer to arguments of which number ``at`` is changed."""

    def answer(*args):
        given = list(args)
        given[at] = change(given[at])
        return checks[name].reference(*given)

    return answer


def overwriting(at, right):
    """Return ``right``, which then writes zeros into argument number ``at``."""

    def answer(*given):
        found = right(*given)
        given[at][...] = 0
        return found

    return answer


def each_control_changes_its_page(box):
    """Move every control of a playground to an end and back, and look at what it shows."""
    for part in box.children:
        _, *controls, page = part.children
        for control in controls:
            before, at = page.value, control.value
            control.value = control.max if at < control.max else control.min
            assert page.value != before
            control.value = at
            assert page.value == before


def shown(notebook, name):
    """Return the function with bugs that a task of a solution notebook shows."""
    path = Path(__file__).parents[2] / "solutions" / f"{notebook}.ipynb"
    text = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
    source = re.search(rf"```python\n(def {name}\(.*?)```", text, re.S).group(1)
    exec(source, space := {"np": np})
    return space[name]
