"""One more token through the PyTorch model: what ``GPT.forward`` does, for T = 1 and a KV cache.

With one position every product is small, and a call into PyTorch costs as much as its work. So
there are few calls: the three projections of attention are one matrix, a product is added to the
residual stream as it is made, views of weights are made once, and nothing is checked or recorded
for a backward. Of a tensor ``select`` and ``narrow`` take 1 µs, an index in brackets takes 2.

On a processor PyTorch multiplies a single row by a matrix on one core. Cut into as many products
as there are threads, each with a share of the outputs, all cores read weights: on two cores a
product with (1536, 384) takes 61 µs instead of 124 µs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ..pytorch.norm import RMSNorm
from .cache import KVCache
from .numpy_decoder import within
from .torch_arrays import to_numpy
from .torch_heads import Heads, Turning
from .torch_mlp import make_mlp

WORTH_THREADS = 100_000  # numbers in a weight: (384, 384) gains a third, (512, 128) nothing


class TorchDecoder:
    """Reads one token for each row, after those that ``cache`` holds.

    It has the weights as they were when it was made: make a new one after a training step.
    """

    def __init__(self, model: Any, cache: KVCache):
        self.config = model.config
        self.embedding = model.tok_emb.weight.data  # (V, D)
        positions: Any = getattr(model, "pos_emb", None)  # rotary ones are the layers' business
        self.positions = getattr(positions, "table", None)
        if hasattr(positions, "weight"):
            self.positions = positions.weight.data
        rotary = self.config.positions == "rotary"
        self.turning = Turning(model.blocks[0].attn.q_rotary.table) if rotary else None
        B = cache.both.shape[2]
        self.layers = [_Layer(block, self.config, B) for block in model.blocks]
        self.norm = _Norm(model.ln_f) if self.config.norm == "pre" else None
        self.head = _Product([model.lm_head], B)
        self.cache = cache
        self.both: np.ndarray | None = None

    @torch.inference_mode()
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
        end = (places if isinstance(places, int) else int(places.max())) + 1
        if self.config.window is not None:
            seen = within(self.config, places, end, seen)
        self.cache.reserve(end)
        if self.both is not self.cache.both:
            self._follow()
        device = self.embedding.device
        if not isinstance(places, int):
            places = torch.as_tensor(places, device=device)
        shown = None
        if seen is not None:
            shown = torch.as_tensor(seen, device=device)[:, None, None]  # (B, 1, 1, S)
        x = self.embedding[torch.as_tensor(ids, device=device)]  # (B, D), a copy
        if self.config.embedding_scale != 1:
            x *= self.config.embedding_scale
        if self.positions is not None:
            x += self.positions[places]
        turns = None if self.turning is None else self.turning.at(places)
        for layer in self.layers:
            x = layer.forward(x, places, end, shown, turns)
        if self.norm is not None:
            x = self.norm.forward(x)
        return to_numpy(self.head.of(x))

    def _follow(self) -> None:
        """Write where the cache does, which has made itself larger."""
        self.both = self.cache.both
        for layer, both in zip(self.layers, self.cache.both, strict=True):
            layer.both = both


class _Layer:
    """A block for one position of each row."""

    both: Tensor  # keys and values: (2, B, K, room, Dh), the cache's, K heads having keys

    def __init__(self, block: Any, config: Any, B: int):
        attn = block.attn
        H, K, Dh = config.n_head, config.kv_heads, config.d_head
        self.heads, self.splits = (B, H + 2 * K, 1, Dh), (H, K)
        self.groups, self.each = (B, K, H // K, Dh), H // K
        self.pre_norm = block.pre_norm
        self.ln_1, self.ln_2 = _Norm(block.ln_1), _Norm(block.ln_2)
        self.qkv = _Product([attn.q_proj, attn.k_proj, attn.v_proj], B)  # (H + 2 K) * Dh
        self.prepared = Heads(attn, config) if attn.qk_norm or attn.rotary else None
        self.o = _Product([attn.o_proj], B)
        self.mlp = make_mlp(block.mlp, lambda *layers: _Product(list(layers), B))
        self.scale = attn.scale
        self.rows = torch.arange(B, device=attn.q_proj.weight.device)

    def forward(
        self, x: Tensor, places: Any, end: int, seen: Tensor | None, turns: Any = None
    ) -> Tensor:
        """Map (B, D) to (B, D), in place."""
        if self.pre_norm:
            self.attend(self.ln_1.forward(x), x, places, end, seen, turns)
            self.mlp.add_to(x, self.ln_2.forward(x))
            return x
        self.attend(x.clone(), x, places, end, seen, turns)
        x = self.ln_1.forward(x)
        self.mlp.add_to(x, x.clone())
        return self.ln_2.forward(x)

    def attend(
        self, x: Tensor, stream: Tensor, places: Any, end: int, seen: Tensor | None, turns: Any
    ) -> None:
        """Read the earlier positions from ``x`` (B, D), and add that to ``stream`` (B, D)."""
        qkv = self.qkv.of(x).view(self.heads)  # (B, H + 2 K, 1, Dh)
        H, K = self.splits
        if self.prepared is not None:
            self.prepared.prepare(qkv.narrow(1, 0, H + K), turns)
        self.keep(qkv.narrow(1, H, 2 * K), places)
        keys, values = self.both.narrow(3, 0, end).unbind(0)  # (B, K, S, Dh)
        q = qkv.narrow(1, 0, H)  # (B, H, 1, Dh)
        if self.each > 1:  # the queries of a group are those of one head, at several positions
            q = q.view(self.groups)  # (B, K, H / K, Dh)
        options = {"attn_mask": seen, "scale": self.scale}
        out = functional.scaled_dot_product_attention(q, keys, values, **options)
        self.o.add_to(stream, out.reshape(len(x), -1))

    def keep(self, new: Tensor, places: Any) -> None:
        """Put k and v (B, 2 K, 1, Dh) where they belong."""
        new = new.unflatten(1, (2, -1)).transpose(0, 1)  # (2, B, K, 1, Dh)
        if isinstance(places, int):
            self.both.narrow(3, places, 1).copy_(new)
        else:
            self.both[:, self.rows, :, places] = new[:, :, :, 0].transpose(0, 1)


class _Norm:
    """Layer normalisation, by the fused kernel, or RMS normalisation."""

    def __init__(self, norm: Any):
        self.rms, self.eps = isinstance(norm, RMSNorm), norm.eps
        self.weight = norm.weight.data
        self.bias = None if self.rms or norm.bias is None else norm.bias.data
        self.shape = tuple(self.weight.shape)

    def forward(self, x: Tensor) -> Tensor:
        """Normalise each vector of (B, D)."""
        if self.rms:
            return torch.rms_norm(x, self.shape, self.weight, self.eps)
        return torch.layer_norm(x, self.shape, self.weight, self.bias, self.eps)


class _Product:
    """``x @ weight.T + bias`` of one or more linear layers side by side, for (B, in)."""

    def __init__(self, layers: list[Any], batch: int):
        weights, biases = ([getattr(each, n) for each in layers] for n in ("weight", "bias"))
        weight = weights[0].data if len(layers) == 1 else torch.cat([w.data for w in weights])
        bias = None if biases[0] is None else torch.cat([b.data for b in biases])
        self.out, self.parts = len(weight), 1 if batch > 1 else _parts(weight)
        self.bias = self.part_bias = bias
        self.weight = weight.t()  # (in, out), a view
        if self.parts > 1:  # (parts, in, out / parts): part p has the outputs from p * out / parts
            self.weight = weight.view(self.parts, -1, weight.shape[1]).transpose(1, 2)
            self.part_bias = None if bias is None else bias.view(self.parts, 1, -1)

    def of(self, x: Tensor) -> Tensor:
        """Map (B, in) to (B, out)."""
        bias, weight = self.part_bias, self.weight
        if self.parts == 1:
            return x @ weight if bias is None else torch.addmm(bias, x, weight)
        x = x.expand(self.parts, 1, -1)
        y = x @ weight if bias is None else torch.baddbmm(bias, x, weight)
        return y.view(1, self.out)

    def add_to(self, stream: Tensor, x: Tensor) -> None:
        """Add the result for ``x`` (B, in) to ``stream`` (B, out)."""
        if self.parts == 1:
            stream.addmm_(x, self.weight)
        else:
            stream.view(self.parts, 1, -1).baddbmm_(x.expand(self.parts, 1, -1), self.weight)
        if self.bias is not None:
            stream += self.bias


def _parts(weight: Tensor) -> int:
    """Return into how many products one is cut: 1, or a divisor of the outputs up to the threads.

    A small product is done before a second thread has woken up.
    """
    if weight.device.type != "cpu" or weight.numel() < WORTH_THREADS:
        return 1
    return max(n for n in range(1, torch.get_num_threads() + 1) if len(weight) % n == 0)
