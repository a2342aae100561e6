"""The check of ``get_batch(ids, T, draw)``: windows, targets one later, and the last window."""

from __future__ import annotations

import numpy as np

from ..check import Check
from ..verdict import Property
from .parts import Draw

TEXT = np.array([5, 6, 7, 8])
LONG = (np.arange(23) * 7) % 23 + 250  # ids above 256 among them, and none twice
LAST, FIRST, ENDS = Draw("[n - 1]"), Draw("[0]"), Draw("[n - 1, 0, n - 1]")
CHANCE = Draw("rng.integers(n, size=4)", "rng=np.random.default_rng(0)")

# One window only; the last and the first of two; T = 1; several; a text of one id over and over,
# and one that holds id 0; starts that come as they may, repeated, in no order; by chance, so
# that a second drawing is another one.
CASES = [
    (np.array([5, 6, 7]), 2, LAST),
    (TEXT, 2, LAST),
    (TEXT, 2, FIRST),
    (TEXT, 1, LAST),
    (TEXT, 1, ENDS),
    (np.array([3, 0, 0, 9, 0]), 3, Draw("[1, 0]")),
    (LONG, 4, ENDS),
    (LONG, 7, Draw("[3, n // 2, 3, n - 2, n - 1]")),
    (LONG, 22, Draw("[0, 0]")),
    (LONG, 5, Draw("np.arange(n)")),
    (LONG, 3, CHANCE),
    (np.array([5, 6, 7]), 2, Draw("[0] * n")),
    (np.array([50_000, 40_000, 3]), 1, LAST),
]

check = Check.of(
    __file__,
    "get_batch(ids, T, draw)",
    CASES,
    "How many examples in a step",
    properties=(
        Property(
            "each target is the input one place further",
            lambda got, ids, T, draw: bool((got[0][:, 1:] == got[1][:, :-1]).all()),
        ),
    ),
    errors={
        "^IndexError": "A window of T + 1 ids that starts at s ends at s + T, and the last id"
        " stands at N - 1.",
        "^ValueError.*(inhomogeneous|same shape)": "Not all rows have the same length: a window"
        " runs over the end of the text.",
        "^TypeError.*(only int|integer)": "`draw` gives an array of starts. A slice takes one"
        " number: go through the starts one by one, or index with an array.",
    },
)
