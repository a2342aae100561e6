"""One more token through the NumPy model: what ``GPT.forward`` does, for T = 1 and a KV cache.

With one position the products are of a matrix and a vector: their time is that of reading the
weights once, and Python's share shows. So the three projections of attention become one matrix, the
division by ``sqrt(Dh)`` goes into it, buffers are written in place, and nothing is checked or kept
for a backward. At L4 H4 D128 a token takes half the time of ``GPT.forward`` with T = 1.

Weights that do not narrow the stream are copied, laid out by inputs: reading them in that order
takes 44 µs instead of 67 µs for (1152, 384). All in all that is an eighth of a token at
L6 H6 D384, on two cores; a fifth on one.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..manual.activation import PAIRS
from ..manual.gpt import GPT
from ..manual.norm import EPS
from .cache import KVCache


class NumPyDecoder:
    """Reads one token for each row, after those that ``cache`` holds.

    It has the weights as they were when it was made: make a new one after a training step.
    """

    def __init__(self, model: GPT, cache: KVCache):
        self.config = model.config
        self.embedding = model.tok_emb.weight.data  # (V, D)
        positions = model.pos_emb
        self.positions = positions.weight.data if hasattr(positions, "weight") else positions.table
        self.layers = [
            _Layer(block, self.config, cache.keys[i], cache.values[i])
            for i, block in enumerate(model.blocks)
        ]
        self.norm = _Norm(model.ln_f) if self.config.norm == "pre" else None
        self.head = model.lm_head.weight.data.T  # (D, V)

    def step(self, ids: np.ndarray, places: Any, seen: np.ndarray | None = None) -> np.ndarray:
        """Return the logits (B, V) after ``ids`` (B,).

        Parameters
        ----------
        ids
            (B,), the new tokens.
        places
            Which position that is: one number, or (B,) if the rows have come unequally far.
        seen
            (B, S), True for the positions that may be attended to; None for all up to ``places``.
        """
        x = self.embedding[ids]  # (B, D), a copy
        if self.config.embedding_scale != 1:
            x *= self.config.embedding_scale
        x += self.positions[places]
        for layer in self.layers:
            x = layer.forward(x, places, seen)
        if self.norm is not None:
            x = self.norm.forward(x)
        return x @ self.head


class _Layer:
    """A block for one position of each row."""

    def __init__(self, block: Any, config: Any, keys: np.ndarray, values: np.ndarray):
        attn, mlp = block.attn, block.mlp
        B, H, _, Dh = keys.shape
        self.keys, self.values = keys, values  # (B, H, context_length, Dh)
        self.heads = (B, 3, H, Dh)
        self.pre_norm = block.pre_norm
        self.ln_1, self.ln_2 = _Norm(block.ln_1), _Norm(block.ln_2)
        scale = 1 / math.sqrt(Dh)
        projections = (attn.q_proj, attn.k_proj, attn.v_proj)
        weight = np.concatenate([each.weight.data for each in projections])  # (3 * H * Dh, D)
        weight[: H * Dh] *= scale
        self.qkv, self.qkv_bias = np.ascontiguousarray(weight.T), None
        if attn.q_proj.bias is not None:
            self.qkv_bias = np.concatenate([each.bias.data for each in projections])
            self.qkv_bias[: H * Dh] *= scale
        self.o, self.o_bias = _linear(attn.o_proj)
        self.up, self.up_bias = _linear(mlp.up_proj)
        self.down, self.down_bias = _linear(mlp.down_proj)
        self.act = PAIRS[config.activation][0]
        self.rows = np.arange(B)

    def forward(self, x: np.ndarray, places: Any, seen: np.ndarray | None) -> np.ndarray:
        """Map (B, D) to (B, D), in place."""
        if self.pre_norm:
            x += self.attend(self.ln_1.forward(x), places, seen)
            x += self.think(self.ln_2.forward(x))
            return x
        x += self.attend(x, places, seen)
        x = self.ln_1.forward(x)
        x += self.think(x)
        return self.ln_2.forward(x)

    def attend(self, x: np.ndarray, places: Any, seen: np.ndarray | None) -> np.ndarray:
        """Read the earlier positions: (B, D) to (B, D)."""
        qkv = _affine(x, self.qkv, self.qkv_bias).reshape(self.heads)
        keys, values = self.keep(qkv[:, 1], qkv[:, 2], places)  # (B, H, S, Dh)
        scores = (keys @ qkv[:, 0, :, :, None])[..., 0]  # (B, H, S)
        if seen is not None:
            np.copyto(scores, -np.inf, where=~seen[:, None])
        scores -= np.maximum.reduce(scores, -1, keepdims=True)
        np.exp(scores, scores)
        total = np.add.reduce(scores, -1, keepdims=True)  # (B, H, 1)
        out = (scores[:, :, None] @ values)[:, :, 0]  # (B, H, Dh)
        out /= total  # after the product: Dh divisions instead of S
        return _affine(out.reshape(len(x), -1), self.o, self.o_bias)

    def keep(self, k: np.ndarray, v: np.ndarray, places: Any) -> tuple[np.ndarray, np.ndarray]:
        """Put k and v (B, H, Dh) where they belong; return all keys and values up to there."""
        if isinstance(places, int):
            self.keys[:, :, places] = k
            self.values[:, :, places] = v
            end = places + 1
        else:
            self.keys[self.rows, :, places] = k
            self.values[self.rows, :, places] = v
            end = int(places.max()) + 1
        return self.keys[:, :, :end], self.values[:, :, :end]

    def think(self, x: np.ndarray) -> np.ndarray:
        """Apply the MLP: (B, D) to (B, D)."""
        x, _ = self.act(_affine(x, self.up, self.up_bias))
        return _affine(x, self.down, self.down_bias)


class _Norm:
    """Layer normalisation of a few rows. For one row a plain number is faster than an array."""

    def __init__(self, norm: Any):
        self.weight = norm.weight.data
        self.bias = None if norm.bias is None else norm.bias.data
        self.average = np.full_like(self.weight, 1 / len(self.weight))

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Normalise each vector of (B, D)."""
        if len(x) == 1:
            y = x - x[0].dot(self.average)
            y *= 1 / math.sqrt((y[0] * y[0]).dot(self.average) + EPS)
        else:
            y = x - (x @ self.average)[:, None]
            y /= np.sqrt((y * y) @ self.average + EPS)[:, None]
        y *= self.weight
        if self.bias is not None:
            y += self.bias
        return y


def _linear(linear: Any) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the weight (in, out), in the order that is read fastest, and the bias."""
    weight = linear.weight.data.T
    if len(weight) <= weight.shape[1]:
        weight = np.ascontiguousarray(weight)
    return weight, None if linear.bias is None else linear.bias.data


def _affine(x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None) -> np.ndarray:
    y = x @ weight
    if bias is not None:
        y += bias
    return y
