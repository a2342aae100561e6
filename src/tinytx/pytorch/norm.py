"""Layer normalization: each token's vector is brought to mean 0 and variance 1, then rescaled."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..manual.norm import EPS


def layernorm(x: Tensor, weight: Tensor, bias: Tensor | None = None, eps: float = EPS) -> Tensor:
    """Return ``(x - mean) / sqrt(var + eps) * weight + bias`` over the last dimension.

    The variance divides by D, not D - 1. One fused call: written out it is seven passes over
    memory. Source: Ba, Kiros, Hinton 2016, equation 4.
    """
    return functional.layer_norm(x, weight.shape, weight, bias, eps)


class LayerNorm(nn.Module):
    """Layer normalization with its parameters: ``weight`` (D,) and ``bias`` (D,) or None."""

    def __init__(
        self,
        d_model: int,
        *,
        bias: bool = True,
        dtype: torch.dtype | None = None,
        device: torch.device | str | None = None,
    ):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(d_model, dtype=dtype, device=device))
        self.bias = nn.Parameter(torch.zeros(d_model, dtype=dtype, device=device)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        """Normalize each vector of (..., D)."""
        return layernorm(x, self.weight, self.bias)
