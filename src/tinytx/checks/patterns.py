"""What a wrong result has in common with the right one, on every input where it is wrong.

A catalogue knows the mistakes of one exercise. Some slips are the same in all of them: the last row
stays zero, the order is turned round, a result is rounded, every text gets the first one's. They
leave a pattern, and a pattern that holds on all wrong inputs is worth a line. It says what is to be
seen, not why; and no number of the right result is in it.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np

from . import arrays

LEAST = 4  # entries of a result from which on a pattern says something
NEAR = 0.01  # a share that is still called close


def common(pairs: list[tuple[object, object]]) -> str:
    """Return the first pattern that holds for all pairs of a value and its model, or ''.

    Pairs with few entries are passed over; one with enough has to be there.

    >>> model = np.arange(6.0).reshape(2, 3)
    >>> common([(model[:, ::-1], model), (model[:, ::-1] + 0.0, model)])
    'the order along axis -1 is turned round'
    """
    found = [list(_patterns(value, model)) for value, model in pairs if _tells(value, model)]
    if not found:
        return ""
    return next((says for says in found[0] if all(says in other for other in found)), "")


def _tells(value: object, model: object) -> bool:
    parts = zip(value, model, strict=False) if _of_arrays(model) else [(value, model)]
    return any(_size(part) >= LEAST for _, part in parts)


def _size(value: object) -> int:
    if isinstance(value, np.ndarray):
        return value.size
    return len(value) if isinstance(value, list | tuple | str | bytes | dict) else 0


def _of_arrays(model: object) -> bool:
    return isinstance(model, list | tuple) and any(isinstance(m, np.ndarray) for m in model)


def _patterns(value: object, model: object) -> Iterator[str]:
    if isinstance(model, np.ndarray) and isinstance(value, np.ndarray):
        yield from _array(value, model)
    elif _of_arrays(model) or _of_arrays(value):
        if isinstance(value, list | tuple) and len(value) == len(model):
            yield from _several(list(value), list(model))
    elif isinstance(model, list | tuple | str | bytes) and type(value) is type(model):
        yield from _sequence(value, model)
    elif isinstance(model, dict) and isinstance(value, dict):
        yield from _dictionary(value, model)


def _several(values: list[object], models: list[object]) -> Iterator[str]:
    """Yield which of several results is wrong, if it is one alone, and its pattern."""
    right = [_equal(v, m) for v, m in zip(values, models, strict=True)]
    if right.count(False) == 1:
        at = right.index(False)
        for says in _array(values[at], models[at]):
            yield f"all is right but entry {at}, and there {says}"
        yield f"all is right but entry {at} of what came back"
    for i, j in itertools.combinations(range(len(models)), 2):
        if _equal(values[i], models[j]) and _equal(values[j], models[i]) and not right[i]:
            yield f"entries {i} and {j} of what came back have changed places"


def _equal(a: object, b: object) -> bool:
    both = isinstance(a, np.ndarray) and isinstance(b, np.ndarray)
    return arrays.close(a, b) if both else a is b


def _array(value: object, model: object) -> Iterator[str]:
    if not (isinstance(value, np.ndarray) and isinstance(model, np.ndarray)):
        return
    if (
        value.shape != model.shape
        or value.dtype.kind not in "fiub"
        or model.dtype.kind not in "fiub"
    ):
        return
    wrong = arrays.off(value, model)
    if not wrong.any():
        return
    with np.errstate(all="ignore"):
        if wrong.sum() == 1 < wrong.size:
            yield "one single entry is wrong"
        if model.dtype.kind == "f":
            yield from _sizes(value, model, wrong)
        for axis in range(-model.ndim, 0):
            if model.shape[axis] > 1:
                yield from _along(value, model, wrong, axis)
        for one, other in itertools.combinations(range(-model.ndim, 0), 2):
            if model.shape[one] == model.shape[other] and _as(value, model.swapaxes(one, other)):
                yield f"axes {one} and {other} have changed places"
        if not value[wrong].any():
            yield "wherever it is wrong it is zero"
        if model.dtype.kind == "f" and np.isnan(value[wrong]).all():
            yield "wherever it is wrong it is nan"
        if _as(np.sort(value, axis=None), np.sort(model, axis=None)):
            yield "the numbers are right and stand in other places"


def _sizes(value: np.ndarray, model: np.ndarray, wrong: np.ndarray) -> Iterator[str]:
    if _as(-value, model):
        yield "it has the opposite sign"
    for digits in range(5):
        if np.abs(value - np.round(model, digits)).max() < 1e-9:
            yield f"it is right, but rounded to {digits} decimals"
    if _as(value - (value - model).flat[0], model) and np.isfinite(value).all():
        yield "the same amount is added to every entry"
    share = np.abs(value - model)[wrong] / np.maximum(np.abs(model)[wrong], 1e-3)
    if share.max() < NEAR and np.isfinite(value).all():
        yield "every entry is right to within a hundredth: a small term or the precision differs"


def _along(value: np.ndarray, model: np.ndarray, wrong: np.ndarray, axis: int) -> Iterator[str]:
    """Yield what is to be seen along one axis."""
    if _as(value, np.flip(model, axis)):
        yield f"the order along axis {axis} is turned round"
    for step in (1, -1):
        if model.shape[axis] > 2 and _as(value, np.roll(model, step, axis)):
            yield f"all along axis {axis} stands one place too far {'on' if step > 0 else 'back'}"
    for name, at in (("first", 0), ("last", -1)):
        if _as(value, np.broadcast_to(model.take([at], axis), model.shape)):
            yield f"everything along axis {axis} is that of the {name} place"
    others = tuple(i for i in range(model.ndim) if i != model.ndim + axis)
    places = wrong.any(axis=others)  # where along the axis something is wrong
    what = _content(value.take(np.flatnonzero(places), axis))
    for says, pattern in _PLACES.items():
        if len(places) > 1 and (places == pattern(len(places))).all():
            yield f"only {says} along axis {axis} is wrong{what}"


_PLACES: dict[str, Callable[[int], np.ndarray]] = {
    "the last place": lambda n: np.arange(n) == n - 1,
    "the first place": lambda n: np.arange(n) == 0,
    "all but the first place": lambda n: np.arange(n) > 0,
    "all but the last place": lambda n: np.arange(n) < n - 1,
}


def _content(part: np.ndarray) -> str:
    if not part.any():
        return " and stays zero"
    return " and is nan" if part.dtype.kind == "f" and np.isnan(part).all() else ""


def _as(value: np.ndarray, model: np.ndarray) -> bool:
    return not arrays.off(value, model).any()


def _sequence(value, model) -> Iterator[str]:
    """Yield what a list, a tuple or a text has in common with the right one."""
    gap = len(model) - len(value)
    if value == model[::-1]:
        yield "the order is turned round"
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


def _dictionary(value: dict, model: dict) -> Iterator[str]:
    wrong = [key for key in model if key in value and value[key] != model[key]]
    if value.keys() < model.keys() and not wrong:
        yield "some keys are missing, and what is there is right"
    if model.keys() < value.keys() and not wrong:
        yield "there are keys too many, and the others are right"
    if value.keys() == model.keys() and len(wrong) == 1:
        yield "one single entry is wrong"
