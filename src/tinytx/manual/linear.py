"""The linear layer: every output is a weighted sum of the inputs, plus a bias."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from .module import Module, Parameter
from .reduce import column_sum
from .shapes import check_dtype, check_floats, check_last, check_shape


class LinearSaved(NamedTuple):
    """What :func:`linear_backward` needs."""

    x: np.ndarray  # (..., in)
    weight: np.ndarray  # (out, in)
    has_bias: bool


def linear_forward(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None
) -> tuple[np.ndarray, LinearSaved]:
    """Return ``x @ weight.T + bias``.

    The weight is (out, in), as in ``nn.Linear``: row ``o`` is what output ``o`` looks for.

    Parameters
    ----------
    x
        (..., in).
    weight
        (out, in).
    bias
        (out,), or None.

    Raises
    ------
    ValueError
        If a shape or a dtype does not fit.
    """
    check_floats("weight", weight, 2, "(out, in)")
    check_last("x", x, weight.shape[1], "the weight's in")
    check_dtype("x", x, weight.dtype, "weight")
    # One product of two matrices: a 3-d x would be multiplied row block by row block instead,
    # (32, 20, 64) by (256, 64): 32 small products in place of one large one.
    y = x.reshape(-1, x.shape[-1]) @ weight.T
    if bias is not None:
        check_shape("bias", bias, weight.shape[:1])
        y += bias
    return y.reshape(*x.shape[:-1], len(weight)), LinearSaved(x, weight, bias is not None)


def linear_backward(
    dy: np.ndarray, saved: LinearSaved
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Return ``dx``, ``dweight``, ``dbias`` (None without a bias)."""
    x, weight, has_bias = saved
    check_shape("dy", dy, (*x.shape[:-1], len(weight)))
    dy_rows = dy.reshape(-1, len(weight))  # (N, out)
    # y += bias: every row received the same bias, so the rows' gradients add up
    dbias = column_sum(dy_rows) if has_bias else None
    # y = x @ weight.T
    dweight = dy_rows.T @ x.reshape(-1, x.shape[-1])  # (out, N) @ (N, in)
    dx = (dy_rows @ weight).reshape(x.shape)
    return dx, dweight, dbias


class Linear(Module):
    """A linear layer with its parameters: ``weight`` (out, in) and ``bias`` (out,) or None.

    Fresh weights are normal with standard deviation ``std``, the bias is zero (GPT-2).
    """

    def __init__(
        self,
        d_in: int,
        d_out: int,
        rng: np.random.Generator,
        *,
        bias: bool = True,
        std: float = 0.02,
        dtype: DTypeLike = np.float32,
    ):
        self.weight = Parameter.normal((d_out, d_in), std, rng, dtype)
        self.bias = Parameter(np.zeros(d_out, dtype)) if bias else None

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Map (..., in) to (..., out)."""
        bias = None if self.bias is None else self.bias.data
        y, saved = linear_forward(x, self.weight.data, bias)
        self.keep(saved)
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """Map the gradient (..., out) back to (..., in)."""
        dx, dweight, dbias = linear_backward(dy, self.take())
        self.weight.grad += dweight
        if self.bias is not None:
            self.bias.grad += dbias
        return dx
