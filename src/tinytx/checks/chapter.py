"""All checks of one chapter: what its notebook has shown so far, and grading without a notebook."""

from __future__ import annotations

from collections.abc import Mapping

from .check import Check
from .result import Grade, Result


class Chapter:
    """The checks of one chapter, in the order of its exercises.

    A teacher hands :meth:`grade` the functions that a notebook defined, by name, and reads points:

    >>> from tinytx.checks import tokenization
    >>> grade = tokenization.chapter.grade({"count_pairs": lambda ids: {}})
    >>> grade.results["count_pairs"].status, grade.results["merge_pair"].status, grade.points
    ('wrong', 'not started', 0)
    """

    def __init__(self, name: str, checks: list[Check]):
        self.name = name
        self.checks = {check.name: check for check in checks}

    def grade(self, functions: Mapping[str, object]) -> Grade:
        """Run every check on the function of its name; a missing one counts as not started.

        Nothing is printed, and nothing that the functions do stops the grading.
        """
        return Grade({n: check.run(functions.get(n, ...)) for n, check in self.checks.items()})

    def results(self) -> dict[str, Result]:
        """Return the last verdict of each check that has been called since Python started."""
        return {name: check.last for name, check in self.checks.items() if check.last}
