"""Functions that ``sees_the_future`` is tried on: some look ahead, each in its own way.

They take and give (T, D). Their names and the first lines of their docstrings are shown to
learners. What an experiment finds in them must not depend on the numbers that it draws.
"""

from __future__ import annotations

import math

import numpy as np

from .answers import causal_mask

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
    return _read(x, causal_mask(len(x), len(x)))


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
    return _read(x, causal_mask(len(x), len(x)) | (pair[:, None] == pair[None, :]))


def zeroed(x: Array) -> Array:
    """Attention whose hidden weights are set to zero after the softmax."""
    scores = x @ x.T / math.sqrt(x.shape[-1])
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True) * causal_mask(len(x), len(x)) @ x


def normed_zeroed(x: Array) -> Array:
    """X plus attention behind a LayerNorm; hidden weights are zeroed after the softmax."""
    centred = x - x.mean(axis=-1, keepdims=True)
    return x + zeroed(centred / np.sqrt(x.var(axis=-1, keepdims=True) + 1e-30))


def first_sees(x: Array) -> Array:
    """Causal attention, but position 0 sees everything."""
    mask = causal_mask(len(x), len(x))
    mask[0] = True
    return _read(x, mask)


def peeks(x: Array) -> Array:
    """Causal attention, but position 1 sees the last position too."""
    mask = causal_mask(len(x), len(x))
    mask[1:2, -1] = True
    return _read(x, mask)


def skips(x: Array) -> Array:
    """Causal attention, but each position sees the one after the next as well."""
    return _read(x, causal_mask(len(x), len(x)) | np.eye(len(x), k=2, dtype=bool))


def normed(x: Array) -> Array:
    """Causal attention on inputs whose mean over all positions was subtracted first."""
    return _causal(x - x.mean(axis=0))


def faint(x: Array) -> Array:
    """A function that gives 10, plus 5e-9 times waves that the last position's input sets.

    A change of the size of 1 in a single number turns all the angles far, each by another amount;
    a change by a thousandth does not turn them enough to count. The first number and the last stay
    as they are, what one number gains another loses, and the length of the row does not change:
    who looks at one number, at the sum or at the length never finds it. It stays below the 1e-8
    that `np.allclose` forgives, and float32 keeps no trace of it next to a 10.
    """
    return 10 + tiny(x)


def tiny(x: Array) -> Array:
    """A function that gives 5e-9 times waves that the last position's input sets.

    By itself, such a number is none too small for float32 or for a relative tolerance. A limit of
    1e-8 is above it.
    """
    angles = (x.shape[1] - 2) // 4
    turned = x[-1] @ (-1.0) ** np.arange(x.shape[1])
    angle = np.arange(3, 3 + angles) * (x[-1, :angles] + turned)
    waves = 4.9e-9 * np.concatenate([np.sin(angle), -np.sin(angle), np.cos(angle), -np.cos(angle)])
    out = np.zeros_like(x)
    out[:, 1 : 1 + 4 * angles] = waves
    return out


def whispers(x: Array) -> Array:
    """Causal attention plus 10, plus 4e-10 times a sine of the last input: mere rounding."""
    out = 10 + _causal(x)
    out[:, 0] += 4e-10 * np.sin(3 * x[-1].sum())
    return out


def one_number(x: Array) -> Array:
    """Causal attention, to whose last number the next position's first is added."""
    out = _causal(x)
    out[:-1, -1] += x[1:, 0]
    return out


def last_number(x: Array) -> Array:
    """Causal attention, to whose last number the next position's last is added."""
    out = _causal(x)
    out[:-1, -1] += x[1:, -1]
    return out


def second_number(x: Array) -> Array:
    """Causal attention, to whose first number the next position's second is added."""
    out = _causal(x)
    out[:-1, 0] += x[1:, 1]
    return out


def passed_on(x: Array) -> Array:
    """Causal attention, to which the next position's row is added."""
    out = _causal(x)
    out[:-1] += x[1:]
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


def squared(x: Array) -> Array:
    """Causal attention, to which the squares of the next position's numbers are added."""
    out = _causal(x)
    out[:-1] += x[1:] ** 2
    return out


def turns(x: Array) -> Array:
    """Causal attention, whose first two numbers the next position turns like a hand of a clock."""
    out = _causal(x)
    angle = x[1:] @ np.arange(1.0, x.shape[1] + 1)
    a, b = out[:-1, 0].copy(), out[:-1, 1].copy()
    out[:-1, 0] = np.cos(angle) * a - np.sin(angle) * b
    out[:-1, 1] = np.sin(angle) * a + np.cos(angle) * b
    return out


def turned_round(x: Array) -> Array:
    """A function that gives the rows in reverse order."""
    return np.array(x[::-1])


def alone(x: Array) -> Array:
    """A function that doubles each row, and never looks at another."""
    return 2 * x


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
    """A function that multiplies x by numbers and divides it again: no leak, only rounding."""
    factor = 2 + np.sin(x.sum())
    for more in range(3):  # once is not enough: one draw in seventy would show no difference
        x = x * (factor + more) / (factor + more)
    return x


def constant(x: Array) -> Array:
    """A function that ignores x and always gives ones."""
    return np.ones_like(x)


def overwrites(x: Array) -> Array:
    """Causal attention that writes its result into x, and position 1 sees the last one too."""
    x[...] = peeks(x)
    return x
