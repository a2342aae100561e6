"""The check of ``multi_head_attention(x, w_qkv, w_o, n_head)``: the whole layer, causal."""

from __future__ import annotations

import numpy as np

from ..check import Check
from ..verdict import Property
from .inputs import CASES

Array = np.ndarray


def _first_reads_itself(out: Array, x: Array, w_qkv: Array, w_o: Array, n_head: int) -> bool:
    width = len(w_qkv) // 3
    alone = x[:, 0] @ w_qkv[2 * width :].T @ w_o.T  # (B, D)
    return bool(np.allclose(out[:, 0], alone, rtol=1e-4, atol=1e-5))


check = Check.of(
    __file__,
    "multi_head_attention(x, w_qkv, w_o, n_head)",
    CASES,
    "The whole layer",
    properties=(
        Property(
            "position 0 sees nothing but itself: its result has to be its own values, through w_o",
            _first_reads_itself,
        ),
    ),
    errors={
        "^ValueError.*(matmul|einsum|operands|broadcast)": "Write down the two shapes that meet"
        " here. x is (B, T, D), w_qkv (3 · H · Dh, D) and w_o (D, H · Dh); D and H · Dh may"
        " differ. And `.T` turns all axes of an array round, not the last two.",
        "^ValueError.*(reshape|divi)": "What is cut into heads is H · Dh wide, and D may be"
        " something else.",
        "^ValueError.*axes don't match": "NumPy's `transpose` wants all axes in their new order. To"
        " let two change places, use `swapaxes`.",
    },
    own=("Attention.forward",),
)
