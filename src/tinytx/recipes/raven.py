"""The Raven: a model with one block that reads eight characters and writes the next.

One head, one post-norm block, 32 dimensions, plain SGD. The model sees only eight characters at a
time, and there is one poem: nothing is held out. Learning it by heart through this keyhole is the
task, and its yardstick is exact: :func:`~tinytx.evaluation.context_floor` says what the best model
of all could reach, 0.672 nats per character.

Measured with ``tinytx train raven``: 0.854 after the default 200,000 steps, 0.803 after a million
(``--steps 1000000``). Plain SGD gets there with a large rate that falls to almost nothing; fresh
weights of 0.1 rather than GPT-2's 0.02 save the first few thousand steps.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..config import GPTConfig
from ..data.batches import WindowSource
from ..data.raven import raven
from ..evaluation.floor import context_floor
from ..generation import generate
from ..inspect.losses import expected_losses
from ..tokenizers import CharTokenizer
from ..training.curves import save_loss_curve
from ..training.learner import mean_loss
from ..training.loop import Trainer
from ..training.parallel import World
from ..training.run import Row, RunFolder
from ..training.settings import TrainConfig
from .recipe import Parts, Recipe
from .spelling import spelled

PROMPT = "Once upon a midnight dreary, while I pondered"
SAMPLE = 400  # characters written at each evaluation
TEMPERATURE = 0.6
WINDOWS = 2048  # evaluated at once


class Raven(Recipe):
    """Settings and parts of the system; see the module's header."""

    name = "raven"
    best_by = "poem_loss"

    def fill(self, settings: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
        """Give the model a score for each character of the poem."""
        return {"vocab_size": CharTokenizer.train(raven()).vocab_size, **settings}

    def parts(
        self, config: GPTConfig, train: TrainConfig, data: dict[str, Any], world: World
    ) -> Parts:
        """Make the model, its optimizer, and random windows of the poem."""
        tokenizer = CharTokenizer.train(raven())
        ids = np.array(tokenizer.encode(raven()))
        source = WindowSource(ids, train.batch_size, config.context_length, train.seed)
        learner = self.learner(config, train, world)

        def evaluate(step: int) -> Row:
            model = learner.whole
            loss = mean_loss(model, all_windows(ids, config.context_length))
            rng = np.random.default_rng([train.seed, 2, step])
            prompt = np.array([tokenizer.encode(PROMPT)])
            written = generate(model, prompt, SAMPLE, temperature=TEMPERATURE, rng=rng)
            return {"poem_loss": loss, "sample": spelled(tokenizer, written[0])}

        return Parts(learner, tokenizer, source, evaluate)

    def finish(self, folder: RunFolder, trainer: Trainer) -> list[str]:
        """Draw the loss curve beside what counting, and the best model of all, would reach."""
        if not trainer.history:
            return []
        ids = np.array(CharTokenizer.train(raven()).encode(raven()))
        T = trainer.identity["config"]["context_length"]
        counted = expected_losses(ids, trainer.identity["config"]["vocab_size"])
        levels = {
            "unigram": counted.unigram,
            "bigram": counted.bigram,
            f"best that sees 1 to {T} characters": context_floor(ids, T),
        }
        columns = {"train_loss": "batches", "poem_loss": "the whole poem"}
        save_loss_curve(folder.path / "loss.png", trainer.history, columns, levels)
        reached = trainer.history[-1]["poem_loss"]
        level = ", ".join(f"{name} {value:.3f}" for name, value in levels.items())
        return [f"loss on the poem {reached:.3f} nats per character ({level})"]


def all_windows(ids: np.ndarray, context_length: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return every window of ``ids`` with its targets, :data:`WINDOWS` to a batch."""
    starts = np.arange(len(ids) - context_length)[:, None]
    windows = ids[starts + np.arange(context_length + 1)]  # (n - T, T + 1)
    parts = (windows[i : i + WINDOWS] for i in range(0, len(windows), WINDOWS))
    return [(part[:, :-1], part[:, 1:]) for part in parts]
