"""One small training run on *The Raven*, the same for the right model and for each bug.

Everything here is imported relatively: loaded as a part of a planted copy, it trains that copy's
model with that copy's data, loss and learner. A small GPT (two blocks, four heads, D = 32) reads 16
characters; with weights of 0.1 and a rate of 0.01 it finds a leak within a hundred steps.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..config import GPTConfig
from ..data.batches import DocumentSource, rows_of
from ..data.raven import raven
from ..generation import KVCache
from ..generation.engine import engine_of
from ..inspect.probes.subject import as_array
from ..tokenizers import CharTokenizer
from ..training.learner import Learner, NumPyLearner, mean_loss
from ..training.settings import TrainConfig

STEPS, EVERY, POINT = 300, 50, 10  # steps; between two evaluations; in a point of the loss curve
PROMPT = "Once upon"
Windows = list[np.ndarray]  # each (T + 1,) ids, or fewer


class Settings(NamedTuple):
    """What differs from run to run, besides the seed and the bug."""

    steps: int = STEPS
    documents: bool = False  # phrases of the poem, padded, in place of windows
    accumulation: int = 1
    engine: str = "pytorch"
    dropout: float = 0.1

    @property
    def T(self) -> int:  # noqa: N802
        """Positions of a row: most phrases have fewer than 32 characters."""
        return 32 if self.documents else 16


class Run(NamedTuple):
    """What a run left behind. Losses are in nats per character."""

    train: list[float]  # as logged, means of POINT steps
    norm: list[float]  # of the gradient, before clipping, likewise
    own: list[float]  # of its held-out windows, by its own code, every EVERY steps
    whole: list[float]  # of text never seen, by its own code
    prefix: list[float]  # of the same, each position given only what came before
    weights: list[dict[str, np.ndarray]]  # at each evaluation
    writing: float  # of text never seen, alone and token by token with the KV cache
    text: str


def tokenizer() -> CharTokenizer:
    """Return the tokenizer of the poem's characters."""
    return CharTokenizer.train(raven())


def texts(settings: Settings, rng: np.random.Generator) -> tuple[Windows, Windows, Windows]:
    """Return windows to train on, held-out ones, and those of the poem's end that no run sees."""
    ids, T = np.array(tokenizer().encode(raven())), settings.T
    at = int(0.9 * len(ids))
    if settings.documents:
        return *halves(phrases(raven()[:at]), 0), phrases(raven()[at:])
    train, held_out = sides(ids[:at], T, rng)
    return train, held_out, list(sliding_window_view(ids[at:], T + 1))


def sides(ids: np.ndarray, T: int, rng: np.random.Generator) -> tuple[Windows, Windows]:
    """Return all windows of a text in two parts that share no character."""
    windows = list(sliding_window_view(ids, T + 1))
    return halves(windows, T)


def halves(windows: Windows, gap: int) -> tuple[Windows, Windows]:
    """Return the first nine tenths, without the last ``gap`` of them, and the others."""
    at = int(0.9 * len(windows))
    return windows[: at - gap], windows[at:]


def phrases(text: str) -> Windows:
    """Return the ids of what stands between punctuation marks, each closed by a new line."""
    parts = (part.strip() for part in re.split(r"[^\w\s’]+|\n", text))
    return [np.array(tokenizer().encode(part + "\n")) for part in parts if part]


def padding_id() -> int:
    """Return the id that fills rows up: the new line's."""
    return tokenizer().encode("\n")[0]


def model_config(settings: Settings, **changes: Any) -> GPTConfig:
    """Return the sizes of the model."""
    sizes = {"n_layer": 2, "n_head": 4, "d_model": 32, "init_std": 0.1}
    given = {"vocab_size": tokenizer().vocab_size, "context_length": settings.T, **sizes}
    return GPTConfig(**{**given, "dropout": settings.dropout, **changes})


def train_config(settings: Settings, seed: int) -> TrainConfig:
    """Return how it is trained."""
    return TrainConfig(
        steps=settings.steps, batch_size=16, lr=0.01, warmup_steps=50, clip=1.0, seed=seed,
        accumulation=settings.accumulation, device="cpu", precision="float32",
    )  # fmt: skip


def make_model(settings: Settings, seed: int) -> Any:
    """Return a fresh model of the engine; both engines draw the same weights."""
    from ..manual import GPT

    model = GPT(model_config(settings), np.random.default_rng(seed))
    if settings.engine == "numpy":
        return model
    from .. import pytorch

    twin = pytorch.GPT(model_config(settings))
    twin.load_state_dict(model.state_dict())
    return twin


def make_learner(model: Any, settings: Settings, seed: int) -> Learner:
    """Return the model with its optimizer."""
    config = train_config(settings, seed)
    if settings.engine == "numpy":
        return NumPyLearner.of(model, config)
    from ..training.torch_learner import TorchLearner

    return TorchLearner(model, config)


