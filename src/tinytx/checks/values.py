"""A learner's value, made safe to keep, compare and print."""

from __future__ import annotations

import inspect
import math
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import arrays

DEPTH = 12  # how far plain() follows values inside values
_EXACT = {type(None), bool, int, str, bytes}
SIMPLE = {type(None), bool, int, float, complex, str, bytes}


@dataclass(frozen=True)
class Foreign:
    """Stands for a value that no exercise asks for: a generator, a function, a file."""

    kind: str

    def __repr__(self) -> str:
        return f"<{self.kind}>"


def plain(value: Any, depth: int = DEPTH) -> Any:
    """Return an independent copy of ``value`` made of Python's own types and NumPy arrays.

    A ``Counter`` becomes a dict and ``numpy.int64(3)`` becomes ``3``, because both are right
    answers where a dict or an integer is asked for. Torch tensors become arrays, and arrays without
    axes what they hold. Anything else, an array of objects or of texts too, becomes
    :class:`Foreign`, so that comparing and printing never run the learner's own methods later.

    >>> from collections import Counter
    >>> plain((Counter("aab"), np.int64(3), range(2)))
    ({'a': 2, 'b': 1}, 3, <range>)
    >>> plain((np.array(0.5), np.array([1, None])))
    (0.5, <array of objects>)
    """
    kind = type(value)
    if kind in SIMPLE:
        return value
    if kind is np.ndarray:
        return _array(value, depth)
    if kind in (list, tuple) and depth > 0:
        return kind([plain(item, depth - 1) for item in value])
    if inspect.iscoroutine(value):
        value.close()  # or Python warns, long after, that nobody awaited it
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return _array(value, depth)  # of a masked array or matrix the numbers alone
    if type(value).__module__ == "torch" and hasattr(value, "detach"):
        return _array(value.detach().cpu().numpy(), depth)  # a meta tensor says that it holds none
    return _container(value, depth)


def _array(value: np.ndarray, depth: int) -> object:
    if not value.shape and depth > 0:
        return plain(value.item(), depth - 1)
    if value.dtype.kind in "biufc":
        return np.array(value)
    return Foreign("array of objects" if value.dtype.kind in "OV" else "array of texts")


def _container(value: Any, depth: int) -> object:
    if depth > 0:
        if isinstance(value, Mapping):
            return {plain(k, depth - 1): plain(v, depth - 1) for k, v in value.items()}
        kinds: tuple[type[Any], ...] = (bytes, str, int, float)
        for kind in kinds:
            if isinstance(value, kind):
                return kind(value)
        kinds = (list, tuple, set, frozenset)
        for kind in kinds:
            if isinstance(value, kind):
                return kind(plain(item, depth - 1) for item in value)
    return Foreign(type(value).__name__)


def shares(value: object, args: tuple[object, ...]) -> bool:
    """Return whether a result is one of the arguments, or stands in the memory of one.

    >>> x = np.zeros((2, 3))
    >>> shares(x[:1].T, (x,)), shares([x], ([x],)), shares(x + 1, (x,)), shares([1], ([1],))
    (True, True, False, False)
    """
    if type(value) in SIMPLE:
        return False
    for arg in args:
        if value is arg and isinstance(arg, list | dict | set | np.ndarray):
            return True
    parts = value if isinstance(value, tuple | list) else ()
    inside = [memory for memory in map(_memory, (value, *parts)) if memory is not None]
    if not inside:
        return False
    given = [memory for memory in map(_memory, _flat(args)) if memory is not None]
    return any(np.may_share_memory(a, b) for a in inside for b in given)


def entangled(value: object, args: tuple[object, ...]) -> bool:
    """Return whether a list within a result stands there twice, or within an argument as well.

    >>> x = [1]
    >>> entangled([x, x], ()), entangled([x], ([x],)), entangled([x, [1]], ([[1]],))
    (True, True, False)
    """
    if not isinstance(value, list | tuple):
        return False
    inner = [id(part) for part in value if isinstance(part, list | dict | set)]
    given = {id(part) for arg in args if isinstance(arg, list | tuple) for part in arg}
    return len(set(inner)) < len(inner) or not given.isdisjoint(inner)


