"""What the exercises of chapter 10 are handed: attention weights, and layers of one line."""

from __future__ import annotations

import numpy as np

from ..written import Lambda

Array = np.ndarray
STEPS = 20  # a weight is a multiple of one twentieth


def attention(B: int, H: int, T: int, seed: int, causal: bool = True) -> Array:
    """Return attention weights (B, H, T, T), whose rows sum to one, to two decimals.

    Nobody looks ahead, unless ``causal`` is off.

    >>> attention(1, 1, 2, seed=0)[0, 0]
    array([[1. , 0. ],
           [0.7, 0.3]])
    """
    rng = np.random.default_rng(seed)
    weights = np.zeros((B, H, T, T))
    for b, h, t in np.ndindex(B, H, T):
        seen = t + 1 if causal else T
        shares = rng.dirichlet(np.full(seen, 0.6))
        weights[b, h, t, :seen] = rng.multinomial(STEPS, shares) / STEPS
    return weights


class Layer(Lambda):
    """A layer, or what reads the stream (T, D), shown as the lambda that it was made of.

    >>> Layer("x[-1, 0]"), Layer("x[-1, 0]")(np.array([[1.0], [2.0]]))
    (lambda x: x[-1, 0], np.float64(2.0))
    """
