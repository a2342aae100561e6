"""What every operation asks of its arguments, said in one line when it is not met.

These run on every forward and backward, so the good path is one comparison: 0.1 µs each.
"""

from __future__ import annotations

import contextlib
import math
from numbers import Real
from typing import Any, TypeGuard

import numpy as np

FLOATS = (np.dtype(np.float32), np.dtype(np.float64))
COUNTS = ("no", "one", "two", "three", "four")


def check_shape(name: str, value: np.ndarray, shape: tuple[int, ...]) -> None:
    """Refuse ``value`` if its shape is not ``shape``."""
    try:
        fits = value.shape == shape
    except AttributeError:
        fits = False
    if not fits:
        check_numpy(name, value)
        raise ValueError(f"{name} has shape {value.shape} and must have {shape}")


def check_last(name: str, value: np.ndarray, size: int, of: str) -> None:
    """Refuse ``value`` if its last dimension is not ``size``, which comes from ``of``, or is 0."""
    try:
        fits = value.shape[-1] == size > 0
    except (AttributeError, IndexError):
        fits = False
    if not fits:
        check_numpy(name, value)
        least = "" if size else ", and at least 1"
        raise ValueError(
            f"{name} has shape {value.shape}: its last dimension must be {of}, {size}{least}"
        )


def check_dims(name: str, value: np.ndarray, count: int, dims: str) -> None:
    """Refuse ``value`` if it has not ``count`` dimensions, which are ``dims``, such as (N, D)."""
    if getattr(value, "ndim", None) != count:
        check_numpy(name, value)
        said = f"{COUNTS[count]} dimension{'s' if count > 1 else ''}"
        raise ValueError(f"{name} has shape {value.shape} and must have {said}, {dims}")


def check_floats(name: str, value: np.ndarray, count: int, dims: str) -> None:
    """Refuse ``value`` if it is not an array of floats with ``count`` dimensions, ``dims``."""
    if type(value) is np.ndarray and value.ndim == count and value.dtype in FLOATS:
        return
    check_float(name, value)
    check_dims(name, value, count, dims)


def check_array(name: str, value: object) -> None:
    """Refuse a tensor of PyTorch, whose dtypes have the names of NumPy's."""
    if hasattr(value, "detach"):
        raise ValueError(f"{name} is a tensor and must be a NumPy array: give {name}.numpy()")


def check_numpy(name: str, value: object) -> None:
    """Refuse what is no array: a list, a number of Python, a tensor."""
    check_array(name, value)
    if not isinstance(value, np.ndarray | np.generic):
        raise ValueError(f"{name} is {type(value).__name__} and must be a NumPy array")


def check_float(name: str, value: np.ndarray) -> None:
    """Refuse ``value`` if it is not an array of floating-point numbers."""
    if not isinstance(value, np.ndarray) or value.dtype not in FLOATS:
        check_array(name, value)
        kind = getattr(value, "dtype", type(value).__name__)
        raise ValueError(f"{name} is {kind} and must be an array of float32 or float64")


def check_dtype(name: str, value: np.ndarray, dtype: np.dtype, of: str) -> None:
    """Refuse ``value`` if its dtype is not that of ``of``: mixing would silently widen results."""
    if value.dtype != dtype:
        raise ValueError(
            f"{name} is {value.dtype} and {of} is {dtype}: convert one with .astype({dtype})"
        )


def check_integers(name: str, ids: np.ndarray) -> None:
    """Refuse ``ids`` if it is not an array of integers."""
    if not isinstance(ids, np.ndarray) or ids.dtype.kind not in "iu":
        check_array(name, ids)
        kind = getattr(ids, "dtype", type(ids).__name__)
        raise ValueError(f"{name} is {kind} and must be an array of integers")


def check_row(name: str, ids: np.ndarray) -> None:
    """Refuse ``ids`` if it is not one row of integers, (n,)."""
    check_integers(name, ids)
    if ids.ndim != 1:
        raise ValueError(f"{name} has shape {ids.shape} and must have one dimension, (n,)")


def check_ids(name: str, ids: np.ndarray, size: int) -> None:
    """Refuse ``ids`` unless they are integers from 0 to ``size - 1``.

    NumPy would take -1 for the last row, and say nothing.
    """
    check_integers(name, ids)
    if ids.size and (ids.min() < 0 or ids.max() >= size):
        wrong = ids[(ids < 0) | (ids >= size)].flat[0]
        raise ValueError(f"{name} holds {wrong} and must be from 0 to {size - 1}")


def check_mask(name: str, mask: np.ndarray, goal: tuple[int, ...]) -> None:
    """Refuse ``mask`` unless it is boolean and broadcasts to ``goal``."""
    if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_:
        check_array(name, mask)
        kind = getattr(mask, "dtype", type(mask).__name__)
        raise ValueError(f"{name} is {kind} and must be bool: True where an entry counts")
    pairs = zip(mask.shape[::-1], goal[::-1], strict=False)
    if mask.ndim > len(goal) or any(have not in (1, want) for have, want in pairs):
        raise ValueError(f"{name} has shape {mask.shape} and must broadcast to {goal}")


def check_rng(name: str, rng: object) -> None:
    """Refuse what does not draw: a seed, or the generator of another library."""
    if isinstance(rng, np.random.Generator):
        return
    kind = f"{type(rng).__module__}.{type(rng).__name__}".removeprefix("builtins.")
    said, seed = (repr(rng), rng) if is_whole(rng) else (f"a {kind}", 0)
    said = "None" if rng is None else said
    raise ValueError(
        f"{name} is {said} and must be a numpy.random.Generator: numpy.random.default_rng({seed})"
    )


def as_dtype(dtype: Any) -> np.dtype:
    """Return the dtype that is meant; refuse one that the engine does not compute with."""
    with contextlib.suppress(TypeError):
        found = np.dtype(dtype)
        if found in FLOATS:
            return found
    raise ValueError(f"dtype is {dtype!r} and must be numpy.float32 or numpy.float64")


def check_count(name: str, value: object, least: int = 1, more: str = "") -> None:
    """Refuse what is no integer of at least ``least``; ``more`` ends the message."""
    if not is_whole(value) or value < least:
        raise ValueError(f"{name} is {value!r} and must be an integer of at least {least}{more}")


def check_above_0(name: str, value: float) -> None:
    """Refuse what is not above 0 and finite."""
    if not 0 < value < math.inf:
        raise ValueError(f"{name} is {value!r} and must be above 0 and finite")


def check_not_below_0(name: str, value: float) -> None:
    """Refuse what is below 0 or not finite."""
    if not 0 <= value < math.inf:
        raise ValueError(f"{name} is {value!r} and must be at least 0 and finite")


def is_whole(value: object) -> TypeGuard[int]:
    """Return whether ``value`` is an integer, of Python or NumPy; True and False are none."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def is_real(value: object) -> TypeGuard[float]:
    """Return whether ``value`` is a number, of Python or NumPy; True and False are none."""
    return isinstance(value, Real) and not isinstance(value, bool)
