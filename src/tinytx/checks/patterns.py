"""What a wrong result has in common with the right one, on every input where it is wrong.

A catalogue knows the mistakes of one exercise. Some slips are the same in all of them: the last row
stays zero, the order is turned round, a result is rounded, every text gets the first one's. They
leave a pattern. Some patterns say which slip was made (``slip``), each only where it explains the
whole result: they are names. The others say only where something is wrong (``common``), and are
worth a line. No number of the right result is in either.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from . import arrays, relations
from .sequences import (
    dictionary_slips,
    in_unit,
    seen_in_dictionary,
    seen_in_sequence,
    sequence_slips,
)
from .values import same, with_arrays

ENOUGH = 12  # wrong entries of all results together, from which on a slip gets a name
LEAST = 4  # entries of a result from which on a pattern says something
NEAR = 0.01  # a share that is still called close
Pairs = list[tuple[object, object]]


def slip(pairs: Pairs, args: list[dict[str, np.ndarray]] | None = None) -> str:
    """Return the name of the slip that makes each value of its model, or ''.

    ``args`` are the arrays among the arguments, by name, that belong to each pair. There has to be
    enough that is wrong: see ``enough``.

    >>> model = np.arange(12.0).reshape(3, 4)
    >>> slip([(model[:, ::-1], model), (model[:, ::-1] + 0.0, model)])
    'the order along axis -1 is turned round'
    """
    if not enough(pairs):
        return ""
    given = args or [{} for _ in pairs]
    return _shared(_slips(*pair, arg) for pair, arg in zip(pairs, given, strict=True))


def idle(name: str) -> bool:
    """Return whether the name of a slip says that nothing has been done.

    >>> idle("`x` comes back as it is"), idle("the result is doubled")
    (True, False)
    """
    return bool(re.fullmatch("nothing but zeros comes back|`[a-z_]+` comes back as it is", name))


def measured(name: str) -> bool:
    """Return whether the name of a slip has a number in it that was read off the values.

    >>> measured("the result is multiplied by 1.02"), measured("the result is doubled")
    (True, False)
    >>> measured("what lies above 3.2 is cut off"), measured("the last place along axis -1")
    (True, False)
    """
    number = r"-?\d[\d.]*(e[-+]?\d+)?"
    return bool(
        re.search(f"multiplied by {number}$|^{number} is added|(above|below) {number} is", name)
    )


def enough(pairs: Pairs) -> bool:
    """Return whether what is wrong is more than a coincidence would explain: so many entries."""
    return sum(_wrong_entries(value, model) for value, model in pairs) >= ENOUGH


def _wrong_entries(value: Any, model: Any) -> int:
    """Return how many different entries of the model the value does not have; of texts, all."""
    if _of_arrays(model) and isinstance(value, list | tuple):
        return sum(map(_wrong_entries, value, model))
    if not (isinstance(value, np.ndarray) and isinstance(model, np.ndarray)):
        return max(_size(value), _size(model)) * (not _equal(value, model))
    lost = model
    if value.shape == model.shape:
        lost = model[arrays.off(value, model)]
    return lost.size if model.dtype.kind == "b" else len(np.unique(lost))


def common(pairs: Pairs) -> str:
    """Say which pattern holds on all inputs that go wrong, or else on those with much in them.

    A result of few entries has a pattern by chance, or lacks it: one with more has to be there, and
    where only these have the pattern, they have to be half of what goes wrong. A number that is
    read off them, such as a factor, is no pattern: others lack it.

    >>> model = np.arange(6.0).reshape(2, 3)
    >>> other = np.where(np.arange(2)[:, None] == 0, 7, model)
    >>> common([(other, model)])
    'On every input that goes wrong, only the first place along axis -2 is wrong'
    >>> common([(other, model), (np.array([[9.0]]), np.array([[3.0]]))])  # doctest: +ELLIPSIS
    'On every input that goes wrong and whose right result has 4 entries or more, only the first...'
    """
    telling = [(value, model) for value, model in pairs if _tells(model)]
    if not telling:
        return ""
    if says := shared(pairs):
        return f"On every input that goes wrong, {says}"
    if 2 * len(telling) < len(pairs) or not (says := shared(telling, numbers=False)):
        return ""
    many = f"an array with {LEAST} entries" if _of_arrays(telling[0][1]) else f"{LEAST} entries"
    which = in_unit(f"whose right result has {many} or more", telling[0][1])
    return f"On every input that goes wrong and {which}, {says}"


def shared(pairs: Pairs, numbers: bool = True) -> str:
    """Return the first pattern that holds for all pairs of a value and its model, or ''.

    Without ``numbers`` those that are ``measured`` are left out.
    """
    found = (itertools.chain(_slips(v, m, {}), _patterns(v, m)) for v, m in pairs)
    return _shared((s for s in each if numbers or not measured(s)) for each in found)


def _shared(found: Iterable[Iterable[str]]) -> str:
    """Return the first text of the first of ``found`` that is in each of them, or ''.

    Once nothing is left no further one is looked at: each takes as long as many a call.
    """
    each = iter(found)
    left = list(next(each, ()))
    while left and (some := next(each, None)) is not None:
        others = set(some)
        left = [says for says in left if says in others]
    return left[0] if left else ""


def _tells(model: Any) -> bool:
    return any(_size(part) >= LEAST for part in (model if _of_arrays(model) else [model]))


def _size(value: object) -> int:
    if isinstance(value, np.ndarray):
        return value.size
    return len(value) if isinstance(value, list | tuple | str | bytes | dict) else 0


def _of_arrays(model: object) -> bool:
    return isinstance(model, list | tuple) and any(isinstance(m, np.ndarray) for m in model)


def _slips(value: Any, model: Any, args: dict[str, np.ndarray]) -> Iterator[str]:
    if isinstance(model, np.ndarray) and isinstance(value, np.ndarray):
        yield from relations.slips(value, model)
        yield from relations.with_arguments(value, model, args)
    elif _of_arrays(model) and isinstance(value, list | tuple):
        yield from _slips_of_several(list(value), list(model), args)
    elif isinstance(value, list | tuple) and with_arrays(value):
        return  # where none is asked for
    elif isinstance(model, list | tuple | str | bytes) and type(value) is type(model):
        yield from (in_unit(says, model) for says in sequence_slips(value, model))
    elif isinstance(model, dict) and isinstance(value, dict):
        yield from dictionary_slips(value, model)


def _slips_of_several(
    values: list[object], models: list[object], args: dict[str, np.ndarray]
) -> Iterator[str]:
    """Yield what is wrong with all wrong ones of several results, and which these are."""
    if len(values) != len(models):
        longer = len(values) == len(models) + 1 and all(map(_equal, values, models))
        if longer:
            yield "a further result comes back at the end"
        return
    for i, j in itertools.combinations(range(len(models)), 2):
        others = [k for k in range(len(models)) if k not in (i, j)]
        changed = _equal(values[i], models[j]) and _equal(values[j], models[i])
        if changed and all(_equal(values[k], models[k]) for k in others):
            yield f"entries {i} and {j} of what came back have changed places"
    wrong = [i for i, (v, m) in enumerate(zip(values, models, strict=True)) if not _equal(v, m)]
    found = [list(_slips(v, m, args)) for v, m in zip(values, models, strict=True)]
    for says in found[wrong[0]] if wrong else []:
        if all(says in other for other in found):
            yield says
        if all(says in found[i] for i in wrong) and len(wrong) < len(models):
            yield _in_entries(wrong, says)


def _in_entries(which: list[int], says: str) -> str:
    numbers = " and ".join(map(str, which))
    where = f"entr{'y' if len(which) == 1 else 'ies'} {numbers} of what comes back"
    if len(which) == 1 and says.startswith("the result "):
        return says.replace("the result", where, 1)
    return f"in {where}, {says}"


def _patterns(value: Any, model: Any) -> Iterator[str]:
    if isinstance(model, np.ndarray) and isinstance(value, np.ndarray):
        yield from _array(value, model)
    elif _of_arrays(model) or _of_arrays(value):
        if isinstance(value, list | tuple) and len(value) == len(model):
            yield from _several(list(value), list(model))
    elif isinstance(model, list | tuple | str | bytes) and type(value) is type(model):
        yield from (in_unit(says, model) for says in seen_in_sequence(value, model))
    elif isinstance(model, dict) and isinstance(value, dict):
        yield from seen_in_dictionary(value, model)


def _several(values: list[object], models: list[object]) -> Iterator[str]:
    """Yield which of several results is wrong, if it is one alone, and its pattern."""
    right = [_equal(v, m) for v, m in zip(values, models, strict=True)]
    if right.count(False) == 1:
        at = right.index(False)
        for says in _array(values[at], models[at]):
            yield f"all is right but entry {at}, and there {says}"
        yield f"all is right but entry {at} of what came back"


def _equal(a: Any, b: Any) -> bool:
    both = isinstance(a, np.ndarray) and isinstance(b, np.ndarray)
    return arrays.close(a, b) if both else same(a, b)


def _array(value: Any, model: Any) -> Iterator[str]:
    both = isinstance(value, np.ndarray) and isinstance(model, np.ndarray)
    if not both or value.shape != model.shape:
        return
    if value.dtype.kind not in "fiub" or model.dtype.kind not in "fiub":
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
                yield from _along(value, wrong, axis)
        if not value[wrong].any():
            yield "wherever it is wrong it is zero"
        if model.dtype.kind == "f" and np.isnan(value[wrong]).all():
            yield "wherever it is wrong it is nan"
        if arrays.agree(np.sort(value, axis=None), np.sort(model, axis=None)):
            yield "the numbers are right and stand in other places"


def _sizes(value: np.ndarray, model: np.ndarray, wrong: np.ndarray) -> Iterator[str]:
    if arrays.agree(value - (value - model).flat[0], model) and np.isfinite(value).all():
        yield "the same amount is added to every entry"
    share = np.abs(value - model)[wrong] / np.maximum(np.abs(model)[wrong], 1e-3)
    if share.max() < NEAR and np.isfinite(value).all():
        yield "every entry is right to within a hundredth: a small term or the precision differs"


def _along(value: np.ndarray, wrong: np.ndarray, axis: int) -> Iterator[str]:
    """Yield where along one axis something is wrong, if these are places at an end."""
    others = tuple(i for i in range(wrong.ndim) if i != wrong.ndim + axis)
    places = np.asarray(wrong.any(axis=others))
    what = _content(value.take(np.flatnonzero(places), axis))
    for says, pattern in _PLACES.items():
        if (places == pattern(len(places))).all():
            yield f"{says} along axis {axis} is wrong{what}"


_PLACES: dict[str, Callable[[int], np.ndarray]] = {
    "only the last place": lambda n: np.arange(n) == n - 1,
    "only the first place": lambda n: np.arange(n) == 0,
    "every place but the first": lambda n: np.arange(n) > 0,
    "every place but the last": lambda n: np.arange(n) < n - 1,
}


def _content(part: np.ndarray) -> str:
    if not part.any():
        return " and stays zero"
    return " and is nan" if part.dtype.kind == "f" and np.isnan(part).all() else ""
