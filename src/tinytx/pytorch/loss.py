"""Cross-entropy: how surprised the model is by what really came next, in nats."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from ..manual.loss import IGNORE_INDEX
from .shapes import check_integers, readable


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
        If shapes or dtypes do not fit or, where that can be seen, no position counts.
    """
    check_integers("targets", targets)
    if targets.shape != logits.shape[:-1]:
        raise ValueError(
            f"targets has shape {tuple(targets.shape)} and must have {tuple(logits.shape[:-1])}"
        )
    if readable(targets) and bool((targets == ignore_index).all()):
        raise ValueError(
            f"targets has {targets.numel()} positions, all of them ignore_index {ignore_index}, "
            "and must have at least one that counts"
        )
    logits = logits.float() if logits.dtype.itemsize < 4 else logits
    return functional.cross_entropy(
        logits.flatten(0, -2), targets.flatten().long(), ignore_index=ignore_index
    )
