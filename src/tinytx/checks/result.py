"""What a check found out, for one exercise and for a whole notebook."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

COLUMNS = 68  # of what is printed: JupyterLab shows 69 at 1000 pixels with its list of files open
OK, WRONG, NOT_STARTED, BORROWED = "ok", "wrong", "not started", "borrowed"
MARKS = {OK: "[ok]", WRONG: "[x]", NOT_STARTED: "[ ]", BORROWED: "[=]"}  # what is printed


@dataclass(frozen=True)
class Result:
    """The verdict on one exercise; ``print(result)`` shows what a learner sees.

    >>> print(Result("count_pairs", NOT_STARTED, "not started yet"))
    [ ] count_pairs: not started yet
    """

    name: str  # of the exercise
    status: str  # "ok", "wrong", "not started", or "borrowed": right, by calling the package's own
    message: str  # one line, or several when the answer is wrong; it is folded when it is printed
    stage: str = ""  # the stage that refused: "runs", "type", "values" ...
    mistakes: tuple[str, ...] = ()  # the catalogued mistake, or the two, that alone fit
    worth: int = 1  # points for a right answer
    case: int | None = None  # the number of the input that the message shows

    @property
    def right(self) -> bool:
        """Whether the values are right, whoever computed them."""
        return self.status in (OK, BORROWED)

    @property
    def mistake(self) -> str:
        """The mistake, if there is exactly one."""
        return self.mistakes[0] if len(self.mistakes) == 1 else ""

    @property
    def points(self) -> int:
        """The points earned: all of them or none."""
        return self.worth if self.status == OK else 0

    def __str__(self) -> str:
        first, *rest = f"{MARKS[self.status]} {self.name}: {self.message}".split("\n")
        return "\n".join([_folded(first, ""), *(_folded(line.strip(), "    ") for line in rest)])


def _folded(line: str, indent: str) -> str:
    """Fold a line at spaces, and set in by six what goes on."""
    fold = textwrap.TextWrapper(COLUMNS, initial_indent=indent, subsequent_indent=" " * 6)
    fold.break_long_words = fold.break_on_hyphens = False
    return fold.fill(line)


def unfolded(text: str) -> str:
    r"""Return the message of a verdict as it was before it was printed.

    >>> unfolded("one\n    two and\n      two\n    three")
    'one\n    two and two\n    three'
    """
    return text.replace("\n" + " " * 6, " ")


@dataclass(frozen=True)
class Grade:
    """The verdicts on one learner's notebook; ``print(grade)`` shows them with the points."""

    results: dict[str, Result]

    @property
    def points(self) -> int:
        """The points earned over all exercises."""
        return sum(result.points for result in self.results.values())

    @property
    def total(self) -> int:
        """The points that could be earned."""
        return sum(result.worth for result in self.results.values())

    def __str__(self) -> str:
        lines = [str(result) for result in self.results.values()]
        return "\n".join([*lines, f"{self.points} of {self.total} points"])
