"""A check: the right answer, inputs that tell right from wrong, and a catalogue of mistakes.

The stages come in the order in which a person would look: does it run, is it the right type and
shape, are the numbers finite, do the properties hold, are the values right, the gradients, were
the inputs left alone, and is what came back new. Before all but the first, a second call has to
agree with the first: what remembers earlier calls cannot be judged by its values. When a stage
refuses the answer, the wrong answers of the catalogue run on the same inputs. If exactly one
mistake does what the learner's function did, it is named. If none does, ``naming.py`` looks for
one slip that is the same in all exercises, and every two mistakes are made together; if exactly one
pair does it, more than one wrong value agrees, and no such slip explains it, both are named.
Otherwise the stage speaks, and nobody guesses. The right answer's values are in no message.
"""

from __future__ import annotations

import copy
import importlib
import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from . import intact, search, slips
from .call import SECONDS, Outcome, once
from .edits import Mistake, Way, load
from .naming import named, pattern
from .result import BORROWED, NOT_STARTED, OK, WRONG, Result
from .search import Suspect, watched
from .told import told
from .trial import Trial, trial
from .values import plain, same, typed, untouched
from .verdict import (
    CHANGES,
    LOST,
    REMEMBERS,
    SHARES,
    TAKES,
    Fault,
    Property,
    differs,
    explain,
    raised,
    report,
)
from .words import finite_fault, shape_fault, type_fault

Args = tuple[object, ...]
Test = Callable[[Outcome, Outcome, Args], str]


