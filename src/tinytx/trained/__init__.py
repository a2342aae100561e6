"""Models that were trained once and ship with the package, so that chapters can look inside.

===========  ====================================  ===========================================
name         made by                               what it does
===========  ====================================  ===========================================
``raven``    ``tinytx train raven``                writes The Raven, from eight characters
``listops``  ``tinytx train listops``              First, Second, Last, Max, Min of three digits
``tales``    ``tinytx train tales``                tells children's stories and keeps to them
``draft``    ``tinytx train draft``                writes ahead of ``tales``, fast and rough
===========  ====================================  ===========================================

Each file is the run's ``best.safetensors``, unchanged, and says itself which settings and seed made
it; a test holds it to the score in :data:`SCORES`. Trained in November 2026 on two processor cores.
"""

from __future__ import annotations

from importlib.resources import as_file, files
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

if TYPE_CHECKING:
    from ..training.model_file import TrainedModel

NAMES = ("raven", "listops", "tales", "draft")


class Made(NamedTuple):
    """How a file was made, and what it scores."""

    command: str
    seed: int
    date: str
    score: str


MADE = {
    "raven": Made(
        "tinytx train raven", 0, "2026-11-26",
        "0.854 nats per character of the poem; no model of eight characters gets below 0.672",
    ),
    "listops": Made(
        "tinytx train listops", 0, "2026-11-21", "every unseen question of three digits right"
    ),
    "tales": Made(
        "tinytx train tales", 0, "2026-11-26",
        "0.1306 nats per token of stories held out, 2.1 % above the exact 0.1279; it knows 99.8 % "
        "of words told long ago, and one in eleven where it sees the last 32 tokens only",
    ),
    "draft": Made(
        "tinytx train draft", 0, "2026-11-26",
        "0.6046 nats per token of the stories that tales is held to",
    ),
}  # fmt: skip


def load_trained(name: str, dtype: DTypeLike = np.float64) -> TrainedModel:
    """Return a model that ships with the package, in evaluation mode, with its tokenizer.

    In float64 by default: what it computes is then the same on every machine to many more digits
    than anybody prints.

    Raises
    ------
    ValueError
        If there is no model of that name.

    >>> load_trained("listops").model.config.n_head
    4
    """
    from ..manual import GPT
    from ..training.model_file import load_model

    if name not in NAMES:
        raise ValueError(f"name is {name!r} and must be one of {', '.join(map(repr, NAMES))}")
    with as_file(files(__package__).joinpath(f"{name}.safetensors")) as path:
        trained = load_model(path)
    model = GPT(trained.model.config, np.random.default_rng(0), dtype)
    model.load_state_dict(trained.model.state_dict())
    return trained._replace(model=model.eval())
