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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from . import intact
from .call import Outcome
from .edits import load
from .latest import overtaken
from .naming import named, pattern
from .question import Args, Question
from .result import BORROWED, NOT_STARTED, OK, WRONG, Result
from .told import told
from .trial import Trial, trial
from .values import plain, untouched
from .verdict import (
    CHANGES,
    ENTANGLED,
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
from .words import came_back, finite_fault, shape_fault, type_fault

Test = Callable[[Outcome, Outcome, Args], str]


@dataclass(eq=False)
class Check(Question):
    """A check of one exercise; call it with the learner's function to print a verdict.

    Parameters
    ----------
    name, signature, reference, cases, mistakes, section, errors, equal, seconds, two
        See :class:`.Question`.
    properties, gradients
        What must hold before and after the values are compared.
    new
        Whether what comes back has to be new, neither an argument nor a view of one.
    inner
        Whether lists within what comes back have to be new as well, and each only there once.
    own
        Names of this package's functions that do the whole exercise, such as ``softmax_forward`` or
        ``Attention.forward``: an answer that calls one is right and not the learner's.
    """

    properties: tuple[Property, ...] = ()
    gradients: tuple[Property, ...] = ()
    points: int = 1
    new: bool = True
    inner: bool = False
    own: tuple[str, ...] = ()
    last: Result | None = field(default=None, init=False)

    @classmethod
    def of(
        cls, file: str, signature: str, cases: Sequence[Args], section: str, **options: Any
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
        """Print the verdict on one function, and keep it in ``last``. Never raises.

        There is none where a newer version of the function was run and did not come to be.
        """
        if len(given) != 1:
            self.last = self.misused("nothing")
        elif said := overtaken(given[0]):
            self.last = self._result(WRONG, said, "runs")
        else:
            self.last = self.run(given[0])
        print(self.last)

    def run(self, fn: object) -> Result:
        """Return the verdict on ``fn`` without printing; ``...`` counts as not started."""
        if fn is ...:
            return self._result(NOT_STARTED, "not started yet")
        if not callable(fn):
            return self.misused(f"a value of type {type(fn).__name__}")
        restored = intact.restore()
        if restored:
            return self.had_replaced(restored)
        return self.judged(lambda: self._tried(fn))

    def _tried(self, fn: Callable[..., object]) -> Trial:
        """Call the answer, where it is given models in a copy that keeps what they have read."""
        if any(callable(arg) for args in self.cases for arg in args):
            _ = self.expected
        return trial(fn, self.rows, self.seconds)

    def judged(self, done: Callable[[], Trial]) -> Result:
        """Return the verdict on what a function did, also where it is so odd that none fits."""
        try:
            return self.verdict(done())
        except Exception as error:  # an answer so odd that the check itself fails on it
            text = (
                f"this answer cannot be judged ({type(error).__name__}); simplify what it returns"
            )
            return self._result(WRONG, text, "type")

    def had_replaced(self, names: Sequence[str]) -> Result:
        """Return the verdict where cells had replaced names of NumPy or Python."""
        said = ", ".join(names)
        text = f"{said} had been replaced, and is put back: give your own things other names"
        return self._result(WRONG, f"{text}, and run your cell and this one again", "runs")

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
        mistakes = named(self, outcomes, fault, tried.own)
        index = self.first_wrong(outcomes) if mistakes else fault.index
        got = outcomes[index]
        seen = "" if mistakes else pattern(self, outcomes, fault)
        later = outcomes[-1] if fault.stage == "repeat" else None
        said = (
            explain(self, mistakes, index, got, tried.shadowed)
            if mistakes
            else report(self, fault, got, seen, later, tried.shadowed)
        )
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

    def _stages(self) -> Iterator[tuple[str, Test]]:
        yield "runs", lambda got, _, __: raised(self, got)
        yield "type", lambda got, want, _: type_fault(got.value, want.value)
        yield "shape", lambda got, want, _: shape_fault(got.value, want.value)
        yield "finite", lambda got, _, __: finite_fault(got.value)
        for held in self.properties:
            yield "properties", partial(_held, held)
        yield "values", self._value_test
        for held in self.gradients:
            yield "gradients", partial(_held, held)
        yield "input", self._input_test
        yield "new", lambda got, _, __: SHARES if self.new and got.shared else ""
        yield "new", lambda got, _, __: ENTANGLED if self.inner and got.entangled else ""
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
        if self.equal(got.value, want.value):
            return ""
        return came_back(got.value) + differs(self, got.value, want.value)

    def _input_test(self, got: Outcome, _: Outcome, args: Args) -> str:
        return "" if untouched(got.args, plain(args)) else CHANGES

    def misused(self, got: str) -> Result:
        """Return the verdict where the check was given something else than a function."""
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


def _held(held: Property, got: Outcome, _: Outcome, args: Args) -> str:
    return held.fault(got.value, args)
