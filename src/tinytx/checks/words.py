"""Saying in what respect a learner's value differs from the reference.

The words never hold the reference itself: they say "one entry too long", not which entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from . import arrays
from .values import Foreign, same, shown

SHORT = 20  # characters of a value that is told within a sentence


def type_fault(value: Any, model: Any) -> str:
    """Say where the type of ``value`` departs from that of ``model``, or return ''.

    >>> type_fault((1, 2), [1, 2])
    'a tuple came back and a list is asked for: wrap it in list(...)'
    >>> type_fault(([1, 2], [0.5, 0.5]), [1, 2])
    'a tuple came back and a list is asked for: return only the result'
    >>> type_fault([[1, 2]], [(1, 2), (3, 4)])
    'entry 0 is a list and a tuple is asked for'
    >>> type_fault([97], [b"a"])
    'entry 0 is an int and bytes are asked for: going through bytes gives integers'
    >>> type_fault(([(1, 2)], [3]), ([[4, 5]], [6]))
    'in entry 0, entry 0 is a tuple and a list is asked for'
    >>> type_fault([(1, 2, 3)], [(1, 2)])
    'entry 0 has 3 entries and 2 are asked for'
    """
    if value is None and model is not None:
        return "None came back: is a `return` missing?"
    if _kind(value) != _kind(model):
        return f"{_article(value)} came back and {_asked(model)}{_way_out(value, model)}"
    if isinstance(model, np.ndarray):
        return _dtype_fault(value, model)
    if _too_many_or_few(value, model):
        return ""  # which result is which, nobody knows
    if _of_arrays(model):
        return _first_fault(type_fault, value, model)
    if isinstance(model, dict):
        return _entries_fault(value, model, "key") or _entries_fault(
            value.values(), model.values(), "value"
        )
    if isinstance(model, tuple):
        return _parts_fault(value, model)
    return _entries_fault(value, model, "entry") if isinstance(model, list) else ""


def _parts_fault(values: tuple, models: tuple) -> str:
    """Compare the type of each of several results with its own model's, and of what it holds."""
    for index, (value, model) in enumerate(zip(values, models, strict=True)):
        if _kind(value) != _kind(model):
            asked = f"{_article(value)} and {_asked(model)}"
            return f"entry {index} is {asked}{_entry_way_out(value, model)}"
        inside = type_fault(value, model)
        if inside:
            return f"in entry {index}, {inside}"
    return ""


def _dtype_fault(value: np.ndarray, model: np.ndarray) -> str:
    if arrays.alike(value.dtype, model.dtype):
        return ""
    return f"the array's dtype is {value.dtype} and {model.dtype} is asked for"


def _of_arrays(value: object) -> bool:
    """Return whether ``value`` is several results of which some are arrays."""
    return isinstance(value, list | tuple) and any(isinstance(v, np.ndarray) for v in value)


def _first_fault(fault: Callable[[object, object], str], values: Any, models: Any) -> str:
    """Return what ``fault`` has to say of the first entry that it refuses, or ''."""
    pairs = enumerate(zip(values, models, strict=False))
    said = ((i, fault(value, model)) for i, (value, model) in pairs)
    return next((f"entry {i} of what came back: {says}" for i, says in said if says), "")


def _entries_fault(values: Iterable[object], models: Iterable[object], what: str) -> str:
    """Compare the type of each of ``values`` with that of the first of ``models``."""
    first = next(iter(models), None)
    if first is None:
        return ""
    for index, value in enumerate(values):
        label = f"{what} {index}" if what == "entry" else f"a {what}"
        if _kind(value) != _kind(first):
            return f"{label} is {_article(value)} and {_asked(first)}{_entry_way_out(value, first)}"
        if isinstance(first, tuple) and isinstance(value, tuple):
            if len(value) != len(first):
                many = f"{len(value)} entr{'y' if len(value) == 1 else 'ies'}"
                return f"{label} has {many} and {len(first)} are asked for"
            inner = _entries_fault(value, first, "entry")
            if inner:
                return f"in {label}, {inner}"
    return ""


def shape_fault(value: Any, model: Any) -> str:
    """Say that an array has another shape than ``model``, or return ''.

    Of several results it says as well that there are more or fewer.

    >>> shape_fault(([1], [2], [3]), ([1], [2]))
    'it is 1 entry too long'
    """
    if _too_many_or_few(value, model):
        return _sequence_words(value, model)
    if isinstance(model, np.ndarray) and value.shape != model.shape:
        return f"the shape is {value.shape} and should be {model.shape}"
    if _of_arrays(model) and len(value) == len(model):
        return _first_fault(shape_fault, value, model)
    return ""


def _too_many_or_few(value: object, model: object) -> bool:
    """Return whether two differ in length that are several results: tuples, lists of arrays."""
    if isinstance(value, list | tuple) and isinstance(model, list | tuple):
        several = isinstance(model, tuple) or _of_arrays(model)
        return several and type(value) is type(model) and len(value) != len(model)
    return False


