"""What a position may see, and what it may not: later tokens, other rows, how it was cached.

Each probe calls the model a few times with inputs that differ in one respect, and compares logits.
The size that differences are measured by is the spread of the logits.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...manual.shapes import check_ids
from .cached import cached_logits
from .result import Result, not_here, too_short, within
from .subject import Subject
from .subjects import subject_of

SAME = (
    1e-4  # of the logits' spread: float32 leaves 1e-6, the faintest leak of chapter 8 leaves 1e-2
)
NATS = 1e-3


def causality(model: Any) -> Result:
    """Tell whether a later token moves an earlier position's logits.

    Position by position, all tokens from there on are replaced by others; what stands before it
    must stay. Value: the largest change, over the spread of the logits.

    >>> causality(lambda ids: np.eye(9)[ids])  # says again what it has just read
    causality: passed, the past does not move when the future changes (0.0e+00)
    >>> causality(lambda ids: np.eye(9)[np.roll(ids, -1, axis=1)])
    causality: FAILED, a later token moves an earlier position's logits, by 3.2 of their spread
    """
    subject = subject_of(model)
    if unfit := _unfit("causality", subject, causal=True):
        return unfit
    subject = subject.shaken()
    ids, others = _two_rows(subject)
    whole, most = subject.logits(ids), 0.0
    for t in range(1, subject.T):
        changed = np.concatenate([ids[:, :t], others[:, t:]], axis=1)
        most = max(most, _apart(subject.logits(changed)[:, :t], whole[:, :t]))
    good = "the past does not move when the future changes ({value:.1e})"
    bad = "a later token moves an earlier position's logits, by {value:.2g} of their spread"
    return within("causality", most, SAME, good, bad)


def prefix_loss(model: Any, ids: np.ndarray | None = None) -> Result:
    """Tell whether the loss is the same when each position gets only what came before it.

    In training all positions of a window are scored at once; in writing each stands at the end.
    Value: by how many nats the first loss is lower.

    Parameters
    ----------
    model
        See :func:`~tinytx.inspect.probes.probe`.
    ids
        (B, T + 1) ids of a text, to measure a trained model with; without them, random ids and
        shaken weights.

    Raises
    ------
    ValueError
        If ``ids`` have another shape, or the model does not know one of them.
    """
    subject = subject_of(model)
    if unfit := _unfit("prefix-only loss", subject, causal=True, drawn=ids is None):
        return unfit
    if ids is None:
        subject = subject.shaken()
        ids = subject.draw(4, np.random.default_rng(0))
    whole, alone = window_and_prefix_losses(subject, ids)
    apart, lower = float(np.abs(alone - whole).max()), float((alone - whole).mean())
    passed = bool(apart <= NATS)
    good = f"the loss needs no later token (at most {apart:.1e} nats at a position)"
    way = "higher" if lower > 0 else "lower"
    bad = f"from the prefix alone the loss is {abs(lower):.2f} nats {way}, at worst {apart:.2f}"
    return Result("prefix-only loss", passed, lower, good if passed else bad)


def window_and_prefix_losses(model: Any, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the losses (B, T) of windows (B, T + 1), at once and each from its prefix alone.

    Raises
    ------
    ValueError
        If ``ids`` have another shape, or the model does not know one of them.
    """
    subject, ids = subject_of(model), np.asarray(ids)
    if ids.ndim != 2 or ids.shape[1] < 2 or not len(ids):
        way = ": give ids[None]" if ids.ndim == 1 and len(ids) > 1 else ""
        raise ValueError(f"ids has shape {ids.shape} and must be (B, T + 1), T at least 1{way}")
    check_ids("ids", ids, subject.vocab_size)
    x, targets = ids[:, :-1], ids[:, 1:, None]
    whole = -np.take_along_axis(subject.log_probs(x), targets, -1)[..., 0]
    alone = np.empty_like(whole)
    for t in range(x.shape[1]):
        last = subject.log_probs(x[:, : t + 1])[:, -1]
        alone[:, t] = -np.take_along_axis(last, targets[:, t], -1)[:, 0]
    return whole, alone


