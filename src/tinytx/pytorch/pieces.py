"""Attention in pieces: the same numbers, without the (T, S) weights ever being there at once.

Autograd would keep each piece's weights for the backward, and nothing would be saved. So this is
the one operation of this engine that brings a backward of its own: the twin of ``manual/pieces.py``
line by line, which explains it. PyTorch's fused kernel does the same in the processor's language:
use that (:func:`tinytx.pytorch.attention.attention`) unless you want to see how.
Sources: Milakov and Gimelshein 2018; Dao et al. 2022 (FlashAttention).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ..manual.dropout import check_share
from ..manual.pieces import PIECE, check_piece, check_pieces
from .attention import Attention, _check
from .shapes import check_mask


class Pieces(NamedTuple):
    """How the scores are cut, which of them count, and how weights are dropped."""

    size: int
    mask: Tensor | None
    causal: bool
    scale: float
    p: float
    seed: int


def blockwise_attention(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Tensor | None = None,
    *,
    causal: bool = False,
    p: float = 0.0,
    scale: float | None = None,
    piece: int = PIECE,
) -> Tensor:
    """Return what :func:`~tinytx.pytorch.attention.attention` does, ``piece`` by ``piece``.

    ``causal`` comes on top of ``mask``, and takes the queries for the last T of S positions. For
    half precision the sums are float32. Dropout draws one number from PyTorch's generator, from
    which the backward draws the same zeros again.

    Raises
    ------
    ValueError
        If a shape does not fit, or ``piece`` is no positive integer.
    """
    _check(q, k, v, None, False)
    check_pieces(tuple(q.shape), tuple(k.shape), causal, piece)
    check_share(p)
    if mask is not None:
        check_mask("mask", mask, (*q.shape[:3], k.shape[2]))
    scale = 1 / math.sqrt(q.shape[-1]) if scale is None else scale
    seed = int(torch.randint(2**62, ())) if p else 0
    return _Blockwise.apply(q, k, v, Pieces(piece, mask, causal, scale, p, seed))


class _Blockwise(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, q: Tensor, k: Tensor, v: Tensor, pieces: Pieces) -> Tensor:
        """Sum up the values, going by the largest score so far."""
        draw = _draw(pieces, q)
        out = torch.zeros_like(q, dtype=_wide(q))  # (B, H, T, Dh), what is summed so far
        top = torch.full_like(out[..., :1], torch.finfo(out.dtype).min)  # (B, H, T, 1)
        total = torch.zeros_like(top)
        for t, s, scores in _scores(q, k, pieces):
            largest = torch.maximum(top[t], scores.amax(-1, keepdim=True))
            shrink = (top[t] - largest).exp()  # 1 while the largest stays
            weights = (scores - largest).exp()  # not yet divided by their total
            dropped = weights * _factor(weights, pieces.p, draw)
            total[t] = total[t] * shrink + weights.sum(-1, keepdim=True)
            out[t] = out[t] * shrink + dropped.to(v.dtype) @ v[s]
            top[t] = largest
        total += total == 0  # a row with nothing that counts: 0 / 1
        out = (out / total).to(q.dtype)
        ctx.pieces = pieces
        ctx.save_for_backward(q, k, v, out, top + total.log())
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dout: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        """Compute each piece's weights again, and what they send back."""
        (q, k, v, out, lse), pieces = ctx.saved_tensors, ctx.pieces
        draw = _draw(pieces, q)  # the draws of the forward, once more
        dq, dk, dv = (torch.zeros_like(x, dtype=_wide(x)) for x in (q, k, v))
        mean = (dout.to(dq.dtype) * out).sum(-1, keepdim=True)  # (B, H, T, 1)
        for t, s, scores in _scores(q, k, pieces):
            weights = (scores - lse[t]).exp()  # softmax(scores): exp(scores) / total
            factor = _factor(weights, pieces.p, draw)
            # out += (weights * factor) @ v
            dv[s] += (weights * factor).to(v.dtype).mT @ dout[t]
            dweights = (dout[t] @ v[s].mT) * factor
            # weights = softmax(scores)
            dscores = weights * (dweights - mean[t])
            # scores = q @ k^T * scale
            dscores = (dscores * pieces.scale).to(q.dtype)
            dq[t] += dscores @ k[s]
            dk[s] += dscores.mT @ q[t]
        return dq.to(q.dtype), dk.to(k.dtype), dv.to(v.dtype), None


def _wide(x: Tensor) -> torch.dtype:
    return torch.promote_types(x.dtype, torch.float32)


def _draw(pieces: Pieces, q: Tensor) -> torch.Generator | None:
    return torch.Generator(q.device).manual_seed(pieces.seed) if pieces.p else None


def _factor(weights: Tensor, p: float, draw: torch.Generator | None) -> Tensor | float:
    """Return what dropout multiplies by: 0 or 1 / (1 - p)."""
    if not p:
        return 1.0
    kept = torch.rand(weights.shape, generator=draw, device=weights.device) >= p
    return kept.to(weights.dtype) / (1 - p)


Place = tuple[slice, slice, slice]  # all rows and heads, some positions


def _scores(q: Tensor, k: Tensor, pieces: Pieces) -> Iterator[tuple[Place, Place, Tensor]]:
    """Yield where the queries and the keys of a piece are, and its scores, -inf where masked."""
    T, S, everything = q.shape[2], k.shape[2], slice(None)
    for rows in _cut(T, pieces.size):
        for columns in _cut(S, pieces.size):
            if pieces.causal and columns.start > rows.stop - 1 + S - T:
                continue
            seen = _seen(pieces, rows, columns, q, S)
            if seen is not None and not seen.any():
                continue
            t, s = (everything, everything, rows), (everything, everything, columns)
            scores = (q[t] @ k[s].mT).to(_wide(q)) * pieces.scale  # (B, H, piece, piece)
            yield t, s, scores if seen is None else scores.masked_fill(~seen, -math.inf)


def _cut(length: int, size: int) -> list[slice]:
    return [slice(start, min(start + size, length)) for start in range(0, length, size)]


def _seen(pieces: Pieces, rows: slice, columns: slice, q: Tensor, S: int) -> Tensor | None:
    """Return the mask of one piece; None if there is none."""
    T, seen = q.shape[2], None
    if pieces.mask is not None:
        outer = (1, 1, 1, *pieces.mask.shape)[-4:-2]  # over rows and heads
        seen = pieces.mask.expand(*outer, T, S)[:, :, rows, columns]  # no copy
    before = rows.start + S - T - columns.start  # keys that all of these queries follow
    if pieces.causal and before < columns.stop - columns.start - 1:
        shape = rows.stop - rows.start, columns.stop - columns.start
        past = torch.ones(shape, dtype=torch.bool, device=q.device).tril(before)
        seen = past if seen is None else seen & past
    return seen


class BlockwiseAttention(Attention):
    """An attention that takes ``piece`` positions at a time; see ``GPT.use_pieces``."""

    piece: int = PIECE

    def read(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, **how: Any) -> Tensor:
        """Return what each head reads, (B, H, T, Dh), piece by piece."""
        return blockwise_attention(q, k, v, mask, piece=self.piece, **how)


def use_pieces(attn: Attention, piece: int | None) -> None:
    """Let ``attn`` take ``piece`` positions at a time, or all at once again (None).

    It stays the same object with the same parameters, and only its class is another.
    """
    if piece is not None:
        check_piece(piece)
    attn.__class__ = Attention if piece is None else BlockwiseAttention
    if isinstance(attn, BlockwiseAttention) and piece is not None:
        attn.piece = int(piece)
