"""Dropout: in training each activation is dropped with probability p, so none is relied upon."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from ..manual.dropout import check_share


def dropout(x: Tensor, p: float) -> Tensor:
    """Return ``x`` with a share ``p`` of its entries zero and the others divided by ``1 - p``.

    The draws come from PyTorch's generator of the device that ``x`` is on, which
    ``torch.manual_seed`` sets. With ``p = 0`` the result is ``x``, and nothing is drawn.

    Raises
    ------
    ValueError
        If ``p`` is out of range.

    Source: Srivastava et al. 2014.
    """
    check_share(p)
    return functional.dropout(x, p) if p else x


class Dropout(nn.Module):
    """Dropout in training mode; in evaluation mode the identity."""

    def __init__(self, p: float):
        super().__init__()
        check_share(p)
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """Drop entries of (...)."""
        return dropout(x, self.p) if self.training else x