def permutation(model: Any) -> Result:
    """Tell whether the order of the tokens before the last one matters.

    Value: how far the last position's logits move, over their spread, when two earlier tokens
    change places: the first two, or in a model with a ``window``, which the last position may not
    reach, the two before the last. A model of one block without positions gives 0. (With more
    blocks the causal mask alone tells the order, and so does a window of 2.)
    """
    subject = subject_of(model).shaken()
    if unfit := _unfit("permutation", subject, 4):
        return unfit
    window = getattr(subject.config, "window", None)
    if window == 1:
        return not_here("permutation", "the window is 1: a position sees no token before it")
    a, b = (0, 1) if window is None else (subject.T - 3, subject.T - 2)
    ids, others = _two_rows(subject)
    if ids[0, a] == ids[0, b]:
        ids[0, b] = others[0, b]
    swapped = ids.copy()
    swapped[:, [a, b]] = ids[:, [b, a]]
    moved = _apart(subject.logits(swapped)[:, -1:], subject.logits(ids)[:, -1:])
    meaning = f"two tokens change places and the last logits move by {moved:.2g} of their spread"
    return Result("permutation", SAME < moved < math.inf, moved, meaning)


def batch_independence(model: Any) -> Result:
    """Tell whether a text has the same logits alone, beside others, and in another row.

    Value: the largest difference, over the spread of the logits.
    """
    subject = subject_of(model).shaken()
    if unfit := _unfit("batch independence", subject, 1):
        return unfit
    rows = subject.draw(4, np.random.default_rng(1))
    order = np.array([2, 0, 3, 1])
    together = subject.logits(rows)
    alone = np.concatenate([subject.logits(row[None]) for row in rows])
    most = max(_apart(together, alone), _apart(subject.logits(rows[order]), together[order]))
    return within(
        "batch independence", most, SAME,
        "a text has the same logits in any company ({value:.1e})",
        "a text's logits depend on what else is in the batch, by {value:.2g} of their spread",
    )  # fmt: skip


def cached(model: Any, step_by_step: Callable[[np.ndarray], np.ndarray] | None = None) -> Result:
    """Tell whether reading token by token with a KV cache gives what reading at once gives.

    Parameters
    ----------
    model
        This package's cache is used for its own models, ``past_key_values`` for those of
        ``transformers``.
    step_by_step
        For any other: a function from ids (B, T) to the logits (B, T, V), by its cache.
    """
    subject = subject_of(model)
    if step_by_step is None:
        subject = subject.shaken()
    ids, _ = _two_rows(subject)
    found = cached_logits(subject, ids) if step_by_step is None else step_by_step(ids)
    if found is None:
        return not_here("cached equals uncached", "the model has no cache that is known here")
    return within(
        "cached equals uncached", _apart(np.asarray(found, float), subject.logits(ids)), SAME,
        "token by token, the logits are the same ({value:.1e})",
        "token by token, the logits are others, by {value:.2g} of their spread",
    )  # fmt: skip


def _unfit(
    name: str, subject: Subject, least: int = 2, causal: bool = False, drawn: bool = True
) -> Result | None:
    """Return why a probe tells nothing of a model; None if it does.

    ``least`` positions are needed where texts are drawn, and two ids, or all texts were the same.
    """
    if causal and getattr(subject.config, "causal", True) is False:
        return not_here(name, "the configuration says that the model is not causal")
    length = subject.T
    if drawn and length < least:
        return too_short(name, length, least)
    if drawn and len(subject.known) < 2:
        return not_here(name, "texts may hold one id alone, and two are needed")
    return None


def _two_rows(subject: Subject) -> tuple[np.ndarray, np.ndarray]:
    """Return random ids (1, T), and others that differ from them everywhere."""
    rng = np.random.default_rng(0)
    ids, others = subject.draw(1, rng), subject.draw(1, rng)
    for _ in range(100):
        if (same := ids == others).any():
            others = np.where(same, subject.draw(1, rng), others)
    return ids, others


def _apart(a: np.ndarray, b: np.ndarray) -> float:
    """Return the largest difference of two arrays over the spread of the second; inf for nan."""
    spread = float(b.std()) or 1.0
    apart = float(np.abs(a - b).max()) / spread
    return math.inf if math.isnan(apart) else apart  # which max() would drop
