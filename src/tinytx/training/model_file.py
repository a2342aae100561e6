"""A trained model in a file: weights, configuration and tokenizer, enough to use it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..config import GPTConfig
from ..manual import GPT
from ..tokenizers import BPETokenizer, CharTokenizer, ListOpsTokenizer
from ..tokenizers.base import Tokenizer
from .checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from .learner import strip_prefix

TOKENIZERS = {kind.__name__: kind for kind in (BPETokenizer, CharTokenizer, ListOpsTokenizer)}


class TrainedModel(NamedTuple):
    """A model ready for use, in evaluation mode."""

    model: GPT
    tokenizer: Tokenizer
    meta: dict[str, Any]  # ``identity`` (recipe, settings), ``step``, and ``row``, its measurements


def describe_model(config: GPTConfig, tokenizer: Tokenizer, dtype: Any) -> dict[str, Any]:
    """Return what a file must say besides the weights, as JSON values."""
    kind = {"type": type(tokenizer).__name__, **tokenizer.to_dict()}
    return {"config": config.to_dict(), "tokenizer": kind, "dtype": np.dtype(dtype).name}


def save_model(path: str | os.PathLike[str], model: GPT, meta: dict[str, Any]) -> None:
    """Write the weights of ``model``; ``meta["identity"]`` is from :func:`describe_model`."""
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    save_checkpoint(path, tensors, meta)


def load_model(path: str | os.PathLike[str]) -> TrainedModel:
    """Read a model from a file, or from the folder of a run: its best, else its last.

    Raises
    ------
    ValueError
        In one line, if there is none, or it cannot be read, or its parts do not fit together.
    """
    path = find_model(path)
    checkpoint = load_checkpoint(path)
    try:
        model, tokenizer = _rebuild(checkpoint)
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


def _rebuild(checkpoint: Checkpoint) -> tuple[GPT, Tokenizer]:
    identity = checkpoint.meta["identity"]
    state = dict(identity["tokenizer"])
    tokenizer = TOKENIZERS[state.pop("type")].from_dict(state)
    config = GPTConfig.from_dict(identity["config"])
    _check_size(config, checkpoint)
    model = GPT(config, np.random.default_rng(0), np.dtype(identity["dtype"]))
    model.load_state_dict(strip_prefix(checkpoint.tensors, "model."))
    model.eval()
    return model, tokenizer


def _check_size(config: GPTConfig, checkpoint: Checkpoint) -> None:
    """Refuse a configuration that the tensors do not have, before a model of its size is made."""
    tied = config.vocab_size * config.d_model if config.tie_weights else 0  # it stands there twice
    wanted = sum(config.parameter_counts().values()) + tied
    found = sum(array.size for array in strip_prefix(checkpoint.tensors, "model.").values())
    if wanted != found:
        raise ValueError(f"its configuration has {wanted:,} weights and it holds {found:,}")
