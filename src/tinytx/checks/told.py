"""What a stage of the check says by itself, where that is the whole mistake and so its name.

A tuple for a list, an input that is changed, one array for all calls: nothing has to be searched
for. It is a name only where nothing else is wrong: the values are right once they are converted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from . import memory
from .call import Outcome
from .question import Question
from .values import Foreign, same
from .verdict import CHANGES, LOST, SHARES, Fault
from .words import type_fault

NAMES = {
    CHANGES: "the function changes its own input",
    SHARES: "what comes back is the input itself or shares its memory",
    LOST: "a later call changes what an earlier one had given back",
}


def told(
    check: Question, outcomes: list[Outcome], wrong: list[int], fault: Fault
) -> tuple[str, ...]:
    """Return the name that the words of a stage are, or (); ``wrong`` has the wrong values."""
    if len(outcomes) < len(check.rows):
        return ()
    if fault.stage in ("input", "new"):
        return (NAMES[fault.says],) if fault.says in NAMES and not wrong else ()
    if fault.stage == "repeat":
        return memory.kept(check, outcomes)
    if fault.stage != "type" or any(outcomes[i].error for i in wrong):
        return ()
    pairs = [(outcomes[i].value, check.expected[i].value) for i in wrong]
    says = {type_fault(*pair).partition(": ")[0] for pair in pairs}
    if len({re.sub(r"entry \d+", "entry", one) for one in says}) != 1:
        return ()
    name = says.pop()
    inside = name.startswith(("entry", "in ", "a key", "a value"))
    return (name,) if inside or all(right_but_type(*pair) for pair in pairs) else ()


def right_but_type(value: object, want: object) -> bool:
    """Return whether a value of a wrong type is right once it is converted.

    >>> right_but_type((1, 2), [1, 2]), right_but_type({2, 1}, [1, 2]), right_but_type((), [1])
    (True, True, False)
    """
    if value is None or isinstance(value, Foreign):
        return True  # there is no value that could be right or wrong
    return any(_makes(convert, value, want) for convert in _CONVERSIONS)


def _makes(convert: Callable, value: object, want: object) -> bool:
    try:
        with np.errstate(all="ignore"):
            return any(same(made, want) for made in convert(value, want))
    except (TypeError, ValueError, OverflowError):  # it cannot be converted
        return False


def _to_array(value: object, want: object) -> Iterator[object]:
    if isinstance(want, np.ndarray):
        array = np.asarray(value)
        yield array.real.astype(want.dtype)
        if array.dtype.kind in "iu":  # what is put into an array of integers is cut
            yield np.where(array == np.trunc(want), want, array)


def _one_of_them(value: object, want: object) -> Iterator[object]:
    if isinstance(value, tuple):
        yield from value


def _to_list(value: object, want: object) -> Iterator[object]:
    value = value.tolist() if isinstance(value, np.ndarray) else value
    if isinstance(want, list | tuple) and isinstance(value, list | tuple | set | dict):
        entries = sorted(value) if isinstance(value, set) else list(value)
        yield type(want)(entries)
        if isinstance(value, dict):
            yield type(want)(value.values())
        if want and isinstance(want[0], tuple | list):
            yield type(want)(type(want[0])(entry) for entry in entries)


def _to_dict(value: Any, want: object) -> Iterator[object]:
    if isinstance(want, dict):
        yield dict(value)


def _to_number(value: Any, want: object) -> Iterator[object]:
    if isinstance(want, bool | int | float | str):
        yield type(want)(value)


_CONVERSIONS = (_to_array, _one_of_them, _to_list, _to_dict, _to_number)
