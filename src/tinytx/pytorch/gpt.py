"""The whole model: ids to vectors, a stack of blocks, vectors to a score for every next id.

Pre-norm ends with one more layer norm, ``ln_f`` (GPT-2), because nothing has normalized the
residual stream yet. Post-norm has none (the original transformer): each block already ends in one.
The head has no bias; tied, it is the token embedding's own weight. Rotary positions are each
attention's business: then there is no ``pos_emb``, and none where there are no positions.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

import torch
from torch import Tensor, nn

from ..config import GPTConfig, check_config
from ..manual.documents import check_documents
from .block import Block
from .cache import Cache, Remember, furthest, window
from .checkpointing import use_checkpointing
from .documents import document_mask, document_places
from .dropout import Dropout
from .embedding import Embedding
from .experts import Experts
from .int8 import check_floats
from .linear import Linear
from .masks import causal_mask, near, padding_mask
from .norm import make_norm
from .pieces import use_pieces
from .positions import FixedTable, LearnedPositions, SinusoidalPositions
from .rotary import share_tables
from .shapes import as_dtype, check_generator, check_integers, check_mask
from .state import fitted


class GPT(nn.Module):
    """A decoder-only transformer: (B, T) ids to (B, T, V) logits.

    Parameters
    ----------
    config
        Sizes and choices.
    generator
        Draws the fresh weights; None for PyTorch's own. Dropout draws from PyTorch's own.
    dtype, device
        Of the parameters. One seed gives the same weights everywhere, up to rounding.

    Raises
    ------
    ValueError
        If an argument is of another kind, or the model would not fit into this machine's memory.

    >>> config = GPTConfig(vocab_size=8, context_length=5, n_layer=1, n_head=2, d_model=6)
    >>> model = GPT(config, torch.Generator().manual_seed(0))
    >>> model(torch.tensor([[1, 0, 2, 1]])).shape
    torch.Size([1, 4, 8])
    """

    def __init__(
        self,
        config: GPTConfig,
        generator: torch.Generator | None = None,
        dtype: torch.dtype | None = None,
        device: torch.device | str | None = None,
    ):
        super().__init__()
        check_config(config)
        check_generator(generator)
        size = as_dtype(dtype).itemsize
        meta = torch.device(device or torch.get_default_device()).type == "meta"
        config.check_room(0 if meta else size, mask=False)
        V, D, length = config.vocab_size, config.d_model, config.context_length
        place: dict[str, Any] = {"dtype": dtype, "device": device}
        self.config = config
        self.tok_emb = Embedding(V, D, generator, std=config.embedding_std, **place)
        self.pos_emb: LearnedPositions | SinusoidalPositions
        if config.positions == "learned":
            self.pos_emb = LearnedPositions(length, D, generator, std=config.init_std, **place)
        elif config.positions == "sinusoidal":
            self.pos_emb = SinusoidalPositions(length, D, **place)
        self.drop = Dropout(config.dropout)
        self.blocks = nn.ModuleList(
            Block(config, generator, **place) for _ in range(config.n_layer)
        )
        if config.norm == "pre":
            self.ln_f = make_norm(config, **place)
        self.lm_head = Linear(D, V, generator, bias=False, std=config.init_std, **place)
        self._tie()

    def forward(
        self,
        ids: Tensor,
        mask: Tensor | None = None,
        cache: Cache | None = None,
        weights: list[Tensor] | None = None,
        documents: Tensor | None = None,
    ) -> Tensor:
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
            Keys and values of earlier positions: ``ids`` go on from there, and S is
            ``cache.length`` + T. A cache holds no ids: if the configuration has a ``padding_id``,
            ``mask`` must say which keys are padding, new ones included.
        weights
            A list to which each block adds its attention weights (B, H, T, S).
        documents
            (B, T) integers, if rows hold several documents: equal neighbours are of one. Each then
            gets the logits that it has alone, up to rounding; not with a cache.

        Raises
        ------
        ValueError
            If ``ids`` has the wrong shape, dtype, range or device, or is longer than the context;
            if ``mask`` is not boolean or does not broadcast; if a cache or ``documents`` cannot be
            used.
        """
        start = 0 if cache is None else cache.length
        self._check(ids, start)
        if cache is not None:
            self._check_cache(mask)
        mask, causal = self.mask(ids, mask, cache, documents)
        if documents is not None:
            start = document_places(documents)  # (B, T): each begins anew
        x = self.tok_emb(ids)
        if self.config.embedding_scale != 1:
            x = x * self.config.embedding_scale
        if self.config.adds_positions:
            x = self.pos_emb(x, start)
        x = self.drop(x)
        for i, block in enumerate(self.blocks):
            remember = None if cache is None else Remember(cache, i)
            x = block(x, mask, causal=causal, remember=remember, weights=weights)
        if cache is not None:
            cache.advance(ids.shape[1])
        if self.config.norm == "pre":
            x = self.ln_f(x)
        return self.lm_head(x)

    def mask(
        self,
        ids: Tensor,
        extra: Tensor | None = None,
        cache: Cache | None = None,
        documents: Tensor | None = None,
    ) -> tuple[Tensor | None, bool]:
        """Return who may attend to whom, and whether that is the causal mask alone.

        If it is, the first is None: attention knows a faster way than a mask. One new token after
        those of a cache comes last, sees everything, and needs neither.
        """
        B, T = ids.shape
        start = 0 if cache is None else cache.length
        S = furthest(start) + T
        masks = []
        if extra is not None:
            check_mask("mask", extra, (B, self.config.n_head, T, S))
            masks.append(extra)
        if self.config.padding_id is not None and cache is None:
            masks.append(padding_mask(ids, self.config.padding_id))
        if documents is not None:
            check_documents(documents, ids.shape, cache is not None)
            c = self.config
            masks.append(document_mask(documents, c.causal, c.window, c.sinks))
        elif self.config.window is not None:
            masks.append(self._near(ids, start, S))
        # Nothing here may compute a bool from T: under the compiler it can be a symbol.
        if not masks and isinstance(start, int) and start == 0:
            return None, self.config.causal
        if not masks and isinstance(start, int) and T == 1:
            return None, False
        if self.config.causal and documents is None:
            masks.append(self._causal(ids, start, S))
        both = None
        for mask in masks:
            both = mask if both is None else both & mask
        return both, False

    def attention(self, ids: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return the attention weights of all blocks, (L, B, H, T, T), for (B, T) ids."""
        weights: list[Tensor] = []
        self(ids, mask, weights=weights)
        return torch.stack(weights)

    def balance_loss(self) -> Tensor:
        """Return how unevenly the last forward used the experts, the mean over the blocks.

        It is 1 if evenly: see :func:`tinytx.pytorch.experts.balance`. Training adds
        ``config.balance`` times that to the cross-entropy.

        Raises
        ------
        ValueError
            If the model has no experts, or no forward has come yet.
        """
        if self.config.n_expert is None:
            raise ValueError("config.n_expert is None: a model without experts has no balance loss")
        mixtures = [block.mlp for block in self._blocks() if isinstance(block.mlp, Experts)]
        losses = [mixture.balance for mixture in mixtures if mixture.balance is not None]
        if not losses:
            raise ValueError("balance_loss is that of a forward: call the model first")
        return torch.stack(losses).mean()

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> Any:
        """Copy ``state_dict`` into the parameters; arrays of the NumPy engine will do as well.

        So will names that ``torch.compile`` or a parallel wrapper has put its own into, and one of
        the two names of a tied head. With ``assign`` the tensors become the parameters, and
        sinusoidal or rotary positions follow them to their device and dtype.

        Raises
        ------
        ValueError
            If ``state_dict`` is no dict, a name is missing or unknown (unless ``strict`` is
            False), a shape differs, a value is not made of real numbers, a tied head comes with
            another weight than the embedding, or the model's weights are int8. Nothing has been
            changed then.
        """
        check_floats(self)
        state = fitted(self, state_dict, strict)
        result = super().load_state_dict(state, strict, assign)
        fixed = next((m for m in self.modules() if isinstance(m, FixedTable)), None)
        if fixed is not None:  # all rotations have the first one's: 67 MB at Llama 3's context
            fixed.follow(self.tok_emb.weight)
        self._tie()
        return result

    def use_pieces(self, piece: int | None = 128) -> GPT:
        """Compute attention ``piece`` positions at a time, or by the fused kernel again (None).

        The numbers are the same up to rounding, dropout's draws aside. It is slower than the
        kernel, and there to be read: see :mod:`tinytx.pytorch.pieces`.
        """
        for block in self._blocks():
            use_pieces(block.attn, piece)
        return self

    def use_checkpointing(self, on: bool = True) -> GPT:
        """Keep each block's input alone in training, and compute the rest again for the backward.

        The gradients are the same, dropout included. It takes less memory and more time: see
        :mod:`tinytx.pytorch.checkpointing`.
        """
        for block in self._blocks():
            use_checkpointing(block, on)
        return self

    @classmethod
    def from_pretrained(
        cls,
        source: str | os.PathLike[str],
        *,
        dropout: float | None = None,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
    ) -> GPT:
        """Read a GPT-2, Llama, Mistral or Qwen of Hugging Face's.

        See :func:`tinytx.pytorch.hf.from_pretrained`.
        """
        from .hf_folder import read

        dtype = as_dtype(dtype)
        config, state = read(source, dropout)
        model = cls(config, device="meta")
        state = {name: value.to(device, dtype) for name, value in state.items()}
        model.load_state_dict(state, assign=True)
        return model.eval()

    def to_hf(self, path: str | os.PathLike[str] | None = None) -> dict[str, Tensor]:
        """Return the weights under Hugging Face's names, and write them to a folder if given one.

        See :func:`tinytx.pytorch.hf.to_hf`.
        """
        from .hf_folder import write

        return write(self.config, self.state_dict(), path)

    def _blocks(self) -> Iterable[Block]:
        """Return the blocks: a ``ModuleList`` does not say of what class they are."""
        return cast("Iterable[Block]", self.blocks)

    def _causal(self, ids: Tensor, start: int | Tensor, S: int) -> Tensor:
        """Return the causal mask of ids that begin at ``start``: (T, S), or (B, 1, T, S)."""
        T = ids.shape[1]
        if isinstance(start, int):
            return causal_mask(T, S, ids.device)
        query = window(start, T)  # (B, T)
        return (torch.arange(S, device=ids.device) <= query[:, :, None])[:, None]

    def _near(self, ids: Tensor, start: int | Tensor, S: int) -> Tensor:
        """Return what a ``window`` leaves in sight: (T, S), or (B, 1, T, S)."""
        T, c = ids.shape[1], self.config
        assert c.window is not None, "nothing is near without a window"
        if isinstance(start, int):
            query = torch.arange(start, start + T, device=ids.device)  # (T,)
            return near(query[:, None], S, c.window, c.sinks)
        return near(window(start, T)[:, :, None], S, c.window, c.sinks)[:, None]

    def _tie(self) -> None:
        """Let what is one thing be one: a tied head's weight, the table of all rotations."""
        share_tables(self)
        if self.config.tie_weights:
            self.lm_head.weight = self.tok_emb.weight

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> nn.Module:
        """Tie again after a conversion: from the ``meta`` device, one weight comes as two."""
        super()._apply(fn, recurse)
        self._tie()
        return self

    def _check(self, ids: Tensor, start: int | Tensor) -> None:
        check_integers("ids", ids)  # their range is checked by the embedding
        if ids.ndim != 2 or not ids.numel():
            raise ValueError(
                f"ids has shape {tuple(ids.shape)} and must have two dimensions, (B, T), "
                "both at least 1"
            )
        before = furthest(start)
        if before + ids.shape[1] > self.config.context_length:
            cached = f" after {before} cached ones" if before else ""
            raise ValueError(
                f"ids has {ids.shape[1]} positions{cached} and must have at most context_length "
                f"{self.config.context_length}: crop to the last ones"
            )

    def _check_cache(self, mask: Tensor | None) -> None:
        if not self.config.causal:
            raise ValueError("cache is given and config.causal is False: earlier keys would change")
        if self.config.padding_id is not None and mask is None:
            raise ValueError(
                "cache is given, config.padding_id is set and mask is None: "
                "give the mask (B, 1, 1, S) that is False where a key is padding"
            )
