"""An experiment as a table of words and numbers, for a terminal."""

from __future__ import annotations

import numpy as np

from ..wording import plain
from .arms import Experiment, experiment
from .recording import Table, measured, runs_of
from .statistics import paired_difference

HEAD = ("", "rate", "loss", "± s.e.", "against the first, paired, 95 %")


def table(name: str, data: str, runs: Table | None = None) -> str:
    """Return an experiment on one kind of data as a table, its arms below each other.

    Raises
    ------
    ValueError
        If there is no such experiment, or an arm is not recorded.
    """
    return "\n".join(plain((data, *HEAD[1:]), rows(experiment(name), data, runs)))


def rows(one: Experiment, data: str, table: Table | None = None) -> list[tuple[str, ...]]:
    """Return a row for each arm: name, rate, mean loss, its standard error, the difference.

    The loss is in nats per token, over the seeds that did not diverge; a pair counts if neither
    of its runs did.

    Raises
    ------
    ValueError
        If an arm is not recorded.
    """
    first = measured(one, next(iter(one.arms)), data, table)
    found: list[tuple[str, ...]] = []
    for i, name in enumerate(one.arms):
        losses = measured(one, name, data, table)
        finite = losses[np.isfinite(losses)]
        loss = f"{finite.mean():.3f}" if len(finite) else "diverged"
        error = f"{finite.std(ddof=1) / len(finite) ** 0.5:.3f}" if len(finite) > 1 else ""
        rate = f"{runs_of(one, name, data, table).rate:g}"
        found.append((name, rate, loss, error, against(first, losses) if i else ""))
    return found


def against(first: np.ndarray, losses: np.ndarray) -> str:
    """Return the paired difference in words."""
    both = np.isfinite(first) & np.isfinite(losses)
    lost = int((~np.isfinite(losses)).sum())
    words = f"{lost} of {len(losses)} diverged" if lost else ""
    if both.sum() < 2:
        return words
    return f"{paired_difference(first[both], losses[both])}" + (f" ({words})" if words else "")
