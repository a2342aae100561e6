"""Weights as whole numbers from -127 to 127: a quarter of float32's bytes, in a page.

The rounding is that of ``manual/int8.py``, for whatever holds numbers. Vectors (biases and the
norms' weights) stay as they are: of the tales model's numbers they are 0.7 %.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...manual.int8 import dequantize_rows, quantize_rows
from ..arrays import plain


def quantize(array: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the nearest whole numbers, and what each row of them is to be multiplied by.

    No entry moves by more than half its row's scale, up to rounding.

    Parameters
    ----------
    array
        (rows, columns), real and finite: an array or a tensor.

    Returns
    -------
    integers
        (rows, columns), int8.
    scale
        (rows,), float32; 0 for a row of zeros.

    Raises
    ------
    ValueError
        If it is not a matrix of finite numbers within float32.

    >>> integers, scale = quantize([[0.5, -1.0], [0.0, 0.0]])
    >>> integers
    array([[  64, -127],
           [   0,    0]], dtype=int8)
    >>> dequantize(integers, scale).round(3)
    array([[ 0.504, -1.   ],
           [ 0.   ,  0.   ]], dtype=float32)
    """
    values = plain("array", array)
    if values.ndim != 2 or not values.size:
        raise ValueError(f"array has shape {values.shape} and must be a matrix, (rows, columns)")
    if values.dtype.kind not in "iuf":
        raise ValueError(f"array is {values.dtype} and must be real numbers: convert it to float32")
    try:
        return quantize_rows(values.astype(np.float64))
    except ValueError as error:  # it calls a weight what is an array here
        raise ValueError(str(error).replace("weight", "array", 1)) from None


def dequantize(integers: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Return the numbers, float32, that (rows, columns) int8 and (rows,) float32 stand for."""
    return dequantize_rows(integers, np.asarray(scale, np.float32))


def quantized_state(model: Any) -> dict[str, np.ndarray]:
    """Return a model's state dict as the page has it, float32: matrices through int8.

    ``model.load_state_dict(quantized_state(model))`` makes it the page's model, in NumPy; for
    PyTorch make tensors of the arrays first.
    """
    state = {name: plain(name, value) for name, value in model.state_dict().items()}
    return {
        name: dequantize(*quantize(value)) if value.ndim == 2 else value.astype(np.float32)
        for name, value in state.items()
    }
