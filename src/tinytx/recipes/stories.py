"""Learning by heart against learning the rules: tales from few stories and from many.

Because the entropy of tales is exact, learning by heart shows by itself: the loss on the stories
trained on falls *below* the entropy of the source, where no rule can bring it.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from ..config import GPTConfig
from ..data import tales
from ..data.batches import DocumentSource, rows_of
from ..tokenizers import BPETokenizer
from ..training.learner import mean_loss
from ..training.settings import TrainConfig
from .texts import HELD_OUT

RUNS: dict[str, dict[str, Any]] = {
    "40 stories": {"stories": 40},
    "40 stories, dropout": {"stories": 40, "dropout": 0.2},
    "400 stories": {"stories": 400},
    "4,000 stories": {"stories": 4000},
}
VOCABULARY, CONTEXT = 512, 480  # tokens; two of 4,000 stories are longer
TRAINING: dict[str, Any] = {
    "batch_size": 8, "optimizer": "muon", "muon_lr": 0.02, "lr": 4e-3, "beta_2": 0.95,
    "schedule": "linear", "warmup_steps": 10, "device": "cpu", "precision": "float32",
}  # fmt: skip
STEPS, EVERY, SCORED = 450, 15, 24


@cache
def tokenizer() -> BPETokenizer:
    """Return the tokenizer of all runs, learned from 300 stories."""
    return BPETokenizer.train(tales.corpus(300, 0), vocab_size=VOCABULARY)


def documents(n: int, seed: int) -> list[np.ndarray]:
    """Return ``n`` stories as ids, each behind the token that ends the one before."""
    return [tales.document(tokenizer(), story) for story in tales.stories(n, seed)]


def exact(n: int = SCORED, seed: int = HELD_OUT) -> float:
    """Return the surprise of ``n`` stories in nats per token for someone who knows the grammar."""
    told = [tales.log_prob(story) for story in tales.stories(n, seed)]
    return -math.fsum(told) / sum(len(one) - 1 for one in documents(n, seed))


def run(stories: int, dropout: float = 0.0, steps: int = STEPS, stop: int | None = None) -> Any:
    """Train a GPT (2 blocks, D = 64) and return its losses on seen and on new stories.

    Parameters
    ----------
    stories
        To train on; the first :data:`SCORED` of them are the seen ones.
    dropout
        In training.
    steps
        Of 8 stories each, for the schedule.
    stop
        After how many of them to stop; None for all.
    """
    import torch

    from ..pytorch import GPT
    from ..training.torch_learner import TorchLearner

    config = GPTConfig(
        vocab_size=VOCABULARY, context_length=CONTEXT, n_layer=2, n_head=4, d_model=64,
        dropout=dropout,
    )  # fmt: skip
    train = TrainConfig(steps=steps, **TRAINING)
    T, known, new = CONTEXT, documents(stories, 0), documents(SCORED, HELD_OUT)
    learner = TorchLearner(GPT(config, torch.Generator().manual_seed(0)), train)
    source = DocumentSource(known, train.batch_size, T, seed=0)
    parts = {"seen": [rows_of(known[:SCORED], T)], "new": [rows_of(new, T)]}
    found: dict[str, Any] = {"steps": [], "seen": [], "new": [], "first": []}
    for step in range(steps + 1 if stop is None else stop):
        if step % EVERY == 0:
            found["steps"].append(step)
            for name, part in parts.items():
                found[name].append(round(mean_loss(learner.whole, part), 4))
        loss = learner.loss_and_gradients(source.next_batch())
        if len(found["first"]) < 5:
            found["first"].append(round(loss, 4))
        if step < steps:
            learner.step(train.lr_at(step))
    return found
