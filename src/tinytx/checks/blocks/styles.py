"""Right answers of chapter 05 in other styles, for mistakes that belong to those."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def layernorm__rows(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray, eps: float = 1e-5
) -> np.ndarray:
    """Take one row after the other."""
    out = np.empty_like(x)
    for at in np.ndindex(x.shape[:-1]):
        row = x[at]
        out[at] = (row - row.mean()) / np.sqrt(row.var() + eps) * weight + bias
    return out


def mlp__positions(
    x: np.ndarray,
    up_weight: np.ndarray,
    up_bias: np.ndarray,
    down_weight: np.ndarray,
    down_bias: np.ndarray,
) -> np.ndarray:
    """Take one position after the other."""
    out = np.zeros_like(x)
    for at in np.ndindex(x.shape[:-1]):
        hidden = up_weight @ x[at] + up_bias
        out[at] = down_weight @ np.maximum(hidden, 0) + down_bias
    return out


def pre_norm__blocks(
    x: np.ndarray,
    parts: list[Callable[[np.ndarray], np.ndarray]],
    norms: list[Callable[[np.ndarray], np.ndarray]],
    ln_f: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    """Take one block, of two parts, after the other; the last may have one part only."""
    for i in range(0, len(parts), 2):
        x = x + parts[i](norms[i](x))
        if i + 1 < len(parts):
            x = x + parts[i + 1](norms[i + 1](x))
    return ln_f(x)
