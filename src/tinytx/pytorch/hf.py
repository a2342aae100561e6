"""Weights from and to Hugging Face's GPT-2, in a folder of a configuration and safetensors.

Three things differ between the two state dicts. Names: ``h.0.mlp.c_fc`` is here
``blocks.0.mlp.up_proj``. Their block weights are (in, out), ours (out, in). Their q, k and v are
one matrix side by side, ours are three. Only safetensors are read, which hold numbers and nothing
else: a pickle (``pytorch_model.bin``) can run any program when it is opened, and is never opened.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor

from ..config import GPTConfig
from ..files import write_atomic
from ..wording import short
from .gpt import GPT
from .hf_files import CONFIG, WEIGHTS, find, heads, read_object, tensors, weights_of
from .hf_names import check_heads, from_hf_state, to_hf_state
from .shapes import as_dtype

LARGEST = 2**31  # the largest GPT has 10**12 weights, and no size above 10**6
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
ONLY = {
    "layer_norm_epsilon": 1e-5, "add_cross_attention": False,
    "scale_attn_by_inverse_layer_idx": False,
}  # fmt: skip
# What ours can ask for and their model does not do.
EXPORTABLE = {
    "norm": "pre", "positions": "learned", "bias": True, "causal": True, "padding_id": None,
    "norm_kind": "layer", "qk_norm": False, "n_kv_head": None, "window": None,
}  # fmt: skip


def from_pretrained(
    source: str | os.PathLike[str],
    *,
    dropout: float | None = None,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str = "cpu",
) -> GPT:
    """Return the GPT-2 of a folder, or of a name on the Hugging Face Hub, in evaluation mode.

    Parameters
    ----------
    source
        A folder with ``config.json`` and ``model.safetensors``, or the shards of one and their
        index; or a name such as ``"gpt2"``, which is downloaded once with ``huggingface_hub`` and
        needs a network the first time.
    dropout
        Instead of the one in the configuration.
    dtype, device
        Of the model.

    Raises
    ------
    ValueError
        One line: nothing there, not a GPT-2, not safetensors, or tensors that are missing, unknown
        or of the wrong shape, by name. That is known before the weights are read.
    """
    dtype = as_dtype(dtype)
    config, state = read(source, dropout)
    model = GPT(config, device="meta")
    state = {name: value.to(device, dtype) for name, value in state.items()}
    model.load_state_dict(state, assign=True)
    return model.eval()


def read(
    source: str | os.PathLike[str], dropout: float | None = None
) -> tuple[GPTConfig, dict[str, Tensor]]:
    """Return configuration and state dict, for either engine: see :func:`from_pretrained`.

    The NumPy engine's ``GPT(config, rng).load_state_dict(state)`` takes the tensors as they are.
    """
    folder = find(source)
    config = config_from_hf(read_object(folder / CONFIG), dropout)
    named, files = weights_of(folder)
    try:
        check_heads(config, heads(files))
        return config, from_hf_state(config, tensors(files))
    except ValueError as error:
        raise ValueError(f"{named} {error}") from None


def to_hf(model: GPT, path: str | os.PathLike[str] | None = None) -> dict[str, Tensor]:
    """Return the weights under the names of ``GPT2LMHeadModel``, and write them if given a folder.

    The folder gets ``config.json`` and ``model.safetensors`` and can be read by
    ``GPT2LMHeadModel.from_pretrained`` and by :func:`from_pretrained`. A tied head is one tensor.

    Raises
    ------
    ValueError
        If the configuration has something that GPT-2 lacks, naming the field.
    """
    config = config_to_hf(model.config)
    state = to_hf_state(model.config, model.state_dict())
    if path is not None:
        # The weights first: a folder with a configuration and no weights looks ready and is not.
        write_atomic(Path(path) / WEIGHTS, save(state, {"format": "pt"}))
        write_atomic(Path(path) / CONFIG, json.dumps(config, indent=2) + "\n")
    return state


def config_from_hf(values: Mapping[str, Any], dropout: float | None = None) -> GPTConfig:
    """Return our configuration for theirs, whose missing fields have GPT-2's values.

    Raises
    ------
    ValueError
        If it is not a GPT-2's, a field is missing or of the wrong kind, or it asks for something
        that this model does not do.
    """
    if not isinstance(values, Mapping):
        raise ValueError(f"values is a {type(values).__name__} and must be a dict: give to_dict()")
    if values.get("model_type") != "gpt2":
        raise ValueError(f"model_type is {short(values.get('model_type'))} and must be 'gpt2'")
    for name, wanted in ONLY.items():
        if values.get(name, wanted) != wanted:
            raise ValueError(f"{name} is {short(values[name])} and must be {wanted!r} in {CONFIG}")
    if values.get("quantization_config"):
        raise ValueError(f"quantization_config is set in {CONFIG}: give weights that are floats")
    sizes = {ours: _size(values, theirs) for ours, theirs in SIZES.items()}
    if sizes["d_model"] % sizes["n_head"]:
        raise ValueError(f"n_head is {sizes['n_head']} and must divide n_embd in {CONFIG}")
    activation = values.get("activation_function", "gelu_new")
    if not isinstance(activation, str) or activation not in ACTIVATIONS:
        known = ", ".join(ACTIVATIONS)
        raise ValueError(f"activation_function is {short(activation)} and must be one of {known}")
    scaled = _switch(values, "scale_attn_weights")
    return GPTConfig(
        **sizes,
        d_ff=None if values.get("n_inner") is None else _size(values, "n_inner"),
        activation=ACTIVATIONS[activation],
        dropout=_dropout(values) if dropout is None else dropout,
        tie_weights=_switch(values, "tie_word_embeddings"),
        attention_scale=None if scaled else 1.0,
        init_std=_number(values, "initializer_range", 0.02),
    )


def config_to_hf(config: GPTConfig) -> dict[str, Any]:
    """Return their configuration for ours.

    Raises
    ------
    ValueError
        If it has something that GPT-2 lacks.
    """
    for name, wanted in EXPORTABLE.items():
        if getattr(config, name) != wanted:
            value = getattr(config, name)
            raise ValueError(f"config.{name} is {value!r} and must be {wanted!r} to be a GPT-2")
    if config.activation not in ACTIVATIONS.values():
        known = ", ".join(map(repr, dict.fromkeys(ACTIVATIONS.values())))
        raise ValueError(
            f"config.activation is {config.activation!r} and must be one of {known} to be a GPT-2"
        )
    scaled = config.score_scale == 1 / math.sqrt(config.d_head)
    if not scaled and config.score_scale != 1:
        raise ValueError(
            f"config.attention_scale is {config.attention_scale!r} and must be None or 1.0 to be "
            "a GPT-2"
        )
    if config.n_head * config.d_head != config.d_model:
        raise ValueError(
            f"config.d_head is {config.d_head} and must be d_model / n_head = "
            f"{config.d_model / config.n_head:g} to be a GPT-2"
        )
    return {
        "architectures": ["GPT2LMHeadModel"],
        "model_type": "gpt2",
        **{theirs: getattr(config, ours) for ours, theirs in SIZES.items()},
        "n_inner": config.d_ff,
        "activation_function": next(k for k, v in ACTIVATIONS.items() if v == config.activation),
        **dict.fromkeys(DROPOUTS, config.dropout),
        "layer_norm_epsilon": 1e-5,
        "initializer_range": config.init_std,
        "scale_attn_weights": scaled,
        "tie_word_embeddings": config.tie_weights,
        # GPT-2's end-of-text id, 50256, does not exist in another vocabulary.
        **dict.fromkeys(("bos_token_id", "eos_token_id"), _end_of_text(config)),
    }


def _end_of_text(config: GPTConfig) -> int | None:
    return 50256 if config.vocab_size == 50257 else None


def _size(values: Mapping[str, Any], name: str) -> int:
    if name not in values:
        raise ValueError(f"{name} is missing in {CONFIG}")
    value = values[name]
    if type(value) is not int or not 1 <= value < LARGEST:
        raise ValueError(
            f"{name} is {short(value)} and must be an integer from 1 to {LARGEST - 1:,} in {CONFIG}"
        )
    return value


def _switch(values: Mapping[str, Any], name: str) -> bool:
    value = values.get(name, True)
    if not isinstance(value, bool):
        raise ValueError(f"{name} is {short(value)} and must be true or false in {CONFIG}")
    return value


def _number(values: Mapping[str, Any], name: str, default: float) -> float:
    value = values.get(name, default)
    if type(value) not in (int, float):
        raise ValueError(f"{name} is {short(value)} and must be a number in {CONFIG}")
    return float(value)


def _dropout(values: Mapping[str, Any]) -> float:
    found = {name: _number(values, name, 0.1) for name in DROPOUTS}
    if len(set(found.values())) > 1:
        raise ValueError(f"dropouts differ in {CONFIG}, {found}: give the one to use as dropout=")
    return found["resid_pdrop"]
