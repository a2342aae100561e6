"""Every operation that both engines have, with random inputs at a model's sizes.

The functions are looked up when they are called for: one that was replaced is the one compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from .. import manual, pytorch
from ..config import GPTConfig


class Operation(NamedTuple):
    """One operation: a pair of NumPy functions, a PyTorch function, and inputs for all three."""

    name: str
    forward: Callable[..., Any]
    backward: Callable[..., Any]
    pytorch: Callable[..., Any]
    inputs: dict[str, Any]


def operations(config: GPTConfig, B: int, T: int) -> Iterator[Operation]:
    """Yield every operation of GPT-2 and its kin, and what ``config`` has beyond them.

    The weights are far from their fresh values of 0 and 1.
    """
    D, F, V, eps = config.d_model, config.d_ff, config.vocab_size, config.norm_eps
    rng = np.random.default_rng(0)
    normal, x = rng.standard_normal, rng.standard_normal((B, T, D))
    ids = rng.integers(0, V, (B, T))
    mask = rng.random((T, T)) < 0.6
    mask[0] = False  # a query that may attend to nothing
    inner = 2 * normal((B, T, F))
    yield _pair("linear", x=x, weight=normal((F, D)), bias=normal(F))
    yield _pair("linear", " without bias", x=x, weight=normal((F, D)))
    yield _pair("embedding", ids=ids, weight=normal((V, D)))
    yield _pair("positions", x=x, weight=normal((config.context_length, D)))
    yield _pair("softmax", x=5 * normal((B, T, T)), mask=mask)
    yield _pair("layernorm", module="norm", x=x, weight=normal(D), bias=normal(D), eps=eps)
    yield _pair("layernorm", " without bias", module="norm", x=x, weight=normal(D), eps=eps)
    for name in ("relu", "gelu", "gelu_exact"):
        yield _pair(name, module="activation", x=inner)
    yield from _attentions(config, B, T, mask, rng)
    yield from _modern(config, inner, rng)
    yield _pair("cross_entropy", module="loss", logits=5 * normal((B, T, V)), targets=ids)


def _modern(config: GPTConfig, inner: np.ndarray, rng: np.random.Generator) -> Iterator[Operation]:
    (B, T, _), H, Dh = inner.shape, config.n_head, config.d_head
    q = rng.standard_normal((B, H, T, Dh))
    if config.activation == "relu2":
        yield _pair("relu2", module="activation", x=inner)
    if config.activation == "swiglu":
        up = rng.standard_normal(inner.shape)
        yield _pair("silu", module="activation", x=inner)
        yield _pair("swiglu", module="activation", gate=inner, up=up)
    if config.norm_kind == "rms" or config.qk_norm:
        weight, eps = rng.standard_normal(Dh), config.norm_eps
        yield _pair("rmsnorm", module="norm", x=q, weight=weight, eps=eps)
    if config.kv_heads != config.n_head:
        k = rng.standard_normal((B, config.kv_heads, T, Dh))
        yield _pair("repeat_heads", module="attention", x=k, times=H // config.kv_heads)
    if config.n_expert is not None:
        yield from _mixture(config, B * T, rng)
    if config.positions == "rotary":
        angle = rng.standard_normal((B, 1, T, Dh // 2))
        turns = manual.rotary.Turns(np.cos(angle), np.sin(angle))
        yield _pair("rotate", module="rotary", x=q, turns=turns)


def _mixture(config: GPTConfig, N: int, rng: np.random.Generator) -> Iterator[Operation]:
    assert config.n_expert is not None, "a mixture has experts"
    D, E, k = config.d_model, config.n_expert, config.n_active
    probs, _ = manual.softmax.softmax_forward(rng.standard_normal((N, E)))
    chosen = manual.experts.choose(probs, k)
    gates = rng.standard_normal((N, E))
    yield _pair("gates", module="experts", probs=probs, chosen=chosen)
    yield _pair("balance", module="experts", probs=probs, chosen=chosen)
    yield _pair("dispatch", module="experts", x=rng.standard_normal((N, D)), chosen=chosen)
    parts = rng.standard_normal((N * k, D))
    yield _pair("combine", module="experts", parts=parts, gates=gates, chosen=chosen)


def _attentions(
    config: GPTConfig, B: int, T: int, mask: np.ndarray, rng: np.random.Generator
) -> Iterator[Operation]:
    shape = (B, config.n_head, T, config.d_head)
    qkv: dict[str, Any] = {name: 2 * rng.standard_normal(shape) for name in "qkv"}
    masks: dict[str, dict[str, Any]]
    masks = {"": {}, " causal": {"mask": manual.causal_mask(T)}, " masked": {"mask": mask}}
    for label, given in masks.items():
        yield _pair("attention", label, **qkv, **given)
        shown = pytorch.attention.attention_with_weights
        fused = _pair("attention", f"{label} with weights", **qkv, **given)
        yield fused._replace(pytorch=lambda shown=shown, **inputs: shown(**inputs)[0])
    fast = _pair("attention", " by causal=True", **qkv, **masks[" causal"])
    function = fast.pytorch
    yield fast._replace(pytorch=lambda q, k, v, mask: function(q, k, v, causal=True))


def _pair(op: str, label: str = "", module: str = "", **inputs: Any) -> Operation:
    numpy_module = getattr(manual, module or op)
    function = getattr(getattr(pytorch, module or op), op)
    forward = getattr(numpy_module, f"{op}_forward")
    return Operation(op + label, forward, getattr(numpy_module, f"{op}_backward"), function, inputs)
