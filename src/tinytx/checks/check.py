"""A check: the reference, inputs that tell right from wrong, and a catalogue of mistakes.

The stages come in the order in which a person would look: does it run, is it the right type and
shape, are the numbers finite, do the properties hold, are the values right, the gradients, and
were the inputs left alone. Before all but the first, a second call has to agree with the first:
what remembers earlier calls cannot be judged by its values. When a stage refuses the answer,
every wrong implementation of the catalogue runs on the same inputs. If exactly one of them did
what the learner's function did, that mistake is named; otherwise the stage speaks, and nobody
guesses. The reference's own values are in no message.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from .call import SECONDS, Outcome, call
from .result import NOT_STARTED, OK, WRONG, Result
from .values import plain, same, typed
from .verdict import CHANGES, REMEMBERS, Fault, Mistake, Property, explain, raised, report
from .words import difference, finite_fault, shape_fault, type_fault

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
        The right implementation: the package's own wherever it has one.
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
        The time limit for each call.
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
    last: Result | None = field(default=None, init=False)

    def __post_init__(self):
        self.cases = sorted(self.cases, key=lambda args: (_empty(args), _size(args)))

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
        try:
            return self._judge(fn)
        except Exception as error:  # an answer so odd that the check itself fails on it
            text = (
                f"this answer cannot be judged ({type(error).__name__}); simplify what it returns"
            )
            return self._result(WRONG, text, "type")

    def _judge(self, fn: Callable[..., object]) -> Result:
        outcomes = self._outcomes(fn)
        if outcomes[0].error == "NotImplementedError":
            return self._result(NOT_STARTED, "not started yet")
        fault = self._fault(outcomes)
        if fault is None:
            return self._result(OK, f"right on {len(self.cases)} inputs")
        mistake = self._named(outcomes, fault)
        index = self.first_wrong(outcomes) if mistake else fault.index
        got = outcomes[index]
        said = explain(self, mistake, index, got) if mistake else report(self, fault, got)
        if any(outcome.printed for outcome in outcomes):
            said += "\n    What the function prints is hidden here; only what it returns counts."
        return self._result(WRONG, said, fault.stage, mistake.name if mistake else "", index)

    @property
    def shown(self) -> Args:
        """The arguments of the input in the last printed verdict, or () where it shows none.

        They are a copy. What a message tells by its name or its shape alone is here itself.
        """
        case = self.last.case if self.last else None
        return () if case is None else copy.deepcopy(self.cases[case])

    @cached_property
    def expected(self) -> list[Outcome]:
        """What the reference does on each case."""
        return [call(self.reference, args, 10 * self.seconds) for args in self.cases]

    @cached_property
    def catalogue(self) -> list[tuple[Mistake, list[Outcome]]]:
        """What each catalogued mistake does on the same cases, once for each way of making it."""
        return [(m, self._outcomes(wrong)) for m in self.mistakes for wrong in m.ways]

    def agree(self, a: list[Outcome], b: list[Outcome], inputs: bool = False) -> bool:
        """Return whether two functions did the same on all cases: same values, same errors.

        With ``inputs`` they must also have left the same behind in their arguments.
        """
        return len(a) == len(b) and all(
            x.error == y.error
            and self.equal(x.value, y.value)
            and (not inputs or self.equal(x.args, y.args))
            for x, y in zip(a, b, strict=True)
        )

    def first_wrong(self, outcomes: list[Outcome]) -> int:
        """Return the smallest case with a wrong value, or else with a changed input."""
        rows = list(enumerate(zip(outcomes, self.expected, self.cases, strict=False)))
        values = [i for i, (got, want, _) in rows if not self.agree([got], [want])]
        inputs = [i for i, (got, _, args) in rows if not self.equal(got.args, plain(args))]
        return (values + inputs)[0]

    def _outcomes(self, fn: Callable[..., object]) -> list[Outcome]:
        """Call ``fn`` on every case and on the first one again; a time-out ends the series."""
        outcomes: list[Outcome] = []
        for args in [*self.cases, self.cases[0]]:
            outcomes.append(call(fn, args, self.seconds))
            if outcomes[-1].timed_out or outcomes[0].error == "NotImplementedError":
                break
        return outcomes

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
        return "" if self.equal(got.value, want.value) else difference(got.value, want.value)

    def _input_test(self, got: Outcome, _: Outcome, args: Args) -> str:
        return "" if self.equal(got.args, plain(args)) else CHANGES

    def _named(self, outcomes: list[Outcome], fault: Fault) -> Mistake | None:
        """Return the one mistake that did what the learner's function did, if it is just one."""
        inputs = fault.stage == "input"
        if not inputs and self.agree(outcomes[: len(self.cases)], self.expected):
            return None  # the values are right: it is the gradients that are not
        fits = {m.name: m for m, theirs in self.catalogue if self.agree(outcomes, theirs, inputs)}
        return fits.popitem()[1] if len(fits) == 1 else None

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
        mistake: str = "",
        case: int | None = None,
    ) -> Result:
        return Result(self.name, status, message, stage, mistake, self.points, case)


def _empty(args: Args) -> bool:
    """Return whether the first argument is an empty list, text or the like."""
    return isinstance(args[0], list | tuple | dict | str | bytes) and not args[0]


def _size(args: Args) -> tuple[int, int]:
    """Return how much there is to read in a case: numbers in arrays first, then characters.

    The name of a function says nothing about its size: such cases keep the order they came in.
    """
    numbers = sum(arg.size for arg in args if isinstance(arg, np.ndarray))
    return numbers, sum(len(typed(arg)) for arg in args if not callable(arg))