def finite_fault(value: Any) -> str:
    """Say that an array or a number holds NaN or infinity, or return ''."""
    numeric = isinstance(value, float) or (
        isinstance(value, np.ndarray) and np.issubdtype(value.dtype, np.inexact)
    )
    if numeric and not np.all(np.isfinite(value)):
        count, size = int(np.sum(~np.isfinite(value))), np.size(value)
        which = f"{count} of {size} numbers" if size > 1 else "the only number"
        return f"{which} {'is' if count == 1 else 'are'} not finite"
    return _first_fault(lambda v, _: finite_fault(v), value, value) if _of_arrays(value) else ""


def came_back(value: object) -> str:
    """Begin a sentence on a value that fits into one: a yes, a number, a word.

    >>> came_back(True), came_back(1 / 3), came_back([1])
    ('True came back, and ', '0.3333 came back, and ', '')
    """
    written = shown(value)
    short = isinstance(value, bool | int | float | str) and len(written) <= SHORT
    return f"{written} came back, and " if short else ""


def difference(value: object, model: object) -> str:
    """Say in what respect ``value`` differs from ``model``, without saying what ``model`` is.

    >>> difference({(1, 1): 1}, {(1, 1): 2})
    'the value at (1, 1) is too low'
    >>> difference([1, 2, 3], [9, 3])
    'it is 1 entry too long'
    >>> difference([b"ab", b"c"], [b"a", b"bc"])
    "entry 0 is wrong: b'ab'"
    """
    words: dict[type, Callable] = {dict: _dict_words, np.ndarray: arrays.difference}
    for kind in (list, tuple, str, bytes):
        words[kind] = _sequence_words
    words[bool] = lambda a, b: "it is the other way round"
    words |= {int: _number_words, float: _number_words}
    describe = words.get(type(model))
    if describe is None or _kind(value) != _kind(model):
        return "it is something else than what is asked for"
    return describe(value, model)


def _number_words(value: Any, model: Any) -> str:
    if value != value:  # nan is neither below nor above
        return "it is no number (nan)"
    return f"it is too {'low' if value < model else 'high'}"


def _sequence_words(value: Any, model: Any) -> str:
    names: dict[type, tuple[str, str]]
    names = {str: ("character", "characters"), bytes: ("byte", "bytes")}
    unit = names.get(type(model), ("entry", "entries"))
    gap = len(value) - len(model)
    if gap:
        return f"it is {abs(gap)} {unit[abs(gap) > 1]} too {'long' if gap > 0 else 'short'}"
    first = next(i for i, (a, b) in enumerate(zip(value, model, strict=True)) if not same(a, b))
    if isinstance(value[first], np.ndarray):
        return f"in {unit[0]} {first}: {difference(value[first], model[first])}"
    part = value[first : first + 1] if isinstance(value, str | bytes) else value[first]
    return f"{unit[0]} {first} is wrong: {shown(part, 60)}"


def _dict_words(value: dict, model: dict) -> str:
    extra, missing = value.keys() - model.keys(), model.keys() - value.keys()
    said = [f"{len(missing)} key{'s' * (len(missing) > 1)} too few"] if missing else []
    if extra:
        first = next(key for key in value if key in extra)
        said.append(f"{first!r} should not be a key")
    wrong = next((k for k in value if k in model and not same(value[k], model[k])), None)
    if wrong is not None:
        said.append(_at(wrong, value[wrong], model[wrong]))
    return " and ".join(said) or "its order differs"


def _at(key: object, value: object, model: object) -> str:
    if isinstance(value, int | float) and isinstance(model, int | float):
        return f"the value at {key!r} is too {'low' if value < model else 'high'}"
    return f"the value at {key!r} is wrong"


def _kind(value: object) -> str:
    """Name the type for a comparison: True is as good as 1."""
    return "int" if isinstance(value, bool | int) else _name(value)


def _name(value: object) -> str:
    if isinstance(value, Foreign):
        return value.kind
    if value is None:
        return "None"
    return "array" if isinstance(value, np.ndarray) else type(value).__name__


def _n(value: object) -> str:
    return ("n " if _name(value)[0] in "aeiou" else " ") + _name(value)


def _article(value: object) -> str:
    return _name(value) if _name(value) in ("None", "bytes") else f"a{_n(value)}"


def _asked(model: object) -> str:
    return f"{_article(model)} {'are' if isinstance(model, bytes) else 'is'} asked for"


def _way_out(value: object, model: object) -> str:
    if isinstance(value, tuple) and any(_kind(v) == _kind(model) for v in value):
        return ": return only the result"
    if _name(value) == "coroutine":
        return ": write `def`, not `async def`"
    if isinstance(model, list) and not isinstance(value, dict | str | bytes | int | float):
        return ": wrap it in list(...)"
    if isinstance(model, np.ndarray) and isinstance(value, list | tuple):
        return ": wrap it in np.array(...)"
    if isinstance(model, np.ndarray) and _name(value).startswith("array of"):
        return f": its dtype should be {model.dtype}"
    if _name(value) == "generator":
        return ": use `return`, not `yield`"
    return ""


def _entry_way_out(value: object, model: object) -> str:
    if isinstance(value, int) and isinstance(model, bytes):
        return ": going through bytes gives integers"
    return ""
