"""The right answers of 07_training, from its solutions. Written by `make exercises`."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np


def get_batch(
    ids: np.ndarray, T: int, draw: Callable[[int], np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Return a batch of windows of ``ids``, and the ids that come next at each place."""
    starts = draw(len(ids) - T)
    windows = ids[starts[:, None] + np.arange(T + 1)]
    return windows[:, :-1].copy(), windows[:, 1:].copy()


def clip(gradients: list[np.ndarray], max_norm: float) -> list[np.ndarray]:
    """Return the gradients, shortened to ``max_norm`` where they are longer together."""
    norm = math.sqrt(sum((g**2).sum() for g in gradients))
    scale = min(1.0, max_norm / norm) if norm > 0 else 1.0
    return [scale * g for g in gradients]


def shares(t: int, beta: float) -> np.ndarray:
    """Return the weight of each gradient in Adam's corrected average, the newest first."""
    ages = np.arange(t)
    return (1 - beta) * beta**ages / (1 - beta**t)


def accumulated(gradients: list[np.ndarray], counts: list[int]) -> np.ndarray:
    """Return the gradient of the mean loss over all tokens of all parts."""
    total = np.zeros_like(gradients[0])
    for gradient, count in zip(gradients, counts, strict=True):
        if count > 0:
            total += gradient * (count / sum(counts))
    return total


def get_lr(step: int, lr: float, steps: int, warmup: int, fall: int) -> float:
    """Return the learning rate of ``step``: a climb, a plateau, and a fall to zero."""
    if step >= steps:
        return 0.0
    if step < warmup:
        return lr * (step + 1) / warmup
    left = steps - step
    return lr * left / fall if left < fall else lr


def adamw_step(
    w: np.ndarray,
    g: np.ndarray,
    m: np.ndarray,
    v: np.ndarray,
    t: int,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    decay: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return weight and averages after one step of AdamW."""
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    w = w - lr * decay * w
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), m, v


def overfit(
    make: Callable[[], tuple], examples: np.ndarray, size: int, lrs: list[float]
) -> list[float]:
    """Return the loss of all examples after each step on all of them."""
    model, optimizer = make()
    losses = []
    for lr in lrs:
        model.train()
        optimizer.zero_grad()
        optimizer.lr = lr
        for start in range(0, len(examples), size):
            part = examples[start : start + size]
            model.loss(part)
            model.backward(len(part) / len(examples))
        optimizer.step()
        model.eval()
        losses.append(float(model.loss(examples)))
    return losses
