"""The right answers of 13_modern_blocks, from its solutions. Written by `make exercises`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def cache_bytes(
    windows: list[int | None],
    sinks: int,
    n_head: int,
    n_kv_head: int,
    d_head: int,
    T: int,
    size: int,
) -> int:
    """Return how many bytes the keys and values of T positions take."""
    kept = sum(T if window is None else min(T, window + sinks) for window in windows)
    return 2 * kept * n_kv_head * d_head * size


def group_rmsnorm(
    x: np.ndarray, weight: np.ndarray, n_group: int, eps: float, dy: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the output of the norm in groups, and the gradients of x and of weight."""
    N, D = x.shape
    groups = x.reshape(N, n_group, D // n_group)
    rrms = 1 / np.sqrt((groups**2).mean(axis=-1, keepdims=True) + eps)
    xhat = groups * rrms
    flat = xhat.reshape(N, D)
    dweight = (dy * flat).sum(axis=0)
    dxhat = (dy * weight).reshape(groups.shape)
    along = (dxhat * xhat).mean(axis=-1, keepdims=True)
    dx = rrms * (dxhat - xhat * along)
    return flat * weight, dx.reshape(N, D), dweight


def rotate_pairs(x: np.ndarray, start: int, base: float) -> np.ndarray:
    """Return x with each pair of neighbours turned by the angle of its position."""
    T, Dh = x.shape[-2:]
    rate = base ** (-np.arange(0, Dh, 2) / Dh)
    angle = (start + np.arange(T))[:, None] * rate
    cos, sin = np.cos(angle), np.sin(angle)
    first, second = x[..., 0::2], x[..., 1::2]
    y = np.empty_like(x)
    y[..., 0::2] = first * cos - second * sin
    y[..., 1::2] = first * sin + second * cos
    return y


def geglu_backward(
    dy: np.ndarray, gate: np.ndarray, up: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the gradients of gate and of up, where y is gelu(gate) * up."""
    c, a = np.sqrt(2 / np.pi), 0.044715
    t = np.tanh(c * (gate + a * gate**3))
    opened = 0.5 * gate * (1 + t)
    slope = 0.5 * (1 + t) + 0.5 * gate * (1 - t**2) * c * (1 + 3 * a * gate**2)
    return dy * up * slope, dy * opened


def halves_from_pairs(weight: np.ndarray, n_head: int) -> np.ndarray:
    """Return the rows of a projection in the order that turning by halves asks for."""
    rows, D = weight.shape
    pairs = weight.reshape(n_head, rows // n_head // 2, 2, D)
    return pairs.swapaxes(1, 2).reshape(rows, D)


def decoded(
    q: np.ndarray,
    k: np.ndarray,
    v: np.ndarray,
    keys: np.ndarray,
    values: np.ndarray,
    base: float,
) -> np.ndarray:
    """Return what each query head of one new token reads from the cache and from itself."""
    (H, Dh), P = q.shape, keys.shape[1]
    rate = base ** (-np.arange(0, Dh, 2) / Dh)

    def turned(x, t):
        cos, sin = np.cos(t * rate), np.sin(t * rate)
        a, b = np.split(x, 2, axis=-1)
        return np.concatenate([a * cos - b * sin, a * sin + b * cos], axis=-1)

    q, k = turned(q, P), turned(k, P)
    keys = np.concatenate([keys, k[:, None]], axis=1)
    values = np.concatenate([values, v[:, None]], axis=1)
    keys = np.repeat(keys, H // len(k), axis=0)
    values = np.repeat(values, H // len(v), axis=0)
    scores = (keys @ q[:, :, None])[:, :, 0] / np.sqrt(Dh)
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights = e / e.sum(axis=1, keepdims=True)
    return (weights[:, None] @ values)[:, 0]


def routed(
    x: np.ndarray,
    router: np.ndarray,
    experts: list[Callable[[np.ndarray], np.ndarray]],
    k: int,
) -> tuple[np.ndarray, float]:
    """Return what the k likeliest experts make of each token, and the balance loss."""
    N, E = len(x), len(experts)
    scores = x @ router.T
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    probs = e / e.sum(axis=1, keepdims=True)
    chosen = np.argsort(-probs, axis=1, kind="stable")[:, :k]
    weights = np.take_along_axis(probs, chosen, axis=1)
    weights = weights / weights.sum(axis=1, keepdims=True)
    out = np.zeros(x.shape)
    for i, expert in enumerate(experts):
        token, place = np.nonzero(chosen == i)
        if len(token) > 0:
            out[token] += weights[token, place, None] * expert(x[token])
    share = np.bincount(chosen.reshape(-1), minlength=E) / (N * k)
    balance = E * (share * probs.mean(axis=0)).sum()
    return out, float(balance)
