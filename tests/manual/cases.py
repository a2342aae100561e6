"""Every pair with inputs that discriminate: all sizes differ, ids repeat, nothing is 0 or 1."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from tinytx.manual import (
    activation,
    attention,
    dropout,
    embedding,
    experts,
    linear,
    loss,
    norm,
    pieces,
    positions,
    rotary,
    softmax,
)

B, T, S, D, H, DH, V = 2, 3, 5, 4, 3, 2, 7
# One operation curves less than a model and can take a longer step than the default, so that a
# loss of 60 leaves less rounding behind.
STEP = 1e-5


class Case(NamedTuple):
    name: str
    module: Any
    op: str
    inputs: dict[str, Any]
    torch: Callable[..., Any] | None = None  # the same operation, of torch tensors

    @property
    def forward(self) -> Callable[..., Any]:
        return getattr(self.module, f"{self.op}_forward")

    @property
    def backward(self) -> Callable[..., Any]:
        return getattr(self.module, f"{self.op}_backward")


class Dropout(Case):
    """Draws anew for each forward, always the same."""

    @property
    def forward(self) -> Callable[..., Any]:
        run = getattr(self.module, f"{self.op}_forward")
        return lambda **inputs: run(**inputs, rng=np.random.default_rng(5))


class Turned(Case):
    """Turns by fixed angles, a different one for each row, position and pair."""

    @property
    def forward(self) -> Callable[..., Any]:
        run = getattr(self.module, f"{self.op}_forward")
        turns = (np.cos(ANGLES), np.sin(ANGLES))
        return lambda x: run(x, rotary.Turns(*(t.astype(x.dtype) for t in turns)))


class Summed(Case):
    """A loss that is summed over what counts, not averaged."""

    @property
    def forward(self) -> Callable[..., Any]:
        return partial(getattr(self.module, f"{self.op}_forward"), reduction="sum")


def normal(*shape: int, seed: int = 0, scale: float = 1.0) -> np.ndarray:
    """Random numbers that stay 0.01 away from zero, where ReLU has its corner."""
    x = scale * np.random.default_rng([seed, *shape]).standard_normal(shape)
    return x + 0.01 * np.sign(x)


IDS = np.array([[1, 6, 1], [3, 1, 6]])
TARGETS = np.array([[2, 0, 2], [-100, 6, 2]])
MASK = np.array([
    [1, 1, 0, 1, 0],
    [0, 0, 0, 0, 0],  # may attend to nothing
    [0, 0, 1, 0, 0],
], dtype=bool)  # fmt: skip
PADDING = np.array([[1, 1, 1, 0, 0], [1, 0, 1, 1, 1]], dtype=bool)[:, None, None, :]
ANGLES = 3 * normal(B, 1, T, DH)
QKV = {"q": normal(B, H, T, DH), "k": normal(B, H, S, DH, seed=1), "v": normal(B, H, S, DH, seed=2)}

PROBS = np.exp(normal(6, 4)) / np.exp(normal(6, 4)).sum(-1, keepdims=True)
CHOSEN = np.array([  # two each, unevenly, and not always the likeliest
    [1, 1, 0, 0], [0, 1, 1, 0], [1, 0, 0, 1], [1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0],
], dtype=bool)  # fmt: skip


def _torch_cases() -> dict[str, Callable[..., Any]]:
    import torch
    from torch.nn import functional as nn

    def attend(q, k, v, mask=None, scale=None):
        out = nn.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=scale)
        return out if mask is None else torch.where(mask.any(-1, keepdim=True), out, 0.0)

    def attend_in_pieces(q, k, v, mask=None, scale=None, causal=False, piece=None):
        if causal:
            seen = torch.ones(T, S, dtype=torch.bool).tril(S - T)
            mask = seen if mask is None else seen & mask
        return attend(q, k, v, mask, scale)

    def turn(x):
        """As Su et al. write it: a pair is a complex number, a turn a product."""
        pairs = torch.complex(*x.chunk(2, -1)) * torch.exp(1j * torch.tensor(ANGLES))
        return torch.cat([pairs.real, pairs.imag], -1)

    def masked_softmax(x, mask):
        x = x.masked_fill(~mask, -torch.inf)
        return torch.where(mask.any(-1, keepdim=True), x, 0).softmax(-1) * mask

    def dispatch(x, chosen):
        return torch.cat([x[chosen[:, e]] for e in range(chosen.shape[1])])

    def combine(parts, gates, chosen):
        """Token by token: what is next of each of its experts."""
        each = [iter(some) for some in parts.split(chosen.sum(0).tolist())]
        rows = zip(gates, chosen.tolist(), strict=True)
        sums = [sum(row[e] * next(each[e]) for e in range(4) if asked[e]) for row, asked in rows]
        return torch.stack(sums)

    return {
        "gates": lambda probs, chosen: probs.log().masked_fill(~chosen, -torch.inf).softmax(-1),
        "balance": lambda probs, chosen: sum(
            4 * chosen[:, e].sum() / chosen.sum().double() * probs[:, e].mean() for e in range(4)
        ),
        "dispatch": dispatch,
        "combine": combine,
        "linear": lambda x, weight, bias=None: nn.linear(x, weight, bias),
        "layernorm": lambda x, weight, bias=None: nn.layer_norm(x, x.shape[-1:], weight, bias),
        "rmsnorm": lambda x, weight: nn.rms_norm(x, x.shape[-1:], weight, 1e-5),
        "rotate": turn,
        "embedding": lambda ids, weight: nn.embedding(ids, weight),
        "positions": lambda x, weight, at=None: (
            x + (weight[: x.shape[1]] if at is None else weight[at])
        ),
        "softmax": lambda x, mask=None: x.softmax(-1) if mask is None else masked_softmax(x, mask),
        "relu": lambda x: nn.relu(x),
        "relu2": lambda x: nn.relu(x) ** 2,
        "repeat_heads": lambda x, times: x.repeat_interleave(times, dim=1),
        "silu": lambda x: nn.silu(x),
        "swiglu": lambda gate, up: nn.silu(gate) * up,
        "gelu": lambda x: nn.gelu(x, approximate="tanh"),
        "gelu_exact": lambda x: nn.gelu(x),
        "attention": attend,
        "blockwise_attention": attend_in_pieces,
        "cross_entropy": lambda logits, targets: nn.cross_entropy(
            logits.flatten(0, -2), targets.flatten()
        ),
    }


TORCH = _torch_cases()


def case(name: str, module: Any, op: str, **inputs: Any) -> Case:
    return Case(name, module, op, inputs, TORCH[op])


# fmt: off
CASES = [
    case("linear", linear, "linear", x=normal(B, T, D), weight=normal(S, D), bias=normal(S)),
    case("linear without bias", linear, "linear", x=normal(B, T, D), weight=normal(S, D)),
    case("linear of one vector", linear, "linear", x=normal(D), weight=normal(S, D),
         bias=normal(S)),
    case("embedding", embedding, "embedding", ids=IDS, weight=normal(V, D)),
    case("embedding of many", embedding, "embedding", ids=IDS * 50, weight=normal(301, D)),
    case("positions", positions, "positions", x=normal(B, T, D), weight=normal(S, D)),
    case("positions of documents", positions, "positions", x=normal(B, T, D), weight=normal(S, D),
         at=np.array([[0, 1, 0], [0, 0, 1]])),
    case("softmax", softmax, "softmax", x=normal(B, T, S)),
    case("softmax of large", softmax, "softmax", x=normal(B, T, S, scale=30)),
    case("softmax masked", softmax, "softmax", x=normal(B, T, S), mask=MASK),
    case("softmax masked, large", softmax, "softmax", x=normal(B, T, S, scale=30), mask=MASK),
    case("layernorm", norm, "layernorm", x=normal(B, T, D), weight=normal(D),
         bias=normal(D, seed=1)),
    case("layernorm without bias", norm, "layernorm", x=normal(B, T, D), weight=normal(D)),
    case("rmsnorm", norm, "rmsnorm", x=normal(B, T, D), weight=normal(D)),
    case("rmsnorm of heads", norm, "rmsnorm", x=normal(B, H, T, DH), weight=normal(DH)),
    Turned("rotate", rotary, "rotate", {"x": normal(B, H, T, 2 * DH)}, TORCH["rotate"]),
    case("relu", activation, "relu", x=normal(B, T, D)),
    case("relu2", activation, "relu2", x=normal(B, T, D)),
    case("gelu", activation, "gelu", x=normal(B, T, D, scale=2)),
    case("gelu_exact", activation, "gelu_exact", x=normal(B, T, D, scale=2)),
    case("silu", activation, "silu", x=normal(B, T, D, scale=2)),
    case("silu of large", activation, "silu", x=normal(B, T, D, scale=300)),
    case("swiglu", activation, "swiglu", gate=normal(B, T, D, scale=2), up=normal(B, T, D, seed=1)),
    case("attention", attention, "attention", **QKV),
    case("attention masked", attention, "attention", **QKV, mask=MASK),
    case("attention of another scale", attention, "attention", **QKV, mask=MASK, scale=0.25),
    case("attention padded", attention, "attention", **QKV, mask=MASK & PADDING),
    case("blockwise_attention", pieces, "blockwise_attention", **QKV, piece=2),
    case("blockwise_attention masked", pieces, "blockwise_attention", **QKV, mask=MASK & PADDING,
         scale=0.25, piece=1),
    case("blockwise_attention, causal", pieces, "blockwise_attention", **QKV, mask=MASK,
         causal=True, piece=2),
    case("repeat_heads", attention, "repeat_heads", x=normal(B, H, S, DH), times=2),
    case("gates", experts, "gates", probs=PROBS, chosen=CHOSEN),
    case("balance", experts, "balance", probs=PROBS, chosen=CHOSEN),
    case("dispatch", experts, "dispatch", x=normal(6, D), chosen=CHOSEN),
    case("combine", experts, "combine", parts=normal(12, D), gates=normal(6, 4), chosen=CHOSEN),
    case("cross_entropy", loss, "cross_entropy", logits=normal(B, T, V), targets=TARGETS),
    case("cross_entropy, large", loss, "cross_entropy", logits=normal(B, T, V, scale=30),
         targets=TARGETS),
    Summed("cross_entropy, summed", loss, "cross_entropy",
           {"logits": normal(B, T, V), "targets": TARGETS},
           lambda logits, targets: TORCH["cross_entropy"](logits, targets) * 5),  # of 6 count
    Dropout("dropout", dropout, "dropout", {"x": normal(B, T, D), "p": 0.4}),
    Dropout("dropout of 0", dropout, "dropout", {"x": normal(B, T, D), "p": 0.0}),
    Dropout("attention with dropout", attention, "attention", {**QKV, "p": 0.4, "mask": MASK}),
    Dropout("blockwise_attention with dropout", pieces, "blockwise_attention",
            {**QKV, "p": 0.4, "mask": MASK, "piece": 2}),
]
# fmt: on
