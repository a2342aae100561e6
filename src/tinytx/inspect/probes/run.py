"""All the probes that a model alone can answer, on whatever model."""

from __future__ import annotations

from typing import Any

from . import learning, parts, sight
from .result import Report
from .subjects import subject_of

ANY = (
    sight.causality,
    sight.prefix_loss,
    sight.permutation,
    sight.batch_independence,
    parts.deterministic,
    sight.cached,
    parts.tied,
    learning.gradient_reaches,
    learning.gradient_is_slope,
    learning.overfit_ten,
)


def probe(model: Any, *, fresh: bool = True) -> Report:
    """Ask a model all that it can answer alone; print the report, or look into it by name.

    Parameters
    ----------
    model
        An ``nn.Module`` that maps ids (B, T) to logits (B, T, V), or returns an object with
        ``.logits``; a model of the NumPy engine; or any function from ids to logits. It is left as
        it is. A plain function has no parameters, so half of the probes do not apply to it.
    fresh
        Whether it has not been trained: only then is its loss expected to be log V.

    Raises
    ------
    ValueError
        If the model cannot be called with ids.

    >>> import numpy as np
    >>> report = probe(lambda ids: np.eye(9)[np.roll(ids, -1, axis=1)], fresh=False)
    >>> report.failed
    ['causality', 'prefix-only loss']
    """
    subject = subject_of(model)
    asked = (*ANY, learning.first_loss) if fresh else ANY
    return Report(one(subject) for one in asked)
