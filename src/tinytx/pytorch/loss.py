"""Cross-entropy: how surprised the model is by what really came next, in nats."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from ..manual.loss import IGNORE_INDEX, check_reduction
from .shapes import bounds, check_device, check_float, check_ids, check_integers


def cross_entropy(
    logits: Tensor,
    targets: Tensor,
    ignore_index: int = IGNORE_INDEX,
    *,
    reduction: str = "mean",
) -> Tensor:
    """Return the mean of ``-log softmax(logits)[target]`` over the positions that count.

    Half-precision logits are widened first: a sum of many small probabilities needs the digits.

    To accumulate the gradient of a batch that is too large, call it with ``reduction="sum"`` on
    each part of the batch, and divide once, by the positions that count in all parts: the mean of
    means is another number as soon as they do not count equally many.

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

    Raises
    ------
    ValueError
        If shapes, dtypes or devices do not fit, ``reduction`` is another or, where that can be
        seen, a target is out of range or there is no position to take the mean over.

    >>> import torch
    >>> logits, targets = torch.zeros(3, 8), torch.tensor([5, -100, 2])
    >>> total = sum(cross_entropy(logits[i], targets[i], reduction="sum") for i in range(3))
    >>> float(total / count_targets(targets) - cross_entropy(logits, targets))
    0.0
    """
    check_float("logits", logits)
    check_integers("targets", targets)
    check_reduction(reduction)
    if targets.shape != logits.shape[:-1]:
        raise ValueError(
            f"targets has shape {tuple(targets.shape)} and must have {tuple(logits.shape[:-1])}"
        )
    check_device("targets", targets, logits.device, "logits")
    if not targets.numel() or bounds(targets) is not None:
        _check_values(targets, logits.shape[-1], ignore_index, reduction)
    logits = logits.float() if logits.dtype.itemsize < 4 else logits
    return functional.cross_entropy(
        logits.reshape(-1, logits.shape[-1]),
        targets.flatten().long(),
        ignore_index=ignore_index,
        reduction=reduction,
    )


def count_targets(targets: Tensor, ignore_index: int = IGNORE_INDEX) -> Tensor:
    """Return how many of ``targets`` (...) count: a tensor (), so that a GPU is not waited for."""
    check_integers("targets", targets)
    return (targets != ignore_index).sum()


def _check_values(targets: Tensor, V: int, ignore_index: int, reduction: str) -> None:
    counted = targets[targets != ignore_index]
    if not counted.numel() and reduction == "mean":
        raise ValueError(
            f"targets has {targets.numel()} positions, all of them ignore_index {ignore_index}, "
            "and must have at least one that counts"
        )
    check_ids("targets", counted, V)
