"""Arrays in checks: inputs that discriminate, when two arrays are equal, how one is shown.

Inputs come in two sizes. The small ones are written out, in round numbers, because the first that
fails is shown, and a learner should be able to check it by hand. The large ones are drawn, with
all dimensions different: a wrong transpose cannot pass there. ``draw`` rounds to two decimals, so
that what is shown is what was given.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

# For each number of bytes of a float, the relative and the absolute tolerance. What comes back in
# float64 may have been float32 on the way, which is off by 1e-7 of each term of a sum, or made with
# a guard such as `+ 1e-9` in a denominator. In float32 exp of a number near 1000 is off by 1e-4.
TOLERANCES = {4: (1e-3, 1e-6), 8: (1e-5, 1e-6)}
SHOWN = 160  # characters of an array that is written out


def draw(*shape: int, seed: int = 0, scale: float = 1.0) -> np.ndarray:
    """Return random float64 numbers of ``shape``, normally distributed, to two decimals.

    >>> draw(2, 3)
    array([[ 0.13, -0.13,  0.64],
           [ 0.1 , -0.54,  0.36]])
    """
    return np.round(scale * np.random.default_rng(seed).standard_normal(shape), 2)


def alike(a: np.dtype, b: np.dtype) -> bool:
    """Return whether one dtype does where another is asked for: the same kind, mostly.

    Half precision does for itself alone, and whole numbers may be unsigned. Who asks for unsigned
    ones asks for so many bytes as well.

    >>> alike(np.dtype("f4"), np.dtype("f8")), alike(np.dtype("i8"), np.dtype("f8"))
    (True, False)
    >>> alike(np.dtype("u4"), np.dtype("i8")), alike(np.dtype("u4"), np.dtype("u1"))
    (True, False)
    """
    if a == b or b.kind == "u":
        return a == b
    if b.kind == "i":
        return a.kind in "iu"
    return a.kind == b.kind and (a.kind != "f" or min(a.itemsize, b.itemsize) >= 4)


def off(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return where two arrays of one shape differ by more than the tolerance of their dtypes."""
    if not (a.dtype.kind in "fc" and b.dtype.kind in "fc"):
        return np.asarray(a != b)
    rtol, atol = TOLERANCES[4 if min(a.dtype.itemsize, b.dtype.itemsize) < 8 else 8]
    with np.errstate(all="ignore"):  # infinity less infinity
        gap = a - b
        if np.isfinite(gap).all():  # as np.isclose does it, which takes three times as long
            return np.abs(gap) > atol + rtol * np.abs(b)
        return ~np.isclose(a, b, rtol=rtol, atol=atol, equal_nan=True)


def close(a: np.ndarray, b: np.ndarray) -> bool:
    """Return whether two arrays agree in kind and shape, and in value within the tolerance.

    >>> close(np.array([0.1], "f4"), np.array([0.1])), close(np.array([1]), np.array([1.0]))
    (True, False)
    """
    if not alike(a.dtype, b.dtype) or a.shape != b.shape:
        return False
    # A search compares a hundred thousand times, and these two looks settle most of it.
    if a.dtype == b.dtype and a.tobytes() == b.tobytes():
        return True
    return not _apart(a, b) and not off(a, b).any()


def _apart(a: np.ndarray, b: np.ndarray) -> bool:
    """Return whether three entries tell two arrays of one shape apart.

    One of them is off by twice the tolerance, because here it is counted in float64.
    """
    if a.size == 0 or a.dtype.kind != "f":
        return False
    rtol, atol = TOLERANCES[4 if min(a.dtype.itemsize, b.dtype.itemsize) < 8 else 8]
    for at in (0, a.size // 2, -1):
        x, y = a.item(at), b.item(at)
        if 2 * (atol + rtol * abs(y)) < abs(x - y) < math.inf:
            return True
    return False


def agree(value: np.ndarray, model: np.ndarray) -> bool:
    """Return whether two arrays have one shape and the same numbers, of whatever kind they are.

    >>> agree(np.array([1]), np.array([1.0])), agree(np.array([1.0]), np.array([[1.0]]))
    (True, False)
    """
    return value.shape == model.shape and not off(value, model).any()


def text(array: np.ndarray) -> str:
    """Write an array in one line, so that a small one can be pasted; of a large one the shape.

    >>> text(np.array([[1.0, 1 / 3], [0.0, np.nan]]))
    '[[1., 0.3333], [0., nan]]'
    >>> text(np.zeros((2, 3, 4, 5)))
    '<array of shape (2, 3, 4, 5)>'
    """
    if array.size <= SHOWN:
        written = _nested(array.tolist())
        if len(written) <= SHOWN:
            return written
    return f"<array of shape {array.shape}>"


def _nested(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_nested, value))}]"
    return number(value) if isinstance(value, float) else repr(value)


