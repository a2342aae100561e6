"""Attention in pieces: the same numbers, without the (T, S) weights ever being there at once.

The ordinary pair keeps an array of B * H * T * S numbers for its backward, with dropout three. Here
a piece of the queries meets one piece of the keys after the other, and what is kept is the result
and one number for each query: the logarithm of its softmax's total. The backward computes each
piece's weights again from that. So memory grows with T, for a sixth more to multiply: the scores
are needed twice.

A forward and a backward of (1, 4, T, 32) float32, causal, on one core: at T = 512, 1024 and 2048
the ordinary pair's peak is 14, 52 and 206 MB, and 2.7, 3.7 and 5.9 MB in pieces of 128. The time is
0.8, 0.6 and 0.45 of the ordinary pair's, as pieces that the mask hides are left out. Without a mask
it is 1.25, 1.0 and 0.9; pieces of 32 take twice as long as those of 128, because of Python's share.

A row's softmax needs its largest score and its total before any weight is right. The way around is
to go by the largest *so far*, and to shrink what has been summed whenever a larger one comes.
Sources: the running softmax, Milakov and Gimelshein 2018; attention and its backward, Dao et al.
2022 (FlashAttention), of which this is the arithmetic and not the kernel.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from .attention import Attention, _check, merge_heads, split_heads
from .cache import Remember
from .dropout import dropout_backward, dropout_forward
from .shapes import check_count, check_shape

PIECE = 128  # positions; (128, 128) float32 are 64 KiB a head


class Pieces(NamedTuple):
    """How the scores are cut, and which of them count."""

    size: int
    mask: np.ndarray | None
    causal: bool
    scale: float


class BlockwiseAttentionSaved(NamedTuple):
    """What :func:`blockwise_attention_backward` needs: nothing has T * S numbers, but the mask."""

    q: np.ndarray  # (B, H, T, Dh)
    k: np.ndarray  # (B, H, S, Dh)
    v: np.ndarray  # (B, H, S, Dh)
    out: np.ndarray  # (B, H, T, Dh)
    lse: np.ndarray  # (B, H, T, 1), log(exp(scores).sum(-1))
    pieces: Pieces
    p: float
    rng: np.random.Generator | None  # as it was before the first draw


def blockwise_attention_forward(
    q: np.ndarray,
    k: np.ndarray,
    v: np.ndarray,
    mask: np.ndarray | None = None,
    p: float = 0.0,
    rng: np.random.Generator | None = None,
    scale: float | None = None,
    *,
    causal: bool = False,
    piece: int = PIECE,
) -> tuple[np.ndarray, BlockwiseAttentionSaved]:
    """Return what :func:`~tinytx.manual.attention.attention_forward` does, ``piece`` by ``piece``.

    Parameters
    ----------
    q
        (B, H, T, Dh).
    k, v
        (B, H, S, Dh).
    mask
        True where query ``t`` may attend to key ``s``; broadcasts to (B, H, T, S). A query that
        may attend to nothing gets zeros. A piece where nobody may is skipped.
    p, rng
        Dropout of the attention weights, drawn piece by piece: other entries than the ordinary
        pair would drop. The backward draws them again.
    scale
        What the scores are multiplied by instead of ``1 / sqrt(Dh)``.
    causal
        The causal mask, on top of ``mask``, without making one; the queries are the last T of the
        S positions.
    piece
        How many queries, and how many keys, are looked at together.

    Returns
    -------
    out
        (B, H, T, Dh).

    Raises
    ------
    ValueError
        If a shape or a dtype does not fit, or ``piece`` is no positive integer.
    """
    _check(q, k, v, mask)
    check_pieces(q.shape, k.shape, causal, piece)
    scale = 1 / math.sqrt(q.shape[-1]) if scale is None else scale
    pieces, start = Pieces(piece, mask, causal, scale), copy.deepcopy(rng) if p else None
    out = np.zeros_like(q)  # (B, H, T, Dh), what is summed so far
    top = np.full_like(q[..., :1], np.finfo(q.dtype).min)  # (B, H, T, 1), the largest score so far
    total = np.zeros_like(top)  # (B, H, T, 1), of the weights so far
    for t, s, scores in _scores(q, k, pieces):
        largest = np.maximum(top[t], scores.max(-1, keepdims=True))
        shrink = np.exp(top[t] - largest)  # 1 while the largest stays
        weights = np.exp(scores - largest)  # not yet divided by their total
        dropped, _ = dropout_forward(weights, p, rng)
        total[t] = total[t] * shrink + weights.sum(-1, keepdims=True)
        out[t] = out[t] * shrink + dropped @ v[s]
        top[t] = largest
    total += total == 0  # a row with nothing that counts: 0 / 1
    out /= total
    lse = top + np.log(total)
    return out, BlockwiseAttentionSaved(q, k, v, out, lse, pieces, p, start)


def blockwise_attention_backward(
    dout: np.ndarray, saved: BlockwiseAttentionSaved
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return ``dq``, ``dk``, ``dv``.

    Softmax's backward subtracts from each row of ``dweights`` its mean under the weights, which no
    piece knows alone. But that mean is ``dout`` times ``out``: the weights sum up ``v`` to ``out``,
    and so they sum up ``dweights``, which is ``dout`` times ``v``.
    """
    q, k, v, out, lse, pieces, p, rng = saved
    check_shape("dout", dout, q.shape)
    rng = copy.deepcopy(rng)  # the draws of the forward, once more
    dq, dk, dv = np.zeros_like(q), np.zeros_like(k), np.zeros_like(v)
    mean = np.einsum("...d,...d->...", dout, out)[..., None]  # (B, H, T, 1)
    for t, s, scores in _scores(q, k, pieces):
        weights = np.exp(scores - lse[t])  # softmax(scores): exp(scores) / total
        dropped, factor = dropout_forward(weights, p, rng)
        # out += dropped @ v
        dv[s] += dropped.swapaxes(-1, -2) @ dout[t]
        ddropped = dout[t] @ v[s].swapaxes(-1, -2)
        # dropped = dropout(weights)
        dweights = dropout_backward(ddropped, factor)
        # weights = softmax(scores)
        dscores = weights * (dweights - mean[t])
        # scores = q @ k^T * scale
        dscores *= pieces.scale
        dq[t] += dscores @ k[s]
        dk[s] += dscores.swapaxes(-1, -2) @ q[t]
    return dq, dk, dv


