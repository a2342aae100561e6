"""How an array of another shape comes from the right one: axes summed, dropped, merged, cut."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from ..arrays import agree
from .places import without

Array = np.ndarray


def reshaped(value: Array, model: Array) -> Iterator[str]:
    """Yield how an array of another shape comes from the right one."""
    if value.size == model.size and agree(value.reshape(model.shape), model):
        if value.squeeze().shape == model.squeeze().shape:
            if value.ndim < model.ndim:
                yield "an axis of size 1 is dropped"
            if value.ndim > model.ndim:
                yield "there is an axis of size 1 too many"
        yield (
            "axes are merged, and not taken apart again"
            if value.ndim < model.ndim
            else (
                "there are axes too many"
                if value.ndim > model.ndim
                else "the axes are cut elsewhere"
            )
        )
        if value.ndim == 2 and value.shape[-1] == model.shape[-1]:
            yield "the axes in front of the last are made one"
    for axis in range(-model.ndim, 0):
        yield from _reduced(value, model, (axis,))
    for axes in itertools.combinations(range(-model.ndim, 0), 2):
        yield from _reduced(value, model, axes)
    for axis in range(-model.ndim, 0):
        for name, at in (("first", 0), ("last", -1)):
            if agree(value, model.take(at, axis)) or agree(value, model.take([at], axis)):
                yield f"of axis {axis} only the {name} place comes back"
            if agree(value, without(model, 1 + 2 * at, axis)):
                yield f"the {name} place along axis {axis} is missing"
            if value.ndim == model.ndim and agree(without(value, 1 + 2 * at, axis), model):
                yield f"there is one place too many along axis {axis}, the {name} one"


def _reduced(value: Array, model: Array, axes: tuple[int, ...]) -> Iterator[str]:
    for name, made in (("summed", np.sum), ("averaged", np.mean)):
        if any(agree(value, made(model, axis=axes, keepdims=k)) for k in (False, True)):
            yield f"the result is {name} over ax{'es' if axes[1:] else 'is'} " + " and ".join(
                map(str, axes)
            )
