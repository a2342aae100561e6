"""The whole model: ids to vectors, a stack of blocks, vectors to a score for every next id.

Pre-norm ends with one more layer norm, ``ln_f`` (GPT-2), because nothing has normalized the
residual stream yet. Post-norm has none (the original transformer): each block already ends in one.
The head has no bias; tied, it is the token embedding's own weight. Rotary positions are each
attention's business: then there is no ``pos_emb``, and none where there are no positions.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from ..config import GPTConfig, check_config
from .block import Block
from .cache import Cache, Remember, window
from .checkpointing import use_checkpointing
from .documents import check_documents, document_mask, document_places
from .dropout import Dropout
from .embedding import Embedding
from .experts import Experts
from .linear import Linear
from .masks import causal_mask, padding_mask, window_mask
from .module import Module
from .norm import make_norm
from .pieces import use_pieces
from .positions import LearnedPositions, SinusoidalPositions
from .shapes import as_dtype, check_integers, check_mask, check_rng


class GPT(Module):
    """A decoder-only transformer: (B, T) ids to (B, T, V) logits.

    Parameters
    ----------
    config
        Sizes and choices.
    rng
        Draws the fresh weights now, and dropout's zeros later; ``rng.bit_generator.state`` is part
        of what a checkpoint has to hold.
    dtype
        float32 or float64. One seed gives the same weights in both, up to rounding.

    Raises
    ------
    ValueError
        If an argument is of another kind, or the model would not fit into this machine's memory.

    >>> config = GPTConfig(vocab_size=8, context_length=5, n_layer=1, n_head=2, d_model=6)
    >>> model = GPT(config, np.random.default_rng(0))
    >>> model.forward(np.array([[1, 0, 2, 1]])).shape
    (1, 4, 8)
    """

    def __init__(self, config: GPTConfig, rng: np.random.Generator, dtype: DTypeLike = np.float32):
        check_config(config)
        check_rng("rng", rng)
        config.check_room(as_dtype(dtype).itemsize, mask=True)
        V, D, length = config.vocab_size, config.d_model, config.context_length
        self.config = config
        self.rng = rng
        self.tok_emb = Embedding(V, D, rng, std=config.embedding_std, dtype=dtype)
        self.pos_emb: LearnedPositions | SinusoidalPositions
        if config.positions == "learned":
            self.pos_emb = LearnedPositions(length, D, rng, std=config.init_std, dtype=dtype)
        elif config.positions == "sinusoidal":
            self.pos_emb = SinusoidalPositions(length, D, dtype)
        self.drop = Dropout(config.dropout, rng)
        self.blocks = [Block(config, rng, dtype) for _ in range(config.n_layer)]
        if config.norm == "pre":
            self.ln_f = make_norm(config, dtype)
        self.lm_head = Linear(D, V, rng, bias=False, std=config.init_std, dtype=dtype)
        if config.tie_weights:
            self.lm_head.weight = self.tok_emb.weight
        self._causal = causal_mask(length)
        if config.window is not None:
            self._causal = window_mask(length, config.window, config.sinks)

    def forward(
        self,
        ids: np.ndarray,
        mask: np.ndarray | None = None,
        cache: Cache | None = None,
        documents: np.ndarray | None = None,
    ) -> np.ndarray:
        """Return the logits (B, T, V): row ``t`` scores what may come after position ``t``.

        Parameters
        ----------
        ids
            (B, T), T from 1 to ``context_length``. Positions count places, those of padding too:
            padding before a text moves it.
        mask
            True where a query may attend to a key, broadcasting to (B, H, T, S). It comes on top
            of the configuration's own masks (causal, padding). S is T without a cache.
        cache
            Keys and values of earlier positions, in evaluation mode: ``ids`` go on from there, and
            S is ``cache.length`` + T. A cache holds no ids: if the configuration has a
            ``padding_id``, ``mask`` must say which keys are padding, new ones included.
        documents
            (B, T) integers, if rows hold several documents: equal neighbours are of one. Each then
            gets the logits that it has alone, up to rounding; not with a cache.

        Raises
        ------
        ValueError
            If ``ids`` has the wrong shape, dtype or range, or is longer than the context; if
            ``mask`` is not boolean or does not broadcast; if a cache or ``documents`` cannot be
            used.
        """
        start = 0 if cache is None else cache.length
        self._check(ids, start)
        if cache is not None:
            self._check_cache(mask)
        mask = self.mask(ids, mask, cache, documents)
        if documents is not None:
            start = document_places(documents)  # (B, T): each begins anew
        x = self.tok_emb.forward(ids)
        if self.config.embedding_scale != 1:
            x *= self.config.embedding_scale
        if self.config.adds_positions:
            x = self.pos_emb.forward(x, start)
        x = self.drop.forward(x)
        for i, block in enumerate(self.blocks):
            x = block.forward(x, mask, None if cache is None else Remember(cache, i))
        if cache is not None:
            cache.advance(ids.shape[1])
        if self.config.norm == "pre":
            x = self.ln_f.forward(x)
        self.keep()
        return self.lm_head.forward(x)

    def backward(self, dlogits: np.ndarray) -> None:
        """Add to every parameter's gradient, from that of the logits (B, T, V)."""
        self.take()
        dx = self.lm_head.backward(dlogits)
        if self.config.norm == "pre":
            dx = self.ln_f.backward(dx)
        for block in reversed(self.blocks):
            dx = block.backward(dx)
        dx = self.drop.backward(dx)
        if self.config.adds_positions:
            dx = self.pos_emb.backward(dx)
        if self.config.embedding_scale != 1:
            dx = dx * self.config.embedding_scale
        self.tok_emb.backward(dx)

    def balance_loss(self) -> float:
        """Return how unevenly the last forward used the experts, the mean over the blocks.

        It is 1 if evenly: see :func:`tinytx.manual.experts.balance_forward`. Training adds
        ``config.balance`` times that to the cross-entropy.

        Raises
        ------
        ValueError
            If the model has no experts, or no forward has come yet.
        """
        mixtures = self._mixtures()
        if not mixtures[0].balance:
            raise ValueError("balance_loss is that of a forward: call the model first")
        return sum(each.balance for each in mixtures) / len(mixtures)

    def balance_backward(self, dloss: float) -> None:
        """Let the backward to come add the gradient of ``dloss * balance_loss()``.

        Call it between a forward and its :meth:`backward`, which knows of the logits alone.

        Raises
        ------
        ValueError
            If the model has no experts.
        """
        mixtures = self._mixtures()
        # balance_loss = the sum over the blocks / their number
        for each in mixtures:
            each.dbalance = dloss / len(mixtures)

    def mask(
        self,
        ids: np.ndarray,
        extra: np.ndarray | None = None,
        cache: Cache | None = None,
        documents: np.ndarray | None = None,
    ) -> np.ndarray | None:
        """Return who may attend to whom: the causal, the padding and the ``extra`` mask at once.

        A causal mask with a ``window`` is narrower; one with ``documents`` stays within each.
        """
        B, T = ids.shape
        start = 0 if cache is None else cache.length
        S = int(np.max(start)) + T
        masks = []
        if extra is not None:
            check_mask("mask", extra, (B, self.config.n_head, T, S))
            masks.append(extra)
        if documents is not None:
            check_documents(documents, ids.shape, cache is not None)
            c = self.config
            masks.append(document_mask(documents, c.causal, c.window, c.sinks))
        elif self.config.causal:
            seen = self._causal[window(start, T), :S]  # (T, S), or (B, T, S)
            masks.append(seen if seen.ndim == 2 else seen[:, None])
        if self.config.padding_id is not None and cache is None:
            masks.append(padding_mask(ids, self.config.padding_id))
        both = None
        for mask in masks:
            both = mask if both is None else both & mask
        return both

    def use_pieces(self, piece: int | None = 128) -> GPT:
        """Compute attention ``piece`` positions at a time, or all at once again (None).

        The numbers are the same up to rounding, dropout's draws aside, and no (T, T) weights are
        kept for the backward, or there to be looked at: see :mod:`tinytx.manual.pieces`.
        """
        for block in self.blocks:
            use_pieces(block.attn, piece)
        return self

    def use_checkpointing(self, on: bool = True) -> GPT:
        """Keep each block's input alone in training, and compute the rest again for the backward.

        The gradients are the same, dropout included. It takes less memory and more time: see
        :mod:`tinytx.manual.checkpointing`.
        """
        for block in self.blocks:
            use_checkpointing(block, on)
        return self

    def _mixtures(self) -> list[Experts]:
        if self.config.n_expert is None:
            raise ValueError("config.n_expert is None: a model without experts has no balance loss")
        return [block.mlp for block in self.blocks if isinstance(block.mlp, Experts)]

    def _check(self, ids: np.ndarray, start: int | np.ndarray) -> None:
        check_integers("ids", ids)  # their range is checked by the embedding
        if ids.ndim != 2 or not ids.size:
            raise ValueError(
                f"ids has shape {ids.shape} and must have two dimensions, (B, T), both at least 1"
            )
        if int(np.max(start)) + ids.shape[1] > self.config.context_length:
            cached = f" after {np.max(start)} cached ones" if np.any(start) else ""
            raise ValueError(
                f"ids has {ids.shape[1]} positions{cached} and must have at most context_length "
                f"{self.config.context_length}: crop to the last ones"
            )

    def _check_cache(self, mask: np.ndarray | None) -> None:
        if self.training:
            raise ValueError("cache is given in training mode, and has no backward: call eval()")
        if not self.config.causal:
            raise ValueError("cache is given and config.causal is False: earlier keys would change")
        if self.config.padding_id is not None and mask is None:
            raise ValueError(
                "cache is given, config.padding_id is set and mask is None: "
                "give the mask (B, 1, 1, S) that is False where a key is padding"
            )
