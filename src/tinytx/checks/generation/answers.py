"""The right answers of 09_generation, from its solutions. Written by `make exercises`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def cache_bytes(
    n_layer: int, d_model: int, n_head: int, n_kv_head: int, T: int, B: int, bits: int
) -> int:
    """Return how many bytes the keys and values of B texts of T tokens take."""
    d_head = d_model // n_head
    numbers = 2 * n_layer * n_kv_head * d_head * T * B
    return numbers * bits // 8


def tempered(logits: np.ndarray, temperature: float) -> np.ndarray:
    """Return the probabilities of the next token at a temperature."""
    if temperature == 0:
        return np.eye(logits.shape[-1])[logits.argmax(axis=-1)]
    x = logits - logits.max(axis=-1, keepdims=True)
    exps = np.exp(x / temperature)
    return exps / exps.sum(axis=-1, keepdims=True)


def continuation_log_prob(
    model: Callable[[np.ndarray], np.ndarray], prompt: np.ndarray, continuation: np.ndarray
) -> float:
    """Return the log-probability, in nats, of a continuation after a prompt."""
    ids = np.concatenate([prompt, continuation])
    logits = model(ids[None])[0]
    logits = logits[len(prompt) - 1 : len(ids) - 1]
    x = logits - logits.max(axis=-1, keepdims=True)
    log_probs = x - np.log(np.exp(x).sum(axis=-1, keepdims=True))
    chosen = log_probs[np.arange(len(continuation)), continuation]
    return float(chosen.sum())


def filtered(logits: np.ndarray, top_k: int | None, top_p: float | None) -> np.ndarray:
    """Return the probabilities that are left after top-k and then top-p."""
    out = np.zeros(logits.shape)
    for b, row in enumerate(logits):
        kept = np.argsort(-row, kind="stable")[:top_k]
        probs = np.exp(row[kept] - row.max())
        probs = probs / probs.sum()
        if top_p is not None:
            before = probs.cumsum() - probs
            kept = kept[before < top_p]
            probs = probs[before < top_p]
            probs = probs / probs.sum()
        out[b, kept] = probs
    return out


def left_padded(prompts: list[list[int]], pad_id: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return ids, positions and mask of prompts that are padded on the left."""
    T = max(len(prompt) for prompt in prompts)
    ids = np.full((len(prompts), T), pad_id)
    real = np.zeros((len(prompts), T), dtype=bool)
    for b, prompt in enumerate(prompts):
        start = T - len(prompt)
        ids[b, start:] = prompt
        real[b, start:] = True
    positions = np.maximum(real.cumsum(axis=1) - 1, 0)
    mask = np.tri(T, dtype=bool) & real[:, None, :]
    return ids, positions, mask


def cached_text(
    model: Callable[[list[int], int, list], np.ndarray], prompts: list[list[int]], n: int
) -> list[list[int]]:
    """Return each prompt continued by n tokens, read with a cache."""
    texts = []
    for prompt in prompts:
        cache = []
        text = list(prompt)
        new = list(prompt)
        start = 0
        for _ in range(n):
            logits = model(new, start, cache)
            start += len(new)
            new = [int(logits[-1].argmax())]
            text += new
        texts.append(text)
    return texts


def speculative_step(p: np.ndarray, q: np.ndarray, drafted: list[int], u: np.ndarray) -> list[int]:
    """Return the drafted ids that are kept, and one that is drawn."""
    kept = []
    probs = p[-1]
    for i, id in enumerate(drafted):
        if u[i] >= p[i, id] / q[i, id]:
            missing = np.maximum(p[i] - q[i], 0)
            probs = missing / missing.sum()
            break
        kept.append(id)
    last = int((probs.cumsum() <= u[-1]).sum())
    return [*kept, last]
