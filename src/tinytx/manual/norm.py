"""Layer normalization: each token's vector is brought to mean 0 and variance 1, then rescaled.

RMS normalization, below it, leaves the mean where it is: it only brings the vector to one length.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from ..config import GPTConfig
from .module import Module, Parameter
from .reduce import column_sum, row_mean
from .shapes import check_dtype, check_floats, check_last, check_shape

EPS = 1e-5  # keeps a constant vector from a division by zero; GPT-2's and PyTorch's value


class LayerNormSaved(NamedTuple):
    """What :func:`layernorm_backward` needs."""

    xhat: np.ndarray  # (..., D), the normalized input
    rstd: np.ndarray  # (..., 1), one over the standard deviation
    weight: np.ndarray  # (D,)
    has_bias: bool


def layernorm_forward(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None, eps: float = EPS
) -> tuple[np.ndarray, LayerNormSaved]:
    """Return ``(x - mean) / sqrt(var + eps) * weight + bias`` over the last dimension.

    Each token is treated alone, so nothing depends on the batch or on other positions. The
    variance divides by D, not D - 1. Source: Ba, Kiros, Hinton 2016, equation 4.

    Parameters
    ----------
    x
        (..., D).
    weight, bias
        (D,); the bias may be None.
    eps
        Added to the variance.

    Raises
    ------
    ValueError
        If a shape or a dtype does not fit.
    """
    check_floats("weight", weight, 1, "(D,)")
    check_last("x", x, len(weight), "the weight's D")
    check_dtype("x", x, weight.dtype, "weight")
    centred = x - row_mean(x)
    variance = row_mean(centred * centred)  # (..., 1)
    rstd = 1 / np.sqrt(variance + eps)
    centred *= rstd
    xhat = centred
    y = xhat * weight
    if bias is not None:
        check_shape("bias", bias, weight.shape)
        y += bias
    return y, LayerNormSaved(xhat, rstd, weight, bias is not None)


def layernorm_backward(
    dy: np.ndarray, saved: LayerNormSaved
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Return ``dx``, ``dweight``, ``dbias`` (None without a bias).

    Two directions are taken out of ``dx``: the row's mean and ``xhat`` itself. Moving ``x`` along
    either changes nothing in ``y``: normalization undoes it.
    """
    xhat, rstd, weight, has_bias = saved
    check_shape("dy", dy, xhat.shape)
    # y += bias
    dbias = column_sum(dy) if has_bias else None
    # y = xhat * weight
    dweight = column_sum(dy * xhat)
    dxhat = dy * weight
    # xhat = (x - mean) * rstd, where mean and rstd depend on every entry of the row
    along_xhat = row_mean(dxhat * xhat)
    dx = dxhat
    dx -= row_mean(dxhat)
    dx -= xhat * along_xhat
    dx *= rstd
    return dx, dweight, dbias


class RMSNormSaved(NamedTuple):
    """What :func:`rmsnorm_backward` needs."""

    xhat: np.ndarray  # (..., D), the normalized input
    rrms: np.ndarray  # (..., 1), one over the root of the mean square
    weight: np.ndarray  # (D,)


def rmsnorm_forward(
    x: np.ndarray, weight: np.ndarray, eps: float = EPS
) -> tuple[np.ndarray, RMSNormSaved]:
    """Return ``x / sqrt(mean(x**2) + eps) * weight`` over the last dimension.

    Layer normalization without its mean and its bias: what is left is that the length of ``x`` does
    not matter. The mean of squares divides by D. Source: Zhang and Sennrich 2019, equation 4; there
    without ``eps``, which PyTorch and Llama add as here.

    Parameters
    ----------
    x
        (..., D).
    weight
        (D,).
    eps
        Added to the mean of squares.

    Raises
    ------
    ValueError
        If a shape or a dtype does not fit.
    """
    check_floats("weight", weight, 1, "(D,)")
    check_last("x", x, len(weight), "the weight's D")
    check_dtype("x", x, weight.dtype, "weight")
    rrms = 1 / np.sqrt(row_mean(x * x) + eps)  # (..., 1)
    xhat = x * rrms
    return xhat * weight, RMSNormSaved(xhat, rrms, weight)


def rmsnorm_backward(dy: np.ndarray, saved: RMSNormSaved) -> tuple[np.ndarray, np.ndarray]:
    """Return ``dx`` and ``dweight``.

    One direction is taken out of ``dx``: ``xhat`` itself. A longer ``x`` changes nothing in ``y``.
    """
    xhat, rrms, weight = saved
    check_shape("dy", dy, xhat.shape)
    # y = xhat * weight
    dweight = column_sum(dy * xhat)
    dxhat = dy * weight
    # xhat = x * rrms, where rrms depends on every entry of the row
    dx = dxhat - xhat * row_mean(dxhat * xhat)
    dx *= rrms
    return dx, dweight


class LayerNorm(Module):
    """Layer normalization with its parameters: ``weight`` (D,) and ``bias`` (D,) or None."""

    def __init__(
        self, d_model: int, *, bias: bool = True, eps: float = EPS, dtype: DTypeLike = np.float32
    ):
        self.weight = Parameter(np.ones(d_model, dtype))
        self.bias = Parameter(np.zeros(d_model, dtype)) if bias else None
        self.eps = eps

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Normalize each vector of (..., D)."""
        bias = None if self.bias is None else self.bias.data
        y, saved = layernorm_forward(x, self.weight.data, bias, self.eps)
        self.keep(saved)
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """Return the gradient of the input, (..., D)."""
        dx, dweight, dbias = layernorm_backward(dy, self.take())
        self.weight.grad += dweight
        if self.bias is not None:
            self.bias.grad += dbias
        return dx


class RMSNorm(Module):
    """RMS normalization with its parameter: ``weight`` (D,). It has no bias."""

    def __init__(self, d_model: int, *, eps: float = EPS, dtype: DTypeLike = np.float32):
        self.weight = Parameter(np.ones(d_model, dtype))
        self.eps = eps

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Bring each vector of (..., D) to one length."""
        y, saved = rmsnorm_forward(x, self.weight.data, self.eps)
        self.keep(saved)
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """Return the gradient of the input, (..., D)."""
        dx, dweight = rmsnorm_backward(dy, self.take())
        self.weight.grad += dweight
        return dx


def make_norm(config: GPTConfig, dtype: DTypeLike = np.float32) -> LayerNorm | RMSNorm:
    """Return a fresh norm of the residual stream, of the configuration's kind."""
    if config.norm_kind == "rms":
        return RMSNorm(config.d_model, eps=config.norm_eps, dtype=dtype)
    return LayerNorm(config.d_model, bias=config.bias, eps=config.norm_eps, dtype=dtype)
