"""The wrong answers to ``multi_head_attention(x, w_qkv, w_o, n_head)`` that the check knows.

What each does, and why it is wrong, the catalogue in ``layer.py`` says. All but a few are the right
layer with one stage replaced; the stages that go wrong in one head alone are chapter 03's.
"""

# ruff: noqa: D103

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...manual import causal_mask, merge_heads
from ...manual import split_heads as own_split
from ..attention import maskers
from ..attention.reference import masked_weights, scaled_scores
from .mergers import plain as merge_plainly
from .splitters import cut, plain

Array = np.ndarray
Layer = Callable[[Array, Array, Array, int], Array]


def thirds(qkv: Array, n_head: int) -> list[Array]:
    return np.split(qkv, 3, axis=-1)


def project(merged: Array, w_o: Array, x: Array) -> Array:
    return merged @ w_o.T


def layer(
    cut: Callable[[Array, int], list[Array]] = thirds,
    split: Callable[[Array, int], Array] = own_split,
    score: Callable[[Array, Array], Array] = scaled_scores,
    weigh: maskers.Weights = masked_weights,
    merge: Callable[[Array], Array] = merge_heads,
    end: Callable[[Array, Array, Array], Array] = project,
) -> Layer:
    """Return the layer with the stages given, and the right ones for the rest."""

    def attention(x: Array, w_qkv: Array, w_o: Array, n_head: int) -> Array:
        q, k, v = (split(part, n_head) for part in cut(x @ w_qkv.T, n_head))
        weights = weigh(score(q, k), causal_mask(x.shape[1]))
        return end(merge(weights @ v), w_o, x)

    return attention


def ordered(*order: int) -> Layer:
    """Return a layer that takes the thirds of w_qkv in another order."""
    return layer(cut=lambda qkv, n_head: [thirds(qkv, n_head)[i] for i in order])


def cut_in_each_head(qkv: Array, n_head: int) -> list[Array]:
    B, T, width = qkv.shape
    parts = qkv.reshape(B, T, n_head, 3, width // (3 * n_head))
    return [parts[:, :, :, i].reshape(B, T, -1) for i in range(3)]


def dealt_in_threes(qkv: Array, n_head: int) -> list[Array]:
    return [qkv[..., i::3] for i in range(3)]


def every_other(part: Array, n_head: int) -> Array:
    B, T, width = part.shape
    return part.reshape(B, T, width // n_head, n_head).transpose(0, 3, 1, 2)


def one_head(part: Array, n_head: int) -> Array:
    return own_split(part, 1)


def among_heads(weigh: maskers.Weights, merge: Callable[[Array], Array]) -> Layer:
    """Return a layer whose split does not transpose, with a mask as large as its scores."""

    def masked(scores: Array, mask: Array) -> Array:
        return weigh(scores, np.tri(scores.shape[-1], dtype=bool))

    return layer(split=cut, weigh=masked, merge=merge)


def among_heads_masked(merge: Callable[[Array], Array]) -> Layer:
    """Return a layer whose split does not transpose, with a mask for positions."""
    return layer(split=cut, merge=merge)


def in_a_row(out: Array) -> Array:
    return out.reshape(*out.shape[:2], -1)


def under_mask(mask: Callable[[Array], Array], hide: maskers.Weights = masked_weights) -> Layer:
    """Return a layer whose mask is ``mask(mask)``."""
    return layer(weigh=lambda scores, given: hide(scores, mask(given)))


def shifted(by: int) -> Callable[[Array], Array]:
    """Return a mask whose diagonal lies ``by`` further right."""
    return lambda mask: np.tri(len(mask), k=by, dtype=bool)


def over_heads(hidden: float) -> maskers.Weights:
    def weigh(scores: Array, mask: Array) -> Array:
        lowered = np.where(mask, scores, hidden)
        return maskers.plain(lowered.swapaxes(1, -1)).swapaxes(1, -1)

    return weigh


def of_first_head(scores: Array, mask: Array) -> Array:
    return np.repeat(masked_weights(scores, mask)[:, :1], scores.shape[1], axis=1)


def of_all_heads(scores: Array, mask: Array) -> Array:
    weights = masked_weights(scores, mask).mean(axis=1, keepdims=True)
    return np.repeat(weights, scores.shape[1], axis=1)


def transposed_weights(scores: Array, mask: Array) -> Array:
    return masked_weights(scores, mask).swapaxes(-1, -2)


def bare(scores: Array, mask: Array) -> Array:
    return np.where(mask, scores, 0)


def by_root_of_width(x: Array, w_qkv: Array, w_o: Array, n_head: int) -> Array:
    """Divide by the root of D, the width of x."""
    D = x.shape[-1]
    return layer(score=lambda q, k: q @ k.swapaxes(-1, -2) / np.sqrt(D))(x, w_qkv, w_o, n_head)


def unprojected(merged: Array, w_o: Array, x: Array) -> Array:
    return merged


def untransposed(merged: Array, w_o: Array, x: Array) -> Array:
    return merged @ w_o


def with_residual(merged: Array, w_o: Array, x: Array) -> Array:
    return x + merged @ w_o.T


def scales_weights(x: Array, w_qkv: Array, w_o: Array, n_head: int) -> Array:
    """Write the scale into the rows of w_qkv that make the queries."""
    width = len(w_qkv) // 3
    w_qkv[:width] /= np.sqrt(width // n_head)
    return layer(score=lambda q, k: q @ k.swapaxes(-1, -2))(x, w_qkv, w_o, n_head)


plain_split = layer(split=plain)
plain_merge = layer(merge=merge_plainly)
both_plain = layer(split=plain, merge=merge_plainly)
