"""What the checks of chapter 02 are tried on: written out where small, drawn where large."""

from __future__ import annotations

import numpy as np

from ..arrays import draw

Array = np.ndarray


def drawn(high: int, *shape: int, seed: int = 0) -> Array:
    """Return random integers from 0 to ``high`` - 1."""
    return np.random.default_rng(seed).integers(high, size=shape)


_TOKENS = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]])
_PLACES = np.array([[10.0, 20.0], [40.0, 50.0], [60.0, 90.0], [0.0, 30.0]])

# ids, tok_emb, pos_emb, scale
ENTERING = [
    (np.array([[1, 0]]), _TOKENS, _PLACES, 3.0),
    (np.array([[1, 0], [2, 2]]), _TOKENS, _PLACES, 2.0),
    (np.array([[0, 2, 0], [2, 1, 0]]), _TOKENS, _PLACES[:3], 3.0),
    (drawn(4, 3, 2, seed=1), draw(4, 4, seed=2), draw(7, 4, seed=3), 0.5),
    (drawn(11, 2, 5, seed=4), draw(11, 6, seed=5), draw(7, 6, seed=6), 2.5),
]

_PARALLEL = np.array([[2.0, 0.0], [5.0, 0.0], [1.0, 3.0]])

# weight, id, n; no two rows are equally like the row that is asked about
NEAR = [
    (np.array([[1.0, 0.0], [9.0, 12.0], [3.0, 1.0]]), 0, 1),
    (np.array([[1.0, 1.0], [3.0, 0.0], [6.0, 2.0]]), 1, 1),
    (np.array([[1.0, 2.0], [-5.0, 1.0], [2.0, 0.0]]), 2, 1),
    (_PARALLEL, 1, 1),
    (_PARALLEL, 0, 1),
    (np.array([[1.0, -4.0], [2.0, 1.0], [-1.0, 3.0], [1.0, 3.0]]), 1, 3),
    (draw(7, 5, seed=1), 3, 4),
    (draw(6, 6, seed=2), 5, 2),
    (draw(12, 4, seed=3), 4, 11),
]

# positions, d_model
CLOCKS = [
    (np.array([[0]]), 4),
    (np.array([[1]]), 4),
    (np.array([[3]]), 2),
    (np.array([[2, 0]]), 4),
    (np.array([[0, 1], [5, 6]]), 4),
    (np.array([[3, 1, 0], [7, 7, 2]]), 6),
    (drawn(3000, 4, 5, seed=1), 10),
]

# x, k
SHIFTS = [
    (np.array([[0.0, 1.0]]), 1),
    (np.array([[3.0, 4.0]]), -2),
    (np.array([[0.0, 1.0, 0.0, 1.0]]), 2),
    (np.array([[1.0, 2.0], [3.0, 5.0]]), 1),
    (np.array([[1.0, 2.0], [3.0, 5.0]]), 0),
    (np.array([[1.0, 0.0, 0.0, 2.0], [3.0, 1.0, 5.0, 0.0]]), 3),
    (draw(3, 6, seed=1), -4),
    (draw(5, 8, seed=2), 17),
]


def _ends(
    B: int, T: int, D: int, V: int, context_length: int, seed: int
) -> tuple[Array, Array, Array, Array, int]:
    """Draw what arrives at both ends of a model; the two highest ids are not in the text."""
    dx, h = draw(2, B, T, D, seed=seed)
    return drawn(V - 2, B, T, seed=seed), dx, h, draw(B, T, V, seed=seed + 10), context_length


# ids, dx, h, dlogits, context_length
GRADIENTS = [
    (np.array([[1, 1]]), np.array([[[1.0, 2.0], [5.0, 3.0]]]), np.array([[[1.0, 0.0], [2.0, 1.0]]]),
     np.array([[[3.0, 0.0, -3.0], [0.0, 4.0, -4.0]]]), 3),
    (np.array([[2, 0], [2, 2]]), np.array([[[1.0, 2.0], [4.0, 0.0]], [[3.0, 1.0], [0.0, 5.0]]]),
     np.array([[[1.0, 0.0], [0.0, 2.0]], [[0.0, 3.0], [1.0, 0.0]]]),
     np.array([[[1.0, 0.0, -1.0], [0.0, 2.0, -2.0]], [[3.0, -3.0, 0.0], [4.0, 0.0, -4.0]]]), 3),
    _ends(3, 2, 3, V=5, context_length=5, seed=1),
    _ends(2, 5, 4, V=9, context_length=5, seed=2),
    _ends(2, 5, 4, V=8, context_length=6, seed=3),
]  # fmt: skip
