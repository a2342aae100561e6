"""Attention: each position asks a question, compares it with every key, and reads the values.

``attention_forward`` is one head's mathematics for all heads at once. ``Attention`` adds the four
projections around it. Unlike in many implementations q, k and v have a matrix each, not one fused
matrix: a gradient can then be followed by name, and at this course's sizes fusing gains little.
Newer models than GPT-2 change q and k before they are compared: :meth:`Attention.prepare`.
"""

from __future__ import annotations

import math
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from ..config import GPTConfig, check_config
from .cache import Remember
from .dropout import dropout_backward, dropout_forward
from .linear import Linear
from .module import Module
from .norm import RMSNorm
from .rotary import Rotary
from .shapes import (
    check_count,
    check_dims,
    check_dtype,
    check_floats,
    check_mask,
    check_numpy,
    check_shape,
    is_whole,
)
from .softmax import softmax_backward, softmax_forward


class AttentionSaved(NamedTuple):
    """What :func:`attention_backward` needs."""

    q: np.ndarray  # (B, H, T, Dh)
    k: np.ndarray  # (B, H, S, Dh)
    v: np.ndarray  # (B, H, S, Dh)
    weights: np.ndarray  # (B, H, T, S), from softmax
    dropped: np.ndarray  # (B, H, T, S), the weights after dropout
    factor: np.ndarray | None  # (B, H, T, S), what dropout multiplied by
    scale: float


def attention_forward(
    q: np.ndarray,
    k: np.ndarray,
    v: np.ndarray,
    mask: np.ndarray | None = None,
    p: float = 0.0,
    rng: np.random.Generator | None = None,
    scale: float | None = None,
) -> tuple[np.ndarray, AttentionSaved]:
    """Return ``softmax(q k^T / sqrt(Dh)) v``.

    The division keeps the scores' variance at one however wide the head is; without it softmax
    saturates and its gradient dies. Source: Vaswani et al. 2017, equation 1.

    Parameters
    ----------
    q
        (B, H, T, Dh).
    k, v
        (B, H, S, Dh).
    mask
        True where query ``t`` may attend to key ``s``; broadcasts to (B, H, T, S). A query that
        may attend to nothing gets zeros.
    p, rng
        Dropout of the attention weights.
    scale
        What the scores are multiplied by instead of ``1 / sqrt(Dh)``.

    Returns
    -------
    out
        (B, H, T, Dh).

    Raises
    ------
    ValueError
        If a shape or a dtype does not fit.
    """
    _check(q, k, v, mask)
    scale = 1 / math.sqrt(q.shape[-1]) if scale is None else scale
    scores = q @ k.swapaxes(-1, -2)  # (B, H, T, S)
    scores *= scale
    weights, _ = softmax_forward(scores, mask)
    dropped, factor = dropout_forward(weights, p, rng)
    out = dropped @ v  # (B, H, T, Dh)
    return out, AttentionSaved(q, k, v, weights, dropped, factor, scale)


