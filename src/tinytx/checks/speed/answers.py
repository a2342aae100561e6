"""The right answers of 12_speed, from its solutions. Written by `make exercises`."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np


def intensity(N: int, D: int, F: int, size: float, weight_size: float) -> float:
    """Return the operations for each byte of a product (N, D) @ (D, F)."""
    operations = 2 * N * D * F
    traffic = size * (N * D + N * F) + weight_size * D * F
    return operations / traffic


def least_time(
    flops: np.ndarray, traffic: np.ndarray, peak: float, bandwidth: float, overhead: float
) -> float:
    """Return the least microseconds of a list of operations, one after another."""
    arithmetic = flops / (peak * 1e3)
    memory = traffic / (bandwidth * 1e3)
    return float((overhead + np.maximum(arithmetic, memory)).sum())


def ratio(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Return how many times as long the old variant takes: first quartile, median, third."""
    each = old.min(axis=1) / new.min(axis=1)
    return np.quantile(each, [0.25, 0.5, 0.75])


def weighted_sum(pieces: Iterable[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Return softmax(scores) @ values, where scores and values come in pieces."""
    top, total, out = -np.inf, 0.0, 0.0
    for scores, values in pieces:
        largest = np.maximum(top, scores.max(axis=1, keepdims=True))
        origin = np.where(largest == -np.inf, 0.0, largest)
        shrink = np.exp(top - origin)
        weights = np.exp(scores - origin)
        total = total * shrink + weights.sum(axis=1, keepdims=True)
        out = out * shrink + weights @ values
        top = largest
    return out / np.where(total == 0, 1.0, total)


def merged(
    out1: np.ndarray, lse1: np.ndarray, out2: np.ndarray, lse2: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the attention over two sets of keys, from the attention over each."""
    top = np.maximum(lse1, lse2)
    total1, total2 = np.exp(lse1 - top), np.exp(lse2 - top)
    total = total1 + total2
    share1, share2 = total1 / total, total2 / total
    out = share1[:, None] * out1 + share2[:, None] * out2
    return out, top + np.log(total)


def quantized(x: np.ndarray, bits: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return each row as whole numbers from 0 to 2**bits - 1, with its scale and zero point."""
    most = 2**bits - 1
    low = np.minimum(x.min(axis=1), 0.0)
    high = np.maximum(x.max(axis=1), 0.0)
    scale = (high - low) / most
    scale[scale == 0] = 1.0
    zero = np.rint(-low / scale)
    codes = np.rint(x / scale[:, None]) + zero[:, None]
    return codes.clip(0, most).astype(np.uint8), scale, zero.astype(np.uint8)


def recomputed(
    x: np.ndarray, weights: np.ndarray, k: int, p: float, seed: int, dy: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the gradients of x and of all weights, keeping the input of every k-th layer."""
    rng, L = np.random.default_rng(seed), len(weights)

    def layer(h, weight):
        y = np.tanh(h @ weight.T)
        drop = (rng.random(y.shape) >= p) / (1 - p)
        return y * drop, (h, y, drop)

    kept, h = [], x
    for i in range(L):
        if i % k == 0:
            kept.append((h, rng.bit_generator.state))
        h, _ = layer(h, weights[i])
    dweights = np.zeros(weights.shape)
    for start in reversed(range(0, L, k)):
        (h, rng.bit_generator.state), saved = kept.pop(), []
        for i in range(start, min(start + k, L)):
            h, one = layer(h, weights[i])
            saved.append(one)
        for i in reversed(range(start, min(start + k, L))):
            before, y, drop = saved[i - start]
            dz = dy * drop * (1 - y**2)
            dweights[i] = dz.T @ before
            dy = dz @ weights[i]
    return dy, dweights
