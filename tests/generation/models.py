"""Small models of both engines, with weights large enough to make a difference."""

import numpy as np
import torch

from tinytx import manual, pytorch
from tinytx.config import GPTConfig

BASE = {"vocab_size": 11, "context_length": 9, "n_layer": 2, "n_head": 2, "d_model": 6, "d_ff": 7}
GRID = {
    "gpt-2": {},
    "untied, no bias, exact gelu": {
        "tie_weights": False,
        "bias": False,
        "activation": "gelu_exact",
    },
    "post-norm, sinusoidal, relu": {
        "norm": "post",
        "positions": "sinusoidal",
        "activation": "relu",
    },
    "wide heads, dropout": {"d_head": 5, "dropout": 0.5},
    "padding": {"padding_id": 3},
    "rms, rotary, normed heads, squared relu": {
        "norm_kind": "rms",
        "positions": "rotary",
        "qk_norm": True,
        "activation": "relu2",
        "d_head": 4,
    },
    "post-norm, padding, rotary, no bias": {
        "norm": "post",
        "padding_id": 0,
        "positions": "rotary",
        "bias": False,
        "d_head": 4,
    },
    "no positions, swiglu": {"positions": "none", "activation": "swiglu"},
    "swiglu, own scale, normed heads, padding, no bias": {
        "positions": "none",
        "activation": "swiglu",
        "attention_scale": 0.4,
        "qk_norm": True,
        "bias": False,
        "padding_id": 0,
    },
    "shared keys": {"n_head": 6, "n_kv_head": 2, "d_head": 3},
    "shared keys, window, sinks, rotary, normed heads": {
        "n_head": 4,
        "n_kv_head": 2,
        "d_head": 4,
        "window": 3,
        "sinks": 1,
        "positions": "rotary",
        "qk_norm": True,
    },
    "window of one, padding, post-norm": {"window": 1, "sinks": 2, "padding_id": 3, "norm": "post"},
    "window": {"window": 4},
    "biases of queries, keys and values alone, slow turns, large eps": {
        "bias": False,
        "qkv_bias": True,
        "norm_eps": 0.04,
        "norm_kind": "rms",
        "qk_norm": True,
        "positions": "rotary",
        "rotary_factor": 2.5,
        "rotary_original": 9,
        "d_head": 4,
    },
    "no biases of queries, keys and values, large eps": {"qkv_bias": False, "norm_eps": 0.04},
    "experts": {"n_expert": 5},
    "experts, one for a token, swiglu, post-norm, no bias, padding": {
        "n_expert": 3,
        "n_active": 1,
        "activation": "swiglu",
        "norm": "post",
        "bias": False,
        "padding_id": 3,
    },
    "own scale, post-norm, experts": {"attention_scale": 0.7, "norm": "post", "n_expert": 4},
    "post-norm, padding, no bias": {"norm": "post", "padding_id": 0, "bias": False},
}
ENGINES = ("numpy", "torch")


def config(**changes):
    return GPTConfig(**{**BASE, **changes})


def make(engine="numpy", dtype="float64", seed=0, **changes):
    """Make a model; one seed gives both engines the same weights, biases and scales included."""
    model = manual.GPT(config(**changes), np.random.default_rng(seed), np.dtype(dtype))
    rng = np.random.default_rng(seed + 1)
    for parameter in model.parameters():
        parameter.data += 0.4 * rng.standard_normal(parameter.data.shape)
    if engine == "numpy":
        return model
    twin = pytorch.GPT(model.config, dtype=getattr(torch, dtype))
    twin.load_state_dict(model.state_dict())
    return twin


def logits(model, ids):
    """Return the logits of one text (T,) by the plain forward: (T, V)."""
    was_training = model.training
    model.eval()
    if isinstance(model, manual.GPT):
        out = model.forward(np.array([ids]))[0]
    else:
        with torch.no_grad():
            out = model(torch.tensor([list(ids)]))[0].numpy()
    model.train(was_training)
    return out


def seen_by(ids, context_length, slide=1):
    """Return what a model sees of ``ids``: the oldest ``slide`` go until the rest fits."""
    ids = list(ids)
    while len(ids) > context_length:
        ids = ids[slide:]
    return ids


def greedy(model, prompt, n, slide=1):
    """Return the continuation of one prompt, as one would write it without this package."""
    ids = list(prompt)
    for _ in range(n):
        ids.append(
            int(logits(model, seen_by(ids, model.config.context_length, slide))[-1].argmax())
        )
    return ids
