"""The two scripts of a page: the engine, the same for every model, and a model's weights."""

from __future__ import annotations

import base64
import re
from typing import Any

import numpy as np

from tinytx.config import check_config
from tinytx.tokenizers import BPETokenizer
from tinytx.tokenizers.base import Tokenizer

from ..arrays import plain
from ..component import _json, _static
from .quantize import quantize

# In the order in which they are read. bpe.js is that of the figure that trains BPE: the engine
# needs its pre-tokenization and its merging, not its training.
SCRIPTS = ("bpe.js", *(
    f"engine/{name}.js" for name in (
        "check", "arrays", "matmul", "module", "linear", "embedding", "positions", "norm",
        "softmax", "masks", "cache", "attention", "activation", "mlp", "block", "capture", "gpt",
        "loss", "sampling", "writing", "char", "tokenizer", "model_file", "rng", "config",
        "optim", "learner", "batches", "floor", "training", "worker", "exports",
    )
))  # fmt: skip
# What the scripts can do of each field; `check_config` in gpt.js says the same to a page.
ABLE = {
    "norm_kind": ("layer",), "activation": ("gelu", "relu", "relu2"), "positions": ("learned",),
    "causal": (True,), "padding_id": (None,), "qk_norm": (False,),
    "attention_scale": (None,), "n_kv_head": (None,), "window": (None,), "sinks": (0,),
    "n_expert": (None,), "norm_eps": (1e-5,), "qkv_bias": (None,),
}  # fmt: skip
PATTERNS = ("gpt2", "cl100k")


def engine_script() -> str:
    """Return the engine as one script, which makes the global ``tinytx``.

    It is one function with a name: worker.js makes a worker of that function's own source.
    """
    bpe, *own = map(_static, SCRIPTS)  # without the lines that are comments alone
    bpe = re.sub(
        r"^function (train|ranking|bytesOf)\(.*?(?=^function |\Z)", "", bpe, flags=re.M | re.S
    )
    code = re.sub(r" +// .*", "", "".join((bpe, *own)))
    return f'(function tinytx_engine() {{\n"use strict";\n{code}}})();\n'


def weights_script(model: Any, tokenizer: Tokenizer, name: str = "model") -> str:
    """Return a script that makes a model ``tinytx.models[name]``, before or after the engine's.

    It holds the configuration, what the tokenizer has learned, each matrix as base64 of int8 with
    a scale for each row, and each vector as float32. It is ASCII, and can stand within a page.

    Parameters
    ----------
    model
        A GPT of either engine.
    tokenizer
        Byte-level BPE whose ids are its places, cut by ``"gpt2"`` or ``"cl100k"``.
    name
        Letters, digits and ``_``.

    Raises
    ------
    ValueError
        If the engine in the page does not have what the model or its tokenizer needs.

    >>> from tinytx import example
    >>> from tinytx.tokenizers import BPETokenizer
    >>> weights_script(example.model(), BPETokenizer.from_merges([]))
    Traceback (most recent call last):
    ...
    ValueError: tokenizer has ids up to 255 and the model up to 7: give the model's own
    """
    if not re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII):
        raise ValueError(f"name is {name!r} and must be letters, digits and _, a letter first")
    _check(model.config, tokenizer)
    state = model.state_dict()
    if model.config.tie_weights:
        state = {key: value for key, value in state.items() if key != "lm_head.weight"}
    packed = {
        "config": model.config.to_dict(),
        "tokenizer": tokenizer.to_dict(),
        "tensors": {key: _packed(plain(key, value)) for key, value in state.items()},
    }
    return f"((globalThis.tinytx ??= {{}}).models ??= {{}}).{name} = {_json(packed)};\n"


def _packed(value: np.ndarray) -> dict[str, Any]:
    shape = list(value.shape)
    if value.ndim != 2:
        return {"shape": shape, "float32": _base64(value.astype("<f4"))}
    integers, scale = quantize(value)
    return {"shape": shape, "int8": _base64(integers), "scale": _base64(scale.astype("<f4"))}


def _base64(array: np.ndarray) -> str:
    return base64.b64encode(array.tobytes()).decode()


def _check(config: Any, tokenizer: Tokenizer) -> None:
    check_config(config)
    for field, values in ABLE.items():
        if getattr(config, field) not in values:
            raise ValueError(
                f"config.{field} is {getattr(config, field)!r} and must be "
                f"{' or '.join(map(repr, values))} for the engine in the page"
            )
    if not isinstance(tokenizer, BPETokenizer):
        raise ValueError(f"tokenizer is a {type(tokenizer).__name__} and must be a BPETokenizer")
    if tokenizer.pattern not in PATTERNS or "ids" in tokenizer.to_dict():
        raise ValueError(
            f"tokenizer is {tokenizer!r}: its pattern must be {' or '.join(PATTERNS)}, and its ids "
            "its places, for the engine in the page"
        )
    if tokenizer.vocab_size > config.vocab_size:
        raise ValueError(
            f"tokenizer has ids up to {tokenizer.vocab_size - 1} and the model up to "
            f"{config.vocab_size - 1}: give the model's own"
        )
