"""One more token through the NumPy model: what ``GPT.forward`` does, for T = 1 and a KV cache.

With one position the products are of a matrix and a vector: their time is that of reading the
weights once, and Python's share shows. So the three projections of attention become one matrix, the
division by ``sqrt(Dh)`` goes into it, buffers are written in place, and nothing is checked or kept
for a backward. At L4 H4 D128 a token takes half the time of ``GPT.forward`` with T = 1.

Reading 42 MB of weights, at L6 H6 D384, has its own rules. Copied into one array, in the order of
their use, they lie in large pages, which NumPy asks for from 4 MiB on: 1.5 ms instead of 1.7 ms.
And how they are multiplied is tried out first: see :mod:`tinytx.generation.numpy_products`.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from ..manual.gpt import GPT
from ..manual.norm import RMSNorm
from .cache import KVCache
from .numpy_heads import Heads
from .numpy_mlp import make_mlp
from .numpy_products import Way, by_rows, fastest


class NumPyDecoder:
    """Reads one token for each row, after those that ``cache`` holds.

    It has the weights as they were when it was made: make a new one after a training step.
    """

    def __init__(self, model: GPT, cache: KVCache):
        self.config = model.config
        self.embedding = model.tok_emb.weight.data  # (V, D)
        positions: Any = getattr(model, "pos_emb", None)  # rotary ones are the layers' business
        self.positions = getattr(positions, "table", None)
        if hasattr(positions, "weight"):
            self.positions = positions.weight.data
        memory = _Memory(model)
        B = cache.both.shape[2]
        self.layers = [_Layer(block, self.config, memory, B) for block in model.blocks]
        self.cache = cache
        self.both: np.ndarray | None = None
        self.norm = _norm(model.ln_f) if self.config.norm == "pre" else None
        self.head = _Product(memory, model.lm_head)  # D to V
        memory.choose(B)

    def step(self, ids: np.ndarray, places: Any, seen: np.ndarray | None = None) -> np.ndarray:
        """Return the logits (B, V) after ``ids`` (B,).

        Parameters
        ----------
        ids
            (B,), the new tokens.
        places
            Which position that is: one number, or (B,) if the rows have come unequally far.
        seen
            (B, S), True for the positions that may be attended to, at least one of each row's;
            None for all up to ``places``.
        """
        end = (places if isinstance(places, int) else int(places.max())) + 1
        if self.config.window is not None:
            seen = within(self.config, places, end, seen)
        self.cache.reserve(end)
        if self.both is not self.cache.both:
            self._follow()
        x = self.embedding[ids]  # (B, D), a copy
        if self.config.embedding_scale != 1:
            x *= self.config.embedding_scale
        if self.positions is not None:
            x += self.positions[places]
        for layer in self.layers:
            x = layer.forward(x, places, end, seen)
        if self.norm is not None:
            x = self.norm.forward(x)
        return self.head.of(x)

    def _follow(self) -> None:
        """Write where the cache does, which has made itself larger."""
        self.both = self.cache.both
        for i, layer in enumerate(self.layers):
            layer.keys, layer.values = self.cache.keys[i], self.cache.values[i]


class _Memory:
    """One array with room for every weight that is multiplied by."""

    def __init__(self, model: GPT):
        layers = [each for block in model.blocks for each in (block.attn, block.mlp)]
        weights = [p.data for each in layers for p in each.parameters() if p.data.ndim == 2]
        weights.append(model.lm_head.weight.data)
        self.free = np.empty(sum(each.size for each in weights), weights[0].dtype)
        self.products: list[_Product] = []

    def copy(self, weights: list[np.ndarray]) -> np.ndarray:
        """Return ``weights`` (out, in), one above the other."""
        rows, d_in = sum(map(len, weights)), weights[0].shape[1]
        mine, self.free = np.split(self.free, [rows * d_in])
        return np.concatenate(weights, out=mine.reshape(rows, d_in))

    def choose(self, batch: int) -> None:
        """Find the fastest way to multiply them by ``batch`` rows."""
        way = fastest([each.weight for each in self.products], batch)
        for each in self.products:
            each.way, each.batch = way, batch


class _Product:
    """``x @ weight.T + bias`` of one or more linear layers side by side, for (B, in)."""

    def __init__(self, memory: _Memory, *layers: Any):
        self.weight = memory.copy([each.weight.data for each in layers])  # (out, in)
        self.way: Way = by_rows
        self.batch = 1
        memory.products.append(self)
        self.bias = None
        if layers[0].bias is not None:
            self.bias = np.concatenate([each.bias.data for each in layers])

    def scale(self, n: int, factor: float) -> None:
        """Multiply the first ``n`` outputs."""
        self.weight[:n] *= factor
        if self.bias is not None:
            self.bias[:n] *= factor

    def of(self, x: np.ndarray) -> np.ndarray:
        """Map (B, in) to (B, out)."""
        way = self.way if len(x) == self.batch else by_rows  # experts get fewer rows
        y = way(self.weight, x)
        if self.bias is not None:
            y += self.bias
        return y


class _Layer:
    """A block for one position of each row."""

    keys: np.ndarray  # (B, K, room, Dh), the cache's, K being how many heads have keys
    values: np.ndarray

    def __init__(self, block: Any, config: Any, memory: _Memory, B: int):
        attn = block.attn
        H, K, Dh = config.n_head, config.kv_heads, config.d_head
        self.heads, self.splits = (B, H + 2 * K, Dh), (H, H + K)
        self.groups = (B, K, H // K, Dh)
        self.pre_norm = block.pre_norm
        self.ln_1, self.ln_2 = _norm(block.ln_1), _norm(block.ln_2)
        self.qkv = _Product(memory, attn.q_proj, attn.k_proj, attn.v_proj)  # (H + 2 K) * Dh
        self.prepared = Heads(attn, config) if attn.qk_norm or attn.rotary else None
        if not attn.qk_norm:  # a norm would undo it, and does it itself
            self.qkv.scale(H * Dh, config.score_scale)
        self.o = _Product(memory, attn.o_proj)
        self.mlp = make_mlp(block.mlp, partial(_Product, memory))
        self.rows = np.arange(B)

    def forward(self, x: np.ndarray, places: Any, end: int, seen: np.ndarray | None) -> np.ndarray:
        """Map (B, D) to (B, D), in place."""
        if self.pre_norm:
            x += self.attend(self.ln_1.forward(x), places, end, seen)
            x += self.mlp.of(self.ln_2.forward(x))
            return x
        x += self.attend(x, places, end, seen)
        x = self.ln_1.forward(x)
        x += self.mlp.of(x)
        return self.ln_2.forward(x)

    def attend(self, x: np.ndarray, places: Any, end: int, seen: np.ndarray | None) -> np.ndarray:
        """Read the earlier positions: (B, D) to (B, D)."""
        qkv = self.qkv.of(x).reshape(self.heads)
        H, end_k = self.splits
        if self.prepared is not None:
            self.prepared.prepare(qkv[:, :end_k], places)
        self.keep(qkv[:, H:end_k], qkv[:, end_k:], places)
        keys, values = self.keys[:, :, :end], self.values[:, :, :end]  # (B, K, S, Dh)
        q = qkv[:, :H].reshape(self.groups)  # (B, K, H / K, Dh)
        scores = (keys @ q.swapaxes(-1, -2)).swapaxes(-1, -2)  # (B, K, H / K, S)
        if seen is not None:
            np.copyto(scores, -np.inf, where=~seen[:, None, None])
        scores -= np.maximum.reduce(scores, -1, keepdims=True)
        np.exp(scores, scores)
        total = np.add.reduce(scores, -1, keepdims=True)  # (B, K, H / K, 1)
        out = scores @ values  # (B, K, H / K, Dh)
        out /= total  # after the product: Dh divisions instead of S
        return self.o.of(out.reshape(len(x), -1))

    def keep(self, k: np.ndarray, v: np.ndarray, places: Any) -> None:
        """Put k and v (B, K, Dh) where they belong."""
        if isinstance(places, int):
            self.keys[:, :, places] = k
            self.values[:, :, places] = v
        else:
            self.keys[self.rows, :, places] = k
            self.values[self.rows, :, places] = v


class _Norm:
    """Layer normalisation of a few rows. For one row a plain number is faster than an array."""

    def __init__(self, norm: Any):
        self.weight = norm.weight.data
        self.bias = None if norm.bias is None else norm.bias.data
        self.average = np.full_like(self.weight, 1 / len(self.weight))
        self.eps = norm.eps

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Normalise each vector of (B, D)."""
        if len(x) == 1:
            row = x[0] - x[0].dot(self.average)
            row *= 1 / math.sqrt(row.dot(row) / len(row) + self.eps)
            y = row[None]
        else:
            y = x - (x @ self.average)[:, None]
            y /= np.sqrt((y * y) @ self.average + self.eps)[:, None]
        y *= self.weight
        if self.bias is not None:
            y += self.bias
        return y


class _RMSNorm:
    """RMS normalisation of a few rows, which are left as they are."""

    def __init__(self, norm: Any):
        self.weight = norm.weight.data
        self.average = np.full_like(self.weight, 1 / len(self.weight))
        self.eps = norm.eps

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Bring each vector of (B, D) to one length."""
        if len(x) == 1:
            row = x[0]
            return (row * (1 / math.sqrt(row.dot(row) / len(row) + self.eps)) * self.weight)[None]
        y = x / np.sqrt((x * x) @ self.average + self.eps)[:, None]
        y *= self.weight
        return y


def within(
    config: Any, places: int | np.ndarray, end: int, seen: np.ndarray | None
) -> np.ndarray | None:
    """Return which of ``end`` positions those at ``places`` see of what they may: (B, S) or (1, S).

    None for all, while no window has been left.
    """
    key, query = np.arange(end), np.reshape(places, (-1, 1))
    near = (key > query - config.window) | (key < config.sinks)
    if near.all():
        return seen
    return near if seen is None else seen & near


def _norm(norm: Any) -> _Norm | _RMSNorm:
    return _RMSNorm(norm) if isinstance(norm, RMSNorm) else _Norm(norm)