def _flat(args: tuple[object, ...]) -> Iterator[object]:
    """Yield the arguments, and what those that are lists or tuples hold."""
    for arg in args:
        yield arg
        if isinstance(arg, list | tuple):
            yield from arg


def _memory(value: Any) -> np.ndarray | None:
    """Return the array whose memory a value uses, if it is an array or a tensor."""
    if type(value) in SIMPLE:
        return None
    if isinstance(value, np.ndarray):
        return value if value.size else None
    if type(value).__module__ == "torch" and hasattr(value, "detach"):
        on_host = value.device.type == "cpu" and value.layout.__str__() == "torch.strided"
        return _memory(value.detach().numpy()) if on_host else None
    return None


def same(a: Any, b: Any) -> bool:
    """Return whether two plain values are equal: arrays within a tolerance, the rest exactly."""
    kind = type(a)
    if kind is not type(b):
        return isinstance(a, int) and isinstance(b, int) and a == b  # True and 1
    if kind in _EXACT:
        return a == b
    if isinstance(a, np.ndarray):
        return arrays.close(a, b)
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return bool(a == b or (a != a and b != b))  # NaN is the one value that differs from itself


def nearly(a: Any, b: Any) -> bool:
    """Return whether two plain values are the same, numbers to a hundred-thousandth of their size.

    For exercises that ask for a number or a list of numbers, computed in float32 or float64.

    >>> nearly(0.1 + 0.2, 0.3), nearly([1.0, 2.0], [1.0, 2.1]), nearly(True, 1.0), nearly(0, 0.0)
    (True, False, False, True)
    >>> nearly(1.0, math.inf), nearly(math.inf, math.inf), nearly(math.nan, math.nan)
    (False, True, True)
    """
    if isinstance(a, tuple | list) and type(a) is type(b):
        return len(a) == len(b) and all(map(nearly, a, b))
    if float not in (type(a), type(b)) or not {type(a), type(b)} <= {int, float}:
        return same(a, b)
    return same(a, b) or a == b or math.isclose(a, b, rel_tol=1e-5, abs_tol=1e-9)


