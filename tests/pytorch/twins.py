"""The same model in both engines, with random weights everywhere."""

from __future__ import annotations

import numpy as np
import torch

from tinytx import manual, pytorch
from tinytx.config import GPTConfig

SIZES = {
    "vocab_size": 11, "context_length": 7, "n_layer": 2, "n_head": 3,
    "d_model": 8, "d_head": 5, "d_ff": 13,
}  # fmt: skip
IDS = np.array([[1, 6, 1, 10, 2, 6], [3, 0, 0, 4, 4, 0]])  # repeated ids; T is not the limit
TARGETS = np.array([[6, 1, 10, 2, 6, 9], [0, 0, 4, 4, -100, 3]])
LEFT = np.array([[0, 6, 1, 10, 2, 6], [3, 0, 3, 4, 4, 0]])  # a row that may attend to nothing


def numpy_model(dtype=np.float64, seed=0, **changes) -> manual.GPT:
    """Fresh weights are zeros, ones, and tiny: these are not."""
    model = manual.GPT(GPTConfig(**{**SIZES, **changes}), np.random.default_rng(seed), dtype)
    rng = np.random.default_rng(seed + 1)
    for p in model.parameters():
        p.data += (0.4 * rng.standard_normal(p.data.shape)).astype(dtype)
    return model


def twin_of(model: manual.GPT) -> pytorch.GPT:
    dtype = torch.from_numpy(model.tok_emb.weight.data).dtype
    twin = pytorch.GPT(model.config, dtype=dtype)
    twin.load_state_dict(model.state_dict())
    return twin


def pair(**changes) -> tuple[manual.GPT, pytorch.GPT]:
    model = numpy_model(**changes)
    return model, twin_of(model)


def torch_model(dtype=np.float64, **changes) -> pytorch.GPT:
    return twin_of(numpy_model(dtype, **changes))
