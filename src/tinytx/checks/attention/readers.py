"""The wrong answers to ``attention(q, k, v, mask=None)`` that the check knows.

What each does, and why it is wrong, the catalogues in ``reading.py`` and ``hiding.py`` say.
"""

# ruff: noqa: D103

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from . import maskers
from .products import dot
from .reference import masked_weights, scaled_scores

Array = np.ndarray
Reader = Callable[..., Array]


def visible(scores: Array, mask: Array | None) -> Array:
    """Return the mask in full, with nothing hidden where there is none."""
    return np.broadcast_to(True if mask is None else mask, scores.shape)


def weighing(weigh: maskers.Weights) -> Reader:
    """Return attention whose weights come from ``weigh(scores, mask)``."""

    def attention(q: Array, k: Array, v: Array, mask: Array | None = None) -> Array:
        scores = scaled_scores(q, k)
        return weigh(scores, visible(scores, mask)) @ v

    return attention


def scoring(score: Callable[[Array, Array], Array]) -> Reader:
    """Return attention whose scores come from ``score(q, k)``."""

    def attention(q: Array, k: Array, v: Array, mask: Array | None = None) -> Array:
        scores = score(q, k)
        return masked_weights(scores, visible(scores, mask)) @ v

    return attention


def ending(end: Callable[[Array, Array, Array, Array], Array]) -> Reader:
    """Return attention whose last step is ``end(weights, q, k, v)``."""

    def attention(q: Array, k: Array, v: Array, mask: Array | None = None) -> Array:
        scores = scaled_scores(q, k)
        return end(masked_weights(scores, visible(scores, mask)), q, k, v)

    return attention


def inverted(scores: Array, mask: Array) -> Array:
    """Hide what may be seen; without a mask nothing is hidden."""
    return masked_weights(scores, mask if mask.all() else ~mask)


def inverted_uniform(scores: Array, mask: Array) -> Array:
    return maskers.hidden_by(-1e9)(scores, mask if mask.all() else ~mask)


def inverted_nan(scores: Array, mask: Array) -> Array:
    return maskers.hidden_by(-np.inf, maskers.plain)(scores, mask if mask.all() else ~mask)


def without_softmax(scores: Array, mask: Array) -> Array:
    return np.where(mask, scores, 0)


def keys_first(q: Array, k: Array, v: Array, mask: Array | None = None) -> Array:
    scores = scaled_scores(k, q)
    return masked_weights(scores, visible(scores, mask)) @ v


def values_scored(q: Array, k: Array, v: Array, mask: Array | None = None) -> Array:
    return reference_with(q, v, k, mask)


def values_alone(q: Array, k: Array, v: Array, mask: Array | None = None) -> Array:
    return reference_with(q, v, v, mask)


def reference_with(q: Array, k: Array, v: Array, mask: Array | None) -> Array:
    scores = scaled_scores(q, k)
    return masked_weights(scores, visible(scores, mask)) @ v


def not_without_mask(q: Array, k: Array, v: Array, mask: Array | None = None) -> Array:
    if mask is None:
        raise TypeError
    return reference_with(q, k, v, mask)


def without_mask(value: float) -> Reader:
    """Return attention that gives ``value`` everywhere when there is no mask."""

    def attention(q: Array, k: Array, v: Array, mask: Array | None = None) -> Array:
        return np.full_like(q, value) if mask is None else reference_with(q, k, v, mask)

    return attention


def none_is_uniform(q: Array, k: Array, v: Array, mask: Array | None = None) -> Array:
    if mask is None:
        return maskers.softmax(np.zeros_like(dot(q, k))) @ v
    return reference_with(q, k, v, mask)


def nothing_without_mask(q: Array, k: Array, v: Array, mask: Array | None = None) -> Array:
    if mask is None:
        raise AttributeError
    return reference_with(q, k, v, mask)


def causal(pick: Callable[[Array, Array | None], Array], aligned: bool) -> Reader:
    """Return attention under the mask ``pick(triangle, mask)``.

    Unless ``aligned``, the queries are taken for the first positions.
    """

    def attention(q: Array, k: Array, v: Array, mask: Array | None = None) -> Array:
        T, S = q.shape[-2], k.shape[-2]
        triangle = np.tri(T, S, (S - T) * aligned, dtype=bool)
        return reference_with(q, k, v, pick(triangle, mask))

    return attention


def both(triangle: Array, mask: Array | None) -> Array:
    return triangle if mask is None else triangle & mask


def triangle_alone(triangle: Array, mask: Array | None) -> Array:
    return triangle


def where_none(triangle: Array, mask: Array | None) -> Array:
    return triangle if mask is None else mask


def divides_late(q: Array, k: Array, v: Array, mask: Array | None = None) -> Array:
    scores = dot(q, k)
    return masked_weights(scores, visible(scores, mask)) @ v / math.sqrt(q.shape[-1])


def scales_queries(q: Array, k: Array, v: Array, mask: Array | None = None) -> Array:
    q /= math.sqrt(q.shape[-1])
    scores = dot(q, k)
    return masked_weights(scores, visible(scores, mask)) @ v


def heads_behind(weights: Array, q: Array, k: Array, v: Array) -> Array:
    return (weights @ v).swapaxes(1, 2)


def heads_merged(weights: Array, q: Array, k: Array, v: Array) -> Array:
    out = (weights @ v).swapaxes(1, 2)
    return out.reshape(*out.shape[:2], -1)