def untouched(a: Any, b: Any) -> bool:
    """Return whether two plain values are the same to the last bit: what an input has to remain.

    >>> x = np.array([0.0, np.nan])
    >>> untouched((x,), (x.copy(),)), untouched((x,), (x + 1e-12,)), untouched([1], [1.0])
    (True, False, False)
    """
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and _bytes(a) == _bytes(b)
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(untouched, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(untouched(a[key], b[key]) for key in a)
    return same(a, b)


def _bytes(array: np.ndarray) -> bytes:
    """Return the memory of an array, with one and the same NaN for all there are."""
    nan = np.isnan(array) if array.dtype.kind in "fc" else np.False_
    return (np.where(nan, np.nan, array) if nan.any() else array).tobytes()


def key(value: Any) -> object:
    """Return what two plain values have in common only if they are the same to the last bit.

    >>> key([1, 0.0]) == key([1, 0.0]), key(0.0) == key(-0.0), key(1) == key(True)
    (True, False, False)
    """
    kind = type(value)
    if kind is np.ndarray:
        return kind, value.dtype, value.shape, value.tobytes()
    if kind is float:
        return kind, value.hex()
    if kind in (list, tuple):
        return (kind, *map(key, value))
    if kind is dict:
        return (kind, *((key(name), key(entry)) for name, entry in value.items()))
    if kind in _EXACT or kind is Foreign:
        return kind, value
    return kind, id(value)  # nothing else is compared


def telling(value: object) -> bool:
    """Return whether to give this very value by chance would be odd: not so zeros, nan, or [].

    >>> telling(np.zeros(3)), telling(np.array([1.0, 2.0])), telling(()), telling([b"a"])
    (False, True, False, True)
    >>> telling(0.6931471805599453), telling(0.5)  # of numbers, those with many digits
    (True, False)
    >>> telling(49152), telling(7)
    (True, False)
    """
    if isinstance(value, int):
        return abs(value) >= 10_000
    if isinstance(value, float):
        return round(value, 4) != value and abs(value) < math.inf and value == value
    if isinstance(value, np.ndarray):
        finite = value[np.isfinite(value)] if value.dtype.kind in "fc" else value
        return bool(finite.size and (finite != finite.flat[0]).any())
    if isinstance(value, tuple | list) and any(isinstance(v, np.ndarray) for v in value):
        return any(map(telling, value))
    return isinstance(value, list | tuple | dict | str | bytes) and bool(value)


def finite(value: object) -> bool:
    """Return whether a value has a number in it that is finite, or something that is no float.

    >>> finite(np.array([np.nan, 1.0])), finite([np.array([np.nan])]), finite(math.inf), finite("a")
    (True, False, False, True)
    """
    if isinstance(value, tuple | list) and value:
        return any(map(finite, value))
    if isinstance(value, np.ndarray) and value.dtype.kind in "fc":
        return bool(np.isfinite(value).any())
    return not isinstance(value, float) or math.isfinite(value)


def brief(text: str, limit: int = 120) -> str:
    """Cut ``text`` in the middle when it is longer than ``limit`` characters."""
    if len(text) <= limit:
        return text
    half = (limit - 5) // 2
    return f"{text[:half]} ... {text[-half:]}"


def shown(value: object, limit: int = 120) -> str:
    """Write a value for a message: arrays in one line, floats to four digits, the rest by ``repr``.

    >>> shown(([1], np.array([0.5]))), shown((1 / 3, {"a": [2.0]}))
    ('([1], [0.5])', "(0.3333, {'a': [2.0]})")
    """
    if isinstance(value, np.ndarray):
        return arrays.text(value)
    if isinstance(value, list | tuple) and with_arrays(value):
        return _listed(value, [shown(v, limit) for v in value])
    return brief(_written(_short(value)), limit)


def _short(value: Any) -> Any:
    """Return a value in which floats are written to four digits, as those of arrays are."""
    kind = type(value)
    if kind is float:
        return _Short(value)
    if kind in (list, tuple):
        return kind(map(_short, value))
    if kind is dict:
        return {_short(key): _short(entry) for key, entry in value.items()}
    return value


class _Short(float):
    """A float that is written to four digits."""

    def __repr__(self) -> str:
        written = arrays.number(self)
        return f"{written}0" if written.endswith(".") else written


def _written(value: object) -> str:
    r"""Write a value by ``repr``; with escapes where two texts in it may look the same.

    >>> _written("\u00e9"), _written("e\u0301")
    ("'é'", "'e\\u0301'")
    """
    written = repr(value)
    return written if unicodedata.is_normalized("NFC", written) else ascii(value)


def typed(value: object) -> str:
    """Write an argument as a learner would type it.

    >>> typed(np.array([[1.0, 2.0]])), typed("ab"), typed([(np.array([1]), 2)])
    ('np.array([[1., 2.]])', "'ab'", '[(np.array([1]), 2)]')
    >>> typed(np.zeros((1, 0, 4))), typed(len), typed(1.00001)
    ('np.zeros((1, 0, 4))', 'len', '1.00001')
    """
    if isinstance(value, np.ndarray) and 0 in value.shape[:-1]:
        return f"np.zeros({value.shape})"  # in brackets the axes behind the empty one would be lost
    if isinstance(value, list | tuple) and with_arrays(value):
        return _listed(value, [typed(v) for v in value])
    if isinstance(value, np.ndarray):
        written = shown(value)
        return f"np.array({written})" if written.startswith("[") else written
    if callable(value) and hasattr(value, "__name__"):
        return value.__name__
    return brief(_written(value))


def _listed(value: list | tuple, entries: list[str]) -> str:
    inside = ", ".join(entries)
    comma = "," if len(entries) == 1 else ""
    return f"[{inside}]" if isinstance(value, list) else f"({inside}{comma})"


def with_arrays(value: list | tuple) -> bool:
    """Return whether a list or tuple, or one that it holds, holds an array."""
    return any(
        isinstance(v, np.ndarray) or (isinstance(v, list | tuple) and with_arrays(v)) for v in value
    )
