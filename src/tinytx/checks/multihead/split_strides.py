"""The check of ``split_strides(B, T, H, Dh)``: how far to jump in memory along each axis."""

from __future__ import annotations

import math

import numpy as np

from ..check import Check
from ..verdict import Property

# The first shown has sizes that can be drawn on paper; one has a batch larger than T. The example
# of the task is (2, 5, 3, 4).
CASES = [
    (2, 2, 3, 4),
    (2, 4, 3, 2),
    (2, 2, 2, 2),
    (3, 4, 2, 5),
    (5, 3, 2, 4),
    (4, 7, 5, 3),
    (8, 1024, 12, 64),
    (2, 3000, 3, 7),
]


def _four(strides: tuple[int, ...], B: int, T: int, H: int, Dh: int) -> bool:
    return len(strides) == 4


def _fills(strides: tuple[int, ...], B: int, T: int, H: int, Dh: int) -> bool:
    """Return whether the entries of (B, H, T, Dh) use each place of the memory exactly once."""
    shape = (B, H, T, Dh)
    if math.prod(shape) > 10_000:
        return True  # seen at the smaller sizes
    places = sum(np.indices(shape).reshape(4, -1) * np.array(strides)[:, None])
    return bool(np.array_equal(np.sort(places), np.arange(math.prod(shape))))


check = Check.of(
    __file__,
    "split_strides(B, T, H, Dh)",
    CASES,
    "What happens in memory",
    properties=(
        Property("there are four axes, (B, H, T, Dh), and each has a stride", _four),
        Property(
            "with its jumps, the entries have to meet each number in memory exactly once",
            _fills,
        ),
    ),
    errors={
        "^(AttributeError|TypeError)": "Four integers come in and four go out; there is no array"
        " unless you make one.",
    },
)