@dataclass(eq=False)
class Check:
    """A check of one exercise; call it with the learner's function to print a verdict.

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
    properties, gradients
        What must hold before and after the values are compared.
    errors
        What to say to certain errors: from a regular expression that is searched in
        ``IndexError: list index out of range`` to a sentence.
    equal
        How two values are compared; arrays within a tolerance, the rest exactly. Floats may have
        32 bits where the reference has 64.
    seconds
        The time limit for each call, on an ordinary machine.
    new
        Whether what comes back has to be new, neither an argument nor a view of one.
    two
        Whether two mistakes at once are looked for. An exercise whose answers are a few bits has
        them off: too much agrees by chance.
    own
        Names of this package's functions that do the whole exercise, such as ``softmax_forward`` or
        ``Attention.forward``: an answer that calls one is right and not the learner's.
    """

    name: str
    signature: str
    reference: Callable[..., object]
    cases: list[Args]
    mistakes: list[Mistake]
    section: str
    properties: tuple[Property, ...] = ()
    gradients: tuple[Property, ...] = ()
    errors: Mapping[str, str] = field(default_factory=dict)
    equal: Callable[[object, object], bool] = same
    seconds: float = SECONDS
    points: int = 1
    new: bool = True
    two: bool = True
    own: tuple[str, ...] = ()
    last: Result | None = field(default=None, init=False)

    def __post_init__(self):
        self.cases = sorted(self.cases, key=lambda args: (_empty(args), _size(args)))

    @classmethod
    def of(
        cls, file: str, signature: str, cases: list[Args], section: str, **options: object
    ) -> Check:
        """Return the check of a chapter's exercise, from the files around ``file``.

        The right answer is in ``answers.py`` beside it, the mistakes are in the TOML file of the
        same name, and what these need of other styles is in ``styles.py``.
        """
        name, path = signature.partition("(")[0], Path(file)
        package = f"{__package__}.{path.parent.name}"
        answers = importlib.import_module(f"{package}.answers")
        styled = path.with_name("styles.py").exists()
        styles = importlib.import_module(f"{package}.styles") if styled else None
        mistakes = load(path.with_name(f"{name}.toml"), name, answers, styles)
        return cls(name, signature, getattr(answers, name), cases, mistakes, section, **options)

    def __call__(self, *given: object) -> None:
        """Print the verdict on one function, and keep it in ``last``. Never raises."""
        self.last = self.run(given[0]) if len(given) == 1 else self._misused("nothing")
        print(self.last)

    def run(self, fn: object) -> Result:
        """Return the verdict on ``fn`` without printing; ``...`` counts as not started."""
        if fn is ...:
            return self._result(NOT_STARTED, "not started yet")
        if not callable(fn):
            return self._misused(f"a value of type {type(fn).__name__}")
        restored = intact.restore()
        if restored:
            names = ", ".join(restored)
            text = f"{names} had been replaced, and is put back: give your own things other names"
            return self._result(WRONG, f"{text}, and run your cell and this one again", "runs")
        try:
            return self.verdict(trial(fn, self.rows, self.seconds))
        except Exception as error:  # an answer so odd that the check itself fails on it
            text = (
                f"this answer cannot be judged ({type(error).__name__}); simplify what it returns"
            )
            return self._result(WRONG, text, "type")

    def verdict(self, tried: Trial) -> Result:
        """Return the verdict on what a function did."""
        outcomes = tried.outcomes
        if outcomes[0].not_started:
            return self._result(NOT_STARTED, "not started yet")
        if tried.replaced:
            return self._result(WRONG, TAKES.format(", ".join(tried.replaced)), "runs")
        fault = self._fault(outcomes)
        if fault is None:
            return self._right(tried)
        mistakes = named(self, outcomes, fault)
        index = self.first_wrong(outcomes) if mistakes else fault.index
        got = outcomes[index]
        seen = "" if mistakes else pattern(self, outcomes, fault)
        said = explain(self, mistakes, index, got) if mistakes else report(self, fault, got, seen)
        if any(outcome.printed for outcome in outcomes):
            said += "\n    What the function prints is hidden here; only what it returns counts."
        names = tuple(mistake.name for mistake in mistakes) or told(
            self, outcomes, self.wrong(outcomes), fault
        )
        return self._result(WRONG, said, fault.stage, names, index)

    def _right(self, tried: Trial) -> Result:
        ends = tuple(f".{name}" for name in self.own)
        borrowed = [full for full in sorted(tried.used) if full.endswith(ends)]
        if borrowed:
            text = f"right, and not yours: {borrowed[0]} does it all. Write it yourself"
            return self._result(BORROWED, text)
        return self._result(OK, f"right on {len(self.cases)} inputs")

    @property
    def shown(self) -> Args:
        """The arguments of the input in the last printed verdict, or () where it shows none.

        They are a copy. What a message tells by its name or its shape alone is here itself.
        """
        case = self.last.case if self.last else None
        return () if case is None else copy.deepcopy(self.cases[case])

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

        return watched(work, search.ALL, search.ALL)

    @cached_property
    def of_words(self) -> bool:
        """Whether the answer is one of a few words, whose lengths and letters say nothing."""
        values = [want.value for want in self.expected]
        words = {value for value in values if isinstance(value, str)}
        return all(isinstance(value, str) for value in values) and 2 * len(words) <= len(values)

    @cached_property
    def suspects(self) -> list[Suspect]:
        """The catalogue, one for each way of making each mistake."""
        return search.singles(self.mistakes, self.rows)

    @cached_property
    def pairs(self) -> list[Suspect]:
        """Every two mistakes that can be made at once."""
        return search.pairs(self.mistakes, self.rows) if self.two else []

    @cached_property
    def slips(self) -> list[slips.Slip]:
        """Right answers with one slip that a machine has made."""
        if not self.two:
            return []
        work = slips.of_the_work(slips.bases(self.mistakes), self.rows)
        return work + slips.of_the_given(self.reference, self.rows)

    @cached_property
    def on_the_way(self) -> list[slips.Slip]:
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

    def _stages(self) -> Iterator[tuple[str, Test]]:
        yield "runs", lambda got, _, __: raised(self, got)
        yield "type", lambda got, want, _: type_fault(got.value, want.value)
        yield "shape", lambda got, want, _: shape_fault(got.value, want.value)
        yield "finite", lambda got, _, __: finite_fault(got.value)
        for held in self.properties:
            yield "properties", lambda got, _, args, held=held: held.fault(got.value, args)
        yield "values", self._value_test
        for held in self.gradients:
            yield "gradients", lambda got, _, args, held=held: held.fault(got.value, args)
        yield "input", self._input_test
        yield "new", lambda got, _, __: SHARES if self.new and got.shared else ""
        yield "new", lambda got, _, __: LOST if got.lost else ""

    def _fault(self, outcomes: list[Outcome]) -> Fault | None:
        """Return the first stage that refuses, at the smallest case where it does."""
        rows = list(zip(outcomes, self.expected, self.cases, strict=False))
        for stage, test in self._stages():
            if stage == "type" and not self.agree(outcomes[:1], outcomes[-1:]):
                return Fault("repeat", 0, REMEMBERS)
            for index, row in enumerate(rows):
                says = test(*row)
                if says:
                    return Fault(stage, index, says)
        return None

    def _value_test(self, got: Outcome, want: Outcome, _: Args) -> str:
        return "" if self.equal(got.value, want.value) else differs(self, got.value, want.value)

    def _input_test(self, got: Outcome, _: Outcome, args: Args) -> str:
        return "" if untouched(got.args, plain(args)) else CHANGES

    def show(self, index: int) -> str:
        """Write the call of one case, as a learner would type it."""
        return f"{self.name}({', '.join(map(typed, self.cases[index]))})"

    def notes(self, index: int) -> list[str]:
        """Say what the functions among the arguments of one case do, in their own words."""
        given = [arg for arg in self.cases[index] if callable(arg) and arg.__doc__]
        return [f"{typed(arg)}: {arg.__doc__.splitlines()[0]}" for arg in given]

    def _misused(self, got: str) -> Result:
        text = f"give the check the function itself, check.{self.name}({self.name}); it got {got}"
        return self._result(WRONG, text, "runs")

    def _result(
        self,
        status: str,
        message: str,
        stage: str = "",
        mistakes: tuple[str, ...] = (),
        case: int | None = None,
    ) -> Result:
        return Result(self.name, status, message, stage, mistakes, self.points, case)


def _empty(args: Args) -> bool:
    """Return whether the first argument is an empty list, text or the like."""
    return isinstance(args[0], list | tuple | dict | str | bytes) and not args[0]


def _size(args: Args) -> tuple[int, int]:
    """Return how much there is to read in a case: numbers in arrays first, then characters.

    The name of a function says nothing about its size: such cases keep the order they came in.
    """
    numbers = sum(arg.size for arg in args if isinstance(arg, np.ndarray))
    return numbers, sum(len(typed(arg)) for arg in args if not callable(arg))
