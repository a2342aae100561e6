"""What a Llama of Hugging Face's and its kin are configured with, and ours of it: both ways.

Llama, Mistral, Qwen2 and Qwen3 are one model with different choices: a window, biases of queries,
keys and values, normalized heads. :data:`FAMILIES` says which; all else is the same code. Theirs
turn rotary pairs by halves, as here, so that no weight changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ..config import GPTConfig
from ..manual.rotary import FAST, SLOW
from ..wording import listed, short
from .hf_fields import Values, check_only, number, one_dropout, size, switch
from .hf_files import CONFIG
from .hf_gpt2 import is_usual


class Family(NamedTuple):
    """What sets a family apart."""

    name: str
    architecture: str
    # Of our fields, what its model cannot do otherwise; ``qkv_bias`` is ``bias`` unless named.
    needs: dict[str, Any]
    # Of their fields, those that not all families have, and what they mean where they are missing.
    has: dict[str, Any]


WINDOWS = {"sliding_window": 4096, "use_sliding_window": False, "max_window_layers": 28}
FAMILIES = {
    "llama": Family(
        "Llama", "LlamaForCausalLM",
        {"qk_norm": False, "window": None}, {"attention_bias": False, "mlp_bias": False},
    ),
    "mistral": Family(
        "Mistral", "MistralForCausalLM",
        {"qk_norm": False, "bias": False, "qkv_bias": False}, {"sliding_window": 4096},
    ),
    "qwen2": Family(
        "Qwen2", "Qwen2ForCausalLM",
        {"qk_norm": False, "bias": False, "qkv_bias": True}, WINDOWS,
    ),
    "qwen3": Family(
        "Qwen3", "Qwen3ForCausalLM",
        {"qk_norm": True, "bias": False, "qkv_bias": False},
        {**WINDOWS, "attention_bias": False, "head_dim": 128},
    ),
}  # fmt: skip
COMMON = {
    "norm": "pre", "norm_kind": "rms", "activation": "swiglu", "positions": "rotary",
    "causal": True, "padding_id": None, "sinks": 0, "n_expert": None,
}  # fmt: skip
SIZES = {
    "vocab_size": "vocab_size", "context_length": "max_position_embeddings",
    "n_layer": "num_hidden_layers", "n_head": "num_attention_heads", "d_model": "hidden_size",
    "d_ff": "intermediate_size",
}  # fmt: skip
# Theirs drops attention's weights alone. The second name is not theirs, and they leave it alone: it
# says that here a block's sums and the embedding are dropped alike.
DROPOUTS = ("attention_dropout", "hidden_dropout")
# What their configuration can ask for and this model does not do.
ONLY = {"pretraining_tp": 1, "partial_rotary_factor": 1.0}
ORIGINAL = "original_max_position_embeddings"
LLAMA3: dict[str, float] = {"low_freq_factor": SLOW, "high_freq_factor": FAST}
ROPE = {"factor", "partial_rotary_factor", "rope_theta", "rope_type", "type", ORIGINAL, *LLAMA3}
SILU = ("silu", "swish")


def from_theirs(values: Values, dropout: float | None) -> GPTConfig:
    """Return our configuration for theirs."""
    family = FAMILIES[values["model_type"]]
    values = {**family.has, **values}
    check_only(values, ONLY)
    if values.get("hidden_act", "silu") not in SILU:
        raise ValueError(
            f"hidden_act is {short(values['hidden_act'])} and must be 'silu' in {CONFIG}"
        )
    if dropout is None:
        dropout = one_dropout(values, DROPOUTS, 0.0)
    sizes: dict[str, Any] = {ours: size(values, theirs) for ours, theirs in SIZES.items()}
    return GPTConfig(
        **sizes,
        **_heads(values),
        **_biases(values, family),
        **_rotary(values),
        norm_kind="rms",
        activation="swiglu",
        positions="rotary",
        qk_norm=family.needs["qk_norm"],
        window=_window(values) if "sliding_window" in family.has else None,
        dropout=dropout,
        norm_eps=number(values, "rms_norm_eps", 1e-6),
        tie_weights=switch(values, "tie_word_embeddings", False),
        init_std=number(values, "initializer_range", 0.02),
    )


def to_theirs(config: GPTConfig, model_type: str) -> dict[str, Any]:
    """Return their configuration for ours, of which :func:`misfits` has nothing to say.

    Rotary fields stand where transformers had them before version 5, which reads them there too.
    """
    family, narrow = FAMILIES[model_type], config.window is not None
    own = {
        "attention_bias": config.bias,
        "mlp_bias": config.bias,
        "sliding_window": config.window,
        "use_sliding_window": narrow,
        "max_window_layers": 0 if narrow else config.n_layer,
    }
    return {
        "architectures": [family.architecture],
        "model_type": model_type,
        **{theirs: getattr(config, ours) for ours, theirs in SIZES.items()},
        "num_key_value_heads": config.kv_heads,
        "head_dim": config.d_head,
        "hidden_act": "silu",
        "rms_norm_eps": config.norm_eps,
        "rope_theta": config.rotary_base,
        "rope_scaling": _scaling(config),
        **{name: value for name, value in own.items() if name in family.has},
        **dict.fromkeys(DROPOUTS, config.dropout),
        "initializer_range": config.init_std,
        "tie_word_embeddings": config.tie_weights,
        # The ids that their defaults mean, 1 and 2, are others in another vocabulary.
        **dict.fromkeys(("bos_token_id", "eos_token_id", "pad_token_id")),
    }


def misfits(config: GPTConfig, model_type: str) -> Iterator[tuple[str, str]]:
    """Yield each field of ours that the family cannot hold, and what it would have to be."""
    needs = {**COMMON, "qkv_bias": config.bias, **FAMILIES[model_type].needs}
    for name, wanted in needs.items():
        value = config.has_qkv_bias if name == "qkv_bias" else getattr(config, name)
        if value != wanted:
            yield name, repr(wanted)
    if not is_usual(config):
        yield "attention_scale", "None"
    if model_type == "llama":  # what LlamaConfig refuses
        if config.d_model % config.n_head:
            yield "n_head", f"a divisor of d_model {config.d_model}"
        if config.init_std > 1:
            yield "init_std", "at most 1"


def _scaling(config: GPTConfig) -> dict[str, Any] | None:
    """Return what slows pairs down, in their words."""
    factor, original = float(config.rotary_factor), config.rotary_original
    if original is not None:
        whole = {name: float(value) for name, value in LLAMA3.items()}
        return {"rope_type": "llama3", "factor": factor, ORIGINAL: original, **whole}
    return None if factor == 1 else {"rope_type": "linear", "factor": factor}


def _heads(values: Values) -> dict[str, Any]:
    """Return ``d_head`` and ``n_kv_head``, None where each head has its own keys."""
    H, D, name = values["num_attention_heads"], values["hidden_size"], "num_key_value_heads"
    if values.get("head_dim") is None and D % H:
        raise ValueError(f"num_attention_heads is {H} and must divide hidden_size in {CONFIG}")
    if values["model_type"] == "llama" or name in values:  # the first Llamas have no such field
        K = H if values.get(name) is None else size(values, name)
    else:
        K = size(values, name)
    if H % K:
        raise ValueError(f"{name} is {K} and must divide num_attention_heads in {CONFIG}")
    Dh = D // H if values.get("head_dim") is None else size(values, "head_dim")
    return {"d_head": Dh, "n_kv_head": None if K == H else K}


def _biases(values: Values, family: Family) -> dict[str, Any]:
    """Return ``bias`` and ``qkv_bias``."""
    attention, mlp = (
        name in family.has and switch(values, name, False)
        for name in ("attention_bias", "mlp_bias")
    )
    if attention != mlp:
        raise ValueError(
            f"attention_bias is {attention} and the MLP's is {mlp} in {CONFIG}, and they must be "
            "the same: here o_proj has a bias where the MLP has one"
        )
    return {"bias": mlp, "qkv_bias": True if family.needs.get("qkv_bias") else None}


def _rotary(values: Values) -> dict[str, Any]:
    """Return our rotary fields, from where transformers 5 has them or from where they were."""
    where = "rope_scaling" if values.get("rope_scaling") else "rope_parameters"
    rope = values.get(where) or {}
    if not isinstance(rope, dict):
        raise ValueError(f"{where} is {short(rope)} and must be an object in {CONFIG}")
    kind = rope.get("rope_type", rope.get("type", "default"))
    if kind not in ("default", "linear", "llama3"):
        raise ValueError(
            f"rope_type is {short(kind)} and must be 'default', 'linear' or 'llama3' in {CONFIG}"
        )
    unknown = rope.keys() - ROPE
    if unknown:
        raise ValueError(f"{where} has {listed(unknown)} in {CONFIG}: here there is {sorted(ROPE)}")
    check_only(rope, {"partial_rotary_factor": 1.0})
    place = values if rope.get("rope_theta") is None else rope
    found: dict[str, Any] = {"rotary_base": number(place, "rope_theta", 10_000.0)}
    if kind != "default":
        found["rotary_factor"] = number(rope, "factor")
    if kind == "llama3":
        check_only(rope, LLAMA3)
        found["rotary_original"] = size(values if ORIGINAL in values else rope, ORIGINAL)
    return found


def _window(values: Values) -> int | None:
    """Return the one window of all blocks; refuse those that differ."""
    name = "sliding_window"
    window = None if values.get(name) is None else size(values, name)
    if values["model_type"] == "mistral":
        return window
    if not switch(values, "use_sliding_window", False):
        window = None
    kinds = _kinds(values, window)
    if kinds == {"full_attention"}:
        return None
    if window is None or kinds != {"sliding_attention"}:
        raise ValueError(
            f"layer_types or max_window_layers give {listed(kinds)} with a window of {window} in "
            f"{CONFIG}: here all blocks have the same"
        )
    return window


def _kinds(values: Values, window: int | None) -> set[str]:
    """Return what kinds of blocks there are."""
    kinds = values.get("layer_types")
    if kinds is None:
        full = number(values, "max_window_layers")
        found = {
            "full_attention": window is None or full > 0,
            "sliding_attention": window is not None and full < values["num_hidden_layers"],
        }
        return {kind for kind, there in found.items() if there}
    if not isinstance(kinds, list) or not all(isinstance(one, str) for one in kinds):
        raise ValueError(f"layer_types is {short(kinds)} and must be a list of names in {CONFIG}")
    return set(kinds)
