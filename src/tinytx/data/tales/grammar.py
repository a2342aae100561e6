"""A grammar with memory: choices with known chances that write a text, and can be read off it.

The grammar of the tales is the file ``tales.txt``; its head says how it is written. Two things
make it more than a context-free grammar. A choice from a *pool* is remembered under a name (a
*slot*), so that a later sentence can speak of the same person, place or thing. And the name of a
rule may hold a slot: ``<{place.kind}_animal>`` is the rule ``forest_animal`` in a forest, so what
can happen depends on where the story stands.

Reading is as simple as writing, because the options of one choice never begin alike: none has a
whole *head* of another (its words up to its first rule) at its beginning. So the text itself
says at every choice which option was taken, nothing is ever tried and taken back, and a text has
one derivation or none. ``tests/data/test_grammar.py`` proves the property for every choice.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import NamedTuple

Forms = Mapping[str, str]  # the forms of what was chosen from a pool: {"name": "Mia", "he": "she"}

_PART = re.compile(r"<(?:(?P<slot>\w+)=)?(?P<rule>[\w{}.]+)>|\{(?P<ref>\w+(?:\.\w+)?)\}")
_KEY = re.compile(r"\{(\w+)\.(\w+)\}")
_HEADER = re.compile(r"(\w+):(.*)")
_OPTION = re.compile(r"  (\d+) (.+)")


class Slot(NamedTuple):
    """A part of a text: one form of what was remembered (the form ``""`` is the first one)."""

    slot: str
    form: str


class Call(NamedTuple):
    """A part of a text: whatever a rule or pool writes, remembered as ``slot`` if it is a pool."""

    rule: str  # as written, "{place.kind}_animal"
    slot: str
    key: Slot | None  # the slot inside the name of the rule, Slot("place", "kind")


Part = str | Slot | Call


class Option(NamedTuple):
    """One option of a choice: its weight, what it writes, and its forms if it is a pool's."""

    weight: int
    parts: tuple[Part, ...]
    forms: Forms | None = None


@dataclass(frozen=True)
class Choice:
    """A rule or a pool: options, of which one is taken with probability weight / total."""

    name: str
    options: tuple[Option, ...]
    total: int = field(init=False)
    cumulative: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "cumulative", tuple(accumulate(o.weight for o in self.options)))
        object.__setattr__(self, "total", self.cumulative[-1])

    def draw(self, uniform: float) -> Option:
        """Return the option that a number drawn uniformly from [0, 1) selects."""
        return self.options[bisect_right(self.cumulative, uniform * self.total)]


class Grammar:
    """The choices of a grammar by name; writing starts from the rule ``story``.

    >>> grammar = Grammar.parse('''
    ... story:
    ...   100 <who> sat on {who.his} mat.
    ... who: name | his
    ...   75 The cat | its
    ...   25 Mia | her
    ... ''')
    >>> grammar.write(lambda choice, slots: choice.draw(0.9))
    'Mia sat on her mat.'
    """

    def __init__(self, choices: Mapping[str, Choice], start: str = "story"):
        self.choices = dict(choices)
        self.start = Call(start, start, None)

    @classmethod
    def parse(cls, source: str) -> Grammar:
        """Read a grammar written as in ``tales.txt``; ``ValueError`` names a line that is wrong."""
        choices: dict[str, list[Option]] = {}
        name, header = "", []
        for number, line in enumerate(source.splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            if match := _HEADER.fullmatch(line):
                name, header = match[1], [form.strip() for form in match[2].split("|") if form]
                choices[name] = []
            elif (match := _OPTION.fullmatch(line)) and name:
                choices[name].append(_option(number, int(match[1]), match[2], header))
            else:
                raise ValueError(f"line {number} of the grammar is no rule and no option: {line!r}")
        _check(choices)
        return cls({name: Choice(name, tuple(options)) for name, options in choices.items()})

    def choice(self, call: Call, slots: Mapping[str, Forms]) -> Choice:
        """Return the choice that ``call`` means where ``slots`` are remembered."""
        return self.choices[rule_name(call, slots)]

    def walk(
        self,
        pick: Callable[[Choice, Mapping[str, Forms]], Option],
        say: Callable[[str], object],
    ) -> None:
        """Go through one derivation: ``pick`` an option at every choice, ``say`` every piece."""
        slots: dict[str, Forms] = {}
        agenda: list[Part] = [self.start]  # what is still to be said, the next part last
        while agenda:
            part = agenda.pop()
            if isinstance(part, Call):
                option = pick(self.choice(part, slots), slots)
                if option.forms:
                    slots[part.slot] = option.forms
                agenda.extend(reversed(option.parts))
            else:
                say(text_of(part, slots))

    def write(self, pick: Callable[[Choice, Mapping[str, Forms]], Option]) -> str:
        """Return the text of the derivation that ``pick`` chooses."""
        pieces: list[str] = []
        self.walk(pick, pieces.append)
        return "".join(pieces)


def rule_name(call: Call, slots: Mapping[str, Forms]) -> str:
    """Return the name of the rule that ``call`` means where ``slots`` are remembered."""
    if call.key is None:
        return call.rule
    return _KEY.sub(slots[call.key.slot][call.key.form], call.rule)


def text_of(part: str | Slot, slots: Mapping[str, Forms]) -> str:
    """Return what a literal or a slot writes."""
    return part if isinstance(part, str) else slots[part.slot][part.form]


def head(option: Option, slots: Mapping[str, Forms]) -> str:
    """Return the words of ``option`` up to its first rule: what shows that it was taken."""
    pieces = []
    for part in option.parts:
        if isinstance(part, Call):
            break
        pieces.append(text_of(part, slots))
    return "".join(pieces)


def _check(choices: Mapping[str, list[Option]]) -> None:
    """Refuse chances that do not add up, and rules that are called but not there."""
    for name, options in choices.items():
        if sum(option.weight for option in options) != 100:
            raise ValueError(f"the chances of {name!r} in the grammar do not add up to 100")
        for part in (part for option in options for part in option.parts):
            if isinstance(part, Call) and part.key is None and part.rule not in choices:
                raise ValueError(
                    f"rule {name!r} of the grammar calls {part.rule!r}, which is not there"
                )


def _option(number: int, weight: int, text: str, header: list[str]) -> Option:
    """Read the option in line ``number``; ``header`` has the names of a pool's forms."""
    if not header:
        return Option(weight, tuple(_parts(text.replace("\\n", "\n"))))
    values = [form.strip() for form in text.split("|")]
    if len(values) != len(header):
        raise ValueError(
            f"line {number} of the grammar has {len(values)} forms where {len(header)} "
            "are announced"
        )
    forms = dict(zip(header, values, strict=True))
    first = forms[header[0]]
    capital = {k[0].upper() + k[1:]: v[0].upper() + v[1:] for k, v in forms.items()}
    return Option(weight, (first,), {"": first, **forms, **capital})


def _parts(text: str) -> Iterator[Part]:
    """Cut the text of an option into literals, slots and calls."""
    end = 0
    for match in _PART.finditer(text):
        if match.start() > end:
            yield text[end : match.start()]
        end = match.end()
        if rule := match["rule"]:
            key = _KEY.search(rule)
            yield Call(rule, match["slot"] or rule, Slot(key[1], key[2]) if key else None)
        else:
            slot, _, form = match["ref"].partition(".")
            yield Slot(slot, form)
    if end < len(text):
        yield text[end:]
