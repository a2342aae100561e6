"""A run so small that a test can have many of them."""

from __future__ import annotations

import numpy as np

from tinytx.config import GPTConfig
from tinytx.data.batches import WindowSource
from tinytx.manual import GPT, AdamW
from tinytx.training import NumPyLearner, TrainConfig, Trainer

IDS = np.random.default_rng(0).integers(0, 7, size=200)
CONFIG = GPTConfig(vocab_size=7, context_length=5, n_layer=1, n_head=2, d_model=6, dropout=0.2)
SETTINGS = {"steps": 12, "batch_size": 3, "lr": 0.01, "eval_every": 4, "save_every": 4}


def learner(seed=0, clip=None, config=CONFIG):
    model = GPT(config, np.random.default_rng(seed), np.float64)
    return NumPyLearner(model, AdamW(model.parameters(), lr=0.01), clip)


def trainer(folder=None, *, model=None, source=None, evaluate=None, identity=None, **changes):
    config = TrainConfig(**{**SETTINGS, **changes})
    options = {"folder": folder, "identity": identity or {"recipe": "tiny"}}
    if evaluate is not None:
        options["evaluate"] = evaluate
    source = source or WindowSource(IDS, config.batch_size, 5, config.seed)
    return Trainer(model or learner(), source, config, **options)
