"""The right answers of chapter 02, the package's own wherever it has one."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np

from ...manual.embedding import EmbeddingSaved, embedding_backward, embedding_forward
from ...manual.positions import (
    PositionsSaved,
    positions_backward,
    positions_forward,
    sinusoidal_table,
)

__all__ = ["blind_spots", "model_input", "nearest", "shift", "sinusoids", "table_gradients"]

Array = np.ndarray
ENOUGH = 1e-9  # a change by less is rounding


def model_input(ids: Array, tok_emb: Array, pos_emb: Array, scale: float) -> Array:
    """Return what enters the first block, (B, T, D)."""
    tokens, _ = embedding_forward(ids, tok_emb)
    return positions_forward(scale * tokens, pos_emb)[0]


def cosines(weight: Array, id: int) -> Array:
    """Return the cosine between row ``id`` and each row, (V,)."""
    unit = weight / np.linalg.norm(weight, axis=1, keepdims=True)
    return unit @ unit[id]


def nearest(weight: Array, id: int, n: int) -> list[int]:
    """Return the ids of the ``n`` rows that are most like row ``id``, itself left out."""
    alike = cosines(weight, id)
    alike[id] = -np.inf
    return np.argsort(-alike, kind="stable")[:n].tolist()


def sinusoids(positions: Array, d_model: int) -> Array:
    """Return the sinusoidal vector of each position, (B, T, D)."""
    return sinusoidal_table(int(positions.max()) + 1, d_model, float)[positions]


def shift(x: Array, k: int) -> Array:
    """Return ``x`` (T, D) with each pair of columns turned by what ``k`` positions turn it."""
    row = sinusoidal_table(abs(k) + 1, x.shape[1], float)[abs(k)]
    sine, cosine = np.sign(k) * row[0::2], row[1::2]
    turned = np.empty_like(x)
    turned[:, 0::2] = cosine * x[:, 0::2] + sine * x[:, 1::2]
    turned[:, 1::2] = cosine * x[:, 1::2] - sine * x[:, 0::2]
    return turned


def table_gradients(
    ids: Array, dx: Array, h: Array, dlogits: Array, context_length: int
) -> tuple[Array, Array]:
    """Return the gradients of a tied token table (V, D) and of the position table."""
    lookup = embedding_backward(dx, EmbeddingSaved(ids, dlogits.shape[-1]))
    head = np.einsum("btv,btd->vd", dlogits, h)
    _, places = positions_backward(dx, PositionsSaved(dx.shape, context_length))
    return lookup + head, places


def blind_spots(model: Callable[[Array], Array], vocab_size: int, T: int) -> list[int]:
    """Return where two neighbours can change places without the last row noticing.

    All pairs of tokens are tried, each in a text of its own.
    """
    rng = np.random.default_rng(0)
    found = []
    for i in range(T - 2):
        noticed = False
        for pair in combinations(range(vocab_size), 2):
            ids = rng.integers(vocab_size, size=T)
            ids[i : i + 2] = pair
            other = ids.copy()
            other[i : i + 2] = pair[::-1]
            change = np.array(model(ids))[-1] - model(other)[-1]
            noticed |= bool(np.abs(change).max() > ENOUGH)
        if not noticed:
            found.append(i)
    return found
