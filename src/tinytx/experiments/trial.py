"""One run: an arm, a rate and a seed in; losses on the way and at the end out.

The seed draws the weights and the order of the texts. Two arms with one seed therefore read the
same texts in the same order: that is what their difference is paired by.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view

from ..config import GPTConfig
from ..data.batches import DocumentSource, WindowSource, rows_of
from ..evaluation.places import loss_by_place
from ..pytorch import GPT
from ..pytorch.stretch import stretched
from ..training.divergence import DivergenceError
from ..training.learner import Batch, mean_loss
from ..training.settings import TrainConfig
from ..training.torch_learner import TorchLearner
from .arms import Arm
from .lab import WINDOW, Lab

POINTS = 10  # of a curve
ROWS = 32  # texts that are measured together


class Run(NamedTuple):
    """What a run left behind; losses in nats per token, infinite from where it diverged.

    Attributes
    ----------
    curve
        Loss on the validation texts after each tenth of the steps; the last is the result.
    seen
        Loss at the end on texts that were trained on.
    tokens
        Targets that the run was trained on.
    places
        Windows only: loss at each place of windows twice the trained length, (2 T,); else empty.
    """

    curve: list[float]
    seen: float
    tokens: int
    places: list[float]

    @property
    def loss(self) -> float:
        """The result."""
        return self.curve[-1]


def model_config(arm: Arm, lab: Lab) -> GPTConfig:
    """Return the model of an arm."""
    length = WINDOW if arm.data.get("windows") else lab.context_length
    return GPTConfig(vocab_size=lab.tokenizer.vocab_size, context_length=length, **arm.model)


def train_config(arm: Arm, lab: Lab, rate: float, seed: int) -> TrainConfig:
    """Return the training of an arm at a rate."""
    given = {"lr": rate, **arm.train, arm.search.get("field", "lr"): rate}
    for name in ("steps", "warmup_steps"):
        given[name] *= lab.longer
    given["batch_size"] //= lab.longer
    return TrainConfig(**given, seed=seed, device="cpu", precision="float32")


def run(arm: Arm, lab: Lab, rate: float, seed: int) -> Run:
    """Train once, on the CPU."""
    config = train_config(arm, lab, rate, seed)
    model = GPT(model_config(arm, lab), torch.Generator().manual_seed(seed))
    learner, source = TorchLearner(model, config), _source(arm, lab, config)
    measured, seen = _measured(arm, lab), _rows(lab.train[: min(arm.data["texts"], 64)], lab)
    curve, tokens = [], 0
    try:
        for step in range(config.steps):
            batch = source.next_batch()
            if not math.isfinite(learner.loss_and_gradients(batch)):
                raise DivergenceError
            learner.step(config.lr_at(step))
            tokens += int((batch[1] >= 0).sum())
            if (step + 1) * POINTS % config.steps < POINTS:
                curve.append(mean_loss(learner.whole, measured))
        if not math.isfinite(curve[-1]):
            raise DivergenceError
        places = _places(learner.whole, lab, seed) if arm.data.get("windows") else []
        return Run(curve, math.nan if places else mean_loss(learner.whole, seen), tokens, places)
    except DivergenceError:
        curve = [loss if math.isfinite(loss) else math.inf for loss in curve]
        return Run(curve + [math.inf] * (POINTS - len(curve)), math.inf, tokens, [])


def _source(arm: Arm, lab: Lab, config: TrainConfig) -> WindowSource | DocumentSource:
    texts = lab.train[: arm.data["texts"]]
    if arm.data.get("windows"):
        return WindowSource(_joined(texts), config.batch_size, WINDOW, config.seed)
    length = lab.context_length
    return DocumentSource(texts, config.batch_size, length, config.seed, alike=16)


def _joined(texts: list[np.ndarray]) -> np.ndarray:
    """Return texts one after the other, (n,): each begins with what ends the one before."""
    return np.concatenate([ids[:-1] for ids in texts])


def _measured(arm: Arm, lab: Lab) -> list[Batch]:
    if not arm.data.get("windows"):
        return _rows(lab.validation, lab)
    windows = _windows(lab, WINDOW)
    return [(part[:, :-1], part[:, 1:]) for part in np.split(windows, len(windows) // ROWS)]


def _rows(texts: list[np.ndarray], lab: Lab) -> list[Batch]:
    """Return texts in batches of like length: little is computed for nothing."""
    ordered = sorted(texts, key=len)
    parts = [ordered[i : i + ROWS] for i in range(0, len(ordered), ROWS)]
    return [rows_of(part, max(map(len, part)) - 1) for part in parts]


def _windows(lab: Lab, length: int) -> np.ndarray:
    """Return windows of the validation texts, (a multiple of ROWS, length + 1)."""
    windows = sliding_window_view(_joined(lab.validation), length + 1)
    n = 6 * ROWS
    return windows[:: len(windows) // n][:n]


def _places(model: GPT, lab: Lab, seed: int) -> list[float]:
    """Return the loss at each place of windows twice as long as the model was trained on.

    Learned positions have no rows for the second half: fresh ones are drawn.
    """
    longer = stretched(model, 2 * WINDOW, torch.Generator().manual_seed(seed))
    return loss_by_place(longer, _windows(lab, 2 * WINDOW)).tolist()


def as_record(done: Run) -> dict[str, Any]:
    """Return a run as JSON values: four decimals, ``None`` for what is no number."""
    kept = {"curve": [_rounded(v) for v in done.curve], "tokens": done.tokens}
    if not math.isnan(done.seen):
        kept["seen"] = _rounded(done.seen)
    if done.places:
        kept["places"] = [_rounded(v) for v in done.places]
    return kept


def _rounded(value: float) -> float | None:
    return round(value, 4) if math.isfinite(value) else None