def run(seed: int, settings: Settings) -> Run:
    """Train once and measure on the way."""
    train, held_out, unseen = texts(settings, np.random.default_rng([seed, 1]))
    source = DocumentSource(train, 16, settings.T, seed, padding_id())
    learner = make_learner(make_model(settings, seed), settings, seed)
    config, curve, norms = train_config(settings, seed), [], []
    own, whole, prefix, weights = [], [], [], []
    for step in range(settings.steps):
        curve.append(learner.loss_and_gradients(source.next_batch()))
        norms.append(learner.step(config.lr_at(step)))
        if (step + 1) % EVERY == 0:
            own.append(loss_of(learner.whole, some(held_out, 192), settings))
            whole.append(whole_loss(learner.whole, some(unseen, 32), settings))
            prefix.append(prefix_loss(learner.whole, some(unseen, 32), settings))
            weights.append(arrays_of(learner.whole))
    return Run(
        means(curve), means(norms), own, whole, prefix, weights,
        writing_loss(learner.whole, some(unseen, 16), settings),
        write(learner.whole, 60, seed, settings),
    )  # fmt: skip


def means(values: list[float]) -> list[float]:
    """Return the means of :data:`POINT` values each; what is left over at the end is dropped."""
    n = len(values) // POINT
    return np.array(values[: n * POINT]).reshape(n, POINT).mean(axis=1).tolist()


def some(windows: Windows, most: int) -> Windows:
    """Return at most so many of the windows, evenly spread."""
    return windows[:: max(1, -(-len(windows) // most))]


def loss_of(model: Any, windows: Windows, settings: Settings) -> float:
    """Return the mean loss of windows, 64 at a time."""
    parts = [windows[i : i + 64] for i in range(0, len(windows), 64)]
    return mean_loss(model, [rows_of(part, settings.T, padding_id()) for part in parts])


def whole_loss(model: Any, windows: Windows, settings: Settings) -> float:
    """Return the mean loss of windows, all positions at once, as in training."""
    ids, targets = true_rows(windows, settings)
    counted = targets >= 0
    engine = engine_of(model)
    logs = engine.log_probs(engine.forward(ids), np.where(counted, targets, 0))
    return float(-logs[counted].mean())


def prefix_loss(model: Any, windows: Windows, settings: Settings) -> float:
    """Return the mean loss of windows when each position gets only what came before it."""
    ids, targets = true_rows(windows, settings)
    engine, losses = engine_of(model), []
    for t in range(ids.shape[1]):
        rows = np.flatnonzero(targets[:, t] >= 0)
        if len(rows):
            logits = engine.forward(ids[rows, : t + 1])
            losses.append(-engine.log_probs(logits[:, -1:], targets[rows, t : t + 1]))
    return float(np.concatenate(losses).mean())


def writing_loss(model: Any, windows: Windows, settings: Settings) -> float:
    """Return the mean loss of windows as in writing: alone, token by token, with the KV cache."""
    ids, targets = true_rows(windows, settings)
    engine, losses = engine_of(model), []
    for row, wanted in zip(ids, targets, strict=True):
        cache = KVCache(model, 1)
        for t in np.flatnonzero(wanted >= 0):
            logits = engine.forward(row[None, t : t + 1], cache=cache)
            losses.append(-engine.log_probs(logits, wanted[None, t : t + 1]))
    return float(np.concatenate(losses).mean())


def true_rows(windows: Windows, settings: Settings) -> tuple[np.ndarray, np.ndarray]:
    """Return ids and the tokens that follow them, (B, T) each, −100 behind the end.

    Written here once more: what measures must not have the bug that it measures.
    """
    ids = np.full((len(windows), settings.T), padding_id())
    targets = np.full_like(ids, -100)
    for row, window in enumerate(windows):
        given = window[: settings.T + 1]
        ids[row, : len(given) - 1], targets[row, : len(given) - 1] = given[:-1], given[1:]
    return ids, targets


def write(model: Any, n: int, seed: int, settings: Settings) -> str:
    """Return :data:`PROMPT` and ``n`` characters more, written with the KV cache.

    When the context is full its second half is read anew.
    """
    engine, rng, ids = engine_of(model), np.random.default_rng(seed), tokenizer().encode(PROMPT)
    fresh: list[int] = ids
    cache = KVCache(model, 1)
    for _ in range(n):
        if cache.length + len(fresh) > settings.T:
            cache, fresh = KVCache(model, 1), ids[-(settings.T // 2) :]
        logits = engine.forward(np.array([fresh]), cache=cache)
        scores = engine.last(logits, np.array([len(fresh)]))[0].astype(float) / 0.7
        chances = np.exp(scores - scores.max())
        fresh = [int(rng.choice(len(chances), p=chances / chances.sum()))]
        ids = ids + fresh
    return tokenizer().decode(ids)


def arrays_of(model: Any) -> dict[str, np.ndarray]:
    """Return a copy of the weights by name."""
    return {name: as_array(one) for name, one in model.state_dict().items()}


def honest_loss(weights: dict[str, np.ndarray], settings: Settings) -> float:
    """Return the loss of text that no run sees, by *this* copy's code, of a run's weights."""
    from ..pytorch import GPT

    tied = bool(np.array_equal(weights["lm_head.weight"], weights["tok_emb.weight"]))
    model = GPT(model_config(settings, tie_weights=tied))
    model.load_state_dict(weights)
    unseen = texts(settings, np.random.default_rng(0))[2]
    return loss_of(model.eval(), some(unseen, 128), settings)
