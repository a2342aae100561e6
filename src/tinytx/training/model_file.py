"""A trained model in a file: weights, configuration and tokenizer, enough to use it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tiktoken

from .. import manual
from ..config import GPTConfig
from ..tokenizers import BPETokenizer, CharTokenizer, ListOpsTokenizer
from ..tokenizers.base import Tokenizer
from .checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from .learner import strip_prefix

TOKENIZERS = {kind.__name__: kind for kind in (BPETokenizer, CharTokenizer, ListOpsTokenizer)}


class TrainedModel(NamedTuple):
    """A model ready for use, in evaluation mode."""

    model: Any  # the ``GPT`` of the engine that was asked for
    tokenizer: Tokenizer
    meta: dict[str, Any]  # ``identity`` (recipe, settings), ``step``, and ``row``, its measurements


def describe_model(
    config: GPTConfig, tokenizer: Tokenizer, dtype: Any, name: str | None = None
) -> dict[str, Any]:
    """Return what a file must say besides the weights, as JSON values.

    If ``name`` is an encoding of tiktoken, that name says it all: 100,000 merges stay out.
    """
    if name in tiktoken.list_encoding_names():
        kind = {"type": "tiktoken", "name": name}
    else:
        kind = {"type": type(tokenizer).__name__, **tokenizer.to_dict()}
    said = {"config": config.to_dict(), "tokenizer": kind, "dtype": np.dtype(dtype).name}
    return json.loads(json.dumps(said))  # as it will be read again: a tuple is a list


def save_model(path: str | os.PathLike[str], model: Any, meta: dict[str, Any]) -> None:
    """Write the weights of ``model``, of either engine.

    ``meta["identity"]`` is from :func:`describe_model`.
    """
    tensors = {f"model.{name}": _array(value) for name, value in model.state_dict().items()}
    save_checkpoint(path, tensors, meta)


def _array(value: Any) -> np.ndarray:
    return value if isinstance(value, np.ndarray) else value.detach().cpu().numpy()


def load_model(path: str | os.PathLike[str], engine: str = "numpy") -> TrainedModel:
    """Read a model from a file, or from the folder of a run: its best, else its last.

    Whichever engine trained it, ``engine`` is the one that it is made for.

    Raises
    ------
    ValueError
        In one line, if there is none, or it cannot be read, or its parts do not fit together.
    """
    path = find_model(path)
    checkpoint = load_checkpoint(path)
    try:
        model, tokenizer = _rebuild(checkpoint, engine)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{path} holds no model that fits together: {error}") from None
    return TrainedModel(model, tokenizer, checkpoint.meta)


def find_model(path: str | os.PathLike[str]) -> Path:
    """Return the model file that ``path`` means: itself, or the best or last of a folder."""
    path = Path(path)
    if not path.is_dir():
        return path
    for name in ("best.safetensors", "last.safetensors"):
        if (path / name).exists():
            return path / name
    raise ValueError(f"the folder {path} holds no best.safetensors and no last.safetensors")


def _rebuild(checkpoint: Checkpoint, engine: str) -> tuple[Any, Tokenizer]:
    identity = checkpoint.meta["identity"]
    tokenizer = _tokenizer(dict(identity["tokenizer"]))
    config = GPTConfig.from_dict(identity["config"])
    _check_size(config, checkpoint)
    model = _fresh(config, engine, np.dtype(identity["dtype"]))
    model.load_state_dict(strip_prefix(checkpoint.tensors, "model."))
    model.eval()
    return model, tokenizer


def _tokenizer(state: dict[str, Any]) -> Tokenizer:
    kind = state.pop("type")
    if kind == "tiktoken":
        return BPETokenizer.from_tiktoken(state["name"])
    return TOKENIZERS[kind].from_dict(state)


def _fresh(config: GPTConfig, engine: str, dtype: np.dtype) -> Any:
    """Return a model of an engine, on the processor."""
    if engine == "numpy":
        return manual.GPT(config, np.random.default_rng(0), dtype)
    import torch

    from .. import pytorch

    return pytorch.GPT(config, torch.Generator().manual_seed(0), getattr(torch, dtype.name))


def _check_size(config: GPTConfig, checkpoint: Checkpoint) -> None:
    """Refuse a configuration that the tensors do not have, before a model of its size is made."""
    tied = config.vocab_size * config.d_model if config.tie_weights else 0  # it stands there twice
    wanted = sum(config.parameter_counts().values()) + tied
    found = sum(array.size for array in strip_prefix(checkpoint.tensors, "model.").values())
    if wanted != found:
        raise ValueError(f"its configuration has {wanted:,} weights and it holds {found:,}")
