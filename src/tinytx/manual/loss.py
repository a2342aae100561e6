"""Cross-entropy: how surprised the model is by what really came next, in nats."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .reduce import row_sum
from .shapes import check_float, check_ids, check_integers, check_shape
from .softmax import shifted

IGNORE_INDEX = -100  # PyTorch's value for "do not count this position"


class CrossEntropySaved(NamedTuple):
    """What :func:`cross_entropy_backward` needs."""

    probs: np.ndarray  # (..., V)
    targets: np.ndarray  # (N,), 0 where ignored
    counted: np.ndarray  # (N,), True where not ignored
    count: int  # type: ignore[assignment]  # how many are; it hides tuple.count
    divisor: int  # count, or 1 of a sum


def cross_entropy_forward(
    logits: np.ndarray,
    targets: np.ndarray,
    ignore_index: int = IGNORE_INDEX,
    *,
    reduction: str = "mean",
) -> tuple[np.floating, CrossEntropySaved]:
    """Return the mean of ``-log softmax(logits)[target]`` over the positions that count.

    The logarithm is taken of the sum, never of a single probability: ``log(exp(x) / total)`` is
    ``x - log(total)``, which stays finite when the probability is too small for a float.

    Parameters
    ----------
    logits
        (..., V).
    targets
        (...), the right ids, or ``ignore_index`` where a position does not count.
    ignore_index
        Marks padding.
    reduction
        ``"mean"``, or ``"sum"`` over the positions that count, of which there may then be none;
        :func:`count_targets` says how many there are.

    Returns
    -------
    loss, saved
        In nats.

    Raises
    ------
    ValueError
        If shapes, dtypes or ids do not fit, ``reduction`` is another, or no position counts: there
        is no mean of nothing.

    >>> loss, _ = cross_entropy_forward(np.zeros((2, 8)), np.array([3, -100]))
    >>> print(f"{loss:.4f} = log 8")
    2.0794 = log 8
    """
    check_float("logits", logits)
    check_reduction(reduction)
    V = logits.shape[-1] if logits.ndim else 0
    if not logits.size:
        raise ValueError(f"logits has shape {logits.shape} and must hold at least one number")
    check_integers("targets", targets)
    check_shape("targets", targets, logits.shape[:-1])
    targets = targets.reshape(-1)
    counted, count = targets != ignore_index, count_targets(targets, ignore_index)
    if count == 0 and reduction == "mean":
        raise ValueError(
            f"targets has {targets.size} positions, all of them ignore_index {ignore_index}, "
            "and must have at least one that counts"
        )
    if count < targets.size:
        targets = np.where(counted, targets, 0)
    check_ids("targets", targets, V)
    x = shifted(logits).reshape(-1, V)  # (N, V)
    probs = np.exp(x)
    total = row_sum(probs)  # (N, 1)
    probs /= total
    losses = np.log(total[:, 0]) - x[np.arange(len(targets)), targets]
    if count < len(losses):
        losses = losses[counted]
    divisor = count if reduction == "mean" else 1
    loss = losses.sum() / logits.dtype.type(divisor)
    return loss, CrossEntropySaved(probs.reshape(logits.shape), targets, counted, count, divisor)


def cross_entropy_backward(dloss: float, saved: CrossEntropySaved) -> np.ndarray:
    """Return ``dlogits``: what the model said less what was right, over the count of a mean.

    Pass ``dloss`` 1. To accumulate over the parts of a batch, take the *sum* of each, and pass 1
    over the positions that count in all parts: 1/n for each of n means is right only if they count
    equally many. (Of parts with 2 and with 14, it gives the 2 a weight four times too large.)

    >>> logits, targets = np.zeros((3, 8)), np.array([5, -100, 2])
    >>> n, dlogits = count_targets(targets), []
    >>> for z, t in [(logits[:1], targets[:1]), (logits[1:], targets[1:])]:
    ...     _, saved = cross_entropy_forward(z, t, reduction="sum")
    ...     dlogits.append(cross_entropy_backward(1 / n, saved))
    >>> _, whole = cross_entropy_forward(logits, targets)
    >>> bool(np.allclose(np.concatenate(dlogits), cross_entropy_backward(1.0, whole)))
    True
    """
    probs, targets, counted, count, divisor = saved
    scale = float(dloss) / divisor
    # losses = log(sum(exp(x))) - x[target], and the derivative of the first is softmax
    dlogits = probs * scale
    rows = dlogits.reshape(-1, dlogits.shape[-1])
    rows[np.arange(len(targets)), targets] -= scale
    # loss = losses[counted].sum() / divisor
    if count < len(targets):
        rows[~counted] = 0
    return dlogits


def count_targets(targets: np.ndarray, ignore_index: int = IGNORE_INDEX) -> int:
    """Return how many of ``targets`` (...) count."""
    check_integers("targets", targets)
    return int(np.count_nonzero(targets != ignore_index))


def check_reduction(reduction: str) -> None:
    """Refuse what is neither ``"mean"`` nor ``"sum"``."""
    if reduction not in ("mean", "sum"):
        raise ValueError(f"reduction is {reduction!r} and must be 'mean' or 'sum'")
