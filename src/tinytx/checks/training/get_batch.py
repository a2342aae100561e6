"""The check of ``get_batch(ids, T, draw)``: windows, targets one later, and the last window."""

from __future__ import annotations

import numpy as np

from ..check import Check
from ..verdict import Property
from .parts import Draw

TEXT = np.array([5, 6, 7, 8, 9])
LONG = (np.arange(23) * 7) % 23 + 250  # ids above 256 among them, and none twice
RNG = "rng=np.random.default_rng(0)"
LAST, FIRST, ENDS = Draw("[n - 1]"), Draw("[0]"), Draw("[n - 1, 0, n - 1]")
FEW, SOME = (Draw(f"(n * rng.random({n})).astype(int)", RNG) for n in (2, 4))
ONCE = Draw("next(left)", "left=iter([[1, 0]])")

# The last and the first of three windows; T = 1; one window only; several; a text of one id over
# and over, and one that holds id 0; starts that come as they may, repeated, in no order; by chance,
# so that a second drawing is another one, whatever the first was of; and one that there is not.
CASES = [
    (TEXT, 2, LAST),
    (TEXT, 2, FIRST),
    (TEXT, 1, LAST),
    (TEXT, 1, ENDS),
    (TEXT, 4, LAST),
    (TEXT, 4, Draw("[0] * n")),
    (TEXT, 2, FEW),
    (TEXT, 3, ONCE),
    (np.array([3, 0, 0, 9, 0]), 3, Draw("[1, 0]")),
    (LONG, 4, ENDS),
    (LONG, 7, Draw("[3, n // 2, 3, n - 2, n - 1]")),
    (LONG, 22, Draw("[0, 0]")),
    (LONG, 5, Draw("np.arange(n)")),
    (LONG, 3, SOME),
    (np.array([50_000, 40_000, 3, 2, 1]), 1, LAST),
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
        "^StopIteration": "Call `draw` once: there is no second drawing. B is how many starts it"
        " has given.",
        "^TypeError.*(only int|integer)": "`draw` gives an array of starts. A slice takes one"
        " number: go through the starts one by one, or index with an array.",
    },
)
