"""Mistakes of tests' own: given as functions, not as edits."""

from __future__ import annotations

from tinytx.checks.edits import Answer, Mistake, Way


def mistake(name, *wrong, why="WHY.", look_at="LOOK.", section=""):
    """Return a mistake that is made in the ways of ``wrong``."""
    ways = [Way(Answer("", "", {"wrong": fn}), "wrong", given=True) for fn in wrong]
    return Mistake(name, why, look_at, section, tuple(ways))
