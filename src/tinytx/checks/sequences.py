"""How a wrong list, text or dictionary comes from the right one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any


def in_unit(says: str, model: object) -> str:
    """Return the words for the entries of a list in those of a text or of bytes.

    >>> in_unit("the last entry is missing", "ab"), in_unit("the entries are sorted", b"ab")
    ('the last character is missing', 'the bytes are sorted')
    """
    kinds: dict[type, str] = {str: "character", bytes: "byte"}
    one = kinds.get(type(model), "entry")
    many = "entries" if one == "entry" else f"{one}s"
    return says.replace("entries", many).replace("entry", one)


def sequence_slips(value: Any, model: Any) -> Iterator[str]:
    """Yield the names of slips that make one list, tuple or text of another.

    >>> list(sequence_slips([3, 2], [3, 2, 1]))
    ['the last entry is missing', 'it stops before the end']
    """
    if value == model[::-1]:
        yield "the order is turned round"
    yield from _ends(value, model)
    if isinstance(model, str | bytes) and value == model.strip():
        yield "white space at the ends is lost"
    elif isinstance(model, list | tuple):
        yield from _entries(list(value), list(model))


def _ends(value: Any, model: Any) -> Iterator[str]:
    short, long = model[: len(value)], value[: len(model)]
    gap = len(model) - len(value)
    for step, name, same in ((1, "last", value == short), (1, "first", value == model[gap:])):
        if gap == step and same:
            yield f"the {name} entry is missing"
    if gap > 0 and value == short:
        yield "it stops before the end"
    if gap == -1 and model == long:
        yield "there is one entry too many at the end"
    if gap == -1 and model == value[1:]:
        yield "there is one entry too many at the beginning"


def _entries(value: list, model: list) -> Iterator[str]:
    """Yield what became of the entries."""
    try:
        if value == list(dict.fromkeys(model)) and len(value) < len(model):
            yield "what should be there more than once is there once"
        if value == sorted(model):
            yield "the entries are sorted"
    except TypeError:  # entries that have no order, or cannot be counted
        pass
    if value and value == [one for one in model if one] and len(value) < len(model):
        yield "entries that are empty or 0 are lost"
    if [one for one in value if one] == model:
        yield "empty entries are kept"
    if value == [one for one in model for _ in range(2)]:
        yield "every entry is there twice"
    if len(value) != len(model) or not value:
        return
    if all(type(one) is int for one in value + model):
        for step, name in ((1, "large"), (-1, "small")):
            if value == [one + step for one in model]:
                yield f"every number is one too {name}"
    tuples = all(isinstance(one, tuple) for one in value + model)
    if tuples and value == [one[::-1] for one in model]:
        yield "the entries of each tuple are turned round"


def seen_in_sequence(value: Any, model: Any) -> Iterator[str]:
    """Yield what a list, a tuple or a text has in common with the right one."""
    gap = len(model) - len(value)
    if 0 < gap < len(model):
        if value == model[: len(value)]:
            yield "the end is missing, and what is there is right"
        if value == model[gap:]:
            yield "the beginning is missing, and what is there is right"
    if gap < 0 and model == value[: len(model)]:
        yield "it is right, with something after it"
    if gap < 0 and model == value[-len(model) :]:
        yield "it is right, with something before it"
    try:
        mine, theirs = Counter(value), Counter(model)
    except TypeError:  # entries that cannot be counted
        return
    if gap == 0 and mine == theirs:
        yield "the entries are right and stand in another order"
    if mine.keys() == theirs.keys() and max(mine.values(), default=0) == 1 < max(theirs.values()):
        yield "what should be there more than once is there once"
    if gap > 0 and mine < theirs:
        yield "some entries are missing, and there is nothing else"
    if gap < 0 and theirs < mine:
        yield "all entries are there, and some that should not be"


def dictionary_slips(value: dict, model: dict) -> Iterator[str]:
    """Yield the names of slips that make one dictionary of another.

    >>> list(dictionary_slips({(2, 1): 3}, {(1, 2): 3}))
    ['the entries of each key are turned round']
    """
    tuples = all(isinstance(key, tuple) for key in [*model, *value])
    if tuples and value == {key[::-1]: count for key, count in model.items()}:
        yield "the entries of each key are turned round"
    missing, added = model.keys() - value.keys(), value.keys() - model.keys()
    if len(missing) == 1 and all(isinstance(key, str) for key in [*model, *value]):
        rest = {key: count for key, count in model.items() if key not in missing}
        if {key: count for key, count in value.items() if key not in added} == rest:
            also = f", and there is a key {min(added)!r}" if added else ""
            yield f"the key {missing.pop()!r} is missing{also}"
    if value.keys() != model.keys() or not value:
        return
    pairs = [(value[key], model[key]) for key in model]
    if not all(type(v) is int and type(m) is int for v, m in pairs):
        return
    for step, name in ((1, "large"), (-1, "small")):
        if all(v == m + step for v, m in pairs):
            yield f"every value is one too {name}"
    if all(v == 2 * m for v, m in pairs):
        yield "every value is doubled"
    if all(v == 1 for v, _ in pairs):
        yield "every value is 1"


def seen_in_dictionary(value: dict, model: dict) -> Iterator[str]:
    """Yield what a dictionary has in common with the right one."""
    wrong = [key for key in model if key in value and value[key] != model[key]]
    if value.keys() < model.keys() and not wrong:
        yield "some keys are missing, and what is there is right"
    if model.keys() < value.keys() and not wrong:
        yield "there are keys too many, and the others are right"
    if value.keys() == model.keys() and len(wrong) == 1:
        yield "one single entry is wrong"
