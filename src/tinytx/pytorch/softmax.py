"""Softmax: any numbers become positive ones that sum to one, larger for larger."""

from __future__ import annotations

from torch import Tensor


def softmax(x: Tensor, mask: Tensor | None = None) -> Tensor:
    """Return ``exp(x) / exp(x).sum(-1)`` over the last dimension of (..., S).

    Where ``mask`` is False the result is exactly zero, and in a row with nothing that counts all
    of it is. Such a row is not set to -inf, whose softmax is not a number, but left as it is and
    multiplied by zero afterwards: then its gradient is zero too.
    """
    if mask is None:
        return x.softmax(-1)
    return x.masked_fill(~(mask | nothing(mask)), -float("inf")).softmax(-1) * mask


def nothing(mask: Tensor) -> Tensor:
    """Return (..., 1), True in the rows of ``mask`` (..., S) where nothing counts."""
    return ~mask.any(-1, keepdim=True)
