"""The wrong answers to ``cross_entropy_gradient(logits, targets)`` that the check knows.

What each does, and why it is wrong, the catalogue in ``crossentropy.py`` says.
"""

# ruff: noqa: D103

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Array = np.ndarray
Gradient = Callable[[Array, Array], Array]


def softmax(logits: Array, axis: int | None = -1) -> Array:
    e = np.exp(logits - logits.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def log_softmax(logits: Array) -> Array:
    low = logits - logits.max(axis=-1, keepdims=True)
    return low - np.log(np.exp(low).sum(axis=-1, keepdims=True))


def naive(logits: Array) -> Array:
    return np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)


def one_maximum(logits: Array) -> Array:
    return naive(logits - logits.max())


def ones_at(logits: Array, targets: Array) -> Array:
    return np.eye(logits.shape[-1])[targets]


def scaled(by: Callable[[Array], int]) -> Gradient:
    """Return the gradient divided by ``by(logits)``."""
    return lambda logits, targets: (softmax(logits) - ones_at(logits, targets)) / by(logits)


def share(make: Callable[[Array, Array], Array]) -> Gradient:
    """Return ``make(p, onehot)``, divided by the number of positions."""
    return lambda logits, targets: make(softmax(logits), ones_at(logits, targets)) / targets.size


def from_logits(make: Callable[[Array], Array]) -> Gradient:
    """Return the gradient with ``make(logits)`` in the place of the probabilities."""
    return lambda logits, targets: (make(logits) - ones_at(logits, targets)) / targets.size


def all_of_it(p: Array, targets: Array) -> Array:
    """Return the gradient of the sum of the losses."""
    return p - ones_at(p, targets)


def picked_everywhere(p: Array, targets: Array) -> Array:
    p = p.copy()
    p[..., targets] -= 1
    return p / targets.size


def everywhere(logits: Array, targets: Array) -> Array:
    return picked_everywhere(softmax(logits), targets)


def naive_and(end: Callable[[Array, Array], Array]) -> Gradient:
    """Return a gradient that overflows, and has something else wrong with its end."""
    return lambda logits, targets: end(naive(logits), targets)


def into_logits(logits: Array, targets: Array) -> Array:
    logits -= logits.max(axis=-1, keepdims=True)
    return all_of_it(softmax(logits), targets) / targets.size


def in_its_text(logits: Array, targets: Array) -> Array:
    p = softmax(logits)
    for b in range(len(p)):
        p[b, :, targets[b]] -= 1
    return p / targets.size


def through_softmax_again(p: Array, onehot: Array) -> Array:
    d = p - onehot
    return p * (d - (p * d).sum(-1, keepdims=True))


def shifted(by: int) -> Gradient:
    """Return the gradient for targets that have been moved along the text."""
    right = scaled(lambda logits: logits.shape[0] * logits.shape[1])
    return lambda logits, targets: right(logits, np.roll(targets, by, axis=1))
