"""What every chapter's checks are held to; a chapter's test file adds its answers to it.

A subclass names its ``chapter``, other ``right`` designs for each exercise, and ``unknown`` wrong
answers that no catalogue holds: they have to be refused, and not by a name of the catalogue. The
catalogue of a check runs once; all tests read what it did.
"""

from __future__ import annotations

import itertools
import random
import re
from dataclasses import replace
from functools import cache
from typing import ClassVar

import numpy as np
import pytest

from tinytx.checks import search
from tinytx.checks.search import watched
from tinytx.checks.trial import Trial, trial
from tinytx.checks.values import shown

NUMBER = re.compile(r"(?<![\w.])-?\d+\.?\d*(?:e-?\d+)?(?![\w])")


@cache
def verdicts(check):
    """Return each way of each mistake, with what it does and what the check says to it."""
    return [
        (mistake, theirs, check.verdict(Trial(theirs))) for mistake, _, theirs in check.catalogue
    ]


@cache
def tried(check, fn):
    """Return what a function does on all inputs of a check."""
    return trial(fn, check.rows, check.seconds).outcomes


PAIRS = 6  # of each exercise, made and judged; ``benchmarks/checks.py --pairs`` takes more


def chosen(pairs):
    """Return a few pairs of mistakes in which no name comes twice.

    They are drawn, the same at every run.
    """
    drawn = random.Random(0).sample(pairs, len(pairs))
    seen, found = set(), []
    for pair in drawn:
        if not pair.names & seen:
            found.append(pair)
            seen |= pair.names
    return found[:PAIRS]


def said(result):
    return " ".join(str(result).split())


class Contract:
    """The tests; ``conftest.py`` runs each for every check of the chapter."""

    chapter = None
    right: ClassVar[dict[str, list]] = {}
    unknown: ClassVar[dict[str, list]] = {}

    def test_the_right_answer_and_other_designs_pass(self, check):
        assert len(self.right[check.name]) >= 3
        for fn in (check.reference, *self.right[check.name]):
            result = check.run(fn)
            assert result.status == "ok", f"{fn.__name__}: {result}"

    def test_the_answers_that_mistakes_are_edits_of_are_right(self, check):
        bases = {way.answer.text: way.answer for m in check.mistakes for way in m.ways}
        for text, answer in bases.items():
            assert check.run(answer.function(text)).status == "ok", text

    def test_there_are_at_least_six_mistakes_with_names_of_their_own(self, check):
        names = [mistake.name for mistake in check.mistakes]
        assert len(names) >= 6
        assert len(set(names)) == len(names)

    def test_every_mistake_is_refused_and_named(self, check):
        wrong = [(m.name, str(r)) for m, _, r in verdicts(check) if r.mistake != m.name]
        assert not wrong
        for mistake, _, result in verdicts(check):
            assert result.status == "wrong"
            assert mistake.name in result.message.splitlines()[0]

    def test_no_two_mistakes_coincide(self, check):
        """Nor do two ways of making the same one: the second would add nothing."""
        # the largest inputs come last, and tell most of them apart
        turned = [(mistake, theirs[::-1]) for mistake, theirs, _ in verdicts(check)]
        assert not [
            (one.name, other.name)
            for (one, a), (other, b) in itertools.combinations(turned, 2)
            if check.agree(a, b, inputs=True)
        ]

    def test_the_example_of_a_mistake_can_be_read(self, check):
        """It is written out, not told by its shape, and it is not an empty one."""
        for mistake, theirs, result in verdicts(check):
            example = said(result).partition("Smallest example: ")[2].partition(" Why: ")[0]
            call = check.show(check.first_wrong(theirs))
            assert example.startswith(call), mistake.name
            assert "<array" not in call, mistake.name
            assert len(call) <= 250, mistake.name
            assert not re.match(r"\w+\((\[\]|\{\}|b?''|b?\"\")", call), mistake.name

    def test_no_verdict_holds_the_answer(self, check):
        for mistake, theirs, result in verdicts(check):
            assert given_away(check, theirs, result) == [], mistake.name

    def test_a_verdict_that_told_the_answer_would_be_noticed(self, check, monkeypatch):
        small = all(isinstance(want.value, int) and want.value < 100 for want in check.expected)
        if small or check.of_words:
            pytest.skip("a yes, a word or a small number is not told by how it differs")
        tells = lambda value, model: f"it should be {shown(model)}"  # noqa: E731
        monkeypatch.setattr("tinytx.checks.verdict.difference", tells)
        assert any(
            given_away(check, theirs, check.verdict(Trial(theirs)))
            for _, theirs, _ in verdicts(check)
        )

    def test_other_wrong_answers_are_refused_and_not_named_by_the_catalogue(self, check):
        """A name that is none of the catalogue's tells a slip that is the same everywhere."""
        known = {mistake.name for mistake in check.mistakes}
        for fn in self.unknown[check.name]:
            outcomes = tried(check, fn)
            result = check.verdict(Trial(outcomes))
            assert result.status == "wrong", str(result)
            assert len(result.mistakes) < 2, str(result)
            assert not known & set(result.mistakes), str(result)
            assert result.stage in {"shape", "properties", "values"}
            assert given_away(check, outcomes, result) == []

    def test_every_property_holds_for_the_right_answer_and_bites(self, check):
        """A property that neither the catalogue nor the unknown answers break would be no check."""
        outcomes = [theirs for _, theirs, _ in verdicts(check)]
        outcomes += [tried(check, fn) for fn in self.unknown[check.name]]
        for held in (*check.properties, *check.gradients):
            for want, args in zip(check.expected, check.cases, strict=True):
                assert held.fault(want.value, args) == "", args
            assert any(
                not got.error and held.fault(got.value, args)
                for theirs in outcomes
                for got, args in zip(theirs, check.cases, strict=False)
            ), held.says

    def test_results_too_many_or_too_few_are_said_before_a_property_is_asked(self, check):
        if not all(isinstance(want.value, tuple) for want in check.expected):
            pytest.skip("one result is asked for")
        rows = [*check.expected, check.expected[0]]
        for cut in (lambda v: v[:-1], lambda v: v[1:], lambda v: v[:1], lambda v: (*v, v[0])):
            fault = check._fault([replace(want, value=cut(want.value)) for want in rows])
            assert fault.stage == "shape"
            assert re.fullmatch(r"it is \d entr(y|ies) too (short|long)", fault.says)

    def test_the_words_of_a_mistake_are_whole_sentences(self, check):
        for mistake in check.mistakes:
            assert mistake.name[0].islower() or mistake.name.startswith("True")
            assert not mistake.name.endswith(".")
            assert mistake.why.endswith(".")
            assert mistake.look_at.endswith((".", "?"))

    def test_no_mistake_runs_into_the_time_limit(self, check):
        """One that did would name every answer that is merely slow."""
        assert all(not got.timed_out for _, theirs, _ in verdicts(check) for got in theirs)

    def test_two_mistakes_at_once_are_refused_and_never_called_by_a_third(self, check):
        """One of the two may hide the other: then its name alone is true."""
        for pair in chosen(check.pairs):
            theirs = watched(pair.series, search.TWO, search.ALL)
            if check.agree(theirs[:-1], check.expected, inputs=True):
                continue  # the one undoes the other
            result = check.verdict(Trial(theirs))
            assert result.status == "wrong", pair.names
            if len(result.mistakes) == 2:
                assert set(result.mistakes) == pair.names


