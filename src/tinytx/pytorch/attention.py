"""Attention: each position asks a question, compares it with every key, and reads the values.

There are two ways to the same result. :func:`attention` hands everything to PyTorch's fused
kernel, which never holds the (T, S) weights in memory and so cannot show them.
:func:`attention_with_weights` is the formula, line by line, and returns the weights as well.
Newer models than GPT-2 change q and k before they are compared: :meth:`Attention.prepare`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..config import GPTConfig, check_config
from ..manual.shapes import check_count
from .cache import Remember
from .dropout import dropout
from .linear import Linear
from .masks import causal_mask
from .norm import RMSNorm
from .rotary import Rotary
from .shapes import check_dims
from .softmax import nothing, softmax


def attention(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Tensor | None = None,
    *,
    causal: bool = False,
    p: float = 0.0,
    scale: float | None = None,
) -> Tensor:
    """Return ``softmax(q k^T / sqrt(Dh)) v``, by the fused kernel.

    Parameters
    ----------
    q
        (B, H, T, Dh).
    k, v
        (B, H, S, Dh).
    mask
        True where query ``t`` may attend to key ``s``; broadcasts to (B, H, T, S). A query that
        may attend to nothing gets zeros.
    causal
        The causal mask, T = S, without making one: the kernel skips the half that is hidden.
        Give a mask or ``causal``, not both.
    p
        Dropout of the attention weights.
    scale
        What the scores are multiplied by instead of ``1 / sqrt(Dh)``.

    Returns
    -------
    out
        (B, H, T, Dh).
    """
    _check(q, k, v, mask, causal)
    if mask is None:
        options: dict[str, Any] = {"dropout_p": p, "is_causal": causal, "scale": scale}
        return functional.scaled_dot_product_attention(q, k, v, **options)
    # Kernels disagree on a row that may attend to nothing: some give nan. It may see everything
    # here, and what it read is thrown away.
    nobody = nothing(mask)
    options = {"attn_mask": mask | nobody, "dropout_p": p, "scale": scale}
    out = functional.scaled_dot_product_attention(q, k, v, **options)
    return out.masked_fill(nobody, 0.0)


def attention_with_weights(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Tensor | None = None,
    *,
    causal: bool = False,
    p: float = 0.0,
    scale: float | None = None,
) -> tuple[Tensor, Tensor]:
    """Return what :func:`attention` does, and the weights (B, H, T, S) as they are before dropout.

    The division keeps the scores' variance at one however wide the head is; without it softmax
    saturates and its gradient dies. Source: Vaswani et al. 2017, equation 1.
    """
    _check(q, k, v, mask, causal)
    if causal:
        mask = causal_mask(q.shape[2], k.shape[2], q.device)
    scale = 1 / math.sqrt(q.shape[-1]) if scale is None else scale
    scores = q @ k.transpose(-1, -2) * scale  # (B, H, T, S)
    weights = softmax(scores, mask)
    out = dropout(weights, p) @ v  # (B, H, T, Dh)
    return out, weights


def split_heads(x: Tensor, n_head: int) -> Tensor:
    """Return (B, T, H * Dh) as (B, H, T, Dh), without copying.

    Raises
    ------
    ValueError
        If there are not three dimensions, or the last does not split into ``n_head`` equal parts.
    """
    check_dims("x", x, 3, "(B, T, H * Dh)")
    check_count("n_head", n_head)
    B, T, D = x.shape
    if D % n_head:
        raise ValueError(f"n_head is {n_head} and does not divide x's last dimension {D}")
    return x.view(B, T, n_head, D // n_head).transpose(1, 2)


def merge_heads(x: Tensor) -> Tensor:
    """Return (B, H, T, Dh) as (B, T, H * Dh).

    Raises
    ------
    ValueError
        If there are not four dimensions.
    """
    check_dims("x", x, 4, "(B, H, T, Dh)")
    return x.transpose(1, 2).flatten(2)


def repeat_heads(x: Tensor, times: int) -> Tensor:
    """Return (B, H, S, Dh) with each head ``times`` times in a row, (B, H * times, S, Dh).

    So one head of keys and values serves the query heads of its group. The fused kernel can do
    this itself (``enable_gqa``): on a processor the two differed by no more than their noise.
    Source: Ainslie et al. 2023, section 2.2; the order is Llama's.

    Raises
    ------
    ValueError
        If ``x`` has not four dimensions, or ``times`` is no whole number of at least 1.
    """
    check_dims("x", x, 4, "(B, H, S, Dh)")
    check_count("times", times)
    return x[:, :, None].expand(-1, -1, times, -1, -1).flatten(1, 2)


class Attention(nn.Module):
    """Multi-head self-attention with its four projections."""

    def __init__(self, config: GPTConfig, generator: torch.Generator | None = None, **place: Any):
        super().__init__()
        check_config(config)
        D, Dh = config.d_model, config.d_head
        width, kv_width = config.n_head * Dh, config.kv_heads * Dh
        new: Callable[..., Linear] = partial(
            Linear, generator=generator, bias=config.has_qkv_bias, **place
        )
        self.q_proj = new(D, width, std=config.init_std)
        self.k_proj = new(D, kv_width, std=config.init_std)
        self.v_proj = new(D, kv_width, std=config.init_std)
        self.o_proj = new(width, D, bias=config.bias, std=config.residual_std)
        if config.qk_norm:
            self.q_norm = RMSNorm(Dh, eps=config.norm_eps, **place)
            self.k_norm = RMSNorm(Dh, eps=config.norm_eps, **place)
        if config.positions == "rotary":
            self.q_rotary, self.k_rotary = Rotary(config, **place), Rotary(config, **place)
        self.qk_norm, self.rotary = config.qk_norm, config.positions == "rotary"
        self.n_head, self.n_kv_head = config.n_head, config.kv_heads
        self.scale = config.attention_scale
        self.dropout = config.dropout

    def forward(
        self,
        x: Tensor,
        mask: Tensor | None = None,
        *,
        causal: bool = False,
        remember: Remember | None = None,
        weights: list[Tensor] | None = None,
    ) -> Tensor:
        """Map (B, T, D) to (B, T, D).

        Parameters
        ----------
        x
            (B, T, D).
        mask, causal
            As for :func:`attention`.
        remember
            With it a query also reads what earlier calls have left; without it S is T.
        weights
            A list to which the attention weights (B, H, T, S) are added. Asking for them takes the
            slower way.
        """
        q = split_heads(self.q_proj(x), self.n_head)  # (B, H, T, Dh)
        k = split_heads(self.k_proj(x), self.n_kv_head)
        v = split_heads(self.v_proj(x), self.n_kv_head)
        q, k = self.prepare(q, k, remember)  # as they are, in GPT-2
        if remember is not None:
            k, v = remember(k, v)  # (B, H, S, Dh)
        k, v = self.share(k, v)  # as they are, in GPT-2
        p = self.dropout if self.training else 0.0
        if weights is None:
            out = self.read(q, k, v, mask, causal=causal, p=p, scale=self.scale)
        else:
            out, seen = attention_with_weights(q, k, v, mask, causal=causal, p=p, scale=self.scale)
            weights.append(seen)
        return self.o_proj(merge_heads(out))

    def read(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, **how: Any) -> Tensor:
        """Return what each head reads, (B, H, T, Dh), where no weights are asked for."""
        return attention(q, k, v, mask, **how)

    def prepare(
        self, q: Tensor, k: Tensor, remember: Remember | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return q and k (B, H, T, Dh) as they are compared: normalized (``qk_norm``), then turned.

        Normalized first: a weight behind the turn would scale the two numbers of a pair unequally,
        and scores would depend on more than the distance. A KV cache gets keys as they leave here.
        """
        dtype = q.dtype
        if self.qk_norm:
            q, k = self.q_norm(q), self.k_norm(k)
        if self.rotary:
            start = 0 if remember is None else remember.start
            q, k = self.q_rotary(q, start), self.k_rotary(k, start)
        # Under autocast norms and tables are wider than the projections, and v is one of those.
        return q.to(dtype), k.to(dtype)

    def share(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Return k and v with a head for each query head, (B, H, S, Dh): see ``n_kv_head``.

        A KV cache gets them before: it holds each head once.
        """
        if self.n_kv_head == self.n_head:
            return k, v
        times = self.n_head // self.n_kv_head
        return repeat_heads(k, times), repeat_heads(v, times)


def _check(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, causal: bool) -> None:
    check_dims("q", q, 4, "(B, H, T, Dh)")
    B, H, _, Dh = q.shape
    if k.ndim != 4 or k.shape[:2] != (B, H) or k.shape[3] != Dh or v.shape != k.shape:
        raise ValueError(
            f"k and v have shapes {tuple(k.shape)} and {tuple(v.shape)} and must have "
            f"(B, H, S, Dh) = {(B, H, 'S', Dh)}"
        )
    if causal and (mask is not None or k.shape[2] != q.shape[2]):
        raise ValueError("causal is True and must come without a mask, and with as many keys as q")
