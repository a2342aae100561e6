"""The check of ``head_outputs(out, w_o)``: what each head alone adds to the layer's result."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Property

Array = np.ndarray

# Two heads of one number; two heads of two, square, so that rows for columns can run; then more
# columns than rows, more rows than columns, and one head alone. Then all sizes two, twice, and at
# the end all sizes different, the last one a view, as a split leaves it.
CASES = [
    (np.array([[[[1.0]], [[2.0]]]]), np.array([[3.0, 1.0], [0.0, 4.0]])),
    (np.array([[[[1.0]], [[2.0]]]]), np.array([[2.0, 5.0]])),
    (np.array([[[[1.0], [2.0]], [[3.0], [0.0]]]]), np.array([[1.0, 2.0], [5.0, 3.0]])),
    (np.array([[[[1.0, 2.0], [0.0, 3.0]]]]), np.array([[1.0, 4.0], [2.0, 0.0], [5.0, 1.0]])),
    (np.array([[[[1.0, 2.0]], [[3.0, 1.0]]]]),
     np.array([[1.0, 0.0, 2.0, 5.0], [3.0, 1.0, 0.0, 4.0]])),
    (np.array([[[[1.0, 2.0]], [[3.0, 1.0]]]]),
     np.array([[1.0, 0.0, 2.0, 5.0], [3.0, 1.0, 0.0, 4.0], [0.0, 6.0, 1.0, 2.0],
               [2.0, 1.0, 3.0, 0.0]])),
    (draw(2, 2, 2, 2, seed=1), draw(2, 4, seed=2)),
    (draw(2, 2, 2, 2, seed=7), draw(2, 4, seed=8)),
    (draw(2, 2, 2, 2, seed=1), draw(4, 4, seed=2)),
    (draw(2, 3, 5, 4, seed=3), draw(7, 12, seed=4)),
    (draw(3, 2, 4, 5, seed=5), draw(13, 10, seed=6)),
    (draw(2, 5, 3, 4, seed=9).swapaxes(1, 2), draw(7, 12, seed=10)),
    (draw(1, 2, 11, 2, seed=11), draw(3, 4, seed=12)),
]  # fmt: skip


def _adds_up(parts: Array, out: Array, w_o: Array) -> bool:
    H, Dh = out.shape[1], out.shape[3]
    whole = sum(out[:, h] @ w_o[:, h * Dh : (h + 1) * Dh].T for h in range(H))
    return bool(np.allclose(parts.sum(axis=1), whole, rtol=1e-4, atol=1e-5))


def _own_numbers(parts: Array, out: Array, w_o: Array) -> bool:
    """Return whether each head's vectors lie in what its Dh columns can write."""
    H, Dh = out.shape[1], out.shape[3]
    for h in range(H):
        columns = w_o[:, h * Dh : (h + 1) * Dh]
        written = parts[:, h].reshape(-1, len(w_o)).T  # (D, B * T)
        rest = written - columns @ np.linalg.lstsq(columns, written, rcond=None)[0]
        if np.abs(rest).max() > 1e-4:
            return False
    return True


check = Check.of(
    __file__,
    "head_outputs(out, w_o)",
    CASES,
    "The output projection is a sum over heads",
    properties=(
        Property(
            "added up over the heads, the parts have to be the result of the whole layer",
            _adds_up,
        ),
        Property(
            "a head can write nothing but mixtures of its own columns of w_o",
            _own_numbers,
        ),
    ),
    errors={
        "^ValueError.*(matmul|einsum|operands|broadcast)": "Write down the two shapes that meet in"
        " your product: Dh numbers of one head on the left, and on the right?",
        "^ValueError.*(reshape|axes)": "`out` is (B, H, T, Dh) and w_o is (D, H · Dh). D need not"
        " be H · Dh.",
    },
)
