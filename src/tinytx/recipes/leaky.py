"""The Raven with three masks, one of them right: what a leak does to the loss and to the text.

A model that sees the next character learns to copy it. Its loss in training is better than an
honest model's, and when it writes there is nothing to copy. With zeros *after* the softmax the leak
is a faint one, through the sum that every weight was divided by; it is learned all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from .. import pytorch
from ..config import GPTConfig
from ..data.batches import WindowSource
from ..data.raven import raven
from ..threads import one_thread
from ..tokenizers import CharTokenizer

B, T = 16, 24
PROMPT = "Once upon a midnight"


def minus_infinity(q: Tensor, k: Tensor, v: Tensor, *_: Any, **__: Any) -> Tensor:
    """Causal attention, as it should be: what is hidden has no part in the sum."""
    return functional.scaled_dot_product_attention(q, k, v, is_causal=True)


def zero_after(q: Tensor, k: Tensor, v: Tensor, *_: Any, **__: Any) -> Tensor:
    """Attention whose hidden weights are set to zero after the softmax."""
    return (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1).tril() @ v


def no_mask(q: Tensor, k: Tensor, v: Tensor, *_: Any, **__: Any) -> Tensor:
    """Attention in which every position sees every other."""
    return functional.scaled_dot_product_attention(q, k, v)


class Leaky(NamedTuple):
    """A trained model, its rule, and its loss in nats per character, in two ways."""

    model: pytorch.GPT
    rule: Callable[..., Tensor]
    whole: float  # on whole windows, as in training
    alone: float  # each position given only what came before it, as in writing

    def write(self, n: int) -> str:
        """Return the prompt's continuation by ``n`` characters, always the likeliest."""
        tokenizer = CharTokenizer.train(raven())
        ids = tokenizer.encode(PROMPT)
        with _attending(self.rule), torch.no_grad():
            for _ in range(n):
                ids.append(int(self.model(torch.tensor([ids[-T:]]))[0, -1].argmax()))
        return tokenizer.decode(ids[len(PROMPT) :])


def train_with(rule: Callable[..., Tensor], steps: int = 500, seed: int = 0) -> Leaky:
    """Train a small GPT (1 block, 4 heads, D = 64) on The Raven with attention by ``rule``.

    In float64: after 700 steps in float32 the losses of two machines, one with wider vector
    instructions, differed by a twentieth. Five hundred steps take about six seconds on one core.
    """
    tokenizer = CharTokenizer.train(raven())
    source = WindowSource(np.array(tokenizer.encode(raven())), B, T, seed)
    config = GPTConfig(
        vocab_size=tokenizer.vocab_size, context_length=T, n_layer=1, n_head=4, d_model=64
    )
    model = pytorch.GPT(config, torch.Generator().manual_seed(seed)).double()
    optimizer = torch.optim.Adam(model.parameters(), lr=4e-3, betas=(0.9, 0.95))
    with one_thread(), _attending(rule):
        for _ in range(steps):
            ids, targets = map(torch.as_tensor, source.next_batch())
            loss = pytorch.cross_entropy(model(ids), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        ids, targets = map(torch.as_tensor, source.next_batch())
        with torch.no_grad():
            whole = float(pytorch.cross_entropy(model(ids), targets))
            alone = [_last(model, ids[:, :n], targets[:, n - 1]) for n in range(1, T + 1)]
    return Leaky(model.eval(), rule, whole, float(np.mean(alone)))


def _last(model: pytorch.GPT, ids: Tensor, targets: Tensor) -> float:
    """Return the loss of the last position alone."""
    return float(functional.cross_entropy(model(ids)[:, -1], targets))


def _attending(rule: Callable[..., Tensor]) -> Any:
    """Return a context in which the PyTorch engine attends by ``rule``."""
    return mock.patch("tinytx.pytorch.attention.attention", rule)
