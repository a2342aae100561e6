"""The right answers of 10_looking_inside, from its solutions. Written by `make exercises`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def share_at(weights: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Return the mean weight of each head from the last position to the one in question."""
    rows = np.arange(len(weights))
    found = weights[rows, :, -1, where]
    return found.mean(axis=0)


def induction_score(weights: np.ndarray, n: int) -> np.ndarray:
    """Return the mean weight of each head on what came behind the same token before."""
    readers = np.arange(n, weights.shape[-1])
    read = readers - n + 1
    found = weights[:, :, readers, read]
    return found.mean(axis=(0, 2))


def ablated(
    out: np.ndarray, w_o: np.ndarray, b_o: np.ndarray, heads: list[int], how: str
) -> np.ndarray:
    """Return what attention puts out with some of its heads switched off."""
    out = out.copy()
    mean = out.mean(axis=0)
    for h in heads:
        out[:, h] = 0.0 if how == "zero" else mean[h]
    B, H, T, Dh = out.shape
    merged = out.transpose(0, 2, 1, 3).reshape(B, T, H * Dh)
    return merged @ w_o.T + b_o


def lens(
    stream: np.ndarray, weight: np.ndarray, bias: np.ndarray, eps: float, head: np.ndarray
) -> np.ndarray:
    """Return the logits that are read off the stream at every depth."""
    centred = stream - stream.mean(axis=-1, keepdims=True)
    var = stream.var(axis=-1, keepdims=True)
    x = centred / np.sqrt(var + eps) * weight + bias
    return x @ head.T


def attributed(
    parts: np.ndarray, weight: np.ndarray, bias: np.ndarray, eps: float, u: np.ndarray
) -> np.ndarray:
    """Return what each part of the stream adds to a logit, and what the norm's bias adds."""
    stream = parts.sum(axis=0)
    std = np.sqrt(stream.var() + eps)
    centred = parts - parts.mean(axis=-1, keepdims=True)
    shares = centred / std * weight @ u
    return np.append(shares, bias @ u)


def restored(
    layers: list[Callable[[np.ndarray], np.ndarray]],
    read: Callable[[np.ndarray], float],
    clean: np.ndarray,
    corrupted: np.ndarray,
) -> np.ndarray:
    """Return how much of a difference each site restores, patched alone."""

    def run(x):
        after = []
        for layer in layers:
            x = layer(x)
            after.append(x)
        return after

    good, bad = run(clean), run(corrupted)
    low, high = read(bad[-1]), read(good[-1])
    grid = np.zeros((len(layers), len(clean)))
    for i in range(len(layers)):
        for t in range(len(clean)):
            x = bad[i].copy()
            x[t] = good[i][t]
            for layer in layers[i + 1 :]:
                x = layer(x)
            grid[i, t] = (read(x) - low) / (high - low)
    return grid