Place = tuple[slice, slice, slice]  # all rows and heads, some positions


def _scores(
    q: np.ndarray, k: np.ndarray, pieces: Pieces
) -> Iterator[tuple[Place, Place, np.ndarray]]:
    """Yield where the queries and the keys of a piece are, and its scores, -inf where masked."""
    T, S, everything = q.shape[2], k.shape[2], slice(None)
    for rows in _cut(T, pieces.size):
        for columns in _cut(S, pieces.size):
            seen = _seen(pieces, rows, columns, T, S)
            if seen is not None and not seen.any():
                continue
            t, s = (everything, everything, rows), (everything, everything, columns)
            scores = q[t] @ k[s].swapaxes(-1, -2)  # (B, H, piece, piece)
            scores *= pieces.scale
            if seen is not None and not seen.all():
                np.copyto(scores, -np.inf, where=~seen)
            yield t, s, scores


def _cut(length: int, size: int) -> list[slice]:
    return [slice(start, min(start + size, length)) for start in range(0, length, size)]


def _seen(pieces: Pieces, rows: slice, columns: slice, T: int, S: int) -> np.ndarray | None:
    """Return the mask of one piece; None if there is none."""
    seen = None
    if pieces.mask is not None:
        outer = (1, 1, 1, *pieces.mask.shape)[-4:-2]  # over rows and heads
        seen = np.broadcast_to(pieces.mask, (*outer, T, S))[:, :, rows, columns]  # no copy
    if pieces.causal:
        before = rows.start + S - T - columns.start  # keys that all of these queries follow
        past = np.tri(rows.stop - rows.start, columns.stop - columns.start, before, dtype=bool)
        seen = past if seen is None else seen & past
    return seen


def use_pieces(attn: Attention, piece: int | None) -> None:
    """Let ``attn`` take ``piece`` positions at a time, or all at once again (None).

    It stays the same object with the same parameters: whoever holds it, or its names, need not
    know. Only its class, and so its ``forward`` and ``backward``, is another.
    """
    if piece is not None:
        check_piece(piece)
    attn.__class__ = Attention if piece is None else BlockwiseAttention
    if isinstance(attn, BlockwiseAttention) and piece is not None:
        attn.piece = int(piece)


class BlockwiseAttention(Attention):
    """An attention that takes ``piece`` positions at a time; see ``GPT.use_pieces``."""

    piece: int = PIECE

    def forward(
        self, x: np.ndarray, mask: np.ndarray | None = None, remember: Remember | None = None
    ) -> np.ndarray:
        """Map (B, T, D) to (B, T, D), as ``Attention.forward`` does, but for one line."""
        q = split_heads(self.q_proj.forward(x), self.n_head)  # (B, H, T, Dh)
        k = split_heads(self.k_proj.forward(x), self.n_kv_head)
        v = split_heads(self.v_proj.forward(x), self.n_kv_head)
        q, k = self.prepare(q, k, remember)
        if remember is not None:
            k, v = remember(k, v)  # (B, H, S, Dh)
        k, v = self.share(k, v)
        p, piece = self.dropout if self.training else 0.0, self.piece
        out, saved = blockwise_attention_forward(
            q, k, v, mask, p, self.rng, self.scale, piece=piece
        )
        self.keep(saved)
        return self.o_proj.forward(merge_heads(out))

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """Return the gradient of the input: what comes through q, through k and through v."""
        dout = split_heads(self.o_proj.backward(dy), self.n_head)
        dq, dk, dv = blockwise_attention_backward(dout, self.take())
        dk, dv = self.share_backward(dk, dv)
        dq, dk = self.prepare_backward(dq, dk)
        dx = self.q_proj.backward(merge_heads(dq))
        dx += self.k_proj.backward(merge_heads(dk))
        dx += self.v_proj.backward(merge_heads(dv))
        return dx


def check_piece(piece: object) -> None:
    """Refuse ``piece`` unless it is a positive integer."""
    check_count("piece", piece, more=f": {PIECE} is one")


def check_pieces(q: tuple[int, ...], k: tuple[int, ...], causal: bool, piece: object) -> None:
    """Refuse ``piece`` unless it is a positive integer, and shapes that leave no scores."""
    check_piece(piece)
    if not math.prod((*q, *k)):
        raise ValueError(f"q has shape {q} and k {k}: each must hold at least one number")
    if causal and k[2] < q[2]:
        raise ValueError(f"causal is True with {q[2]} queries and {k[2]} keys: each has its own")
