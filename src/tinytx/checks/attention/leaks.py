"""Functions that ``sees_the_future`` is tried on: some look ahead, each in its own way.

They take and give (T, D). Their names and the first lines of their docstrings are shown to
learners.
"""

from __future__ import annotations

import math

import numpy as np

from .reference import causal_mask

Array = np.ndarray


def _read(x: Array, mask: Array) -> Array:
    """Return attention of x to itself; every position sees itself.

    Each row has a maximum of its own. The package's softmax may share one among all rows, which
    moves the sixteenth digit of a row when another row changes: an exact comparison would report
    other positions at every call.

    Whole numbers are refused: what `overwrites` makes would not fit into an array of them.
    """
    if np.asarray(x).dtype.kind != "f":
        raise TypeError(f"attend takes an array of floats, and this one holds {x.dtype}")
    scores = np.where(mask, x @ x.T / math.sqrt(x.shape[-1]), -np.inf)
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True) @ x


def _causal(x: Array) -> Array:
    return _read(x, causal_mask(len(x)))


def causal(x: Array) -> Array:
    """Causal attention, where nothing leaks."""
    return _causal(x)


def unmasked(x: Array) -> Array:
    """Attention without a mask."""
    return _read(x, np.ones((len(x), len(x)), dtype=bool))


def one_ahead(x: Array) -> Array:
    """Attention whose mask lets each position see the next one."""
    return _read(x, np.tri(len(x), k=1, dtype=bool))


def by_twos(x: Array) -> Array:
    """Causal attention in which positions 0 and 1 also see each other, and 2 and 3, and so on."""
    pair = np.arange(len(x)) // 2
    return _read(x, causal_mask(len(x)) | (pair[:, None] == pair[None, :]))


def zeroed(x: Array) -> Array:
    """Attention whose hidden weights are set to zero after the softmax."""
    scores = x @ x.T / math.sqrt(x.shape[-1])
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True) * causal_mask(len(x)) @ x


def first_sees(x: Array) -> Array:
    """Causal attention, but position 0 sees everything."""
    mask = causal_mask(len(x))
    mask[0] = True
    return _read(x, mask)


def peeks(x: Array) -> Array:
    """Causal attention, but position 1 sees the last position too."""
    mask = causal_mask(len(x))
    mask[1, -1] = True
    return _read(x, mask)


def normed(x: Array) -> Array:
    """Causal attention on inputs whose mean over all positions was subtracted first."""
    return _causal(x - x.mean(axis=0))


def faint(x: Array) -> Array:
    """Causal attention, plus 4e-9 times sines of what the last position's input holds.

    A change of the size of 1 in a single number turns all the angles far, each by another amount;
    a change by a thousandth does not turn them enough to count.
    """
    angles = np.arange(3, 3 + x.shape[1]) * (x[-1] + x[-1].sum())
    return _causal(x) + 4e-9 * np.sin(angles)


def one_number(x: Array) -> Array:
    """Causal attention, to whose last number the next position's first is added."""
    out = _causal(x)
    out[:-1, -1] += x[1:, 0]
    return out


def last_number(x: Array) -> Array:
    """Causal attention, to whose first number the next position's last is added."""
    out = _causal(x)
    out[:-1, 0] += x[1:, -1]
    return out


def behind_norm(x: Array) -> Array:
    """Causal attention, to which the next position's row is added, after a LayerNorm."""
    centred = x - x.mean(axis=-1, keepdims=True)
    size = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-13)
    out = _causal(x)
    out[:-1] += (centred / size)[1:] * np.arange(1.0, x.shape[1] + 1)
    return out


def tide(x: Array) -> Array:
    """Causal attention, where all numbers of a row rise or fall together with the next row."""
    out = _causal(x)
    out[:-1] += np.sin(5 * x[1:] @ np.arange(1.0, x.shape[1] + 1))[:, None]
    return out


def half(x: Array) -> Array:
    """A function that keeps the first half of the rows and turns the others into ones."""
    out = np.ones_like(x)
    out[: len(x) // 2] = x[: len(x) // 2]
    return out


def balanced(x: Array) -> Array:
    """Causal attention, whose first number gains what its second loses to the next position."""
    out = _causal(x)
    out[:-1, 0] += x[1:, 0]
    out[:-1, 1] -= x[1:, 0]
    return out


def rounds(x: Array) -> Array:
    """A function that multiplies x by a number and divides it again: no leak, only rounding."""
    factor = 2 + np.sin(x.sum())
    return x * factor / factor


def constant(x: Array) -> Array:
    """A function that ignores x and always gives ones."""
    return np.ones_like(x)


def overwrites(x: Array) -> Array:
    """Causal attention that writes its result into x, and position 1 sees the last one too."""
    x[...] = peeks(x)
    return x
