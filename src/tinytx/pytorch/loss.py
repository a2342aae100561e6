"""Cross-entropy: how surprised the model is by what really came next, in nats."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from ..manual.loss import IGNORE_INDEX
from .shapes import check_float, check_ids, check_integers, readable


def cross_entropy(logits: Tensor, targets: Tensor, ignore_index: int = IGNORE_INDEX) -> Tensor:
    """Return the mean of ``-log softmax(logits)[target]`` over the positions that count.

    Half-precision logits are widened first: a sum of many small probabilities needs the digits.

    Parameters
    ----------
    logits
        (..., V).
    targets
        (...), the right ids, or ``ignore_index`` where a position does not count.
    ignore_index
        Marks padding.

    Raises
    ------
    ValueError
        If shapes or dtypes do not fit or, where that can be seen, a target is out of range or no
        position counts.
    """
    check_float("logits", logits)
    check_integers("targets", targets)
    if targets.shape != logits.shape[:-1]:
        raise ValueError(
            f"targets has shape {tuple(targets.shape)} and must have {tuple(logits.shape[:-1])}"
        )
    if readable(targets):
        _check_values(targets, logits.shape[-1], ignore_index)
    logits = logits.float() if logits.dtype.itemsize < 4 else logits
    return functional.cross_entropy(
        logits.flatten(0, -2), targets.flatten().long(), ignore_index=ignore_index
    )


def _check_values(targets: Tensor, V: int, ignore_index: int) -> None:
    counted = targets[targets != ignore_index]
    if not counted.numel():
        raise ValueError(
            f"targets has {targets.numel()} positions, all of them ignore_index {ignore_index}, "
            "and must have at least one that counts"
        )
    check_ids("targets", counted, V)
