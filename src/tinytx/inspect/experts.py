"""Who is sent where: the choices of a mixture of experts, token by token and counted."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..manual.experts import choose
from .looking import as_ids, check_gpt, look


def expert_choices(model: Any, ids: Any) -> np.ndarray:
    """Return which experts each token is sent to: (L, B, T, E), True for ``n_active`` of each.

    A patched or ablated router is seen as it is. Padding is sent to experts as well: with
    ``choices[:, ids != padding_id]``, (L, N, E), it is left out.

    Parameters
    ----------
    model
        A GPT of either engine whose configuration has ``n_expert``.
    ids
        (B, T) integers.

    Raises
    ------
    ValueError
        If the model has no experts or is no GPT of this package, or ``ids`` do not fit.

    >>> from tinytx.config import GPTConfig
    >>> from tinytx.manual import GPT
    >>> config = GPTConfig(
    ...     vocab_size=8, context_length=5, n_layer=1, n_head=2, d_model=6, n_expert=4
    ... )
    >>> model = GPT(config, np.random.default_rng(0))
    >>> expert_choices(model, [[1, 0, 2]])[0, 0].astype(int)
    array([[0, 0, 1, 1],
           [1, 0, 1, 0],
           [0, 1, 0, 1]])
    """
    check_gpt(model, "expert_choices")
    config, ids = model.config, as_ids(ids)
    if config.n_expert is None:
        raise ValueError("config.n_expert is None: in a model without experts there is no choice")
    seen = look(model, ids)
    scores = [seen[f"blocks.{i}.mlp.router"] for i in range(config.n_layer)]  # (B * T, E) each
    chosen = [choose(each, config.n_active) for each in scores]
    return np.stack(chosen).reshape(config.n_layer, *ids.shape, config.n_expert)


def expert_loads(model: Any, ids: Any) -> np.ndarray:
    """Return what share of the tokens each expert of each block is sent: (L, E).

    A row adds up to ``n_active``, for a token is sent to so many; evenly used, each expert has
    ``n_active / n_expert``. Arguments and errors are those of :func:`expert_choices`.
    """
    return expert_choices(model, ids).mean(axis=(1, 2))
