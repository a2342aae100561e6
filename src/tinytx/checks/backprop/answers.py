"""The right answers of 06_backprop, from its solutions. Written by `make exercises`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def silu_gradient(dy: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the gradient of x, from that of x times the sigmoid of x."""
    s = (1 + np.tanh(x / 2)) / 2  # the sigmoid of x, for any x
    return dy * s * (1 + x * (1 - s))


def linear_gradients(
    dy: np.ndarray, x: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the gradients of the input, the weight and the bias of a linear layer."""
    dy_rows = dy.reshape(-1, dy.shape[-1])  # (B * T, out)
    x_rows = x.reshape(-1, x.shape[-1])  # (B * T, in)
    return dy @ weight, dy_rows.T @ x_rows, dy_rows.sum(axis=0)


def cross_entropy_gradient(logits: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return the gradient of the mean cross-entropy, for every logit."""
    e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probs = e / e.sum(axis=-1, keepdims=True)
    onehot = np.eye(logits.shape[-1])[targets]
    return (probs - onehot) / targets.size


def softmax_gradient(dp: np.ndarray, p: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Return the gradient of the scores, from that of the weights."""
    average = (p * dp).sum(axis=-1, keepdims=True)
    d = p * (dp - average)  # of the scores over the temperature
    return d / temperature


def layernorm_gradient(
    dy: np.ndarray, x: np.ndarray, gamma: np.ndarray, eps: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the gradients of the input, the weight and the bias of a layer norm."""
    rstd = 1 / np.sqrt(x.var(axis=-1, keepdims=True) + eps)
    xhat = (x - x.mean(axis=-1, keepdims=True)) * rstd
    dxhat = dy * gamma
    level = dxhat.mean(axis=-1, keepdims=True)
    along = (dxhat * xhat).mean(axis=-1, keepdims=True)
    dx = rstd * (dxhat - level - xhat * along)
    return dx, (dy * xhat).sum(axis=(0, 1)), dy.sum(axis=(0, 1))


def attention_gradients(
    dout: np.ndarray, q: np.ndarray, k: np.ndarray, v: np.ndarray, mask: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the gradients of queries, keys and values."""
    root = np.sqrt(q.shape[-1])
    scores = np.where(mask, q @ k.swapaxes(-1, -2) / root, -np.inf)  # (B, H, T, S)
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = e / e.sum(axis=-1, keepdims=True)

    dv = weights.swapaxes(-1, -2) @ dout
    dweights = dout @ v.swapaxes(-1, -2)
    average = (weights * dweights).sum(axis=-1, keepdims=True)
    dscores = weights * (dweights - average) / root
    return dscores @ k, dscores.swapaxes(-1, -2) @ q, dv


def gradient_is_right(
    forward: Callable[[np.ndarray], np.ndarray],
    backward: Callable[[np.ndarray, np.ndarray], np.ndarray],
    x: np.ndarray,
) -> bool:
    """Return whether ``backward`` gives the gradient of ``forward`` at ``x``."""
    h = 1e-5
    y = np.array(forward(x.copy()))
    dy = np.random.default_rng(0).standard_normal(y.shape)  # to ones, a softmax answers zero
    dx = np.array(backward(dy.copy(), x.copy()))
    slopes = np.empty_like(x)
    for at in np.ndindex(x.shape):
        plus, minus = x.copy(), x.copy()
        plus[at] += h
        minus[at] -= h
        slopes[at] = (dy * (forward(plus) - forward(minus))).sum() / (2 * h)
    # a share of the largest slope; and rounding, which is there even if all slopes are zero
    limit = 1e-4 * np.abs(slopes).max() + 1e-9 * np.abs(y).max()
    return bool((np.abs(dx - slopes) <= limit).all())  # a comparison with nan is False
