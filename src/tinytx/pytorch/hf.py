"""Weights from and to Hugging Face's GPT-2, in a folder of a configuration and safetensors.

Three things differ between the two state dicts. Names: ``h.0.mlp.c_fc`` is here
``blocks.0.mlp.up_proj``. Their block weights are (in, out), ours (out, in). Their q, k and v are
one matrix side by side, ours are three. Only safetensors are read, which hold numbers and nothing
else: a pickle (``pytorch_model.bin``) can run any program when it is opened, and is never opened.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors
import torch
from safetensors.torch import load_file, save
from torch import Tensor

from ..config import GPTConfig
from ..files import write_atomic
from .gpt import GPT
from .hf_names import from_hf_state, to_hf_state

CONFIG, WEIGHTS = "config.json", "model.safetensors"
SIZES = {
    "vocab_size": "vocab_size", "context_length": "n_positions", "n_layer": "n_layer",
    "n_head": "n_head", "d_model": "n_embd",
}  # fmt: skip
ACTIVATIONS = {
    "gelu_new": "gelu", "gelu_pytorch_tanh": "gelu", "gelu_fast": "gelu", "gelu": "gelu_exact",
    "relu": "relu",
}  # fmt: skip
DROPOUTS = ("resid_pdrop", "embd_pdrop", "attn_pdrop")
# What their configuration can ask for and this model does not do.
ONLY = {
    "layer_norm_epsilon": 1e-5, "scale_attn_weights": True, "add_cross_attention": False,
    "scale_attn_by_inverse_layer_idx": False,
}  # fmt: skip
# What ours can ask for and their model does not do.
EXPORTABLE = {
    "norm": "pre", "positions": "learned", "bias": True, "causal": True, "padding_id": None
}  # fmt: skip
HUB_NAME = re.compile(r"[\w-][\w.-]*(/[\w.-]+)?")


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
        A folder with ``config.json`` and ``model.safetensors``, or a name such as ``"gpt2"``, which
        is downloaded once with ``huggingface_hub`` and needs a network the first time.
    dropout
        Instead of the one in the configuration.
    dtype, device
        Of the model.

    Raises
    ------
    ValueError
        One line: nothing there, not a GPT-2, not safetensors, or tensors that are missing, unknown
        or of the wrong shape, by name.
    """
    config, state = read(source, dropout)
    model = GPT(config, device="meta")
    state = {name: value.to(device, dtype) for name, value in state.items()}
    model.load_state_dict(state, assign=True)
    return model.eval()


def read(
    source: str | os.PathLike[str], dropout: float | None = None
) -> tuple[GPTConfig, dict[str, Tensor]]:
    """Return configuration and state dict, for either engine: see :func:`from_pretrained`.

    The NumPy engine's ``GPT(config, rng).load_state_dict(state)`` takes the tensors as they are,
    but for bfloat16, which NumPy does not know: widen those first, ``value.float()``.
    """
    folder = _folder(source)
    config = config_from_hf(_read_json(folder / CONFIG), dropout)
    try:
        return config, from_hf_state(config, _read_weights(folder))
    except ValueError as error:
        raise ValueError(f"{folder / WEIGHTS} {error}") from None


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
        If it is not a GPT-2's, or asks for something that this model does not do.
    """
    if values.get("model_type") != "gpt2":
        raise ValueError(f"model_type is {values.get('model_type')!r} and must be 'gpt2'")
    for name, wanted in ONLY.items():
        if values.get(name, wanted) != wanted:
            raise ValueError(f"{name} is {values[name]!r} and must be {wanted!r} in {CONFIG}")
    if values.get("quantization_config"):
        raise ValueError(f"quantization_config is set in {CONFIG}: give weights that are floats")
    for name in SIZES.values():
        if name not in values:
            raise ValueError(f"{name} is missing in {CONFIG}")
    activation = values.get("activation_function", "gelu_new")
    if activation not in ACTIVATIONS:
        known = ", ".join(ACTIVATIONS)
        raise ValueError(f"activation_function is {activation!r} and must be one of {known}")
    return GPTConfig(
        **{ours: values[theirs] for ours, theirs in SIZES.items()},
        d_ff=values.get("n_inner"),
        activation=ACTIVATIONS[activation],
        dropout=_dropout(values) if dropout is None else dropout,
        tie_weights=values.get("tie_word_embeddings", True),
        init_std=values.get("initializer_range", 0.02),
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
        "tie_word_embeddings": config.tie_weights,
        # GPT-2's end-of-text id, 50256, does not exist in another vocabulary.
        **dict.fromkeys(("bos_token_id", "eos_token_id"), _end_of_text(config)),
    }


def _end_of_text(config: GPTConfig) -> int | None:
    return 50256 if config.vocab_size == 50257 else None


def _dropout(values: Mapping[str, Any]) -> float:
    found = {name: values.get(name, 0.1) for name in DROPOUTS}
    if len(set(found.values())) > 1:
        raise ValueError(f"dropouts differ in {CONFIG}, {found}: give the one to use as dropout=")
    return float(found["resid_pdrop"])


def _folder(source: str | os.PathLike[str]) -> Path:
    path = Path(source)
    if path.is_dir():
        for name in (CONFIG, WEIGHTS):
            if not (path / name).is_file():
                raise ValueError(f"the folder {path} holds no {name}{_instead(path)}")
        return path
    if path.exists():
        raise ValueError(f"{path} is a file and must be the folder with {CONFIG} and {WEIGHTS}")
    if not isinstance(source, str) or not HUB_NAME.fullmatch(source):
        raise ValueError(f"the folder {path} does not exist")
    return _download(source)


def _instead(path: Path) -> str:
    if any(path.glob("*.bin")):
        return ": its *.bin is a pickle, which is not opened; save it as safetensors first"
    if any(path.glob("model-*.safetensors")):
        return ": weights in several parts are not supported; save them as one file first"
    return ""


def _download(name: str) -> Path:
    try:
        from huggingface_hub import hf_hub_download
    except ImportError:
        raise ValueError(
            f"{name!r} is not a folder, and to download it huggingface_hub is missing: install it"
        ) from None
    try:
        hf_hub_download(name, CONFIG)
        return Path(hf_hub_download(name, WEIGHTS)).parent
    except Exception as error:  # the network's errors have many types, and long texts
        raise ValueError(
            f"{name!r} is not a folder and could not be downloaded ({type(error).__name__}): "
            f"give a folder with {CONFIG} and {WEIGHTS}"
        ) from None


def _read_json(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}") from None
    if not isinstance(values, dict):
        raise ValueError(f"{path} is not a JSON object")
    return values


def _read_weights(folder: Path) -> dict[str, Tensor]:
    try:
        return load_file(folder / WEIGHTS)
    except safetensors.SafetensorError as error:
        raise ValueError(f"is not a safetensors file ({error})") from None
