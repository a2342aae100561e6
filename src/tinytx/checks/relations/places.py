"""In which places the numbers of an array stand: moved, sorted, spread, turned, or not filled."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from .. import arrays
from ..arrays import agree

Array = np.ndarray


def moved(value: Array, model: Array) -> Iterator[str]:
    """Yield in which places of an axis the numbers stand, or what stands there for them."""
    for axis in range(-model.ndim, 0):
        n = model.shape[axis]
        if n == 1:
            continue
        if agree(value, np.flip(model, axis)):
            yield f"the order along axis {axis} is turned round"
        for far, mine, theirs in (("on", 1, -1), ("back", -1, 1)):
            shifted = agree(without(value, mine, axis), without(model, theirs, axis))
            if (shifted and n > 2) or agree(value, np.roll(model, mine, axis)):
                yield f"all along axis {axis} stands one place too far {far}"
        if agree(value, np.sort(model, axis)) and model.dtype.kind != "b":
            yield f"the numbers are sorted along axis {axis}"
        yield from _spread(value, model, axis)
        for name, at in (("first", 0), ("last", -1)):
            rest = agree(
                without(value, 1 if at == 0 else -1, axis), without(model, 1 + 2 * at, axis)
            )
            if rest and not value.take(at, axis).any():
                yield f"the {name} place along axis {axis} stays zero"


def without(x: Array, which: int, axis: int) -> Array:
    """Return ``x`` without its first place along an axis, or with -1 without its last."""
    return np.moveaxis(
        np.moveaxis(x, axis, 0)[1:] if which > 0 else np.moveaxis(x, axis, 0)[:-1], 0, axis
    )


def _spread(value: Array, model: Array, axis: int) -> Iterator[str]:
    """Yield that one number stands for all along an axis, or that a sum runs on."""
    for name, at in (("first", 0), ("last", -1)):
        if agree(value, np.broadcast_to(model.take([at], axis), model.shape)):
            yield f"everything along axis {axis} is that of the {name} place"
    if model.dtype.kind == "b":
        return
    for name, made in (("sum", np.sum), ("mean", np.mean), ("largest", np.max)):
        if agree(value, np.broadcast_to(made(model, axis=axis, keepdims=True), model.shape)):
            yield f"every place along axis {axis} gets the {name} of all"
    if agree(value, np.cumsum(model, axis)):
        yield f"along axis {axis} each place gets the sum up to it"


def turned(value: Array, model: Array) -> Iterator[str]:
    """Yield in which order the axes stand, or are read."""
    if value.size != model.size or not 1 < model.ndim < 6:
        return
    orders = list(itertools.permutations(range(model.ndim)))[1:]
    for order in orders:
        moved = [i - model.ndim for i, j in enumerate(order) if i != j]
        if agree(value, model.transpose(order)):
            two = len(moved) == 2
            what = f"axes {moved[0]} and {moved[1]} have changed places" if two else ""
            yield what or "the axes stand in another order"
    if any(agree(value, model.transpose(order).reshape(value.shape)) for order in orders):
        yield "the numbers are right, and read in another order of the axes"


def filled(value: Array, model: Array) -> Iterator[str]:
    """Yield that the work has not reached the end, or the beginning, in the order of reading."""
    wrong = arrays.off(value, model).reshape(-1)
    if value.reshape(-1)[wrong].any():
        return
    count = int(wrong.sum())
    if wrong[-count:].all() and count < wrong.size:
        yield "the end of the result stays zero"
    if wrong[:count].all() and count < wrong.size:
        yield "the beginning of the result stays zero"
