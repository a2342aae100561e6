"""What an exercise asks, what the right answer and the known mistakes do on it, and who is alike.

What words a verdict and who looks for a mistake's name read this much of a check, and no more.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from . import search, slips
from .call import SECONDS, Outcome, once
from .edits import Mistake, Way
from .search import Pair, Single, watched
from .slips import Slip
from .values import plain, same, typed, untouched

Args = tuple[object, ...]


@dataclass(eq=False)
class Question:
    """An exercise with its right answer, its inputs and its catalogue of mistakes.

    Parameters
    ----------
    name, signature
        The function's name, and how it is called, for messages.
    reference
        The right answer: the solution notebook's.
    cases
        Tuples of arguments, chosen so that no two mistakes agree on all of them. They are put in
        order of size, because the first that fails is the one that is shown; those whose first
        argument is empty come last, because they show least. A function among the arguments goes
        by its name, explained by the first line of its docstring.
    mistakes
        The catalogue.
    section
        The heading of the chapter where the exercise comes from.
    errors
        What to say to certain errors: from a regular expression that is searched in
        ``IndexError: list index out of range`` to a sentence.
    equal
        How two values are compared; arrays within a tolerance, the rest exactly. Floats may have
        32 bits where the reference has 64.
    seconds
        The time limit for each call, on an ordinary machine.
    two
        Whether two mistakes at once are looked for. An exercise whose answers are a few bits has
        them off: too much agrees by chance.
    """

    name: str
    signature: str
    reference: Callable[..., object]
    cases: Sequence[Args]
    mistakes: list[Mistake]
    section: str
    errors: Mapping[str, str] = field(default_factory=dict)
    equal: Callable[[object, object], bool] = same
    seconds: float = SECONDS
    two: bool = True

    def __post_init__(self) -> None:
        self.cases = sorted(self.cases, key=lambda args: (_empty(args), _size(args)))

    @property
    def rows(self) -> list[Args]:
        """The arguments of each call: all cases, and at the end the first one again."""
        return [*self.cases, self.cases[0]]

    @cached_property
    def given(self) -> list[object]:
        """The arguments of each call as they should be left behind; the search asks often."""
        return [plain(args) for args in self.rows]

    def arrays(self, index: int) -> dict[str, np.ndarray]:
        """Return the arrays among the arguments of one case, by their names."""
        names = inspect.signature(self.reference).parameters
        pairs = zip(names, self.cases[index], strict=False)
        return {name: arg for name, arg in pairs if isinstance(arg, np.ndarray)}

    @cached_property
    def expected(self) -> list[Outcome]:
        """What the right answer does on each case."""

        def work(_: object) -> list[Outcome]:
            return [once(self.reference, args)[0] for args in self.cases]

        found = watched(work, search.ALL, search.ALL)
        if found is None:  # kept by nobody: the next answer asks again
            raise TimeoutError(f"the right answer takes longer than {search.ALL:.0f} s here")
        return found

    @cached_property
    def of_words(self) -> bool:
        """Whether the answer is one of a few words, whose lengths and letters say nothing."""
        values = [want.value for want in self.expected]
        words = {value for value in values if isinstance(value, str)}
        return all(isinstance(value, str) for value in values) and 2 * len(words) <= len(values)

    @cached_property
    def suspects(self) -> list[Single]:
        """The catalogue, one for each way of making each mistake."""
        return search.singles(self.mistakes, self.rows)

    @cached_property
    def pairs(self) -> list[Pair]:
        """Every two mistakes that can be made at once."""
        return search.pairs(self.suspects) if self.two else []

    @cached_property
    def slips(self) -> list[Slip]:
        """Right answers with one slip that a machine has made."""
        if not self.two:
            return []
        work = slips.of_the_work(slips.bases(self.mistakes), self.rows)
        return work + slips.of_the_given(self.reference, self.rows)

    @cached_property
    def on_the_way(self) -> list[Slip]:
        """Right answers in which one quantity on the way to the result is another."""
        if not self.two or not any(map(self.arrays, range(len(self.cases)))):
            return []  # what changes is arrays
        return slips.on_the_way(slips.bases(self.mistakes)[:1], self.rows)

    @cached_property
    def catalogue(self) -> list[tuple[Mistake, Way, list[Outcome]]]:
        """What each way of each mistake does on all cases, in their order."""
        ways = [(m, way) for m in self.mistakes for way in m.ways]
        series = watched(
            lambda watch: [suspect.series(watch) for suspect in self.suspects],
            search.ONE,
            10 * search.ALL,
        )
        if series is None:
            return []  # the time was up: no mistake can be named
        return [(m, way, theirs) for (m, way), theirs in zip(ways, series, strict=True)]

    def agree(self, a: list[Outcome], b: list[Outcome], inputs: bool = False) -> bool:
        """Return whether two functions did the same on all cases: same values, same errors.

        With ``inputs`` they must also have left the same behind in their arguments.
        """
        return len(a) == len(b) and all(map(lambda x, y: self.alike(x, y, inputs), a, b))

    def alike(self, a: Outcome, b: Outcome, inputs: bool = False) -> bool:
        """Return whether two calls did the same, as ``agree`` does of all."""
        return (
            a.kind == b.kind
            and self.equal(a.value, b.value)
            and (not inputs or (a.shared == b.shared and self.equal(a.args, b.args)))
        )

    def wrong(self, outcomes: list[Outcome]) -> list[int]:
        """Return the cases with a wrong value or an error."""
        rows = enumerate(zip(outcomes, self.expected, strict=False))
        return [i for i, (got, want) in rows if not self.alike(got, want)]

    def first_wrong(self, outcomes: list[Outcome]) -> int:
        """Return the smallest case with a wrong value, or else with a changed input."""
        rows = list(enumerate(zip(outcomes, self.expected, self.cases, strict=False)))
        values = (i for i, (got, want, _) in rows if not self.alike(got, want))
        inputs = (i for i, (got, _, args) in rows if not untouched(got.args, plain(args)))
        others = (i for i, (got, _, _) in rows if got.shared or got.lost)
        return next(itertools.chain(values, inputs, others))

    def show(self, index: int) -> str:
        """Write the call of one case, as a learner would type it."""
        return f"{self.name}({', '.join(map(typed, self.cases[index]))})"

    def notes(self, index: int) -> list[str]:
        """Say what the functions among the arguments of one case do, in their own words."""
        given = [(arg, arg.__doc__ or "") for arg in self.cases[index] if callable(arg)]
        return [f"{typed(arg)}: {text.splitlines()[0]}" for arg, text in given if text]


def _empty(args: Args) -> bool:
    """Return whether the first argument is an empty list, text or the like."""
    return isinstance(args[0], list | tuple | dict | str | bytes) and not args[0]


def _size(args: Args) -> tuple[int, int]:
    """Return how much there is to read in a case: numbers in arrays first, then characters.

    The name of a function says nothing about its size: such cases keep the order they came in.
    """
    numbers = sum(arg.size for arg in args if isinstance(arg, np.ndarray))
    return numbers, sum(len(typed(arg)) for arg in args if not callable(arg))
