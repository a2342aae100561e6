"""The check of ``decoded(q, k, v, keys, values, base)``: one token with a cache, and two bugs."""

from __future__ import annotations

import numpy as np

from ..arrays import draw
from ..check import Check
from ..verdict import Property

Array = np.ndarray


def _case(H: int, n_kv: int, P: int, Dh: int, base: float, seed: int, scale: float = 1.0) -> tuple:
    q = draw(H, Dh, seed=seed, scale=scale)
    k, v = draw(n_kv, Dh, seed=seed + 1, scale=scale), draw(n_kv, Dh, seed=seed + 2)
    keys, values = (
        draw(n_kv, P, Dh, seed=seed + 3, scale=scale),
        draw(n_kv, P, Dh, seed=seed + 4),
    )
    return q, k, v, keys, values, base


def _one(q: list, k: list, v: list, keys: list, values: list, base: float = 10.0) -> tuple:
    given = (np.array(part, dtype=float) for part in (q, k, v, keys, values))
    return (*given, base)


# One position and one head; two positions, where a turn too many shows; two query heads with one
# head of keys, and with two; four with two, where the order of sharing shows. Scores in the
# thousands, the largest in the cache and at the new token. Nothing in the cache: such an array
# cannot be pasted, so these are larger, and seldom shown. Then drawn ones: sizes all equal, heads
# of four and more numbers, one head of keys for all, one for each, six with two and with three, a
# long cache, other bases.
CASES = [
    _one([[1, 0]], [[1, 0]], [[2, 0]], [[[1, 0]]], [[[0, 4]]]),
    _one([[1, 0]], [[1, 0]], [[2, 0]], [[[1, 0], [0, 1]]], [[[0, 4], [6, 1]]]),
    _one([[1, 1]], [[0, 2]], [[2, 0]], [[[2, 0], [1, 1]]], [[[0, 4], [6, 1]]]),
    _one([[1, 0], [0, 1]], [[1, 0]], [[2, 0]], [[[1, 0]]], [[[0, 4]]]),
    _one([[1, 0], [0, 1]], [[1, 0], [0, 1]], [[2, 0], [1, 3]], [[[1, 0]], [[1, 1]]],
         [[[0, 4]], [[5, 0]]]),
    _one([[1, 0], [0, 1], [1, 1], [2, 1]], [[1, 0], [0, 1]], [[2, 0], [1, 3]],
         [[[1, 0]], [[1, 1]]], [[[0, 4]], [[5, 0]]]),
    _one([[60, 0]], [[0, 60]], [[2, 0]], [[[60, 0], [0, 60]]], [[[0, 4], [6, 1]]]),
    _one([[1000, 0], [0, 1]], [[2, 0]], [[2, 0]], [[[2, 1], [3, 1]]], [[[0, 4], [6, 1]]]),
    _one([[900, 0]], [[5, 1]], [[2, 0]], [[[1, 5], [2, 4]]], [[[0, 4], [6, 1]]]),
    _one([[1, 2, 0, 1]], [[1, 0, 2, 1]], [[2, 0, 1, 0]], [[[1, 0, 1, 1], [0, 1, 2, 0]]],
         [[[0, 4, 1, 0], [6, 1, 0, 2]]]),
    _case(3, 1, 0, 10, 10.0, seed=110),
    _case(4, 2, 0, 8, 10.0, seed=120),
    _case(2, 2, 2, 2, 10.0, seed=10),
    _case(4, 2, 3, 4, 100.0, seed=20),
    _case(4, 4, 4, 4, 100.0, seed=30),
    _case(6, 2, 5, 4, 10_000.0, seed=40),
    _case(6, 3, 4, 8, 10_000.0, seed=50),
    _case(5, 1, 7, 6, 50.0, seed=60),
    _case(6, 2, 11, 10, 500_000.0, seed=70),
    _case(8, 4, 40, 6, 10_000.0, seed=80),
    _case(4, 2, 6, 4, 10.0, seed=90, scale=40.0),
    _case(9, 3, 3, 6, 10.0, seed=100),
    _case(2, 1, 70, 4, 100.0, seed=110),
]  # fmt: skip


def _between(
    out: Array, q: Array, k: Array, v: Array, keys: Array, values: Array, _: float
) -> bool:
    """Return whether each query head reads a mixture of values of its own head."""
    all_values = np.repeat(np.concatenate([values, v[:, None]], axis=1), len(q) // len(v), axis=0)
    slack = 1e-4 * (1 + np.abs(all_values).max())
    low, high = all_values.min(axis=1) - slack, all_values.max(axis=1) + slack
    return bool(((low <= out) & (out <= high)).all())


check = Check.of(
    __file__,
    "decoded(q, k, v, keys, values, base)",
    CASES,
    "Fewer keys than queries",
    properties=(
        Property(
            "each query head mixes the values of its own head of values, and a mixture lies between"
            " the least and the largest of them",
            _between,
        ),
    ),
    errors={
        "^ValueError.*(matmul|einsum|operands|broadcast|concatenat|dimension)": "Write down the"
        " two shapes that meet. There are H query heads, and Hkv heads of keys and values, of P"
        " positions in the cache and one new one.",
        "^ValueError.*zero-size": "The cache may be empty. Then the new token has itself to read.",
        "^IndexError": "Query head h reads head h // (H / Hkv) of keys and values. The cache may be"
        " empty.",
        "^TypeError.*float.*(integer|index)": "`/` gives a float, also where it comes out even:"
        " places want `//`.",
    },
)
