"""What every chapter's checks are held to; a chapter's test file adds its answers to it.

A subclass names its ``chapter``, other ``right`` designs for each exercise, and ``unknown`` wrong
answers that no catalogue holds: they have to be refused without a name.
"""

from __future__ import annotations

import itertools
import re
from typing import ClassVar

import numpy as np
import pytest

from tinytx.checks.values import shown

NUMBER = re.compile(r"(?<![\w.])-?\d+\.?\d*(?:e-?\d+)?(?![\w])")


class Contract:
    """The tests; ``conftest.py`` gives each its check, or its mistake and one way of making it."""

    chapter = None
    right: ClassVar[dict[str, list]] = {}
    unknown: ClassVar[dict[str, list]] = {}

    def test_the_reference_and_other_designs_pass(self, check):
        assert len(self.right[check.name]) >= 3
        for fn in (check.reference, *self.right[check.name]):
            result = check.run(fn)
            assert result.status == "ok", f"{fn.__name__}: {result}"

    def test_there_are_at_least_six_mistakes_with_names_of_their_own(self, check):
        names = [mistake.name for mistake in check.mistakes]
        assert len(names) >= 6
        assert len(set(names)) == len(names)

    def test_every_mistake_is_refused_and_named(self, check, mistake, wrong):
        result = check.run(wrong)
        assert result.status == "wrong"
        assert result.mistake == mistake.name
        assert mistake.name in str(result).splitlines()[0]

    def test_no_two_mistakes_coincide(self, check):
        """Nor do two ways of making the same one: the second would add nothing."""
        for (one, a), (other, b) in itertools.combinations(check.catalogue, 2):
            assert not check.agree(a, b, inputs=True), (one.name, other.name)

    def test_the_example_of_a_mistake_can_be_read(self, check, mistake, wrong):
        """It is written out, not told by its shape, and it is not an empty one."""
        text = " ".join(str(check.run(wrong)).split())
        example = text.partition("Smallest example: ")[2].partition(" Why: ")[0]
        assert example
        call = check.show(check.first_wrong(check._outcomes(wrong)))
        assert example.startswith(call)
        assert "<array" not in call
        assert len(call) <= 250
        assert not re.match(r"\w+\((\[\]|\{\}|b?''|b?\"\")", call)

    def test_no_verdict_holds_the_answer(self, check, mistake, wrong):
        assert given_away(check, wrong) == []

    def test_a_verdict_that_told_the_answer_would_be_noticed(self, check, monkeypatch):
        if all(isinstance(want.value, bool) for want in check.expected):
            pytest.skip("that a yes is wrong tells the answer by itself")
        tells = lambda value, model: f"it should be {shown(model)}"  # noqa: E731
        monkeypatch.setattr("tinytx.checks.verdict.difference", tells)
        assert any(given_away(check, mistake.wrong) for mistake in check.mistakes)

    def test_other_wrong_answers_are_refused_and_not_named(self, check):
        for fn in self.unknown[check.name]:
            result = check.run(fn)
            assert (result.status, result.mistake) == ("wrong", ""), str(result)
            assert result.stage in {"properties", "values"}
            assert given_away(check, fn) == []

    def test_every_property_holds_for_the_right_answer_and_bites(self, check):
        """A property that neither the catalogue nor the unknown answers break would be no check."""
        outcomes = [theirs for _, theirs in check.catalogue]
        outcomes += [check._outcomes(fn) for fn in self.unknown[check.name]]
        for held in (*check.properties, *check.gradients):
            for want, args in zip(check.expected, check.cases, strict=True):
                assert held.fault(want.value, args) == "", args
            assert any(
                not got.error and held.fault(got.value, args)
                for theirs in outcomes
                for got, args in zip(theirs, check.cases, strict=False)
            ), held.says

    def test_the_words_of_a_mistake_are_whole_sentences(self, check, mistake, wrong):
        assert mistake.name[0].islower() or mistake.name.startswith("True")
        assert not mistake.name.endswith(".")
        assert mistake.why.endswith(".")
        assert mistake.look_at.endswith((".", "?"))

    def test_no_mistake_runs_into_the_time_limit(self, check):
        """One that did would name every answer that is merely slow."""
        assert all(not got.timed_out for _, theirs in check.catalogue for got in theirs)


def given_away(check, fn):
    """Return what the verdict on ``fn`` holds of the answers, of all cases, shown or not.

    These are whole values, and numbers of three digits or more. What the function itself gave,
    and what stands in the inputs or in the words of the catalogue, is no secret.
    """
    text = " ".join(str(check.run(fn)).split())
    outcomes = check._outcomes(fn)
    words = [words for m in check.mistakes for words in (m.name, m.why, m.look_at)]
    inputs = [check.show(i) for i in range(len(check.cases))]
    own = [text for got in outcomes for text in (_written(got.value), shown(got.value, 10**6))]
    public = " ".join([*own, *inputs, *words])
    answers = [shown(want.value, 10**6) for want in check.expected]
    whole = [a for a in answers if len(a) > 3 and a not in public and a in text]
    secret = _numbers(" ".join(map(_written, (want.value for want in check.expected))))
    return whole + sorted((secret & _numbers(text)) - _numbers(public))


def _written(value):
    """Write a value with all its numbers, each as a message would write it."""
    if isinstance(value, np.ndarray):
        return " ".join(shown(entry) for entry in value.reshape(-1, 1))
    return shown(value, 10**6)


def _numbers(text):
    """Return the numbers in ``text`` that have three digits or more, without zeros in front."""
    found = NUMBER.findall(text)
    return {n for n in found if len(re.sub(r"\D|^[0.]+", "", n.partition("e")[0])) >= 3}
