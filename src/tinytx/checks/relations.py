"""How a wrong array comes from the right one: turned, moved, scaled, rounded, summed, cut.

``slips`` yields what names the slip that was made, each only where it explains the whole array.
A name may come of one input by chance; ``patterns.py`` asks for the same on all that go wrong. The
words hold no number of the right result.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import numpy as np

from . import arrays

Array = np.ndarray
FACTORS = {2.0: "doubled", 0.5: "halved", 10.0: "ten times too large", 0.1: "ten times too small"}


def slips(value: Array, model: Array) -> Iterator[str]:
    """Yield the names of slips that make ``value`` of ``model``, the clearest first.

    >>> x = np.arange(6.0).reshape(2, 3)
    >>> list(slips(x[:, ::-1], x))
    ['the order along axis -1 is turned round']
    >>> list(slips(x.sum(axis=0), x))
    ['the result is summed over axis -2']
    """
    if value.dtype.kind not in "fiub" or model.dtype.kind not in "fiub" or not model.size:
        return
    with np.errstate(all="ignore"):
        if value.shape == model.shape:
            yield from _content(value, model)
            if arrays.off(value, model).any():
                yield from _changed(value, model)
                yield from _places(value, model)
                yield from _filled(value, model)
        else:
            yield from _shapes(value, model)
        yield from _turned(value, model)


def as_(value: Array, model: Array) -> bool:
    """Return whether two arrays of one shape agree within the tolerance."""
    return value.shape == model.shape and not arrays.off(value, model).any()


def _content(value: Array, model: Array) -> Iterator[str]:
    """Yield what became of the numbers, each for itself."""
    if not value.any():
        yield "nothing but zeros comes back" if model.dtype.kind != "b" else "all of it is False"
    if model.dtype.kind == "b":
        if value.all():
            yield "all of it is True"
        if as_(~value.astype(bool), model):
            yield "True and False are exchanged"
    elif as_(-value, model) and value.any():
        yield "the result has the opposite sign"


def _changed(value: Array, model: Array) -> Iterator[str]:
    """Yield what became of the numbers where each is a function of the right one."""
    if model.dtype.kind == "b":
        return
    for digits in range(5):
        if np.abs(value - np.round(model, digits)).max() < 1e-9:
            yield f"the result is rounded to {digits} decimals"
    for name, change in _CHANGES.items():
        if as_(value, change(model)):
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
        if factor > 0 and abs(factor - 1) > 1e-4 and as_(value, factor * model):
            near = next((word for f, word in FACTORS.items() if np.isclose(f, factor)), "")
            times = f"the result is {near or f'multiplied by {factor:.3g}'}"
            yield times
            for axis, size in zip(range(-model.ndim, 0), model.shape, strict=True):
                yield from _sized(factor, size, f"the size of axis {axis}")
            yield from _sized(factor, model.size // model.shape[-1], "the number of its rows")
    amount = float((value - model).flat[0])
    if abs(amount) > 1e-6 and as_(value - amount, model):
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
        if limit != 0 and as_(value, cut(model, limit)):
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


def _places(value: Array, model: Array) -> Iterator[str]:
    """Yield in which places of an axis the numbers stand, or what stands there for them."""
    for axis in range(-model.ndim, 0):
        n = model.shape[axis]
        if n == 1:
            continue
        if as_(value, np.flip(model, axis)):
            yield f"the order along axis {axis} is turned round"
        for far, mine, theirs in (("on", 1, -1), ("back", -1, 1)):
            shifted = as_(_drop(value, mine, axis), _drop(model, theirs, axis))
            if (shifted and n > 2) or as_(value, np.roll(model, mine, axis)):
                yield f"all along axis {axis} stands one place too far {far}"
        if as_(value, np.sort(model, axis)) and model.dtype.kind != "b":
            yield f"the numbers are sorted along axis {axis}"
        yield from _spread(value, model, axis)
        for name, at in (("first", 0), ("last", -1)):
            rest = as_(_drop(value, 1 if at == 0 else -1, axis), _drop(model, 1 + 2 * at, axis))
            if rest and not value.take(at, axis).any():
                yield f"the {name} place along axis {axis} stays zero"


def _drop(x: Array, which: int, axis: int) -> Array:
    """Return ``x`` without its first place along an axis, or with -1 without its last."""
    return np.moveaxis(
        np.moveaxis(x, axis, 0)[1:] if which > 0 else np.moveaxis(x, axis, 0)[:-1], 0, axis
    )


def _spread(value: Array, model: Array, axis: int) -> Iterator[str]:
    """Yield that one number stands for all along an axis, or that a sum runs on."""
    for name, at in (("first", 0), ("last", -1)):
        if as_(value, np.broadcast_to(model.take([at], axis), model.shape)):
            yield f"everything along axis {axis} is that of the {name} place"
    if model.dtype.kind == "b":
        return
    for name, made in (("sum", np.sum), ("mean", np.mean), ("largest", np.max)):
        if as_(value, np.broadcast_to(made(model, axis=axis, keepdims=True), model.shape)):
            yield f"every place along axis {axis} gets the {name} of all"
    if as_(value, np.cumsum(model, axis)):
        yield f"along axis {axis} each place gets the sum up to it"


def _turned(value: Array, model: Array) -> Iterator[str]:
    """Yield in which order the axes stand, or are read."""
    if value.size != model.size or not 1 < model.ndim < 6:
        return
    orders = list(itertools.permutations(range(model.ndim)))[1:]
    for order in orders:
        moved = [i - model.ndim for i, j in enumerate(order) if i != j]
        if as_(value, model.transpose(order)):
            two = len(moved) == 2
            what = f"axes {moved[0]} and {moved[1]} have changed places" if two else ""
            yield what or "the axes stand in another order"
    if any(as_(value, model.transpose(order).reshape(value.shape)) for order in orders):
        yield "the numbers are right, and read in another order of the axes"


def _filled(value: Array, model: Array) -> Iterator[str]:
    """Yield that the work has not reached the end, or the beginning, in the order of reading."""
    wrong = arrays.off(value, model).reshape(-1)
    if value.reshape(-1)[wrong].any():
        return
    count = int(wrong.sum())
    if wrong[-count:].all() and count < wrong.size:
        yield "the end of the result stays zero"
    if wrong[:count].all() and count < wrong.size:
        yield "the beginning of the result stays zero"


def _shapes(value: Array, model: Array) -> Iterator[str]:
    """Yield how an array of another shape comes from the right one."""
    if value.size == model.size and as_(value.reshape(model.shape), model):
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
    for axis in range(-model.ndim, 0):
        yield from _reduced(value, model, (axis,))
    for axes in itertools.combinations(range(-model.ndim, 0), 2):
        yield from _reduced(value, model, axes)
    for axis in range(-model.ndim, 0):
        for name, at in (("first", 0), ("last", -1)):
            if as_(value, model.take(at, axis)) or as_(value, model.take([at], axis)):
                yield f"of axis {axis} only the {name} place comes back"
            if as_(value, _drop(model, 1 + 2 * at, axis)):
                yield f"the {name} place along axis {axis} is missing"
            if value.ndim == model.ndim and as_(_drop(value, 1 + 2 * at, axis), model):
                yield f"there is one place too many along axis {axis}, the {name} one"


def _reduced(value: Array, model: Array, axes: tuple[int, ...]) -> Iterator[str]:
    for name, made in (("summed", np.sum), ("averaged", np.mean)):
        if any(as_(value, made(model, axis=axes, keepdims=k)) for k in (False, True)):
            yield f"the result is {name} over ax{'es' if axes[1:] else 'is'} " + " and ".join(
                map(str, axes)
            )


def with_arguments(value: Array, model: Array, args: dict[str, Array]) -> Iterator[str]:
    """Yield what one of the arguments has to do with it: added, multiplied, or given back."""
    if value.shape != model.shape or not arrays.off(value, model).any():
        return
    with np.errstate(all="ignore"):
        for name, arg in args.items():
            if arg.shape != model.shape or arg.dtype.kind not in "fiu":
                continue
            for says, made in (
                (f"`{name}` comes back as it is", arg),
                (f"`{name}` is added to the result", model + arg),
                (f"`{name}` is subtracted from the result", model - arg),
                (f"the result is multiplied by `{name}`", model * arg),
                (f"the result is divided by `{name}`", model / arg),
            ):
                if as_(value, made):
                    yield says
