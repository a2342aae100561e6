"""Mistakes from a TOML file: a name, why it goes wrong, where to look, and the ways of making it.

.. code-block:: toml

    [[mistake]]
    name = "the number under the root is the size of another axis"
    why = "one score adds up one product for each number of a query."
    look_at = "which entry of the shape that is."
    section = "Why the division by √Dh"     # of the chapter, where it is not the check's own
    edits = ["q.shape[-1] → {size}"]        # each entry is one way of making it: a change, or a
    with.size = ["k.shape[-2]", "len(q)"]   # list of changes that go together; {size} is filled in
    then = [[], " / root → "]               # each way, also with these further changes
    more = ["k.swapaxes(-1, -2) → k"]       # ways of their own, without ``then``
    alone = true                            # none of these ways is made together with another
    base = "loop"                           # edits of another right answer, ``name__loop``
    bodies = ["return q"]                   # or else: whole bodies under the same signature,
    functions = ["asking(shifted)"]         # and expressions that give the wrong function

Before the first mistake, ``prelude`` may define names that the mistakes use, in Python.
"""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from .answer import Answer
from .text import Edit

NEEDED = {"name", "why", "look_at"}
MADE = {"edits", "more", "bodies", "functions"}  # one of them at least
KNOWN = NEEDED | MADE | {"section", "with", "then", "alone", "base"}


@dataclass(frozen=True)
class Way:
    """One way of making a mistake: an edit of an answer, or a function of its own."""

    answer: Answer
    text: str  # of the whole function, or the expression that gives it
    edit: Edit | None = None  # where it is one
    given: bool = False  # whether ``text`` is an expression
    pairs: bool = True  # whether the edit may be made together with another

    @cached_property
    def code(self) -> CodeType:
        """The text, compiled; a SyntaxError if it is no Python."""
        return compile(self.text, f"<{self.answer.name}>", "eval" if self.given else "exec")

    def function(self) -> Callable[..., object]:
        """Return the wrong function, new and with a state of its own."""
        if self.given:
            return eval(self.code, self.answer.names)
        return self.answer.defined(self.code)


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that people really give.

    ``name`` says what the function does wrong; ``ways`` do it; ``why`` explains how it goes wrong;
    ``look_at`` points at what to think about next, without the answer; ``section`` is a heading of
    the chapter (the check's own where it is empty).
    """

    name: str
    why: str
    look_at: str
    section: str = ""
    ways: tuple[Way, ...] = ()


def load(
    path: Path, name: str, answers: ModuleType, styles: ModuleType | None = None
) -> list[Mistake]:
    """Return the mistakes that a TOML file lists for the exercise ``name``.

    Parameters
    ----------
    path
        The file.
    name
        Of the exercise, and so of its function.
    answers
        The module whose function ``name`` is the right answer.
    styles
        A module of further right answers, such as ``name__loop``, which mistakes name as ``base``.

    Raises
    ------
    ValueError
        In one line, with the file and the mistake: a key is missing or unknown, a change applies
        nowhere or touches another, a text is no Python.
    """
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    names: dict[str, object] = {}
    answer = Answer.of(answers, name)
    if table.get("prelude"):
        names = dict(answer.names)
        exec(compile(table["prelude"], f"<prelude of {path.name}>", "exec"), names)
    mistakes = []
    for entry in table["mistake"]:
        try:
            _known(entry)
            style = entry.get("base", "")
            if style and styles is None:
                raise ValueError(f"base is {style!r} and there is no styles.py beside the answers")
            other = Answer.of(styles, name, style) if style and styles is not None else answer
            base = other.using(names)
            ways = tuple(_ways(base, entry))
        except (ValueError, SyntaxError, AttributeError) as error:
            raise ValueError(f"{path.name}, {entry.get('name', '?')!r}: {error}") from None
        why, look_at = (" ".join(entry.get(key, "").split()) for key in ("why", "look_at"))
        mistakes.append(Mistake(entry["name"], why, look_at, entry.get("section", ""), ways))
    return mistakes


def _known(entry: dict[str, Any]) -> None:
    missing, unknown = NEEDED - entry.keys(), entry.keys() - KNOWN
    if missing or unknown:
        raise ValueError(
            f"missing: {', '.join(sorted(missing)) or 'nothing'};"
            f" unknown: {', '.join(sorted(unknown)) or 'nothing'}"
        )
    if not entry.keys() & MADE:
        raise ValueError("no way of making it: give edits, bodies or functions")


def _ways(base: Answer, entry: dict[str, Any]) -> Iterator[Way]:
    for way in _texts(base, entry):
        way.code  # noqa: B018 (here it shows whether it is Python)
        yield way


def _texts(base: Answer, entry: dict[str, Any]) -> Iterator[Way]:
    filled = entry.get("with", {})
    for changes in _changes(entry):
        for row in _filled(changes, filled):
            edit = Edit.of(base.text, row)
            yield Way(base, edit.apply(base.text), edit, pairs=not entry.get("alone"))
    for (body,) in _each(entry.get("bodies", []), filled):
        yield Way(base, base.body(body))
    for (expression,) in _each(entry.get("functions", []), filled):
        yield Way(base, expression, given=True)


def _each(texts: list[str], values: dict[str, list[object]]) -> Iterator[list[str]]:
    return itertools.chain.from_iterable(_filled([text], values) for text in texts)


def _changes(entry: dict[str, Any]) -> list[list[str]]:
    """Return the changes of each way: ``edits`` times ``then``, and ``more``."""
    both = itertools.product(entry.get("edits", []), entry.get("then", [[]]))
    ways = [_list(edit) + _list(then) for edit, then in both]
    return ways + [_list(edit) for edit in entry.get("more", [])]


def _list(changes: str | list[str]) -> list[str]:
    return [changes] if isinstance(changes, str) else list(changes)


def _filled(changes: list[str], values: dict[str, list[object]]) -> list[list[str]]:
    """Return ``changes`` once for each choice of the values that they name in braces.

    A value may name others in its turn, and not itself.
    """
    used: list[str] = []
    texts = list(changes)
    while found := [n for n in values if n not in used and any(_hole(n) in text for text in texts)]:
        used += found
        texts += [str(value) for name in found for value in values[name]]
    used.sort(key=list(values).index)
    rows = []
    for chosen in itertools.product(*(values[name] for name in used)):
        row = changes
        for _ in used:  # at most so many values stand inside each other
            for name, value in zip(used, chosen, strict=True):
                row = [change.replace(_hole(name), str(value)) for change in row]
        for name in used:
            if any(_hole(name) in change for change in row):
                raise ValueError(f"{name!r} under `with` is made of itself")
        rows.append(row)
    return rows


def _hole(name: str) -> str:
    return "{" + name + "}"
