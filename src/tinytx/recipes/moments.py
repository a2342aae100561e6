"""A training run, watched: a look at chosen moments, and a curve short enough to draw."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


class Moments:
    """A report that keeps every loss and looks at the model at some steps.

    Parameters
    ----------
    look
        Called with the step at each of ``moments``, after that many steps; also with 0.
    moments
        Steps.
    """

    def __init__(self, look: Callable[[int], None], moments: tuple[int, ...]):
        self.look, self.moments = look, set(moments)
        self.losses: list[float] = []

    def start(self, step: int, steps: int) -> None:
        """Look at the fresh model."""
        if step in self.moments:
            self.look(step)

    def step(self, step: int, loss: float) -> None:
        """Keep the loss; look if it is time."""
        self.losses.append(loss)
        if step in self.moments:
            self.look(step)

    def row(self, row: dict[str, Any]) -> None:
        """Nothing: the moments are this report's own."""

    def stop(self) -> None:
        """Nothing."""


def means(losses: list[float], n: int = 160) -> tuple[list[int], list[float]]:
    """Return some ``n`` steps, closer together at first, and the mean loss since the one before.

    >>> means([4.0, 3.0, 2.0, 1.0], 2)
    ([0, 1, 2, 4], [4.0, 4.0, 3.0, 1.5])
    """
    cuts = sorted({round(len(losses) ** (i / n)) for i in range(n)} | {len(losses)})
    parts = zip([0, *cuts], cuts, strict=False)
    means = [losses[0], *(float(np.mean(losses[start:end])) for start, end in parts)]
    return [0, *cuts], [round(float(x), 4) for x in means]
