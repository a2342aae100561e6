"""The check of ``left_padded(prompts, pad_id)``: rows of unequal length, and who sees what."""

from __future__ import annotations

import numpy as np

from ..check import Check
from ..verdict import Property

Array = np.ndarray

# One row of one id; no padding at all; the shorter first, last and between; a padding id that is
# a token too, at the front, within and at the end of a text; ids above 255; many rows.
CASES = [
    ([[5]], 0),
    ([[5, 6]], 0),
    ([[5, 6], [7]], 0),
    ([[7], [5, 6]], 0),
    ([[5, 6], [8, 7]], 0),
    ([[5, 5], [5]], 5),
    ([[4, 9, 4], [4, 9]], 4),
    ([[9, 4], [4, 4, 9]], 4),
    ([[3], [1, 2, 3, 4], [8, 9]], 0),
    ([[1, 2, 3], [4], [5, 6], [7, 8, 9, 0, 1]], 0),
    ([[300, 256], [1000], [0, 0, 299]], 500),
    ([[2, 0, 2, 0], [0, 0], [0]], 0),
    ([[i + 1 for i in range(n)] for n in (4, 9, 1, 6, 9, 3)], 0),
    ([[i + 1 for i in range(n)] for n in (140, 3)], 0),
    ([[50_000, 40_000], [7]], 60_000),
]


def _ends(got: tuple[Array, Array, Array], prompts: list[list[int]], pad_id: int) -> bool:
    return got[0][:, -1].tolist() == [prompt[-1] for prompt in prompts]


def _past(got: tuple[Array, Array, Array], prompts: list[list[int]], pad_id: int) -> bool:
    return not np.triu(got[2], 1).any()


check = Check.of(
    __file__,
    "left_padded(prompts, pad_id)",
    CASES,
    "Rows of unequal length",
    properties=(
        Property("the last id of each row is the last of its prompt", _ends),
        Property("nobody may attend to a later place", _past),
    ),
    errors={
        "^ValueError.*(inhomogeneous|broadcast)": "The rows have different lengths: make a full"
        " array of padding first, and write each prompt into its place.",
        "^TypeError.*(unhashable|indices must be)": "`prompts` is a list of lists; each has a"
        " length of its own.",
    },
)
