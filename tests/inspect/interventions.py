"""Models of both engines with the same random weights, for the tests of interventions."""

from __future__ import annotations

import numpy as np
import torch

from tinytx import manual, pytorch
from tinytx.config import GPTConfig

SIZES = {
    "vocab_size": 11, "context_length": 9, "n_layer": 2, "n_head": 3,
    "d_model": 8, "d_head": 4, "d_ff": 13,
}  # fmt: skip
KINDS = {
    "gpt2": {},
    "sinusoidal": {"positions": "sinusoidal", "activation": "relu", "bias": False},
    "modern": {
        "positions": "rotary", "norm_kind": "rms", "qk_norm": True, "activation": "relu2",
        "tie_weights": False,
    },
    "Qwen2": {"bias": False, "qkv_bias": True, "norm_eps": 0.05, "norm_kind": "rms"},
    "far from zero": {"norm_eps": 0.05, "qkv_bias": False},
    "gated": {"positions": "none", "activation": "swiglu", "attention_scale": 0.7},
    "shared": {"n_kv_head": 1, "window": 4, "sinks": 1, "positions": "rotary", "bias": False},
    "experts": {"n_expert": 3, "norm_kind": "rms"},
    "post": {"norm": "post", "padding_id": 0},
}  # fmt: skip
PRE = [name for name in KINDS if name != "post"]
CLEAN = np.array([[1, 6, 1, 10, 2, 6], [3, 5, 4, 4, 4, 7]])
CORRUPTED = np.array([[1, 6, 9, 10, 2, 6], [3, 8, 4, 4, 4, 7]])
ENGINES = ["numpy", "torch"]


def make(engine="numpy", package=None, **changes):
    """Fresh weights are zeros, ones and tiny: these are not, and float64."""
    given = manual if package is None else package.load("manual")
    config = given.GPTConfig(**{**SIZES, **changes})
    model = given.GPT(config, np.random.default_rng(0), np.float64)
    rng = np.random.default_rng(1)
    for parameter in model.parameters():
        parameter.data += 0.4 * rng.standard_normal(parameter.data.shape)
    return model.eval() if engine == "numpy" else twin_of(model)


def twin_of(model):
    config = GPTConfig.from_dict(model.config.to_dict())
    twin = pytorch.GPT(config, dtype=torch.float64)
    twin.load_state_dict(model.state_dict())
    return twin.eval()


def run(model, ids):
    """Return the logits as an array."""
    if not isinstance(model, torch.nn.Module):
        return model.forward(ids)
    out = model(torch.tensor(ids))
    return getattr(out, "logits", out).detach().numpy()


def close(mine, theirs, name=""):
    np.testing.assert_allclose(mine, theirs, rtol=1e-10, atol=1e-10, err_msg=name)


def state(model):
    """Return what hangs on each module by name, and its hooks, but not what a forward left."""
    left = {}
    for name, module in model.named_modules():
        own = vars(module)
        hooks = [len(own[key]) for key in own if key.endswith("_hooks") and own[key] is not None]
        left[name] = sorted(own), hooks
    return left
