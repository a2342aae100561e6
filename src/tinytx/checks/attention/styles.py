"""Right answers of 03_attention in another style, of which some mistakes are edits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def softmax__rows(x: np.ndarray) -> np.ndarray:
    """Return the same, row by row."""
    rows = x.reshape(-1, x.shape[-1])
    out = np.zeros(rows.shape)
    for n in range(len(rows)):
        e = np.exp(rows[n] - rows[n].max())
        out[n] = e / e.sum()
    return out.reshape(x.shape)


def causal_mask__loops(T: int, S: int) -> np.ndarray:
    """Return the same, entry by entry."""
    mask = np.zeros((T, S), dtype=bool)
    for i in range(T):
        for j in range(S):
            mask[i, j] = j <= S - T + i
    return mask


def masked_weights__rows(scores: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the same, row by row."""
    mask = np.broadcast_to(mask, scores.shape)
    weights = np.zeros(scores.shape)
    for at in np.ndindex(scores.shape[:-1]):
        seen = mask[at]
        if seen.any():
            e = np.exp(scores[at][seen] - scores[at][seen].max())
            weights[at][seen] = e / e.sum()
    return weights


def attention__loops(
    q: np.ndarray, k: np.ndarray, v: np.ndarray, mask: np.ndarray | None = None
) -> np.ndarray:
    """Return the same, query by query."""
    seen = np.broadcast_to(True if mask is None else mask, (*q.shape[:3], k.shape[2]))
    out = np.zeros(q.shape)
    for b in range(q.shape[0]):
        for h in range(q.shape[1]):
            for t in range(q.shape[2]):
                scores = np.where(seen[b, h, t], k[b, h] @ q[b, h, t], -np.inf)
                e = np.exp((scores - max(scores.max(), -1e300)) / np.sqrt(q.shape[-1]))
                total = e.sum()
                out[b, h, t] = e / np.where(total > 0, total, 1) @ v[b, h]
    return out


def sees_the_future__each(attend: Callable[[np.ndarray], np.ndarray], T: int, D: int) -> list[int]:
    """Return the same, changing one position after the other."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((T, D))
    before = np.array(attend(x.copy()))
    seen = set()
    for j in range(T):
        other = x.copy()
        other[j] = rng.standard_normal(D)
        change = np.abs(attend(other) - before)
        for i in range(j):
            if change[i].max() > 1e-9:
                seen.add(i)
    return sorted(seen)
