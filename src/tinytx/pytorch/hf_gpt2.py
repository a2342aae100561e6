"""What a GPT-2 of Hugging Face's is configured with, and ours of it: both ways."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from ..config import GPTConfig
from ..wording import short
from .hf_fields import Values, check_only, number, one_dropout, size, switch

NAME = "GPT-2"
SIZES = {
    "vocab_size": "vocab_size", "context_length": "n_positions", "n_layer": "n_layer",
    "n_head": "n_head", "d_model": "n_embd",
}  # fmt: skip
ACTIVATIONS = {
    "gelu_new": "gelu", "gelu_pytorch_tanh": "gelu", "gelu_fast": "gelu", "gelu": "gelu_exact",
    "relu": "relu", "relu2": "relu2",
}  # fmt: skip
DROPOUTS = ("resid_pdrop", "embd_pdrop", "attn_pdrop")
# What their configuration can ask for and this model does not do.
ONLY = {"add_cross_attention": False, "scale_attn_by_inverse_layer_idx": False}
# What ours can ask for and their model does not do.
EXPORTABLE = {
    "norm": "pre", "positions": "learned", "bias": True, "causal": True, "padding_id": None,
    "norm_kind": "layer", "qk_norm": False, "n_kv_head": None, "window": None, "n_expert": None,
}  # fmt: skip


def from_theirs(values: Values, dropout: float | None) -> GPTConfig:
    """Return our configuration for theirs, whose missing fields have GPT-2's values."""
    check_only(values, ONLY)
    sizes: dict[str, Any] = {ours: size(values, theirs) for ours, theirs in SIZES.items()}
    if sizes["d_model"] % sizes["n_head"]:
        raise ValueError(f"n_head is {sizes['n_head']} and must divide n_embd in config.json")
    if values.get("n_inner") is not None:
        sizes["d_ff"] = size(values, "n_inner")
    activation = values.get("activation_function", "gelu_new")
    if not isinstance(activation, str) or activation not in ACTIVATIONS:
        known = ", ".join(ACTIVATIONS)
        raise ValueError(f"activation_function is {short(activation)} and must be one of {known}")
    scaled = switch(values, "scale_attn_weights", True)
    return GPTConfig(
        **sizes,
        activation=ACTIVATIONS[activation],
        dropout=one_dropout(values, DROPOUTS, 0.1) if dropout is None else dropout,
        tie_weights=switch(values, "tie_word_embeddings", True),
        attention_scale=None if scaled else 1.0,
        init_std=number(values, "initializer_range", 0.02),
        norm_eps=number(values, "layer_norm_epsilon", 1e-5),
    )


def to_theirs(config: GPTConfig) -> dict[str, Any]:
    """Return their configuration for ours, of which :func:`misfits` has nothing to say."""
    return {
        "architectures": ["GPT2LMHeadModel"],
        "model_type": "gpt2",
        **{theirs: getattr(config, ours) for ours, theirs in SIZES.items()},
        "n_inner": config.d_ff,
        "activation_function": next(k for k, v in ACTIVATIONS.items() if v == config.activation),
        **dict.fromkeys(DROPOUTS, config.dropout),
        "layer_norm_epsilon": config.norm_eps,
        "initializer_range": config.init_std,
        "scale_attn_weights": is_usual(config),
        "tie_word_embeddings": config.tie_weights,
        # GPT-2's end-of-text id, 50256, does not exist in another vocabulary.
        **dict.fromkeys(("bos_token_id", "eos_token_id"), _end_of_text(config)),
    }


def misfits(config: GPTConfig) -> Iterator[tuple[str, str]]:
    """Yield each field of ours that a GPT-2 cannot hold, and what it would have to be."""
    for name, wanted in EXPORTABLE.items():
        if getattr(config, name) != wanted:
            yield name, repr(wanted)
    if config.has_qkv_bias != config.bias:
        yield "qkv_bias", "None"
    if config.activation not in ACTIVATIONS.values():
        yield "activation", f"one of {', '.join(map(repr, dict.fromkeys(ACTIVATIONS.values())))}"
    if not is_usual(config) and config.score_scale != 1:
        yield "attention_scale", "None or 1.0"
    if config.n_head * config.d_head != config.d_model:
        yield "d_head", f"d_model / n_head = {config.d_model / config.n_head:g}"


def is_usual(config: GPTConfig) -> bool:
    """Return whether scores are divided by the root of ``d_head``."""
    return config.score_scale == 1 / math.sqrt(config.d_head)


def _end_of_text(config: GPTConfig) -> int | None:
    return 50256 if config.vocab_size == 50257 else None
