"""The same model on longer texts than it was trained with: the weights as they are, more room.

Whether it still writes well there is another question; this only lets it be asked. Positions that
are computed (sinusoidal, rotary) or that are not there have no weight for a place, so nothing is
missing. Learned ones do: the places beyond have never been trained, whatever is put there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..config import GPTConfig
from .checkpointing import CheckpointedBlock, use_checkpointing
from .gpt import GPT
from .int8 import check_floats
from .pieces import BlockwiseAttention, use_pieces
from .shapes import check_rng, is_whole

POSITIONS = "pos_emb.weight"


def stretched(model: GPT, context_length: int, rng: np.random.Generator | None = None) -> GPT:
    """Return a copy of ``model`` that can look at ``context_length`` positions.

    It attends in pieces, and keeps its blocks' inputs alone, where ``model`` does.

    Parameters
    ----------
    model
        A GPT; it is left as it is.
    context_length
        At least the model's own.
    rng
        Asks for fresh rows of learned positions beyond those that are there, and draws them. (It
        also draws the copy's dropout.)

    Raises
    ------
    ValueError
        If ``context_length`` is smaller, the positions are learned and ``rng`` is None, or
        ``model`` is no GPT of this engine, or has weights of int8.

    >>> from tinytx.config import GPTConfig
    >>> config = GPTConfig(
    ...     vocab_size=8, context_length=5, n_layer=1, n_head=2, d_model=6, positions="none"
    ... )
    >>> model = GPT(config, np.random.default_rng(0))
    >>> longer, ids = stretched(model, 9), np.array([[1, 0, 2, 1, 7, 7]])
    >>> longer.forward(ids).shape
    (1, 6, 8)
    >>> bool((longer.forward(ids[:, :5]) == model.forward(ids[:, :5])).all())
    True
    """
    if not isinstance(model, GPT):
        raise ValueError(f"model is a {type(model).__name__} and must be a tinytx.manual.GPT")
    check_floats(model)
    config = longer(model.config, context_length, rng is not None, "rng")
    if rng is not None:
        check_rng("rng", rng)
    copy = GPT(config, np.random.default_rng(0) if rng is None else rng, _dtype(model))
    state = model.state_dict()
    if config.positions == "learned":
        beyond = copy.state_dict()[POSITIONS][model.config.context_length :]
        state[POSITIONS] = np.concatenate([state[POSITIONS], beyond])
    copy.load_state_dict(state)
    for made, own in zip(copy.blocks, model.blocks, strict=True):
        use_pieces(made.attn, own.attn.piece if isinstance(own.attn, BlockwiseAttention) else None)
        use_checkpointing(made, isinstance(own, CheckpointedBlock))
    copy.train(model.training)
    return copy


def longer(config: GPTConfig, context_length: Any, fresh: bool, name: str) -> GPTConfig:
    """Return ``config`` with another ``context_length``; refuse one that the weights cannot fill.

    ``fresh`` says whether rows of learned positions may be drawn, which the argument ``name`` asks
    for.
    """
    now = config.context_length
    if not is_whole(context_length) or context_length < now:
        raise ValueError(
            f"context_length is {context_length!r} and must be an integer of at least the model's "
            f"own, {now}: give shorter texts to the model as it is"
        )
    if config.positions == "learned" and context_length > now and not fresh:
        raise ValueError(
            f"context_length is {context_length} and {POSITIONS} has learned rows for {now} "
            f"positions: give {name} for fresh rows beyond them, and train those"
        )
    return replace(config, context_length=int(context_length))


def _dtype(model: GPT) -> np.dtype:
    return model.tok_emb.weight.data.dtype
