"""Choosing the next token: the likeliest one, or a draw.

The *temperature* divides the logits. Below 1 it widens their differences and the likely become
likelier still; above 1 it evens them out; at 0 only the likeliest is left, which is greedy choice.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ..manual.module import Module
from ..manual.shapes import check_ids


def sample(
    logits: np.ndarray, temperature: float = 1.0, rng: np.random.Generator | None = None
) -> np.ndarray:
    """Return one id for each row of ``logits``.

    The draw is by Gumbel noise: the largest of ``logits / temperature + noise`` is distributed as
    softmax says, with no sum to divide by. Source: Gumbel 1954; Maddison et al. 2014.

    Parameters
    ----------
    logits
        (..., V).
    temperature
        0 for the likeliest id (the first of equals), else what to divide by.
    rng
        Where the noise comes from; may be None if ``temperature`` is 0.

    Returns
    -------
    ids
        (...).

    Raises
    ------
    ValueError
        If ``temperature`` is negative or not finite, a draw has no ``rng``, or a logit is NaN.

    >>> sample(np.array([[0.0, 2.0, 1.0]]), temperature=0)
    array([1])
    """
    if not 0 <= temperature < math.inf:
        raise ValueError(f"temperature is {temperature} and must be at least 0 and finite")
    if np.isnan(logits).any():
        raise ValueError("logits holds nan: the model's weights are spoilt")
    if temperature == 0:
        return logits.argmax(axis=-1)
    if rng is None:
        raise ValueError(f"rng is None and temperature is {temperature}: give a generator, or 0")
    scores = (logits - logits.max(axis=-1, keepdims=True)).astype(np.float64) / temperature
    return (scores + rng.gumbel(size=logits.shape)).argmax(axis=-1)


def generate(
    model: Module,
    ids: np.ndarray,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    rng: np.random.Generator | None = None,
) -> np.ndarray:
    """Return ``ids`` continued by ``max_new_tokens`` tokens, each chosen given all before it.

    The model sees the last ``context_length`` tokens. The mode that it was in is restored.

    Parameters
    ----------
    model
        With ``forward(ids) -> logits`` and ``config.context_length``.
    ids
        (B, T) prompts, T at least 1.
    max_new_tokens
        How many tokens to add, at least 0.
    temperature, rng
        As in :func:`sample`.

    Returns
    -------
    ids
        (B, T + max_new_tokens).

    Raises
    ------
    ValueError
        If an argument is out of range, or an id unknown to the model.
    """
    if max_new_tokens < 0:
        raise ValueError(f"max_new_tokens is {max_new_tokens} and must be at least 0")
    if ids.ndim != 2 or not ids.size:
        raise ValueError(f"ids has shape {ids.shape} and must be (B, T) with at least one token")
    check_ids("ids", ids, model.config.vocab_size)
    out = [ids]
    out += [new[:, None] for new in _new_tokens(model, ids, max_new_tokens, temperature, rng)]
    return np.concatenate(out, axis=1)


def _new_tokens(
    model: Module,
    ids: np.ndarray,
    max_new_tokens: int,
    temperature: float,
    rng: np.random.Generator | None,
) -> Iterator[np.ndarray]:
    """Yield the next id of each row (B,), ``max_new_tokens`` times."""
    length = model.config.context_length
    was_training = model.training
    model.eval()
    try:
        for _ in range(max_new_tokens):
            ids = ids[:, -length:]
            new = sample(model.forward(ids)[:, -1], temperature, rng)  # (B,)
            yield new
            ids = np.concatenate([ids, new[:, None]], axis=1)
    finally:
        model.train(was_training)
