"""The linear layer: every output is a weighted sum of the inputs, plus a bias."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from .module import normal


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return ``x @ weight.T + bias``, (..., in) to (..., out), in one call.

    The weight is (out, in): row ``o`` is what output ``o`` looks for.
    """
    return functional.linear(x, weight, bias)


class Linear(nn.Module):
    """A linear layer with its parameters: ``weight`` (out, in) and ``bias`` (out,) or None.

    Fresh weights are normal with standard deviation ``std``, the bias is zero (GPT-2).
    """

    def __init__(
        self,
        d_in: int,
        d_out: int,
        generator: torch.Generator | None = None,
        *,
        bias: bool = True,
        std: float = 0.02,
        dtype: torch.dtype | None = None,
        device: torch.device | str | None = None,
    ):
        super().__init__()
        self.weight = normal((d_out, d_in), std, generator, dtype, device)
        self.bias = nn.Parameter(torch.zeros(d_out, dtype=dtype, device=device)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., in) to (..., out)."""
        return linear(x, self.weight, self.bias)
