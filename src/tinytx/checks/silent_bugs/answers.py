"""The right answers of 08_silent_bugs, from its solutions. Written by `make exercises`."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np


def prefix_loss(model: Callable[[np.ndarray], np.ndarray], ids: np.ndarray) -> float:
    """Return the mean loss of each token but the first, given only the tokens before it."""
    losses = []
    for i in range(1, len(ids)):
        logits = model(ids[None, :i])[0, -1]
        top = logits.max()
        losses.append(top + np.log(np.exp(logits - top).sum()) - logits[ids[i]])
    return float(np.mean(losses))


def first_difference(
    whole: Callable[[np.ndarray], np.ndarray],
    start: Callable[[], Callable[[int], np.ndarray]],
    ids: np.ndarray,
) -> int:
    """Return the first place where decoding with a cache says something else; -1 if none."""
    expected = whole(ids)
    step = start()
    for place, token in enumerate(ids):
        if np.abs(step(int(token)) - expected[place]).max() > 1e-4:
            return place
    return -1


def evaluate(
    model: Callable[[np.ndarray], np.ndarray],
    batches: list[tuple[np.ndarray, np.ndarray]],
    padding: int,
) -> float:
    """Return the mean loss of all targets that are no padding, without dropout."""
    model.eval()
    total, count = 0.0, 0
    for ids, targets in batches:
        logits = model(ids)
        top = logits.max(axis=-1, keepdims=True)
        log_probs = logits - top - np.log(np.exp(logits - top).sum(axis=-1, keepdims=True))
        right = np.take_along_axis(log_probs, targets[..., None], axis=-1)[..., 0]
        counts = targets != padding
        total -= right[counts].sum()
        count += counts.sum()
    return float(total / count)


def read_log(loss: list[float], validation: list[float], V: int, entropy: float) -> str:
    """Return what is wrong with a run."""
    if not all(math.isfinite(one) for one in loss) or loss[-1] > loss[0] + 1:
        return "blows up"
    if loss[0] > math.log(V) + 1:
        return "starts too high"
    if min(validation) < entropy - 0.1:
        return "too good"
    if validation[-1] > min(validation) + 0.1 and loss[-1] < loss[0]:
        return "memorises"
    return "fine"


def diagnose(model: Callable[[np.ndarray], np.ndarray], V: int, T: int) -> str:
    """Return what is wrong with a language model, found from outside."""
    rng = np.random.default_rng(0)
    apart = lambda a, b: np.abs(a - b).max() > 1e-4  # noqa: E731
    ordered = False
    for _ in range(10):
        ids = rng.integers(V, size=(3, T))
        here = model(ids)
        if apart(here, model(ids)):
            return "random"
        if any(apart(here[b], model(ids[b : b + 1])[0]) for b in range(3)):
            return "batch"
        for i in range(1, T):  # all but the tokens before i are drawn anew
            other = ids.copy()
            other[:, i:] = rng.integers(V, size=(3, T - i))
            if apart(here[:, :i], model(other)[:, :i]):
                return "future"
        turned = np.concatenate([ids[:, :-1][:, rng.permutation(T - 1)], ids[:, -1:]], axis=1)
        ordered = ordered or apart(here[:, -1], model(turned)[:, -1])
    return "right" if ordered else "order"
