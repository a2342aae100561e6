"""From a tensor, wherever it lies, to an array of NumPy that can be chosen by."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def to_numpy(x: Tensor) -> np.ndarray:
    """Return ``x`` as an array; NumPy knows no bfloat16, and half is too narrow to choose by."""
    return (x if x.dtype == torch.float64 else x.float()).cpu().numpy()
