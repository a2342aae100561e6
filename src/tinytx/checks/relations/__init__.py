"""How a wrong array comes from the right one: turned, moved, scaled, rounded, summed, cut.

===========  ==================================================================
``numbers``  what became of the numbers, each for itself
``places``   in which places they stand
``shapes``   how an array of another shape comes from the right one
===========  ==================================================================

``slips`` yields what names the slip that was made, each only where it explains the whole array.
A name may come of one input by chance; ``patterns.py`` asks for the same on all that go wrong. The
words hold no number of the right result.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .. import arrays
from ..arrays import agree
from . import numbers, places, shapes

Array = np.ndarray


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
            yield from numbers.plainly(value, model)
            if arrays.off(value, model).any():
                yield from numbers.changed(value, model)
                yield from places.moved(value, model)
                yield from places.filled(value, model)
        else:
            yield from shapes.reshaped(value, model)
        yield from places.turned(value, model)


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
                if agree(value, made):
                    yield says