def number(value: float) -> str:
    """Write a float to four digits, with a point, as NumPy does.

    >>> number(2.0), number(0.123456), number(1e-20)
    ('2.', '0.1235', '1e-20')
    """
    written = f"{value:.4g}" if abs(value) < 1e4 else f"{value:.9g}"
    return written if set(written) & set(".en") else written + "."


def first(where: np.ndarray) -> tuple[int, ...]:
    """Return the index of the first True."""
    return tuple(int(i) for i in np.argwhere(where)[0])


def difference(value: np.ndarray, model: np.ndarray) -> str:
    """Say how many entries differ from ``model``, and what is wrong with the first.

    >>> difference(np.array([[1.0, 2.0]]), np.array([[1.0, 3.0]]))
    '1 of 2 entries differs, the first at (0, 1): 2. is too low'
    >>> difference(np.array([2.0, 4.0]), np.array([3.0, 6.0]))
    '2 of 2 entries differ, all by the same factor, the first at (0,): 2. is too low'
    >>> difference(np.array([[2.0]]), np.array([[3.0]])), difference(np.array([2]), np.array([3]))
    ('the only entry differs: 2. is too low', 'the only entry differs: 2 is wrong')
    """
    if value.shape != model.shape:
        return "its shape differs"
    wrong = off(value, model)
    if not wrong.any():
        return "it is something else than what is asked for"
    at = first(wrong)
    got, want = value[at].item(), model[at].item()
    if wrong.size == 1:
        return f"the only entry differs: {_word(got, want)}"
    count = int(wrong.sum())
    factor = ", all by the same factor" if _scaled(value, model) else ""
    said = f"{count} of {wrong.size} entries differ{'s' * (count == 1)}{factor}"
    return said + f", the first at {at}: {_word(got, want)}"


def _word(got: Any, want: Any) -> str:
    """Say whether a float is too low or too high; an integer may be an id, which has no size."""
    if isinstance(got, bool | complex) or got != got:
        return repr(got)
    if isinstance(got, int):
        return f"{got} is wrong"
    return f"{number(got)} is too {'low' if got < want else 'high'}"


def _scaled(value: np.ndarray, model: np.ndarray) -> bool:
    """Return whether ``value`` is ``model`` times one number other than zero."""
    zero = model == 0
    if model.dtype.kind != "f" or model.size - zero.sum() < 2 or value[zero].any():
        return False
    if not off(value, model)[~zero].all():
        return False
    with np.errstate(all="ignore"):
        ratios = value[~zero] / model[~zero]
    return bool(ratios[0] != 0 and np.allclose(ratios, ratios[0]))


class Kept:
    """Does ``work`` on arrays, and gives copies of what it gave where the same arrays come again.

    For the models that answers are handed: an answer asks for few texts, and its mistakes for the
    same. ``work`` must depend on its arguments alone. Copies of one share what they keep.
    """

    def __init__(self, work: Callable[..., np.ndarray], most: int):
        self.work, self.most = work, most
        self.known: dict[tuple, np.ndarray] = {}

    def __call__(self, *given: np.ndarray) -> np.ndarray:
        """Return what ``work`` gives, as a new array."""
        key = tuple((array.shape, array.dtype.char, array.tobytes()) for array in given)
        if key not in self.known:
            if len(self.known) >= self.most:
                self.known.clear()
            self.known[key] = self.work(*given)
        return self.known[key].copy()
