"""The wrong answers to ``masked_weights(scores, mask)`` that the check knows.

What each does, and why it is wrong, the catalogue in ``masking.py`` says.
"""

# ruff: noqa: D103

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .reference import masked_weights as reference
from .reference import softmax

Array = np.ndarray
Weights = Callable[[Array, Array], Array]


def plain(scores: Array) -> Array:
    """Return a softmax that is nan where a row holds minus infinity alone."""
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def raw(scores: Array) -> Array:
    return np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)


def normed(e: Array) -> Array:
    return e / e.sum(axis=-1, keepdims=True)


def with_guard(guard: float) -> Callable[[Array], Array]:
    """Return what divides each row by its sum plus ``guard``."""
    return lambda e: e / (e.sum(axis=-1, keepdims=True) + guard)


def guarded(e: Array) -> Array:
    """Return rows that sum to one, and leave empty ones empty."""
    total = e.sum(axis=-1, keepdims=True)
    return e / np.where(total == 0, 1, total)


def hidden_by(value: float, softmax: Callable[[Array], Array] = softmax) -> Weights:
    """Return weights where hidden scores are replaced by ``value``."""
    return lambda scores, mask: softmax(np.where(mask, scores, value))


def lowered_by(value: float) -> Weights:
    """Return weights where ``value`` is added to hidden scores."""
    return lambda scores, mask: softmax(scores + np.where(mask, 0.0, value))


def emptied(weigh: Weights) -> Weights:
    """Return the weights of ``weigh``, with zeros in the rows that are hidden altogether."""
    return lambda scores, mask: np.where(mask.any(-1, keepdims=True), weigh(scores, mask), 0.0)


def cut(weigh: Weights) -> Weights:
    """Return the weights of ``weigh``, times the mask."""
    return lambda scores, mask: weigh(scores, mask) * mask


def less_one_largest(norm: Callable[[Array], Array]) -> Weights:
    """Return weights from which the largest of all visible scores was taken."""

    def weights(scores: Array, mask: Array) -> Array:
        hidden = np.where(mask, scores, -np.inf)
        return norm(np.exp(hidden - (hidden.max() if mask.any() else 0)))

    return weights


def less_one_largest_nan(scores: Array, mask: Array) -> Array:
    hidden = np.where(mask, scores, -np.inf)
    return guarded(np.exp(hidden - hidden.max()))


def less_one_largest_late(norm: Callable[[Array], Array]) -> Weights:
    """Return weights from which the largest of all scores was taken, hidden ones too."""
    return lambda scores, mask: norm(np.exp(scores - scores.max()) * mask)


def inverted(scores: Array, mask: Array) -> Array:
    return reference(scores, ~mask)


def inverted_by(value: float) -> Weights:
    return lambda scores, mask: plain(np.where(mask, value, scores))


def ignored(scores: Array, mask: Array) -> Array:
    return softmax(scores)


def zeroed_after(scores: Array, mask: Array) -> Array:
    return softmax(scores) * mask


def zeroed_before(scores: Array, mask: Array) -> Array:
    return softmax(scores * mask)


def zeroed_before_and_after(scores: Array, mask: Array) -> Array:
    return softmax(scores * mask) * mask


def divided_again(scores: Array, mask: Array) -> Array:
    weights = softmax(scores) * mask
    return weights / weights.sum(axis=-1, keepdims=True)


def divided_again_guarded(scores: Array, mask: Array) -> Array:
    return guarded(softmax(scores) * mask)


def divided_late(guard: float) -> Weights:
    """Return weights that hide after exp, with ``guard`` added to the sum."""
    norm = with_guard(guard)
    return lambda scores, mask: norm(np.exp(scores - scores.max(axis=-1, keepdims=True)) * mask)


def unshifted(scores: Array, mask: Array) -> Array:
    return np.exp(scores) * mask / (np.exp(scores) * mask).sum(axis=-1, keepdims=True)


def unshifted_guarded(scores: Array, mask: Array) -> Array:
    return guarded(np.exp(scores) * mask)


def unshifted_hidden(scores: Array, mask: Array) -> Array:
    return guarded(np.exp(np.where(mask, scores, -np.inf)))


def over_queries(scores: Array, mask: Array) -> Array:
    return reference(scores.swapaxes(-1, -2), _full(scores, mask).swapaxes(-1, -2)).swapaxes(-1, -2)


def over_queries_nan(scores: Array, mask: Array) -> Array:
    hidden = np.where(mask, scores, -np.inf)
    return plain(hidden.swapaxes(-1, -2)).swapaxes(-1, -2)


def over_all(scores: Array, mask: Array) -> Array:
    hidden = np.where(mask, scores, -np.inf)
    e = np.exp(hidden - (hidden.max() if mask.any() else 0))
    return e / max(e.sum(), 1e-300)


def turned(scores: Array, mask: Array) -> Array:
    return reference(scores, mask.swapaxes(-1, -2))


def zero_times_infinity(scores: Array, mask: Array) -> Array:
    return plain(scores + (1 - mask) * -np.inf)


def counted_as_one(scores: Array, mask: Array) -> Array:
    return softmax(scores + mask)


def not_normalized(scores: Array, mask: Array) -> Array:
    hidden = np.where(mask, scores, -np.inf)
    return np.exp(hidden - np.maximum(hidden.max(axis=-1, keepdims=True), -1e300))


def raw_exponentials(scores: Array, mask: Array) -> Array:
    return np.exp(scores) * mask


def masked_scores(scores: Array, mask: Array) -> Array:
    return np.where(mask, scores, -np.inf)


def overwrites(value: float) -> Weights:
    """Return right weights that leave ``value`` in the hidden places of the caller's scores."""

    def weights(scores: Array, mask: Array) -> Array:
        right = reference(scores, mask)
        np.copyto(scores, value, where=mask == 0)
        return right

    return weights


def _full(scores: Array, mask: Array) -> Array:
    return np.broadcast_to(mask, scores.shape)
