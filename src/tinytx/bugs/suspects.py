"""What each probe is shown of a copy of the package: ``examine("causality", bug.planted)``.

A probe that a model alone can answer gets the trial's fresh model. The others get what surrounds
it: attention by itself, a batch, a learner, the two sides of a text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..inspect import probes
from ..inspect.probes import Result

Copy = Any  # a ``Planted``, or anything else with ``load(module)``


class Right:
    """The package itself, in the shape of a copy."""

    def load(self, module: str) -> Any:
        """Return a module of the package."""
        import importlib

        return importlib.import_module(f"{__name__.split('.')[0]}.{module}")


def examine(probe: str, copy: Copy) -> Result:
    """Return what a probe answers about a copy of the package.

    Raises
    ------
    ValueError
        If there is no such probe.
    """
    if probe not in SUSPECTS:
        raise ValueError(f"probe is {probe!r} and must be one of {', '.join(SUSPECTS)}")
    return SUSPECTS[probe](copy)


def model_of(copy: Copy, engine: str = "pytorch", **changes: Any) -> Any:
    """Return the trial's fresh model, as the copy makes it."""
    trial = copy.load("bugs.trial")
    return trial.make_model(trial.Settings(engine=engine, **changes), 0)


def _of_model(ask: Callable[..., Result], engine: str = "pytorch") -> Callable[[Copy], Result]:
    return lambda copy: ask(model_of(copy, engine))


def _attention(copy: Copy) -> Result:
    import torch

    attend = copy.load("pytorch.attention").attention
    return probes.attention(lambda q, k, v: attend(q, k, v, causal=True), wrap=torch.tensor)


def _batch(copy: Copy) -> tuple[np.ndarray, np.ndarray]:
    trial, batches = copy.load("bugs.trial"), copy.load("data.batches")
    train, _, _ = trial.texts(trial.Settings(), np.random.default_rng(0))
    return batches.DocumentSource(train, 16, 16, 0).next_batch()


def _first_loss(copy: Copy) -> Result:
    return probes.first_loss(model_of(copy), _batch(copy))


def _padding(copy: Copy) -> Result:
    trial, batches = copy.load("bugs.trial"), copy.load("data.batches")
    model = model_of(copy, "numpy", documents=True)
    phrase, mean_loss = trial.phrases("once upon a time")[0], copy.load("training").mean_loss

    def loss(length: int) -> float:
        return mean_loss(model, [batches.rows_of([phrase], length, trial.padding_id())])

    return probes.padding(loss, (16, 32))


def _held_apart(copy: Copy) -> Result:
    trial = copy.load("bugs.trial")
    train, held_out, _ = trial.texts(trial.Settings(), np.random.default_rng(0))
    return probes.held_apart(np.array(train), np.array(held_out))


def _learner(copy: Copy, parts: int) -> Any:
    trial = copy.load("bugs.trial")
    settings = trial.Settings(dropout=0.0, accumulation=parts)
    return trial.make_learner(trial.make_model(settings, 0), settings, 0)


def _accumulation(copy: Copy) -> Result:
    batch = _batch(copy)
    return probes.accumulation(lambda n: probes.learner_gradients(_learner(copy, n), batch))


def _cleared(copy: Copy) -> Result:
    learner, batch = _learner(copy, 1), _batch(copy)
    return probes.repeated_gradient(lambda: probes.learner_gradients(learner, batch))


SUSPECTS: dict[str, Callable[[Copy], Result]] = {
    "causality": _of_model(probes.causality),
    "prefix-only loss": _of_model(probes.prefix_loss),
    "permutation": _of_model(probes.permutation),
    "batch independence": _of_model(probes.batch_independence),
    "evaluation repeats": _of_model(probes.deterministic),
    "cached equals uncached": _of_model(probes.cached),
    "tied weights": _of_model(probes.tied),
    "gradient reaches all": _of_model(probes.gradient_reaches),
    "gradient is the slope": _of_model(probes.gradient_is_slope, "numpy"),
    "overfit ten": _of_model(probes.overfit_ten),
    "loss at the start": _first_loss,
    "attention weights": _attention,
    "targets shifted": lambda copy: probes.shifted(_batch(copy)),
    "padding not counted": _padding,
    "held-out apart": _held_apart,
    "accumulation": _accumulation,
    "gradient cleared": _cleared,
}
