r"""How much a story says, exactly: entropy by recursion over the states of the grammar.

A story is the outcome of a chain of choices, so its entropy is the expected sum of theirs:
:math:`H = \sum_i p_i\,(-\ln p_i + H_i)`, where :math:`H_i` is the entropy of everything that
follows option i. Written so, the recursion would visit every story. But what follows depends on
little: on the parts still to be said, and on those remembered forms that appear in names of rules
(here the kind of place). Two entries of a pool that agree in these are followed by the same
choices, so their futures are computed once. About a thousand states are left of 10\ :sup:`22`
stories, and nothing is estimated.

The expected length is carried along in the same way: a slot writes, on average, the mean length of
its form over the entries of its pool that lead to the present state.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

from .grammar import Call, Choice, Forms, Grammar, Option, Part, Slot, rule_name, text_of

# What matters of the past: for each slot, its pool and its forms that appear in names of rules.
State = tuple[tuple[str, str, tuple[str, ...]], ...]
Agenda = tuple[Part, "Agenda"] | None  # the parts still to be said: the next one, and the others


class Moments(NamedTuple):
    """Exact figures of the random text that is still to come; natural units (nats)."""

    entropy: float = 0.0  # mean of −ln p
    square: float = 0.0  # mean of (ln p)²
    length: float = 0.0  # mean of the measure, by default the number of characters
    collision: float = 1.0  # Σ p²: the chance that two independent texts are the same
    count: int = 1  # type: ignore[assignment]  # how many texts there are; it hides tuple.count
    highest: float = 0.0  # ln p of the likeliest text

    @property
    def deviation(self) -> float:
        """The standard deviation of −ln p."""
        return math.sqrt(max(0.0, self.square - self.entropy**2))


class Recursion:
    """The moments of a grammar's texts.

    Parameters
    ----------
    grammar
        Any grammar without endless recursion.
    measure
        What :attr:`Moments.length` is the mean of: a function that gives a number for a piece of
        text and the sum of the numbers for two pieces joined, such as ``len``.
    """

    def __init__(self, grammar: Grammar, measure: Callable[[str], float] = len):
        self.grammar = grammar
        self.measure = measure
        self._known: dict[tuple[Agenda, State], Moments] = {}
        self._means: dict[tuple[Slot, tuple[str, str, tuple[str, ...]]], float] = {}

    @cached_property
    def moments(self) -> Moments:
        """The moments of a whole text."""
        return self._from((self.grammar.start, None), ())

    @cached_property
    def _keys(self) -> dict[str, tuple[str, ...]]:
        """For each slot that is ever looked up, the forms of it that appear in names of rules."""
        keys: dict[str, set[str]] = {}
        for choice in self.grammar.choices.values():
            for part in (part for option in choice.options for part in option.parts):
                if isinstance(part, Slot):
                    keys.setdefault(part.slot, set())
                elif isinstance(part, Call) and part.key:
                    keys.setdefault(part.key.slot, set()).add(part.key.form)
        return {slot: tuple(sorted(forms)) for slot, forms in keys.items()}

    def _from(self, agenda: Agenda, state: State) -> Moments:
        """Return the moments of what is said from ``agenda`` and ``state`` on."""
        said = 0.0
        while agenda is not None:
            part, after = agenda
            if isinstance(part, Call):
                if (agenda, state) not in self._known:
                    self._known[agenda, state] = self._choose(part, after, state)
                rest = self._known[agenda, state]
                return rest._replace(length=rest.length + said)
            said += self._mean(part, state)
            agenda = after
        return Moments(length=said)

    def _choose(self, call: Call, after: Agenda, state: State) -> Moments:
        """Return the moments over the options of ``call``, what comes ``after`` included."""
        held = [(slot, self._entries(pool, slot, key)[0]) for slot, pool, key in state if key]
        slots = {slot: option.forms or {} for slot, option in held}
        choice = self.grammar.choices[rule_name(call, slots)]
        total = Moments(collision=0.0, count=0, highest=-math.inf)
        for option in choice.options:
            agenda = after
            for part in () if option.forms else reversed(option.parts):
                agenda = (part, agenda)
            rest = self._from(agenda, self._remember(state, call.slot, choice, option))
            if option.forms:
                rest = rest._replace(length=rest.length + self.measure(option.forms[""]))
            total = _add(total, option.weight / choice.total, rest)
        return total

    def _remember(self, state: State, slot: str, choice: Choice, option: Option) -> State:
        """Return ``state`` after ``option`` was taken."""
        if option.forms is None or slot not in self._keys:
            return state
        entry = (slot, choice.name, self._key(slot, option.forms))
        return (*(known for known in state if known[0] != slot), entry)

    def _key(self, slot: str, forms: Forms) -> tuple[str, ...]:
        return tuple(forms[form] for form in self._keys[slot])

    def _entries(self, pool: str, slot: str, key: tuple[str, ...]) -> list[Option]:
        """Return the entries of ``pool`` that lead to the same future when held in ``slot``."""
        options = self.grammar.choices[pool].options
        return [option for option in options if self._key(slot, option.forms or {}) == key]

    def _mean(self, part: str | Slot, state: State) -> float:
        """Return the mean measure of a part that is no call."""
        if isinstance(part, str):
            return self.measure(part)
        known = next(known for known in state if known[0] == part.slot)
        if (part, known) not in self._means:
            entries = self._entries(known[1], known[0], known[2])
            texts = [text_of(part, {part.slot: option.forms or {}}) for option in entries]
            weights = [option.weight for option in entries]
            weighted = sum(w * self.measure(text) for w, text in zip(weights, texts, strict=True))
            self._means[part, known] = weighted / sum(weights)
        return self._means[part, known]


def _add(total: Moments, p: float, rest: Moments) -> Moments:
    """Add an option of chance ``p``, followed by ``rest``, to the moments of a choice."""
    cost = -math.log(p)
    return Moments(
        entropy=total.entropy + p * (cost + rest.entropy),
        square=total.square + p * (cost**2 + 2 * cost * rest.entropy + rest.square),
        length=total.length + p * rest.length,
        collision=total.collision + p**2 * rest.collision,
        count=total.count + rest.count,
        highest=max(total.highest, rest.highest - cost),
    )
