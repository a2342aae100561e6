"""The right answers of chapter 06, the package's own wherever it has one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...manual.attention import attention_backward, attention_forward
from ...manual.embedding import EmbeddingSaved, embedding_backward
from ...manual.linear import LinearSaved, linear_backward
from ...manual.loss import cross_entropy_backward, cross_entropy_forward
from ...manual.norm import layernorm_backward, layernorm_forward
from ...manual.softmax import softmax_backward

Array = np.ndarray
Map = Callable[[Array], Array]
Pullback = Callable[[Array, Array], Array]

STEP = 1e-5  # in float64, where truncation and rounding are both small
SHARE = 1e-4  # of the largest slope: a tenth of the smallest error that the task asks for
ROUNDING = 1e-9  # of the largest output: a difference of two outputs over 2e-5 is as uncertain


def embedding_gradient(dx: Array, ids: Array, vocab_size: int) -> Array:
    """Return, for each id, the sum of ``dx`` over the places where it stands."""
    return embedding_backward(dx, EmbeddingSaved(ids, vocab_size))


def linear_gradients(dy: Array, x: Array, weight: Array) -> tuple[Array, Array, Array]:
    """Return the gradients of input, weight and bias of a linear layer."""
    return linear_backward(dy, LinearSaved(x, weight, True))


def cross_entropy_gradient(logits: Array, targets: Array) -> Array:
    """Return the gradient of the mean cross-entropy."""
    return cross_entropy_backward(1.0, cross_entropy_forward(logits, targets)[1])


def softmax_gradient(dp: Array, p: Array) -> Array:
    """Return the gradient of what went into a softmax that gave ``p``."""
    return softmax_backward(dp, p)


def layernorm_gradient(dy: Array, x: Array, gamma: Array, eps: float) -> tuple[Array, Array, Array]:
    """Return the gradients of input, weight and bias of a layer norm."""
    _, saved = layernorm_forward(x, gamma, np.zeros_like(gamma), eps)
    return layernorm_backward(dy, saved)


def attention_gradients(
    dout: Array, q: Array, k: Array, v: Array, mask: Array
) -> tuple[Array, Array, Array]:
    """Return the gradients of queries, keys and values."""
    return attention_backward(dout, attention_forward(q, k, v, mask)[1])


def gradient_is_right(forward: Map, backward: Pullback, x: Array) -> bool:
    """Return whether ``backward`` agrees with what ``forward`` really does around ``x``.

    The question is random; every number of x is moved; the limit is a share of the largest slope,
    plus what rounding may do to the difference of two outputs of this size.
    """
    y = np.array(forward(x.copy()))
    dy = np.random.default_rng(0).standard_normal(y.shape)
    dx = np.array(backward(dy.copy(), x.copy()))
    slopes = np.empty_like(x)
    for at in np.ndindex(x.shape):
        plus, minus = x.copy(), x.copy()
        plus[at] += STEP
        minus[at] -= STEP
        slopes[at] = (dy * (forward(plus) - forward(minus))).sum() / (2 * STEP)
    limit = SHARE * np.abs(slopes).max() + ROUNDING * np.abs(y).max()
    return dx.shape == x.shape and bool((np.abs(dx - slopes) <= limit).all())