def attention_backward(
    dout: np.ndarray, saved: AttentionSaved
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return ``dq``, ``dk``, ``dv``.

    Where the mask is False the weight is 0, and softmax's backward multiplies by the weight: the
    mask needs no line of its own.
    """
    q, k, v, weights, dropped, factor, scale = saved
    check_shape("dout", dout, q.shape)
    # out = dropped @ v
    dv = dropped.swapaxes(-1, -2) @ dout  # (B, H, S, Dh)
    ddropped = dout @ v.swapaxes(-1, -2)  # (B, H, T, S)
    # dropped = dropout(weights)
    dweights = dropout_backward(ddropped, factor)
    # weights = softmax(scores)
    dscores = softmax_backward(dweights, weights)
    # scores = q @ k^T * scale
    dscores *= scale
    dq = dscores @ k  # (B, H, T, Dh)
    dk = dscores.swapaxes(-1, -2) @ q  # (B, H, S, Dh)
    return dq, dk, dv


def split_heads(x: np.ndarray, n_head: int) -> np.ndarray:
    """Return (B, T, H * Dh) as (B, H, T, Dh), without copying. Its backward is ``merge_heads``.

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
    return x.reshape(B, T, n_head, D // n_head).swapaxes(1, 2)


def merge_heads(x: np.ndarray) -> np.ndarray:
    """Return (B, H, T, Dh) as (B, T, H * Dh). Its backward is ``split_heads``.

    Raises
    ------
    ValueError
        If there are not four dimensions.
    """
    check_dims("x", x, 4, "(B, H, T, Dh)")
    B, H, T, Dh = x.shape
    return x.swapaxes(1, 2).reshape(B, T, H * Dh)


class RepeatHeadsSaved(NamedTuple):
    """What :func:`repeat_heads_backward` needs."""

    shape: tuple[int, ...]  # (B, H, S, Dh), of x
    times: int


def repeat_heads_forward(x: np.ndarray, times: int) -> tuple[np.ndarray, RepeatHeadsSaved]:
    """Return (B, H, S, Dh) with each head ``times`` times in a row, (B, H * times, S, Dh).

    So one head of keys and values serves the query heads of its group. Source: Ainslie et al.
    2023, section 2.2; the order is Llama's.

    Raises
    ------
    ValueError
        If ``x`` has not four dimensions, or ``times`` is no whole number of at least 1.
    """
    check_dims("x", x, 4, "(B, H, S, Dh)")
    if not is_whole(times) or times < 1:
        raise ValueError(f"times is {times!r} and must be a whole number, at least 1")
    return np.repeat(x, times, axis=1), RepeatHeadsSaved(x.shape, times)


def repeat_heads_backward(dy: np.ndarray, saved: RepeatHeadsSaved) -> np.ndarray:
    """Return ``dx``: what was used several times gets the sum of what its uses send back."""
    (B, H, S, Dh), times = saved
    check_shape("dy", dy, (B, H * times, S, Dh))
    # y[:, h * times + i] = x[:, h], for each i below times
    return dy.reshape(B, H, times, S, Dh).sum(axis=2)


class Attention(Module):
    """Multi-head self-attention with its four projections."""

    def __init__(self, config: GPTConfig, rng: np.random.Generator, dtype: DTypeLike = np.float32):
        check_config(config)
        D, Dh = config.d_model, config.d_head
        width, kv_width = config.n_head * Dh, config.kv_heads * Dh
        new = partial(Linear, rng=rng, bias=config.has_qkv_bias, dtype=dtype)
        self.q_proj = new(D, width, std=config.init_std)
        self.k_proj = new(D, kv_width, std=config.init_std)
        self.v_proj = new(D, kv_width, std=config.init_std)
        self.o_proj = new(width, D, bias=config.bias, std=config.residual_std)
        if config.qk_norm:
            self.q_norm = RMSNorm(Dh, eps=config.norm_eps, dtype=dtype)
            self.k_norm = RMSNorm(Dh, eps=config.norm_eps, dtype=dtype)
        if config.positions == "rotary":
            self.q_rotary, self.k_rotary = Rotary(config, dtype), Rotary(config, dtype)
        self.qk_norm, self.rotary = config.qk_norm, config.positions == "rotary"
        self.n_head, self.n_kv_head = config.n_head, config.kv_heads
        self.scale = config.attention_scale
        self.dropout = config.dropout
        self.rng = rng

    def forward(
        self, x: np.ndarray, mask: np.ndarray | None = None, remember: Remember | None = None
    ) -> np.ndarray:
        """Map (B, T, D) to (B, T, D); ``mask`` broadcasts to (B, H, T, S).

        Without ``remember`` S is T. With it, a query also reads what earlier calls have left.
        """
        q = split_heads(self.q_proj.forward(x), self.n_head)  # (B, H, T, Dh)
        k = split_heads(self.k_proj.forward(x), self.n_kv_head)
        v = split_heads(self.v_proj.forward(x), self.n_kv_head)
        q, k = self.prepare(q, k, remember)  # as they are, in GPT-2
        if remember is not None:
            k, v = remember(k, v)  # (B, H, S, Dh)
        k, v = self.share(k, v)  # as they are, in GPT-2
        p = self.dropout if self.training else 0.0
        out, saved = attention_forward(q, k, v, mask, p, self.rng, self.scale)
        self.keep(saved)
        return self.o_proj.forward(merge_heads(out))

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """Return the gradient of the input: what comes through q, through k and through v."""
        dout = split_heads(self.o_proj.backward(dy), self.n_head)
        dq, dk, dv = attention_backward(dout, self.take())
        dk, dv = self.share_backward(dk, dv)  # as they are, in GPT-2
        dq, dk = self.prepare_backward(dq, dk)  # as they are, in GPT-2
        dx = self.q_proj.backward(merge_heads(dq))
        dx += self.k_proj.backward(merge_heads(dk))
        dx += self.v_proj.backward(merge_heads(dv))
        return dx

    def prepare(
        self, q: np.ndarray, k: np.ndarray, remember: Remember | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return q and k (B, H, T, Dh) as they are compared: normalized (``qk_norm``), then turned.

        Normalized first: a weight behind the turn would scale the two numbers of a pair unequally,
        and scores would depend on more than the distance. A KV cache gets keys as they leave here.
        """
        if self.qk_norm:
            q, k = self.q_norm.forward(q), self.k_norm.forward(k)
        if self.rotary:
            start = 0 if remember is None else remember.start
            q, k = self.q_rotary.forward(q, start), self.k_rotary.forward(k, start)
        return q, k

    def prepare_backward(self, dq: np.ndarray, dk: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the gradients of what :meth:`prepare` was given."""
        if self.rotary:
            dq, dk = self.q_rotary.backward(dq), self.k_rotary.backward(dk)
        if self.qk_norm:
            dq, dk = self.q_norm.backward(dq), self.k_norm.backward(dk)
        return dq, dk

    def share(self, k: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return k and v with a head for each query head, (B, H, S, Dh): see ``n_kv_head``.

        A KV cache gets them before: it holds each head once.
        """
        if self.n_kv_head == self.n_head:
            return k, v
        k, _ = repeat_heads_forward(k, self.n_head // self.n_kv_head)
        v, _ = repeat_heads_forward(v, self.n_head // self.n_kv_head)
        return k, v

    def share_backward(self, dk: np.ndarray, dv: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the gradients of what :meth:`share` was given: a sum over each group."""
        if self.n_kv_head == self.n_head:
            return dk, dv
        B, H, S, Dh = dk.shape
        saved = RepeatHeadsSaved((B, self.n_kv_head, S, Dh), H // self.n_kv_head)
        return repeat_heads_backward(dk, saved), repeat_heads_backward(dv, saved)


def _check(q: np.ndarray, k: np.ndarray, v: np.ndarray, mask: np.ndarray | None) -> None:
    check_floats("q", q, 4, "(B, H, T, Dh)")
    B, H, T, Dh = q.shape
    if getattr(k, "ndim", 0) != 4 or k.shape[:2] != (B, H) or k.shape[3] != Dh:
        check_numpy("k", k)
        raise ValueError(f"k has shape {k.shape} and must have (B, H, S, Dh) = {(B, H, 'S', Dh)}")
    check_shape("v", v, k.shape)
    check_dtype("k", k, q.dtype, "q")
    check_dtype("v", v, q.dtype, "q")
    if not q.size or not k.size:
        raise ValueError(
            f"q has shape {q.shape} and k {k.shape}: each must hold at least one number"
        )
    if mask is not None:
        check_mask("mask", mask, (B, H, T, k.shape[2]))
