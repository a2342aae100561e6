"""Values as bytes that hold no code: how an answer's results leave the process that made them.

``pickle`` would run whatever a learner's process puts into it. This is JSON: a plain value is
itself, and every other one a list whose first entry says what it is, ``["t", [1, 2]]`` for a tuple.
Whoever reads it makes the value anew out of Python's own types and arrays of numbers, and refuses
with one ``ValueError`` what is anything else.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import math
import re
from typing import Any

import numpy as np

from ..checks.call import Outcome
from ..checks.values import Foreign

DEPTH = 40  # values inside values, of those that are read
WORDS = 2000  # characters of a message; the checks write no longer ones
TOO_LARGE = "its result is too large for the memory that grading has"
_SMALL = 1 << 53
_DTYPE = re.compile(r"[<>|=](b1|[iu][1248]|f[248]|f1[26]|c(8|16|32)|[SU]\d{1,6}|[mM]8(\[\w+\])?)")
_TEXTS = ("error", "detail", "line")
_FLAGS = ("shared", "entangled", "lost", "stuck", "starved", "begun")


def pack(value: Any) -> Any:
    """Return a plain value (of :func:`tinytx.checks.values.plain`) as JSON can hold it.

    >>> pack((1, b"a")), pack({"x": 2**70})
    (['t', [1, ['b', 'YQ==']]], ['d', [['x', ['i', '0x400000000000000000']]]])
    """
    kind = type(value)
    if value is None or kind in (bool, str, float):
        return value
    if kind is int:
        return value if -_SMALL < value < _SMALL else ["i", hex(value)]
    if kind is np.ndarray:
        return _pack_array(value)
    if kind is dict:
        return ["d", [[pack(key), pack(entry)] for key, entry in value.items()]]
    if kind in _MANY:
        return [_MANY[kind], [pack(entry) for entry in value]]
    if kind is bytes:
        return ["b", base64.b64encode(value).decode("ascii")]
    if kind is complex:
        return ["c", [value.real, value.imag]]
    return ["F", value.kind if kind is Foreign else kind.__name__]


_MANY: dict[type, str] = {list: "l", tuple: "t", set: "s", frozenset: "z"}
_MADE = {sign: kind for kind, sign in _MANY.items()}


def _pack_array(array: np.ndarray) -> object:
    shape = list(array.shape)
    if array.dtype.kind == "O":
        return ["o", shape, [pack(entry) for entry in array.reshape(-1).tolist()]]
    if not _DTYPE.fullmatch(array.dtype.str):
        return ["F", f"array of {array.dtype}"[:80]]
    data = base64.b64encode(np.ascontiguousarray(array).tobytes())
    return ["a", array.dtype.str, shape, data.decode("ascii")]


def unpack(packed: Any, depth: int = DEPTH) -> object:
    """Return the value that :func:`pack` was given.

    Raises
    ------
    ValueError
        If it is nothing that ``pack`` makes.
    """
    if packed is None or type(packed) in (bool, int, float, str):
        return packed
    try:
        if depth == 0:
            raise ValueError("nested too deeply")
        return _unpack(packed[0], packed[1:], depth - 1)
    except (TypeError, ValueError, KeyError, IndexError, OverflowError) as error:
        raise ValueError(f"no value of an exercise ({type(error).__name__})") from None


def _unpack(sign: str, rest: list, depth: int) -> object:
    if sign == "a":
        return _unpack_array(*rest)
    if sign == "o":
        shape, entries = rest
        array = np.empty(len(entries), dtype=object)
        array[:] = [unpack(entry, depth) for entry in entries]
        return array.reshape(_sizes(shape))
    (inside,) = rest
    if sign in _MADE:
        return _MADE[sign](unpack(entry, depth) for entry in _list(inside))
    if sign == "d":
        return {unpack(key, depth): unpack(entry, depth) for key, entry in _list(inside)}
    if sign == "i":
        return int(inside, 16)
    if sign == "b":
        return base64.b64decode(inside, validate=True)
    if sign == "c":
        return complex(*map(float, inside))
    if sign == "F" and isinstance(inside, str):
        return Foreign(inside[:80])
    raise ValueError(f"no sign {sign!r}")


def _unpack_array(dtype: str, shape: list, data: str) -> np.ndarray:
    if not _DTYPE.fullmatch(dtype):
        raise ValueError("no dtype of numbers")
    return np.frombuffer(base64.b64decode(data, validate=True), dtype).reshape(_sizes(shape)).copy()


def _sizes(shape: list) -> tuple[int, ...]:
    if len(shape) > 32 or not all(type(n) is int and 0 <= n < 1 << 32 for n in shape):
        raise ValueError("no shape")
    return tuple(shape)


def _list(value: object) -> list:
    if not isinstance(value, list):
        raise TypeError("no list")
    return value


def write_step(kind: str, what: object) -> bytes:
    """Return one step of ``tinytx.checks.trial`` as bytes: an outcome, or what else was seen.

    An outcome for which the memory does not suffice is one that says so.
    """
    try:
        return _written(kind, what)
    except MemoryError:
        if not isinstance(what, Outcome):
            raise
    return _written(kind, Outcome(error="MemoryError", detail=TOO_LARGE))


def _written(kind: str, what: object) -> bytes:
    if isinstance(what, Outcome):
        rest = {name: getattr(what, name) for name in (*_TEXTS, *_FLAGS, "printed")}
        packed: object = [pack(what.value), pack(what.args), rest]
    else:
        packed = pack(what)
    return json.dumps([kind, packed]).encode("ascii")


def read_step(data: bytes) -> tuple[str, object]:
    """Return the step that :func:`write_step` was given, or raise ``ValueError``."""
    try:
        kind, packed = json.loads(data.decode("ascii"))
        if kind == "outcome":
            return kind, _outcome(*packed)
        if not isinstance(kind, str):
            raise TypeError("no kind")
    except (ValueError, TypeError, RecursionError):
        raise ValueError("no step of a trial") from None
    return kind, unpack(packed)


def _outcome(value: object, args: object, rest: dict) -> Outcome:
    known = {field.name for field in dataclasses.fields(Outcome)}
    left: Any = unpack(args)
    right = (
        isinstance(left, tuple)
        and isinstance(rest, dict)
        and rest.keys() <= known
        and all(isinstance(rest[name], str) for name in _TEXTS)
        and all(isinstance(rest[name], bool) for name in _FLAGS)
        and isinstance(rest["printed"], int)
        and math.isfinite(rest["printed"])
    )
    if not right:
        raise ValueError("no outcome")
    words = {name: rest[name][:WORDS] for name in _TEXTS}
    return Outcome(unpack(value), args=left, **{**rest, **words})
