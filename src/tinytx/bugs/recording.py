"""The curves of every bug, and of the right model beside it, from five seeds each.

They were recorded once, by ``python -m tinytx.bugs.record``, and ship with the package.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np

from .trial import EVERY, POINT

NAME = "recording.json"
SEEDS = (0, 1, 2, 3, 4)


class Recorded(NamedTuple):
    """Runs of one bug, or of the right model: losses in nats per character, (seeds, points) each.

    ``train``, ``own``, ``whole``, ``prefix``, ``writing``, ``norm`` and ``text`` are as in
    ``trial.Run``; ``honest`` is the loss of text that no run has seen, of the
    trained weights in the right model. ``text`` is the first seed's.
    """

    beside: str  # the right runs with the same settings
    train: np.ndarray
    norm: np.ndarray
    own: np.ndarray
    whole: np.ndarray
    prefix: np.ndarray
    honest: np.ndarray
    writing: np.ndarray  # (seeds,)
    text: str

    def ends(self, what: str) -> np.ndarray:
        """Return where each seed's run ends, (seeds,).

        Of ``train`` and ``norm`` the mean of the last 50 steps, of the others the last evaluation.
        """
        values = getattr(self, what)
        if what in ("train", "norm"):
            return values[:, -EVERY // POINT :].mean(axis=1)
        return values[:, -1] if values.ndim == 2 else values

    def end(self, what: str) -> tuple[float, float]:
        """Return the mean of :meth:`ends`, and the standard deviation over the seeds."""
        ends = self.ends(what)
        return float(ends.mean()), float(ends.std(ddof=1))


@cache
def recordings() -> dict[str, Recorded]:
    """Return all recorded runs by the name of their bug; the right ones begin with ``right``."""
    table = json.loads(files(__package__).joinpath(NAME).read_text(encoding="utf-8"))
    return {name: _read(entry) for name, entry in table["runs"].items()}


def _read(entry: dict[str, Any]) -> Recorded:
    arrays: dict[str, Any] = {
        n: np.array(v) if isinstance(v, list) else v for n, v in entry.items()
    }
    return Recorded(**arrays)


def steps(values: np.ndarray, every: int = POINT) -> np.ndarray:
    """Return the steps at which the points of a curve were reached."""
    return every * np.arange(1, values.shape[-1] + 1)


def gap(name: str, what: str) -> tuple[float, float]:
    """Return by how much a bug's runs end above the right ones beside them, seed by seed.

    The mean of the differences and their standard deviation.

    >>> print("no mask, training loss: {:.2f} ± {:.2f}".format(*gap("no mask", "train")))
    no mask, training loss: -2.02 ± 0.01
    """
    mine = recordings()[name]
    apart = mine.ends(what) - recordings()[mine.beside].ends(what)
    return float(apart.mean()), float(apart.std(ddof=1))
