"""Wrong answers that a machine makes: right answers with one slip, in the work or in what is read.

The slips of the work are changes of the right answer's syntax tree (``tree.py``). The others leave
the answer right and change one argument before it (``given.py``). Each is a suspect, as those of
the catalogue are: it is named only if it does what the learner's function did on every input.
"""

from __future__ import annotations

import ast
import inspect
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from types import CodeType
from typing import Any

from ..call import once
from ..edits import Answer, Mistake
from ..search import Suspect, no_collection
from ..together import WHOLE, only, together
from . import given
from .tree import CHANGED, Change, changes, everywhere, parsed, uses, wrapped
from .variants import Variants

Args = tuple[object, ...]


class Slip(Suspect):
    """A suspect that knows its kind, or the words for it, and the quantity that it concerns.

    ``part`` is true where one use of the quantity is changed, of several.
    """

    def __init__(
        self,
        make: Callable[[], Callable],
        rows: list[Args],
        kind: str,
        target: str = "",
        part: bool = False,
    ):
        super().__init__((), make, rows)
        self.kind, self.target, self.part = kind, target, part


def bases(mistakes: list[Mistake]) -> list[Answer]:
    """Return the right answers that the mistakes of a catalogue are edits of."""
    ways = (way for mistake in mistakes for way in mistake.ways if way.answer.text)
    return list({way.answer.text: way.answer for way in ways}.values())


def of_the_work(answers: list[Answer], rows: list[Args]) -> list[Slip]:
    """Return a suspect for each change of each answer's syntax tree."""
    return [slip for answer in answers for slip in _mutants(answer, rows)]


def _mutants(answer: Answer, rows: list[Args]) -> Iterator[Slip]:
    tree = parsed(answer.text)
    found = list(changes(only(tree)))
    found += everywhere(found)
    for change, made in zip(found, _makers(answer, tree, found), strict=True):
        yield Slip(partial(made, answer.names), rows, change.kind, change.target)


def on_the_way(answers: list[Answer], rows: list[Args]) -> list[Slip]:
    """Return a suspect for each way of changing one quantity on the way to the result.

    A quantity that is no array of floats in a case of middle size has none.
    """
    found = []
    for answer in answers:
        tree = parsed(answer.text)
        places = list(uses(only(tree)))
        found_there = [wrapped(*place[1:]) for place in places]
        makers = _makers(answer, tree, found_there)
        read = Counter(name for name, *_, node in places if isinstance(node, ast.Name))
        for (name, *_, node), made in zip(places, makers, strict=True):
            part = isinstance(node, ast.Name) and read[name] > 1
            if _of_something_else(partial(made, answer.names), rows[len(rows) // 2]):
                continue
            for says, fn in given.on_the_way():
                make = partial(made, answer.names, {CHANGED: fn})
                found.append(Slip(make, rows, f"`{name}` {says}", name, part))
    return found


def _of_something_else(made: Callable, args: Args) -> bool:
    """Return whether a place is reached, and what stands there can be changed in no way."""
    seen: list[bool] = []

    def look(x: object) -> object:
        seen.append(given.of_floats(x))
        return x

    once(made({CHANGED: look}), args, lines=False)
    return bool(seen) and not any(seen)


def _makers(answer: Answer, tree: ast.Module, found: list[Change]) -> list[Callable]:
    """Return for each change what makes the function of the names that it may use."""
    alone: list[Callable] = [_Alone(answer, tree, change) for change in found]
    if WHOLE.search(answer.text):
        return alone
    with no_collection():
        variants = Variants(only(tree))
        made = together(tree, [variants.of(change) for change in found])
    return [maker or one for maker, one in zip(made, alone, strict=True)]


@dataclass(frozen=True)
class _Alone:
    """Makes a right answer with one change, compiled when it is first needed."""

    answer: Answer
    tree: ast.Module
    change: Change

    @cached_property
    def code(self) -> CodeType:
        with self.change.made():
            try:
                return compile(self.tree, f"<{self.answer.name}>", "exec")
            except (ValueError, TypeError) as error:  # a tree that is no Python
                raise SyntaxError from error

    def __call__(self, *names: dict[str, object]) -> Callable[..., object]:
        space: dict[str, Any] = {}
        for some in names:
            space.update(some)
        exec(self.code, space)
        return space[self.answer.name]


def of_the_given(right: Callable, rows: list[Args]) -> list[Slip]:
    """Return a suspect for each way of reading one argument, or two, other than they are."""
    names = list(inspect.signature(right).parameters)
    found = []
    for at, name in enumerate(names):
        values = [args[at] for args in rows if len(args) > at and args[at] is not None]
        for says, change in given.readings(values):
            found.append(Slip(_reading(right, at, change), rows, f"`{name}` {says}"))
    for i, j in given.alike(rows):
        says = f"`{names[i]}` and `{names[j]}` have changed places"
        found.append(Slip(_placed(right, {i: j, j: i}), rows, says))
        for at, other in ((i, j), (j, i)):
            says = f"`{names[at]}` is not used: `{names[other]}` stands in its place"
            found.append(Slip(_placed(right, {at: other}), rows, says))
    return found


def _reading(right: Callable, at: int, change: Callable) -> Callable[[], Callable]:
    def fn(*args: object) -> object:
        if len(args) <= at or args[at] is None:
            return right(*args)
        return right(*args[:at], change(args[at]), *args[at + 1 :])

    return lambda: fn


def _placed(right: Callable, places: dict[int, int]) -> Callable[[], Callable]:
    """Return what makes the right answer to arguments that stand in other places."""

    def fn(*args: object) -> object:
        return right(*(args[places.get(at, at)] for at in range(len(args))))

    return lambda: fn
