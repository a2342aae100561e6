"""How an argument can be read other than it is: backwards, rounded, in eight bits, the first only.

Whoever makes such a slip gives what a right answer gives to another argument. So the right answer
itself says what would come out, whatever the exercise is.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

Change = Callable[[Any], Any]
Reading = tuple[str, Change]


def readings(values: list[Any]) -> Iterator[Reading]:
    """Yield the words and the change for each way of reading an argument with these ``values``.

    >>> dict(readings([[3, 1]]))["is read backwards"]([3, 1])
    [1, 3]
    """
    first = values[0] if values else None
    if isinstance(first, np.ndarray):
        yield from _array(first.dtype.kind, max(value.ndim for value in values))
    elif isinstance(first, bool) or callable(first):
        return
    elif isinstance(first, int):
        yield from (
            ("is taken as one more than it is", lambda n: n + 1),
            ("is taken as one less than it is", lambda n: n - 1),
            ("keeps its last eight bits only", lambda n: n % 256),
            ("loses its sign", abs),
        )
    elif isinstance(first, float):
        yield "is not used: it counts as 0", lambda _: 0.0
        yield "is not used: it counts as 1", lambda _: 1.0
    elif isinstance(first, list | tuple | str | bytes):
        yield from _sequence()
    elif isinstance(first, dict):
        yield "is read backwards", lambda d: dict(reversed(list(d.items())))
        yield "is read in sorted order", lambda d: dict(sorted(d.items()))


def _sequence() -> Iterator[Reading]:
    yield "is read backwards", lambda xs: xs[::-1]
    yield "is read without its first entry", lambda xs: xs[1:]
    yield "is read without its last entry", lambda xs: xs[:-1]
    yield "is sorted before it is read", lambda xs: type(xs)(sorted(xs))
    yield "is read with each entry once", lambda xs: type(xs)(dict.fromkeys(xs))
    yield "is stripped of white space", lambda xs: xs.strip()
    yield "is put into lower case", lambda xs: xs.lower()


def _array(kind: str, ndim: int) -> Iterator[Reading]:
    for axis in range(-ndim, 0):
        along = f" along axis {axis}" if ndim > 1 else ""
        yield f"is read backwards{along}", partial(_flip, axis=axis)
        yield f"is sorted{along} before it is read", partial(np.sort, axis=axis)
        for name, at in (("first", 0), ("last", -1)):
            yield f"is read at the {name} place only{along}", partial(_only, at=at, axis=axis)
            yield f"is read as zero at the {name} place{along}", partial(_zero, at=at, axis=axis)
        for name, step in (("before", 1), ("after", -1)):
            change = partial(np.roll, shift=step, axis=axis)
            yield f"is read one place {name} the right one{along}", change
    for one, other in itertools.combinations(range(-ndim, 0), 2):
        says = "is transposed" if ndim == 2 else f"has axes {one} and {other} in the other order"
        yield f"{says} where these are of one size", partial(_turned, one=one, other=other)
    yield from {"f": _floats, "i": _integers, "b": _truths}.get(kind, _none)()


def on_the_way() -> Iterator[Reading]:
    """Yield the words and the change for each way of changing an array on the way."""
    for axis in (-1, -2, -3):
        yield f"is turned round along axis {axis}", _of_arrays(partial(_flip, axis=axis))
        for name, at in (("first", 0), ("last", -1)):
            along = f"place along axis {axis}"
            yield (
                f"counts at the {name} {along} only",
                _of_arrays(partial(_none_but, at=at, axis=axis)),
            )
            yield (
                f"is that of the {name} {along} everywhere",
                _of_arrays(partial(_only, at=at, axis=axis)),
            )
            yield f"is zero at the {name} {along}", _of_arrays(partial(_zero, at=at, axis=axis))
        for name, made in (("sum", np.sum), ("mean", np.mean)):
            yield (
                f"is replaced by its {name} along axis {axis}",
                _of_arrays(partial(_spread, made=made, axis=axis)),
            )
    for says, change in _floats():
        yield says, _of_arrays(change)


def _of_arrays(change: Change) -> Change:
    def changed(x: object) -> object:
        if not of_floats(x):
            raise TypeError("no array of floats")
        return change(x)

    return changed


def of_floats(x: object) -> bool:
    """Return whether a quantity is one that ``on_the_way`` can change: an array of floats."""
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def _none_but(x: np.ndarray, at: int, axis: int) -> np.ndarray:
    out = np.zeros_like(x)
    np.moveaxis(out, axis, 0)[at] = np.moveaxis(x, axis, 0)[at]
    return out


def _spread(x: np.ndarray, made: Callable, axis: int) -> np.ndarray:
    return np.broadcast_to(made(x, axis=axis, keepdims=True), x.shape).copy()


def _none() -> Iterator[Reading]:
    return iter(())


def _floats() -> Iterator[Reading]:
    for digits in range(4):
        yield f"is rounded to {digits} decimals", partial(np.round, decimals=digits)
    yield "is cut to whole numbers", np.trunc
    yield "has the opposite sign", np.negative
    yield "loses its signs", np.abs
    yield "is cut off below zero", lambda x: np.maximum(x, 0)
    for factor, says in ((2.0, "doubled"), (0.5, "halved"), (0.1, "divided by ten")):
        yield f"is {says}", partial(np.multiply, factor)
    yield "has the precision of float16 only", lambda x: x.astype(np.float16).astype(x.dtype)
    yield "is not used: it counts as zeros", np.zeros_like
    yield "is not used: it counts as ones", np.ones_like


def _integers() -> Iterator[Reading]:
    yield "is taken as one more than it is", lambda x: x + 1
    yield "is taken as one less than it is", lambda x: x - 1
    yield "keeps its last eight bits only", lambda x: x % 256
    yield "loses its signs", np.abs


def _truths() -> Iterator[Reading]:
    yield "is read the wrong way round", np.logical_not
    yield "is not used: all of it counts as true", np.ones_like
    yield "counts as true on its diagonal", _with_diagonal


def _with_diagonal(m: np.ndarray) -> np.ndarray:
    return m | np.eye(m.shape[-2], m.shape[-1], dtype=bool)


def _flip(x: np.ndarray, axis: int) -> np.ndarray:
    return np.flip(x, axis)


def _only(x: np.ndarray, at: int, axis: int) -> np.ndarray:
    return np.broadcast_to(x.take([at], axis), x.shape).copy()


def _zero(x: np.ndarray, at: int, axis: int) -> np.ndarray:
    out = np.moveaxis(x.copy(), axis, 0)
    out[at] = 0
    return np.moveaxis(out, 0, axis)


def _turned(x: np.ndarray, one: int, other: int) -> np.ndarray:
    same = x.ndim >= -one and x.shape[one] == x.shape[other]
    return x.swapaxes(one, other).copy() if same else x


def alike(rows: list[tuple[Any, ...]]) -> list[tuple[int, int]]:
    """Return the places of two arguments that are arrays of the same kind in all ``rows``."""
    size = min(map(len, rows), default=0)

    def arrays(i: int, j: int) -> bool:
        pairs = [(args[i], args[j]) for args in rows]
        both = all(isinstance(a, np.ndarray) and isinstance(b, np.ndarray) for a, b in pairs)
        return both and all(a.dtype.kind == b.dtype.kind for a, b in pairs)

    return [(i, j) for i, j in itertools.combinations(range(size), 2) if arrays(i, j)]
