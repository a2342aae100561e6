"""The right answers of 03_attention, from its solutions. Written by `make exercises`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def softmax(x: np.ndarray) -> np.ndarray:
    """Return the softmax of ``x`` over its last axis."""
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def causal_mask(T: int, S: int) -> np.ndarray:
    """Return which of S keys each of the last T positions may attend to."""
    queries = np.arange(S - T, S)[:, None]
    keys = np.arange(S)[None, :]
    return keys <= queries


def scaled_scores(q: np.ndarray, k: np.ndarray) -> np.ndarray:
    """Return how well each query fits each key, scaled."""
    return q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])


def masked_weights(scores: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the softmax of each row of ``scores`` over what ``mask`` lets it see."""
    hidden = np.where(mask, scores, -np.inf)
    largest = hidden.max(axis=-1, keepdims=True)
    e = np.exp(hidden - np.where(largest > -np.inf, largest, 0))
    total = e.sum(axis=-1, keepdims=True)
    return e / np.where(total > 0, total, 1)


def who_moves(mask: np.ndarray, changed: str, j: int) -> list[int]:
    """Return whose output changes when the query, key or value of position j does."""
    many = mask.sum(axis=1) > 1  # a single key gets the whole weight, whatever its score
    reads = mask[:, j]
    if changed == "query":
        moves = many & (np.arange(len(mask)) == j)
    elif changed == "key":
        moves = many & reads
    else:
        moves = reads
    return np.flatnonzero(moves).tolist()


def attention(
    q: np.ndarray, k: np.ndarray, v: np.ndarray, mask: np.ndarray | None = None
) -> np.ndarray:
    """Return what each query reads: a mean of the values, weighted by scaled dot products."""
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])  # (B, H, T, S)
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    largest = scores.max(axis=-1, keepdims=True)  # (B, H, T, 1)
    e = np.exp(scores - np.where(largest > -np.inf, largest, 0))
    total = e.sum(axis=-1, keepdims=True)
    weights = e / np.where(total > 0, total, 1)  # (B, H, T, S)
    return weights @ v


def sees_the_future(attend: Callable[[np.ndarray], np.ndarray], T: int, D: int) -> list[int]:
    """Return the positions whose output depends on a later position."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((T, D))
    before = np.array(attend(x.copy()))
    seen = []
    for i in range(T - 1):
        other = x.copy()
        other[i + 1 :] = rng.standard_normal((T - 1 - i, D))
        change = np.abs(attend(other)[i] - before[i])
        if change.max() > 1e-9:
            seen.append(i)
    return seen
