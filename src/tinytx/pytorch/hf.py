"""Weights from and to Hugging Face's models, in a folder of a configuration and safetensors.

GPT-2, Llama, Mistral, Qwen2 and Qwen3: ``config.json`` says which. Names differ from ours:
``h.0.mlp.c_fc`` is here ``blocks.0.mlp.up_proj``. GPT-2's block weights are (in, out), ours
(out, in), and its q, k and v are one matrix side by side, ours are three; the others' weights are
as ours. Only safetensors are read, which hold numbers and nothing else: a pickle
(``pytorch_model.bin``) can run any program when it is opened, and is never opened.
"""

from __future__ import annotations

import os

import torch
from torch import Tensor

from .gpt import GPT
from .hf_folder import MODELS, config_from_hf, config_to_hf, read
from .hf_names import from_hf_state, to_hf_state

__all__ = [
    "MODELS",
    "config_from_hf",
    "config_to_hf",
    "from_hf_state",
    "from_pretrained",
    "read",
    "to_hf",
    "to_hf_state",
]


def from_pretrained(
    source: str | os.PathLike[str],
    *,
    dropout: float | None = None,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str = "cpu",
) -> GPT:
    """Return the model of a folder, or of a name on the Hugging Face Hub, in evaluation mode.

    Its ``model_type`` is gpt2, llama, mistral, qwen2 or qwen3. What a configuration asks for and
    this model does not do is refused by name.

    Parameters
    ----------
    source
        A folder with ``config.json`` and ``model.safetensors``, or the shards of one and their
        index; or a name such as ``"gpt2"``, which is downloaded once with ``huggingface_hub`` and
        needs a network the first time.
    dropout
        Instead of the one in the configuration.
    dtype, device
        Of the model, whatever the file has.

    Raises
    ------
    ValueError
        One line: nothing there, a model of another kind, not safetensors, or tensors that are
        missing, unknown or of the wrong shape, by name. That is known before the weights are read.
    """
    return GPT.from_pretrained(source, dropout=dropout, dtype=dtype, device=device)


def to_hf(model: GPT, path: str | os.PathLike[str] | None = None) -> dict[str, Tensor]:
    """Return the weights under Hugging Face's names, and write them if given a folder.

    The folder gets ``config.json`` and ``model.safetensors`` and can be read by
    ``AutoModelForCausalLM.from_pretrained`` and by :func:`from_pretrained`. A tied head is one
    tensor. Which model it is there, the configuration decides: the first of GPT-2, Llama, Mistral,
    Qwen2 and Qwen3 that can hold it.

    Raises
    ------
    ValueError
        If none can, naming a field and what each would need.
    """
    return model.to_hf(path)
