"""The right answers of 02_embeddings, from its solutions. Written by `make exercises`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def model_input(
    ids: np.ndarray, tok_emb: np.ndarray, pos_emb: np.ndarray, scale: float
) -> np.ndarray:
    """Return the scaled row of each token plus the row of its position."""
    T = ids.shape[1]
    return scale * tok_emb[ids] + pos_emb[:T]  # (B, T, D) and (T, D)


def nearest(weight: np.ndarray, id: int, n: int) -> list[int]:
    """Return the ids of the n tokens whose rows have the highest cosine with row id."""
    unit = weight / np.linalg.norm(weight, axis=1, keepdims=True)
    cosines = unit @ unit[id]
    cosines[id] = -np.inf
    return np.argsort(-cosines)[:n].tolist()


def sinusoids(positions: np.ndarray, d_model: int) -> np.ndarray:
    """Return the sines and cosines of D/2 clocks at each position."""
    speeds = 10_000.0 ** (-np.arange(0, d_model, 2) / d_model)  # (D/2,)
    angle = positions[..., None] * speeds  # (B, T, D/2)
    out = np.empty((*positions.shape, d_model))
    out[..., 0::2] = np.sin(angle)
    out[..., 1::2] = np.cos(angle)
    return out


def shift(x: np.ndarray, k: int) -> np.ndarray:
    """Return x with each pair of columns turned by k times its speed."""
    D = x.shape[1]
    angle = k * 10_000.0 ** (-np.arange(0, D, 2) / D)  # (D/2,)
    c, s = np.cos(angle), np.sin(angle)
    a, b = x[:, 0::2], x[:, 1::2]  # (T, D/2)
    out = np.empty_like(x)
    out[:, 0::2] = c * a + s * b
    out[:, 1::2] = c * b - s * a
    return out


def table_gradients(
    ids: np.ndarray,
    dx: np.ndarray,
    h: np.ndarray,
    dlogits: np.ndarray,
    context_length: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the gradients of the tied token table and of the position table."""
    (_, T, D), V = dx.shape, dlogits.shape[-1]
    tokens = dlogits.reshape(-1, V).T @ h.reshape(-1, D)  # the head: (V, B T) @ (B T, D)
    np.add.at(tokens, ids, dx)  # the lookup
    places = np.zeros((context_length, D))
    places[:T] = dx.sum(axis=0)
    return tokens, places


def blind_spots(model: Callable[[np.ndarray], np.ndarray], vocab_size: int, T: int) -> list[int]:
    """Return where two neighbours can change places without the last row noticing."""
    rng = np.random.default_rng(0)
    blind = []
    for i in range(T - 2):
        noticed = False
        for a in range(vocab_size):
            for b in [*range(a)] * 8:
                if noticed:
                    break
                ids = rng.integers(vocab_size, size=T)
                ids[i], ids[i + 1] = a, b
                other = ids.copy()
                other[i], other[i + 1] = b, a
                change = np.array(model(ids))[-1] - np.array(model(other))[-1]
                noticed = noticed or np.abs(change).max() > 1e-9
        if not noticed:
            blind.append(i)
    return blind