def given_away(check, outcomes, result):
    """Return what a verdict holds of the answers, of all cases, shown or not.

    These are whole values, and numbers of three digits or more. What the function itself gave,
    and what stands in the inputs or in the words of the catalogue, is no secret.
    """
    text = said(result)
    public, answers, secret = _secrets(check)
    whole = [a for a in answers if len(a) > 3 and a in text and a not in public]
    numbers = (secret & _numbers(text)) - _public_numbers(check)
    for got in outcomes:
        if whole or numbers:
            given = _own(got.value)
            whole = [a for a in whole if a not in given]
            numbers -= _numbers(given)
    return whole + sorted(numbers)


def _own(value):
    return f"{_written(value)} {shown(value, 10**6)}"


@cache
def _secrets(check):
    words = [words for m in check.mistakes for words in (m.name, m.why, m.look_at)]
    inputs = [check.show(i) for i in range(len(check.cases))]
    answers = [shown(want.value, 10**6) for want in check.expected]
    secret = _numbers(" ".join(_written(want.value) for want in check.expected))
    return " ".join([*inputs, *words]), answers, secret


@cache
def _public_numbers(check):
    return _numbers(_secrets(check)[0])


def _written(value):
    """Write a value with all its numbers, each as a message would write it."""
    if isinstance(value, np.ndarray):
        return " ".join(shown(entry) for entry in value.reshape(-1, 1))
    return shown(value, 10**6)


def _numbers(text):
    """Return the numbers in ``text`` that have three digits or more, without zeros in front."""
    found = set(NUMBER.findall(text))
    return {n for n in found if len(re.sub(r"\D|^[0.]+", "", n.partition("e")[0])) >= 3}
