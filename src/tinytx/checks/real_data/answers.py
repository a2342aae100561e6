"""The right answers of 14_real_data, from its solutions. Written by `make exercises`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def similarity(a: str, b: str, n: int) -> float:
    """Return the Jaccard similarity of two texts by their sets of word n-grams."""

    def grams(text):
        words = text.split()
        return {tuple(words[i : i + n]) for i in range(len(words) - n + 1)}

    first, second = grams(a), grams(b)
    either = first | second
    return len(first & second) / len(either) if either else 1.0


def places_and_mask(documents: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each token's place in its own document, and who may see whom."""
    T = len(documents)
    begins = np.ones(T, dtype=bool)
    begins[1:] = (documents[1:] != documents[:-1]) | (documents[1:] < 0)
    run = np.cumsum(begins) - 1
    place = np.arange(T) - np.flatnonzero(begins)[run]
    mask = (run[:, None] == run) & np.tri(T, dtype=bool)
    return place, mask


def mean_loss(sums: np.ndarray, counts: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the mean loss of all tokens, and by what to multiply each micro-batch's gradient."""
    ranks = len(sums)
    total = counts.sum()
    return float(sums.sum() / total), ranks * counts / total


def reduce_scatter(held: np.ndarray) -> np.ndarray:
    """Return what n ranks hold when each has the sum of one chunk, by a ring to the left."""
    held = held.copy()
    n = len(held)
    for step in range(n - 1):
        for rank in range(n):
            chunk = (rank + 1 + step) % n
            held[rank - 1, chunk] += held[rank, chunk]
    return held


def split(
    shards: list[list[str]], number: Callable[[str], int], ranks: int
) -> tuple[list[list[str]], list[str]]:
    """Return the texts that each rank trains on, and those that are kept for validation."""
    train, kept = [[] for _ in range(ranks)], []
    for text in sorted({text for shard in shards for text in shard}):
        before, last = divmod(number(text), 10)
        if last == 0:
            kept.append(text)
        else:
            train[before % ranks].append(text)
    return train, kept


def fits(trained: int, frozen: int, ranks: int, stage: int, memory: int) -> tuple[int, bool]:
    """Return the bytes of model states on the fullest rank, and whether there is room for them."""

    def held(parameters, divided_from):
        return -(-parameters // ranks) if stage >= divided_from else parameters

    weights = 2 * (held(trained, 3) + held(frozen, 3))
    gradients = 2 * held(trained, 2)
    optimizer = 12 * held(trained, 1)
    used = weights + gradients + optimizer
    return used, used <= memory


def resumed(
    shards: list[list[str]], seed: int, size: int, position: tuple[int, int]
) -> tuple[list[list[str]], list[tuple[int, int]]]:
    """Return the batches that are left from a position, and the position after each of them."""
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(len(texts)) for texts in shards]
    start, row = position
    batches, positions = [], []
    for shard in range(start, len(shards)):
        texts, order = shards[shard], orders[shard]
        while row < len(texts):
            batches.append([texts[i] for i in order[row : row + size]])
            row += size
            positions.append((shard, row) if row < len(texts) else (shard + 1, 0))
        row = 0
    return batches, positions
