"""Layer normalization: each token's vector is brought to mean 0 and variance 1, then rescaled.

RMS normalization, below it, leaves the mean where it is: it only brings the vector to one length.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..config import GPTConfig
from ..manual.norm import EPS


def layernorm(x: Tensor, weight: Tensor, bias: Tensor | None = None, eps: float = EPS) -> Tensor:
    """Return ``(x - mean) / sqrt(var + eps) * weight + bias`` over the last dimension.

    The variance divides by D, not D - 1. One fused call: written out it is seven passes over
    memory. Source: Ba, Kiros, Hinton 2016, equation 4.
    """
    return functional.layer_norm(x, weight.shape, weight, bias, eps)


def rmsnorm(x: Tensor, weight: Tensor, eps: float = EPS) -> Tensor:
    """Return ``x / sqrt(mean(x**2) + eps) * weight`` over the last dimension.

    Under autocast ``x`` is narrower than the weight, and widened first, as autocast does for
    :func:`layernorm`. Source: Zhang and Sennrich 2019, equation 4.
    """
    return functional.rms_norm(x.to(weight.dtype), weight.shape, weight, eps)


class LayerNorm(nn.Module):
    """Layer normalization with its parameters: ``weight`` (D,) and ``bias`` (D,) or None."""

    def __init__(
        self,
        d_model: int,
        *,
        bias: bool = True,
        eps: float = EPS,
        dtype: torch.dtype | None = None,
        device: torch.device | str | None = None,
    ):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(d_model, dtype=dtype, device=device))
        self.bias = nn.Parameter(torch.zeros(d_model, dtype=dtype, device=device)) if bias else None
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """Normalize each vector of (..., D)."""
        return layernorm(x, self.weight, self.bias, self.eps)


class RMSNorm(nn.Module):
    """RMS normalization with its parameter: ``weight`` (D,). It has no bias."""

    def __init__(
        self,
        d_model: int,
        *,
        eps: float = EPS,
        dtype: torch.dtype | None = None,
        device: torch.device | str | None = None,
    ):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(d_model, dtype=dtype, device=device))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """Bring each vector of (..., D) to one length."""
        return rmsnorm(x, self.weight, self.eps)


def make_norm(config: GPTConfig, **place: Any) -> LayerNorm | RMSNorm:
    """Return a fresh norm of the residual stream, of the configuration's kind."""
    if config.norm_kind == "rms":
        return RMSNorm(config.d_model, eps=config.norm_eps, **place)
    return LayerNorm(config.d_model, bias=config.bias, eps=config.norm_eps, **place)
