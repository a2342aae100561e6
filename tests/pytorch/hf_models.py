"""Llamas and their kin of ``transformers``, small, with random weights everywhere."""

from __future__ import annotations

import torch
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

CLASSES = {
    "llama": (LlamaConfig, LlamaForCausalLM),
    "mistral": (MistralConfig, MistralForCausalLM),
    "qwen2": (Qwen2Config, Qwen2ForCausalLM),
    "qwen3": (Qwen3Config, Qwen3ForCausalLM),
}
SMALL = {
    "vocab_size": 17, "hidden_size": 12, "intermediate_size": 7, "num_hidden_layers": 2,
    "num_attention_heads": 6, "num_key_value_heads": 2, "head_dim": 4,
    "max_position_embeddings": 16, "bos_token_id": None, "eos_token_id": None,
    "pad_token_id": None,
}  # fmt: skip


def theirs(kind, seed=0, exact=False, **changes):
    """A model of ``transformers``; norms, and biases where there are any, are not as they begin.

    ``exact`` makes it compute in float64 throughout: their norms and angles are float32 otherwise,
    whatever the weights are.
    """
    config_class, model_class = CLASSES[kind]
    torch.manual_seed(seed)
    model = model_class(config_class(**{**SMALL, **changes})).eval()
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in model.parameters():
            p.add_(0.3 * torch.randn(p.shape, generator=draw))
    return exactly(model.double()) if exact else model


def exactly(model):
    """Let norms and angles be computed in float64: the same formulas, written once more."""
    for module in [m for m in model.modules() if type(m).__name__.endswith("RMSNorm")]:
        module.forward = _norm(module)
    rope, Dh = model.config.rope_parameters, model.config.head_dim
    rate = rope["rope_theta"] ** (-torch.arange(0, Dh, 2, dtype=torch.float64) / Dh)
    if rope["rope_type"] == "linear":
        rate = rate / rope["factor"]
    if rope["rope_type"] == "llama3":
        rate = torch.stack([_llama3(one, rope) for one in rate])

    def turns(x, position_ids):
        angle = (position_ids[..., None] * rate).repeat(1, 1, 2)
        return angle.cos(), angle.sin()

    model.model.rotary_emb.forward = turns
    return model


def _llama3(rate, rope):
    """By cases, as their `_compute_llama3_parameters` has them."""
    length, factor = 2 * torch.pi / rate, rope["factor"]
    low, high = rope["low_freq_factor"], rope["high_freq_factor"]
    original = rope["original_max_position_embeddings"]
    if length < original / high:
        return rate
    if length > original / low:
        return rate / factor
    smooth = (original / length - low) / (high - low)
    return (1 - smooth) * rate / factor + smooth * rate


def _norm(module):
    def forward(x):
        return (
            module.weight * x / (x.pow(2).mean(-1, keepdim=True) + module.variance_epsilon).sqrt()
        )

    return forward
