"""A folder of Hugging Face's, read and written as our configuration and state: no model is made.

Which model it is, ``config.json`` says. So the NumPy engine can be filled from one as well, and
:class:`tinytx.pytorch.GPT` and :mod:`tinytx.pytorch.hf` are written over it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import save
from torch import Tensor

from ..config import GPTConfig
from ..files import write_atomic
from ..wording import short
from . import hf_gpt2, hf_llama
from .hf_files import CONFIG, WEIGHTS, find, heads, read_object, tensors, weights_of
from .hf_names import check_heads, from_hf_state, to_hf_state

# A model is written as the first of these that can hold it.
MODELS = {"gpt2": hf_gpt2.NAME, **{kind: one.name for kind, one in hf_llama.FAMILIES.items()}}


def read(
    source: str | os.PathLike[str], dropout: float | None = None
) -> tuple[GPTConfig, dict[str, Tensor]]:
    """Return configuration and state dict, for either engine: see :func:`.from_pretrained`.

    The NumPy engine's ``GPT(config, rng).load_state_dict(state)`` takes the tensors as they are.
    It keeps a causal mask of ``context_length`` squared bytes. Where positions are rotary no weight
    depends on that length, and ``dataclasses.replace(config, context_length=512)`` makes it
    shorter.
    """
    folder = find(source)
    config = config_from_hf(read_object(folder / CONFIG), dropout)
    named, files = weights_of(folder)
    try:
        check_heads(config, heads(files))
        return config, from_hf_state(config, tensors(files))
    except ValueError as error:
        raise ValueError(f"{named} {error}") from None


def write(
    config: GPTConfig, ours: Mapping[str, Tensor], path: str | os.PathLike[str] | None = None
) -> dict[str, Tensor]:
    """Return the state ``ours`` under Hugging Face's names, and write it if given a folder.

    See :func:`.to_hf`.
    """
    theirs = config_to_hf(config)
    state = to_hf_state(config, ours)
    if path is not None:
        # The weights first: a folder with a configuration and no weights looks ready and is not.
        write_atomic(Path(path) / WEIGHTS, save(state, {"format": "pt"}))
        write_atomic(Path(path) / CONFIG, json.dumps(theirs, indent=2) + "\n")
    return state


def config_from_hf(values: Mapping[str, Any], dropout: float | None = None) -> GPTConfig:
    """Return our configuration for theirs, whose missing fields have their model's values.

    Raises
    ------
    ValueError
        If it is of another model, a field is missing or of the wrong kind, or it asks for something
        that this model does not do.
    """
    if not isinstance(values, Mapping):
        raise ValueError(f"values is a {type(values).__name__} and must be a dict: give to_dict()")
    kind = values.get("model_type")
    if not isinstance(kind, str) or kind not in MODELS:
        known = " or ".join(map(repr, MODELS))
        raise ValueError(f"model_type is {short(kind)} and must be {known}")
    return (hf_gpt2 if kind == "gpt2" else hf_llama).from_theirs(values, dropout)


def config_to_hf(config: GPTConfig) -> dict[str, Any]:
    """Return their configuration for ours, of the first model that can hold it.

    Raises
    ------
    ValueError
        If none can.
    """
    wrong = {kind: misfits(config, kind) for kind in MODELS}
    kind = next((kind for kind, found in wrong.items() if not found), None)
    if kind is None:
        raise ValueError(_none_fits(config, wrong))
    return hf_gpt2.to_theirs(config) if kind == "gpt2" else hf_llama.to_theirs(config, kind)


def misfits(config: GPTConfig, kind: str) -> list[tuple[str, str]]:
    """Return the fields that a kind of model cannot hold, each with what it would have to be."""
    return list(hf_gpt2.misfits(config) if kind == "gpt2" else hf_llama.misfits(config, kind))


def _none_fits(config: GPTConfig, wrong: dict[str, list[tuple[str, str]]]) -> str:
    """Say what the nearest kind lacks first, and the first that each other one does."""
    kinds: dict[tuple[str, str], list[str]] = {}
    for kind in sorted(wrong, key=lambda kind: len(wrong[kind])):
        kinds.setdefault(wrong[kind][0], []).append(MODELS[kind])
    (first, *others) = kinds.items()
    (field, wanted), names = first
    said = f"config.{field} is {getattr(config, field)!r} and must be {wanted} to be a "
    said += _joined(names, "or")
    for (field, wanted), names in others:
        said += f"; {_joined(names, 'and')} {'need' if names[1:] else 'needs'} {field} {wanted}"
    return said


def _joined(names: list[str], word: str) -> str:
    return f" {word} ".join([", ".join(names[:-1])] * bool(names[1:]) + names[-1:])
