"""Loss by place: how well a model guesses the first token of a row, the second, and so on."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..generation.engine import engine_of
from ..manual.shapes import check_ids
from .perplexity import check_scoring


def loss_by_place(model: Any, rows: np.ndarray, batch_size: int = 64) -> np.ndarray:
    """Return the mean loss at each place, (T,), in nats.

    A mean over a whole text hides where a model does badly. By place one sees what more context is
    worth, and what happens beyond the length that a model was trained with: see ``stretched``.

    Parameters
    ----------
    model
        A model of either engine.
    rows
        (N, T + 1) ids: the first T of each are read, the last T are guessed.
    batch_size
        Rows in one forward, at least 1.

    Raises
    ------
    ValueError
        If ``rows`` has another shape, is longer than the model can read, or its ids are unknown;
        ``batch_size`` is below 1; or the model is not causal and sees what it should guess.

    >>> from tinytx.manual import GPT, GPTConfig
    >>> config = GPTConfig(vocab_size=8, context_length=5, n_layer=1, n_head=2, d_model=6)
    >>> model = GPT(config, np.random.default_rng(0))
    >>> model.tok_emb.weight.data[:] = 0  # tied to the head: every token is equally likely
    >>> loss_by_place(model, np.array([[1, 0, 2, 1], [7, 7, 0, 3]])).round(4)
    array([2.0794, 2.0794, 2.0794])
    """
    check_ids("rows", rows, model.config.vocab_size)
    if rows.ndim != 2 or rows.shape[0] < 1 or rows.shape[1] < 2:
        raise ValueError(f"rows has shape {rows.shape} and must be (N, T + 1), T at least 1")
    length = model.config.context_length
    if rows.shape[1] - 1 > length:
        raise ValueError(
            f"rows has {rows.shape[1] - 1} places to read and context_length is {length}: "
            "give shorter rows, or stretched(model, ...)"
        )
    check_scoring(model, batch_size)
    engine, total = engine_of(model), np.zeros(rows.shape[1] - 1)
    for i in range(0, len(rows), batch_size):
        part = rows[i : i + batch_size].astype(np.int64)
        logits = engine.forward(part[:, :-1])
        total = total - engine.log_probs(logits, part[:, 1:]).sum(axis=0, dtype=float)
    return total / len(rows)
