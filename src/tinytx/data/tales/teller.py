"""Stories from a seed, and the exact probability of any text as a story."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np

from ...manual.shapes import check_rng, is_whole
from .grammar import Choice, Forms, Grammar, Option, head

END = "\n\n"  # follows each story in a corpus, and stands in none


class Step(NamedTuple):
    """One choice of a derivation."""

    choice: str  # the name of the rule or pool
    text: str  # the words that show which option was taken; empty if there was only one option
    probability: float  # the chance of that option
    start: int  # where in the story those words begin


@cache
def grammar() -> Grammar:
    """Return the grammar of the tales."""
    return Grammar.parse(files("tinytx.data").joinpath("tales.txt").read_text(encoding="utf-8"))


def story(generator: np.random.Generator) -> str:
    """Return one story of four or five paragraphs, drawn with ``generator``.

    Every choice takes one number from ``generator``, so the same state gives the same story.
    ``ValueError`` if it is no generator of NumPy's.

    >>> print(story(np.random.default_rng(0))[:64])
    Once upon a time a girl named Mia lived with her aunt in a wagon
    """
    check_rng("generator", generator)
    return grammar().write(lambda choice, slots: choice.draw(generator.random()))


def stories(n: int, seed: int = 0) -> list[str]:
    """Return ``n`` independent stories; the same ``seed`` gives the same ones on every machine.

    More stories of one seed begin with the same stories. Give training and validation different
    seeds: :func:`entropy` says how unlikely it is that they share a story.

    Raises
    ------
    ValueError
        If ``n`` is negative, or no whole number.
    """
    if not is_whole(n) or n < 0:
        raise ValueError(f"n is {n!r}; give the number of stories, 0 or more")
    generator = np.random.default_rng(seed)
    return [story(generator) for _ in range(n)]


def corpus(n: int, seed: int = 0) -> str:
    """Return ``n`` stories as one text, each followed by an empty line (:data:`END`)."""
    return "".join(text + END for text in stories(n, seed))


def vocabulary() -> list[str]:
    """Return all the words that stories are made of, in lower case and sorted.

    >>> len(vocabulary())
    454
    """
    return list(_vocabulary())


@cache
def _vocabulary() -> tuple[str, ...]:
    options = [option for choice in grammar().choices.values() for option in choice.options]
    pieces = [part for option in options for part in option.parts if isinstance(part, str)]
    for option in options:  # "kind" is never written: it only chooses what can happen
        pieces += [text for form, text in (option.forms or {}).items() if form.lower() != "kind"]
    words = {word.lower() for piece in pieces for word in re.findall(r"\w+", piece)}
    return tuple(sorted(words))


def derivation(text: str) -> list[Step]:
    """Return the choices that make ``text``, in the order in which they were made.

    There is exactly one derivation: see :mod:`tinytx.data.tales.grammar`.

    Raises
    ------
    ValueError
        If ``text`` is not a story (its :data:`END` is not part of it); names the position where
        it stops being one.
    """
    reader = _Reader(text)
    grammar().walk(reader.pick, reader.say)
    reader.finish()
    return reader.steps


def log_prob(text: str) -> float:
    """Return the exact natural logarithm of the probability that :func:`story` writes ``text``.

    It is the sum over the choices of the one derivation that the text has, so it is exact up to
    the rounding of a sum. A text that is no story has probability zero: ``-inf``
    (:func:`derivation` says where it goes wrong).

    >>> log_prob("The cat sat on the mat.")
    -inf
    """
    try:
        return math.fsum(math.log(step.probability) for step in derivation(text))
    except NotAStoryError:
        return -math.inf


def surprise(text: str) -> np.ndarray:
    """Return −ln p(character | all before it) in nats for each character of a story: shape (n,).

    No model that reads from left to right can do better, on average, at any position. The sum is
    ``-log_prob(text)``. Most characters cost nothing; the cost of a choice falls on the characters
    where its options part. The characters of :data:`END` after a story cost nothing.

    Raises
    ------
    ValueError
        If ``text`` is not a story.
    """
    reader = _Reader(text, by_character=True)
    grammar().walk(reader.pick, reader.say)
    reader.finish()
    assert reader.nats is not None, "asked for by character"
    return reader.nats


class NotAStoryError(ValueError):
    """The text does not follow the grammar."""


class _Reader:
    """Follows a text through the grammar: the ``pick`` and ``say`` that read instead of write."""

    def __init__(self, text: str, by_character: bool = False):
        if not isinstance(text, str):
            raise ValueError(f"text must be a string, got {type(text).__name__}")
        self.text = text
        self.position = 0
        self.steps: list[Step] = []
        self.nats = np.zeros(len(text)) if by_character else None

    def pick(self, choice: Choice, slots: Mapping[str, Forms]) -> Option:
        """Return the option whose head stands next in the text."""
        if len(choice.options) == 1:
            return choice.options[0]
        for option in choice.options:
            start = head(option, slots)
            if self.text.startswith(start, self.position):
                break
        else:
            self._fail()
        chance = option.weight / choice.total
        self.steps.append(Step(choice.name, start, chance, self.position))
        if self.nats is not None:
            self._share_out(self.nats, choice, slots, start)
        return option

    def say(self, piece: str) -> None:
        """Step over ``piece``, which must stand next in the text."""
        if not self.text.startswith(piece, self.position):
            self._fail()
        self.position += len(piece)

    def finish(self) -> None:
        """Check that nothing is left over."""
        if self.position != len(self.text):
            self._fail()

    def _share_out(
        self, nats: np.ndarray, choice: Choice, slots: Mapping[str, Forms], taken: str
    ) -> None:
        """Charge each character of ``taken`` for the options that it rules out."""
        rivals = [(option.weight, head(option, slots)) for option in choice.options]
        mass = choice.total
        for i in range(len(taken)):
            rivals = [(w, text) for w, text in rivals if text[i : i + 1] == taken[i]]
            left = sum(w for w, _ in rivals)
            nats[self.position + i] = math.log(mass / left)
            mass = left
            if len(rivals) == 1:
                break

    def _fail(self) -> None:
        rest = self.text[self.position : self.position + 20]
        raise NotAStoryError(
            f"text is not a story: after {self.position} characters no story goes on as {rest!r}; "
            "give one story as written by story(), without what follows it"
        )
