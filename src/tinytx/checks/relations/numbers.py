"""What became of the numbers of an array, each for itself: signs, factors, digits, limits."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from .. import arrays
from ..arrays import agree

Array = np.ndarray
FACTORS = {2.0: "doubled", 0.5: "halved", 10.0: "ten times too large", 0.1: "ten times too small"}


def plainly(value: Array, model: Array) -> Iterator[str]:
    """Yield what became of the numbers, each for itself."""
    if not value.any():
        yield "nothing but zeros comes back" if model.dtype.kind != "b" else "all of it is False"
    if model.dtype.kind == "b":
        if value.all():
            yield "all of it is True"
        if agree(~value.astype(bool), model):
            yield "True and False are exchanged"
    elif value.dtype.kind != "b" and agree(-value, model) and value.any():
        yield "the result has the opposite sign"


def changed(value: Array, model: Array) -> Iterator[str]:
    """Yield what became of the numbers where each is a function of the right one."""
    if model.dtype.kind == "b":
        return
    for digits in range(5):
        if np.abs(value - np.round(model, digits)).max() < 1e-9:
            yield f"the result is rounded to {digits} decimals"
    for name, change in _CHANGES.items():
        if agree(value, change(model)):
            yield name
    if model.dtype.kind == "f" and np.isfinite(value).all():
        yield from _scaled(value, model)
        yield from _cut(value, model)
        yield from _narrow(value, model)


def _softmax(x: Array) -> Array:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


_CHANGES: dict[str, Callable[[Array], Array]] = {
    "the result is cut to whole numbers": np.trunc,
    "the result has lost its signs": np.abs,
    "what is negative in the result is cut to zero": lambda x: np.maximum(x, 0),
    "what is positive in the result is cut to zero": lambda x: np.minimum(x, 0),
    "an exp is applied to the result": np.exp,
    "a logarithm is applied to the result": np.log,
    "a square root is applied to the result": np.sqrt,
    "the result is squared": np.square,
    "one over the result comes back": lambda x: 1 / x,
    "a softmax is applied to the result": _softmax,
    "each row of the result is divided by its sum": lambda x: x / x.sum(axis=-1, keepdims=True),
    "each row of the result is centred": lambda x: x - x.mean(axis=-1, keepdims=True),
}


def _scaled(value: Array, model: Array) -> Iterator[str]:
    """Yield by what all is multiplied, or what is added to all."""
    there = np.abs(model) > 1e-9
    if there.any():
        factor = float(value[there][0] / model[there][0])
        if factor > 0 and abs(factor - 1) > 1e-4 and agree(value, factor * model):
            near = next((word for f, word in FACTORS.items() if np.isclose(f, factor)), "")
            digits = 3 if f"{factor:.3g}" != "1" else 6
            yield f"the result is {near or f'multiplied by {factor:.{digits}g}'}"
            for axis, size in zip(range(-model.ndim, 0), model.shape, strict=True):
                yield from _sized(factor, size, f"the size of axis {axis}")
            yield from _sized(factor, model.size // model.shape[-1], "the number of its rows")
    amount = float((value - model).flat[0])
    if abs(amount) > 1e-6 and agree(value - amount, model):
        yield f"{amount:.3g} is added to every number of the result"


def _sized(factor: float, size: int, name: str) -> Iterator[str]:
    sizes = {f"multiplied by {name}": size, f"divided by {name}": 1 / size}
    roots = {f"multiplied by the root of {name}": size**0.5}
    roots[f"divided by the root of {name}"] = size**-0.5
    if size > 1:
        says = (says for says, number in (sizes | roots).items() if np.isclose(number, factor))
        yield from (f"the result is {one}" for one in says)


def _cut(value: Array, model: Array) -> Iterator[str]:
    """Yield at which limit of the learner's all is cut off; some has to be beyond, some not."""
    wrong = arrays.off(value, model)
    if wrong.all():
        return
    for name, limit, cut in (
        ("above", value.max(), np.minimum),
        ("below", value.min(), np.maximum),
    ):
        if limit != 0 and agree(value, cut(model, limit)):
            yield f"what lies {name} {limit:.3g} is cut off"
    small = np.abs(model[wrong]).max()
    kept = np.abs(value[~wrong & (value != 0)])
    if not value[wrong].any() and kept.size and small < kept.min():
        yield "the smallest numbers of the result are set to zero"


def _narrow(value: Array, model: Array) -> Iterator[str]:
    """Yield that the numbers are those of half precision, and near the right ones."""
    half = value.astype(np.float16).astype(value.dtype)
    near = np.abs(value - model) <= 0.01 * np.maximum(np.abs(model), 0.01 * np.abs(model).max())
    if (half == value).all() and near.all():
        yield "the numbers have the precision of float16 only"
