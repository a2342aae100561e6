"""Layer normalization: each token's vector is brought to mean 0 and variance 1, then rescaled."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from .module import Module, Parameter
from .reduce import column_sum, row_mean
from .shapes import check_dtype, check_last, check_shape

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


class LayerNorm(Module):
    """Layer normalization with its parameters: ``weight`` (D,) and ``bias`` (D,) or None."""

    def __init__(self, d_model: int, *, bias: bool = True, dtype: DTypeLike = np.float32):
        self.weight = Parameter(np.ones(d_model, dtype))
        self.bias = Parameter(np.zeros(d_model, dtype)) if bias else None

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Normalize each vector of (..., D)."""
        bias = None if self.bias is None else self.bias.data
        y, saved = layernorm_forward(x, self.weight.data, bias)
        self.keep(saved)
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """Return the gradient of the input, (..., D)."""
        dx, dweight, dbias = layernorm_backward(dy, self.take())
        self.weight.grad += dweight
        if self.bias is not None:
            self.bias.grad += dbias
        return dx
